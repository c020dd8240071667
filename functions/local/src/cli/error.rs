//! Errors of a command: one line on standard error, and an exit code.

use std::{io, process::ExitCode};

use scrutineer_core::Failure;

use crate::{http::CallError, report::verdict::Verdict, runtime::OpenError};

/// Why a command did not do what it should.
#[derive(Debug)]
pub(crate) enum Error {
    /// The arguments do not fit together. Exit code 2.
    Usage(String),
    /// Something failed. Exit code 1.
    Tool(String),
    /// Whoever read the output went away; nothing is wrong.
    Closed,
}

impl Error {
    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self::Usage(text.into())
    }

    pub(crate) fn tool(text: impl Into<String>) -> Self {
        Self::Tool(text.into())
    }

    /// Something failed, with every cause down to the first.
    pub(crate) fn caused(error: &dyn std::error::Error) -> Self {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            let next = error.to_string();
            // Some errors repeat their cause.
            if !text.contains(&next) {
                text = format!("{text}: {next}");
            }
            cause = error.source();
        }
        Self::Tool(text)
    }

    /// The line without its head.
    pub(crate) fn text(self) -> String {
        match self {
            Self::Usage(text) | Self::Tool(text) => text,
            Self::Closed => String::new(),
        }
    }

    /// Prints the line and gives the exit code.
    pub(crate) fn report(self) -> ExitCode {
        let (text, code) = match self {
            Self::Usage(text) => (text, 2),
            Self::Tool(text) => (text, 1),
            Self::Closed => return ExitCode::SUCCESS,
        };
        anstream::eprintln!("error: {}", text.replace(['\n', '\r'], " "));
        ExitCode::from(code)
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        tracing::error!(error = %failure, "the command failed");
        Self::Tool(failure.public_text())
    }
}

impl From<OpenError> for Error {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::GithubApi(_) => Self::Usage(error.to_string()),
            OpenError::Data(_) | OpenError::Temporary(_) => Self::caused(&error),
        }
    }
}

impl From<CallError> for Error {
    fn from(error: CallError) -> Self {
        Self::caused(&error)
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::Tool(error.to_string()),
        }
    }
}

impl From<Verdict> for ExitCode {
    fn from(verdict: Verdict) -> Self {
        Self::from(verdict.exit_code())
    }
}
