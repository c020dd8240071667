//! A scan against public standards, and delivery measured from what GitHub lists.

use scrutineer_scanners::benchmarks::{self, State, Summary};
use scrutineer_scenarios::{Opening, Story};
use scrutineer_service::scan::benchmarks::read;
use scrutineer_simulator::{Simulator, World};

#[tokio::test]
async fn the_demo_organization_deploys_often_enough_to_be_measured() {
    let story = Story::demo().await.unwrap();
    let scan = story.scan().await.unwrap().scan;
    let found = read(story.app(), &scan).await.unwrap();
    assert!(found.dora.deployments >= 10, "{:?}", found.dora);
    assert_eq!((found.dora.unread, found.dora.window_days), (0, 90));
    for metric in &found.dora.metrics[..3] {
        assert!(metric.value.is_some() && metric.band.is_some(), "{metric:?}");
    }

    // What is read later is what the findings say.
    let mut summary = Summary::default();
    let findings = story.findings(&scan).await.unwrap();
    findings.iter().for_each(|finding| summary.add(std::slice::from_ref(finding)));
    let anew = benchmarks::assess(&summary);
    for (kept, anew) in found.standards.iter().zip(&anew.standards) {
        for (kept, anew) in kept.controls.iter().zip(&anew.controls) {
            let counts = |control: &benchmarks::Control| {
                control.checks.iter().map(|result| (result.check, result.counts)).collect::<Vec<_>>()
            };
            assert_eq!(counts(kept), counts(anew), "{}", kept.id);
            if !kept.id.starts_with("Build L") {
                assert_eq!(kept.state, anew.state, "{}", kept.id);
            }
        }
        assert!(kept.states.count(State::Met) + kept.states.count(State::Partly) > 0, "{}", kept.title);
    }

    // A second scan reuses every result, and says the same.
    let again = story.scan().await.unwrap();
    assert!(again.progress.unchanged > 0, "{:?}", again.progress);
    assert_eq!(read(story.app(), &again.scan).await.unwrap().standards, found.standards);
}

#[tokio::test]
async fn an_organization_that_hardly_deploys_gets_no_band() {
    let story = Story::synthetic(3).await.unwrap();
    let scan = story.scan().await.unwrap().scan;
    let found = read(story.app(), &scan).await.unwrap();
    assert!(found.dora.deployments < 10, "{:?}", found.dora);
    for metric in &found.dora.metrics {
        assert_eq!((metric.value, metric.band), (None, None));
        assert!(metric.note.as_deref().unwrap().starts_with("not enough data"), "{metric:?}");
    }
    let running = story.start().await.unwrap();
    assert_eq!(read(story.app(), &running).await.unwrap_err().code(), Some("scan_not_completed"));
}

#[tokio::test]
async fn deployments_that_may_not_be_read_are_unknown_and_not_none() {
    let github = Simulator::start(World::embedded_demo().unwrap()).await.unwrap();
    let token = github.installation_token(["metadata:read", "contents:read", "pull_requests:read"]);
    let story = Story::over(github, Opening { token: Some(token), ..Opening::default() }).await.unwrap();
    let scan = story.start().await.unwrap();
    let scan = story.finish(&scan).await.unwrap().scan;
    let found = read(story.app(), &scan).await.unwrap();
    assert!(found.dora.unread > 0 && found.dora.deployments == 0, "{:?}", found.dora);
    let note = found.dora.metrics[0].note.as_deref().unwrap();
    assert!(note.contains("not be read") && note.contains("deployments:read"), "{note}");
    let osps = found.standards.iter().find(|standard| standard.key == "osps").unwrap();
    assert!(osps.states.count(State::Unknown) > 0, "{:?}", osps.states);
}
