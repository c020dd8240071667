//! What every story needs: a simulated GitHub, the product in one process over it, a customer with a connection.

pub mod flood;
pub mod gate;

use anyhow::{Context, Result};
use scrutineer_aws::records::{Connection, Customer, Scan, ScanStatus};
use scrutineer_core::{Clock, Timestamp};
use scrutineer_local::runtime::{Data, Harness, Options, Runtime};
use scrutineer_scanners::Finding;
use scrutineer_service::{
    App, connections, customers,
    scan::{
        read::{self, FindingFilter, RepositoryState, ScanState},
        start::{self, ScanRequest},
    },
};
use scrutineer_simulator::{Simulator, World};

/// The stage of a story.
pub struct Story {
    /// GitHub.
    pub github: Simulator,
    /// The product; its queues are worked by [`Harness::settle`].
    pub harness: Harness,
    /// Moved by hand.
    pub clock: Clock,
    /// Who asks.
    pub customer: Customer,
    /// What is scanned.
    pub connection: Connection,
}

/// How a story begins.
pub struct Opening {
    /// The organization to connect to.
    pub org: &'static str,
    /// The token; all permissions when none is given.
    pub token: Option<String>,
    /// Where the data is.
    pub data: Data,
}

impl Default for Opening {
    fn default() -> Self {
        Self { org: "acme", token: None, data: Data::Temporary }
    }
}

impl Story {
    /// The demo organization, seen with every permission.
    ///
    /// # Errors
    /// When the stage cannot be set.
    pub async fn demo() -> Result<Self> {
        Self::over(Simulator::start(World::embedded_demo()?).await?, Opening::default()).await
    }

    /// An organization of `repositories` small repositories.
    ///
    /// # Errors
    /// When the stage cannot be set.
    pub async fn synthetic(repositories: usize) -> Result<Self> {
        Self::over(Simulator::synthetic("acme", repositories).await?, Opening::default()).await
    }

    /// The product over `github`.
    ///
    /// # Errors
    /// When the stage cannot be set.
    pub async fn over(github: Simulator, opening: Opening) -> Result<Self> {
        // A manual clock: delays pass when the test says so. It starts at the real time, because the simulator's
        // relative dates count from there.
        let clock = Clock::manual(real_now());
        let options = Options {
            data: opening.data,
            github_api: Some(github.base_url()),
            clock: clock.clone(),
            ..Options::default()
        };
        let harness = Harness::new(Runtime::open(options)?);
        let token = opening.token.unwrap_or_else(|| github.full_token());
        let app = harness.app();
        let customer = customers::create(app, "Acme").await?;
        let new = serde_json::from_value(serde_json::json!({
            "organization": opening.org,
            "credential": { "kind": "token", "token": token },
        }))?;
        let connection = connections::create(app, customer.id, new).await?;
        Ok(Self { github, harness, clock, customer, connection })
    }

    /// The use cases.
    pub fn app(&self) -> &App {
        self.harness.app()
    }

    /// Starts a scan of everything.
    ///
    /// # Errors
    /// When it is refused.
    pub async fn start(&self) -> Result<Scan> {
        let request: ScanRequest =
            serde_json::from_value(serde_json::json!({ "connection_id": self.connection.id }))?;
        Ok(start::start(self.app(), self.customer.id, &request, None).await?)
    }

    /// Starts a scan and works until it is completed; time passes whenever something is held back.
    ///
    /// # Errors
    /// When it is refused, fails, or does not complete.
    pub async fn scan(&self) -> Result<ScanState> {
        let scan = self.start().await?;
        let state = self.finish(&scan).await?;
        anyhow::ensure!(state.scan.status == ScanStatus::Completed, "{:?}", state.scan);
        Ok(state)
    }

    /// Works until `scan` has ended.
    ///
    /// # Errors
    /// When it does not end within a day of its time.
    pub async fn finish(&self, scan: &Scan) -> Result<ScanState> {
        for _ in 0..100 {
            let held = self.harness.settle().await?;
            let state = read::state(self.app(), scan.id).await?;
            if state.scan.status.is_final() {
                return Ok(state);
            }
            anyhow::ensure!(!held.is_empty(), "nothing is left to do and the scan has not ended: {state:?}");
            self.clock.advance(scrutineer_core::SignedDuration::from_mins(15));
        }
        let state = read::state(self.app(), scan.id).await?;
        anyhow::bail!("the scan did not end within a day: {state:?}")
    }

    /// Every finding of a scan.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn findings(&self, scan: &Scan) -> Result<Vec<Finding>> {
        let all = FindingFilter::default();
        let mut findings = Vec::new();
        let mut cursor = None;
        loop {
            let page = read::findings(self.app(), scan.id, &all, 200, cursor.as_deref()).await?;
            findings.extend(page.items);
            cursor = page.next;
            if cursor.is_none() {
                return Ok(findings);
            }
        }
    }

    /// Every repository of a scan.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn repositories(&self, scan: &Scan) -> Result<Vec<RepositoryState>> {
        let mut repositories = Vec::new();
        let mut cursor = None;
        loop {
            let page = read::repositories(self.app(), scan.id, 200, cursor).await?;
            repositories.extend(page.items);
            cursor = page.next.map(scrutineer_aws::Cursor::new);
            if cursor.is_none() {
                return Ok(repositories);
            }
        }
    }

    /// The one finding of `check` for `repository` (none: the organization).
    ///
    /// # Errors
    /// When there is no such finding.
    pub async fn finding(&self, scan: &Scan, check: &str, repository: Option<&str>) -> Result<Finding> {
        let found = self.findings(scan).await?.into_iter().find(|finding| {
            finding.check == check && finding.repository.as_ref().map(|repo| repo.name()) == repository
        });
        found.with_context(|| format!("no finding {check} for {repository:?}"))
    }
}

/// The machine's time, for a clock that is then moved by hand.
pub fn real_now() -> Timestamp {
    Clock::system().now()
}
