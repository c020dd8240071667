//! The stage of a story about pull requests: a simulated GitHub that sends webhooks, and the product that answers them.

use anyhow::{Context, Result};
use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::{KeyPair, KeySize},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use scrutineer_aws::records::Verification;
use scrutineer_core::{Clock, SignedDuration, ids::RepoName};
use scrutineer_local::{
    runtime::{Data, Harness, Held, Options, Runtime},
    server::Server,
};
use scrutineer_service::{App, verify::view};
use scrutineer_simulator::{CheckRun, Delivered, Delivering, RepoHandle, Simulator, World};

use crate::real_now;

/// What the webhooks are signed with.
pub const SECRET: &str = "canary-webhook-secret";

/// The stage.
pub struct Gate {
    /// GitHub.
    pub github: Simulator,
    /// The product; its queues are worked by [`Harness::settle`].
    pub harness: Harness,
    /// Moved by hand.
    pub clock: Clock,
    /// Its HTTP API.
    pub server: Server,
}

impl Gate {
    /// The demo organization with the App installed and every permission granted.
    ///
    /// # Errors
    /// When the stage cannot be set.
    pub async fn open() -> Result<Self> {
        Self::over(Simulator::start(World::embedded_demo()?).await?).await
    }

    /// The App on a GitHub of your own.
    ///
    /// # Errors
    /// When the stage cannot be set.
    pub async fn over(github: Simulator) -> Result<Self> {
        github.grant_enforcement();
        let clock = Clock::manual(real_now());
        let options = Options {
            data: Data::Temporary,
            github_api: Some(github.base_url()),
            github_app: Some((github.app_id().to_string(), private_key()?.into())),
            webhook_secrets: vec![SECRET.to_owned().into()],
            clock: clock.clone(),
            ..Options::default()
        };
        let harness = Harness::new(Runtime::open(options)?);
        let server = Server::start(harness.app().clone(), ([127, 0, 0, 1], 0).into()).await?;
        github.hook(&format!("{}/api/webhooks/github", server.url()), SECRET);
        Ok(Self { github, harness, clock, server })
    }

    /// The use cases.
    pub fn app(&self) -> &App {
        self.harness.app()
    }

    /// A repository of the simulated GitHub.
    pub fn repo(&self, full: &str) -> RepoHandle<'_> {
        self.github.repo(full)
    }

    /// Delivers what waits and works until nothing is left to do now.
    ///
    /// # Errors
    /// When the embedded queue does not answer.
    pub async fn settle(&self) -> Result<Held> {
        self.deliver(Delivering::default()).await?;
        Ok(self.harness.settle().await?)
    }

    /// Delivers what waits in a certain way; nothing is worked yet.
    ///
    /// # Errors
    /// When a delivery that was not meant to be lost was refused.
    pub async fn deliver(&self, how: Delivering) -> Result<Delivered> {
        Ok(self.github.deliver(how).await)
    }

    /// Works until nothing is left at all; time passes whenever something is held back.
    ///
    /// # Errors
    /// When it does not come to rest within a day.
    pub async fn rest(&self) -> Result<()> {
        for _ in 0..200 {
            if self.settle().await?.is_empty() {
                return Ok(());
            }
            self.clock.advance(SignedDuration::from_mins(8));
        }
        anyhow::bail!("it does not come to rest")
    }

    /// The verifications of a repository, newest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn verifications(&self, full: &str) -> Result<Vec<Verification>> {
        let repo: RepoName = full.parse()?;
        Ok(view::list(self.app(), &repo, 200, None).await?.items)
    }

    /// The only check run of this name on a commit.
    ///
    /// # Errors
    /// When there is none, or more than one.
    pub fn check_run(&self, full: &str, sha: &str, name: &str) -> Result<CheckRun> {
        let mut found: Vec<_> =
            self.repo(full).check_runs(sha).into_iter().filter(|run| run.name == name).collect();
        anyhow::ensure!(found.len() <= 1, "{} check runs {name}", found.len());
        found.pop().with_context(|| format!("no check run {name} on {sha}"))
    }
}

/// A fresh RSA key, PEM.
fn private_key() -> Result<String> {
    let key = KeyPair::generate(KeySize::Rsa2048)?;
    let der: Pkcs8V1Der<'_> = key.as_der()?;
    let text = STANDARD.encode(der.as_ref());
    let lines = text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned());
    let body = lines.collect::<Vec<_>>().join("\n");
    Ok(format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n"))
}
