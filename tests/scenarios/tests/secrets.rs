//! No secret in any log, error, answer or file: a scan with canary credentials at trace level, and a search of
//! everything that was written.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop here")]

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use scrutineer_local::runtime::Data;
use scrutineer_scenarios::{Opening, Story};
use scrutineer_simulator::{Fault, Simulator, World};
use tracing_subscriber::fmt::MakeWriter;

/// Collects what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

const CANARY: &str = "ghp_CANARYcanary0123456789CANARYcanary01";

#[tokio::test]
async fn a_canary_credential_is_found_nowhere() {
    let log = Log::default();
    // Everything at trace, the SDKs and the HTTP client included. Set before anything is logged: this file is one
    // process with one test.
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(log.clone())
        .init();
    let dir = tempfile::tempdir().unwrap();
    let github = Simulator::start(World::embedded_demo().unwrap()).await.unwrap();
    github.accept_token(CANARY, Simulator::all_permissions());
    let opening = Opening {
        token: Some(CANARY.to_owned()),
        data: Data::Dir(dir.path().to_owned()),
        ..Opening::default()
    };
    let story = Story::over(github, opening).await.unwrap();
    story.github.faults().set(Fault::ServerError { every: 7, status: 502 });
    let state = story.scan().await.unwrap();
    story.github.faults().clear();
    story.github.revoke_token(CANARY);
    let refused = story.start().await.unwrap();
    let refused = story.finish(&refused).await.unwrap();
    let answers = format!(
        "{state:?} {refused:?} {:?} {:?} {:?}",
        story.findings(&state.scan).await.unwrap(),
        story.repositories(&state.scan).await.unwrap(),
        story.connection,
    );

    let log = log.0.lock().unwrap().clone();
    assert!(log.len() > 10_000, "the log was collected");
    for (what, bytes) in
        [("log", log), ("answers", answers.into_bytes())].into_iter().chain(files(dir.path()))
    {
        assert!(!contains(&bytes, CANARY), "{what} contains the canary");
        // Leaks by encoding: HTTP basic, JSON in bytes.
        assert!(!contains(&bytes, &base64(CANARY)), "{what} contains the encoded canary");
    }
}

fn files(dir: &std::path::Path) -> Vec<(&'static str, Vec<u8>)> {
    std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| ("a data file", std::fs::read(entry.unwrap().path()).unwrap()))
        .collect()
}

fn contains(haystack: &[u8], needle: &str) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle.as_bytes())
}

fn base64(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let whole = text.as_bytes().chunks_exact(3);
    whole
        .flat_map(|chunk| {
            let bits = u32::from(chunk[0]) << 16 | u32::from(chunk[1]) << 8 | u32::from(chunk[2]);
            [18, 12, 6, 0].map(|shift| char::from(DIGITS[(bits >> shift & 63) as usize]))
        })
        .collect()
}
