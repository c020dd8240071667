//! Checks, targets and the comparison with known deviations.

use std::{
    collections::BTreeMap,
    fmt::Debug,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use scrutineer_aws::{Clients, Settings};

/// An implementation under test.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) clients: Clients,
    /// The product's own resources there.
    pub(crate) settings: Settings,
}

/// What failed.
#[derive(Default)]
pub(crate) struct Report {
    passed: Vec<&'static str>,
    failed: BTreeMap<&'static str, String>,
}

/// A check that an implementation is known to fail, and why.
pub(crate) struct Deviation {
    check: &'static str,
    why: &'static str,
    always: bool,
}

impl Deviation {
    /// Fails each time.
    pub(crate) const fn always(check: &'static str, why: &'static str) -> Self {
        Self { check, why, always: true }
    }

    /// Fails by chance.
    pub(crate) const fn sometimes(check: &'static str, why: &'static str) -> Self {
        Self { check, why, always: false }
    }
}

impl Report {
    /// Runs one check as a task of its own: a panic is a failure of that check.
    pub(crate) async fn check<F>(&mut self, name: &'static str, check: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let outcome = tokio::time::timeout(Duration::from_secs(60), tokio::spawn(check)).await;
        match outcome {
            Ok(Ok(())) => self.passed.push(name),
            Ok(Err(panic)) => {
                self.failed.insert(name, text_of(panic.into_panic()));
            }
            Err(_) => {
                self.failed.insert(name, "did not end within 60 s".to_owned());
            }
        }
    }

    /// Exactly the listed checks failed.
    pub(crate) fn expect_only(self, known: &[Deviation]) {
        let unknown: Vec<_> =
            self.failed.iter().filter(|(name, _)| !known.iter().any(|known| known.check == **name)).collect();
        assert!(unknown.is_empty(), "{} passed, unexpected failures: {unknown:#?}", self.passed.len());
        let gone: Vec<_> = known
            .iter()
            .filter(|known| known.always && self.passed.contains(&known.check))
            .map(|known| known.check)
            .collect();
        assert!(gone.is_empty(), "no longer deviations, remove them from the table: {gone:?}");
        println!("{} checks passed", self.passed.len());
        for Deviation { check, why, .. } in known {
            println!("known deviation: {check}: {why}");
        }
    }
}

fn text_of(panic: Box<dyn std::any::Any + Send>) -> String {
    match panic.downcast::<String>() {
        Ok(text) => text.chars().take(300).collect(),
        Err(other) => other.downcast::<&str>().map_or("panicked".to_owned(), |text| (*text).to_owned()),
    }
}

/// Runs each named check of this module and reports it under `service::name`.
#[macro_export]
macro_rules! checks {
    ($service:literal, $target:expr, $report:expr, [$($check:ident),+ $(,)?]) => {
        $($report.check(concat!($service, "::", stringify!($check)), $check($target.clone())).await;)+
    };
}

/// A name that no other check uses.
pub(crate) fn unique(prefix: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("{prefix}-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Waits for time to pass in the implementation under test, whose clock cannot be moved.
#[expect(clippy::disallowed_methods, reason = "time-outs of a foreign process are waited for")]
pub(crate) async fn wait(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// The error of a call that must fail.
pub(crate) fn refused<T: Debug, E>(result: Result<T, E>) -> E {
    match result {
        // Some answers carry kilobytes of ciphertext.
        Ok(value) => panic!("accepted: {}", format!("{value:?}").chars().take(300).collect::<String>()),
        Err(error) => error,
    }
}
