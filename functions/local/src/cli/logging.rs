//! Log lines on standard error.

use std::io;

use tracing::{Level, Metadata};
use tracing_subscriber::{
    EnvFilter, Layer as _, filter::filter_fn, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

use super::{error::Error, settings};

/// How log lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

/// Starts logging what `SCRUTINEER_LOG` says, or else `default`.
pub(super) fn start(format: LogFormat, default: &str) -> Result<(), Error> {
    let wanted = settings::log_filter();
    let filter = EnvFilter::try_new(wanted.as_deref().unwrap_or(default))
        .map_err(|error| Error::usage(format!("SCRUTINEER_LOG: {error}")))?;
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let lines = match format {
        LogFormat::Text => lines.with_ansi(false).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    tracing_subscriber::registry()
        .with(lines.with_filter(filter).with_filter(filter_fn(is_ours_or_serious)))
        .try_init()
        .map_err(|error| Error::tool(error.to_string()))
}

/// Other people's crates log requests with their headers and bodies below `info`, credentials included. Whatever
/// filter somebody sets, of theirs only warnings and errors are written.
fn is_ours_or_serious(metadata: &Metadata<'_>) -> bool {
    metadata.target().starts_with("scrutineer") || *metadata.level() <= Level::WARN
}
