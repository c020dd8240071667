//! Progress on standard error: a bar on a terminal, a line now and then elsewhere, nothing when asked to be quiet.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;

use super::output::say;

/// How far a scan is, as far as progress shows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Step {
    /// Repositories to scan, once they are listed.
    pub(crate) total: Option<u64>,
    /// Repositories accounted for.
    pub(crate) settled: u64,
    /// Requests so far.
    pub(crate) requests: u64,
    /// Set while the scan waits for GitHub's rate limit.
    pub(crate) waiting_until: Option<Timestamp>,
}

/// Shows how far a scan is.
pub(crate) enum Progress {
    /// On a terminal.
    Bar(ProgressBar),
    /// Into a file or a pipe: a line per tenth.
    Lines {
        /// What was said last.
        last: Option<String>,
    },
    /// Not at all.
    Quiet,
}

impl Progress {
    /// Progress of `what`.
    pub(crate) fn start(quiet: bool, what: &str) -> Self {
        if quiet {
            return Self::Quiet;
        }
        if !std::io::stderr().is_terminal() {
            say(what);
            return Self::Lines { last: None };
        }
        let bar = ProgressBar::new_spinner().with_message(what.to_owned());
        bar.set_style(style("{spinner} {msg}"));
        bar.enable_steady_tick(std::time::Duration::from_millis(120));
        Self::Bar(bar)
    }

    /// Shows a step.
    pub(crate) fn show(&mut self, step: &Step) {
        match self {
            Self::Quiet => {}
            Self::Bar(bar) => show_on(bar, step),
            Self::Lines { last } => {
                let line = line(step);
                if let Some(line) = line
                    && last.as_ref() != Some(&line)
                {
                    say(&line);
                    *last = Some(line);
                }
            }
        }
    }

    /// Leaves the terminal as it was.
    pub(crate) fn finish(self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

fn show_on(bar: &ProgressBar, step: &Step) {
    if let Some(total) = step.total
        && bar.length().is_none()
    {
        bar.set_style(style("{spinner} {wide_bar} {pos}/{len} repositories, {msg}"));
        bar.set_length(total);
    }
    bar.set_position(step.settled);
    if step.total.is_some() || step.waiting_until.is_some() {
        bar.set_message(match step.waiting_until {
            Some(until) => format!("waiting for GitHub's rate limit until {}", at(until)),
            None => format!("{} requests", step.requests),
        });
    }
}

/// What is worth a line: the listing, every tenth of the repositories, a wait.
fn line(step: &Step) -> Option<String> {
    if let Some(until) = step.waiting_until {
        return Some(format!("waiting for GitHub's rate limit until {}", at(until)));
    }
    let total = step.total?;
    let tenth = (step.settled * 10).checked_div(total)?;
    Some(if tenth == 0 {
        format!("{total} repositories to scan")
    } else {
        format!("{} % of {total} repositories", tenth * 10)
    })
}

fn at(time: Timestamp) -> String {
    time.strftime("%H:%M:%S UTC").to_string()
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_said_once_per_tenth() {
        let step = |settled| Step { total: Some(100), settled, ..Step::default() };
        assert_eq!(line(&Step::default()), None);
        assert_eq!(line(&step(0)).as_deref(), Some("100 repositories to scan"));
        assert_eq!(line(&step(40)), line(&step(49)));
        assert_eq!(line(&step(100)).as_deref(), Some("100 % of 100 repositories"));
    }

    #[test]
    fn a_wait_is_said() {
        let until = "2026-01-01T12:30:00Z".parse().unwrap();
        let step = Step { total: Some(9), waiting_until: Some(until), ..Step::default() };
        assert_eq!(line(&step).as_deref(), Some("waiting for GitHub's rate limit until 12:30:00 UTC"));
    }
}
