//! GitHub is slow, limited or down, messages come twice, workers die: nothing is lost and nothing counted twice.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop here")]

use scrutineer_aws::{Envelope, records::RepoState};
use scrutineer_core::ids::MessageId;
use scrutineer_scenarios::Story;
use scrutineer_service::{
    messages::{CollectEvidence, CoordinateScan, FinishScan},
    scan::read,
};
use scrutineer_simulator::Fault;

async fn scan_with(faults: impl IntoIterator<Item = Fault>) -> (Story, read::ScanState) {
    let story = Story::demo().await.unwrap();
    for fault in faults {
        story.github.faults().set(fault);
    }
    let state = story.scan().await.unwrap();
    let repositories = story.repositories(&state.scan).await.unwrap();
    assert_eq!(repositories.len() as u64, state.progress.total.unwrap(), "every repository has its row");
    (story, state)
}

async fn all_done_with(fault: Fault) {
    let (story, state) = scan_with([fault.clone()]).await;
    let failed: Vec<_> = story.repositories(&state.scan).await.unwrap();
    assert!(failed.iter().all(|repo| repo.state == RepoState::Done), "{fault:?}: {failed:?}");
}

#[tokio::test]
async fn a_slow_github_is_waited_for() {
    all_done_with(Fault::Latency { ms: 30 }).await;
}

#[tokio::test]
async fn server_errors_are_tried_again() {
    all_done_with(Fault::ServerError { every: 5, status: 503 }).await;
}

#[tokio::test]
async fn broken_answers_are_asked_for_again() {
    all_done_with(Fault::Truncated { every: 6 }).await;
}

#[tokio::test]
async fn closed_connections_are_opened_again() {
    all_done_with(Fault::Reset { every: 6 }).await;
}

#[tokio::test]
async fn the_secondary_limit_is_obeyed() {
    all_done_with(Fault::Secondary { every: 12, status: 429, retry_after: Some(1) }).await;
}

#[tokio::test]
async fn expired_archive_links_are_replaced() {
    all_done_with(Fault::ArchiveGone { every: 2 }).await;
}

#[tokio::test]
async fn large_batches_that_time_out_are_split() {
    all_done_with(Fault::GraphqlTimeout { above: 3 }).await;
    all_done_with(Fault::GraphqlResourceLimit { above: 3 }).await;
}

#[tokio::test]
async fn partial_graphql_answers_lose_no_repository() {
    scan_with([Fault::GraphqlPartial { every: 2 }]).await;
}

#[tokio::test]
async fn a_corrupt_or_huge_archive_costs_its_own_repository_only() {
    let corrupt = Fault::CorruptArchive { repo: "acme/payments-api".to_owned() };
    let huge = Fault::HugeArchive { repo: "acme/ledger-service".to_owned(), bytes: 64 * 1024 * 1024 };
    let blocked = Fault::Unavailable { repo: "acme/acmectl".to_owned() };
    let (story, state) = scan_with([corrupt, huge, blocked]).await;
    let finding = story.finding(&state.scan, "CICD-001", Some("payments-api")).await.unwrap();
    assert!(finding.gap.is_some(), "{finding:?}");
    let untouched = story.finding(&state.scan, "CICD-001", Some("platform-monorepo")).await.unwrap();
    assert!(untouched.gap.is_none(), "{untouched:?}");
}

#[tokio::test]
async fn an_exhausted_budget_is_waited_out_by_a_delayed_job_and_said() {
    let story = Story::demo().await.unwrap();
    let scan = story.start().await.unwrap();
    story.github.faults().set(Fault::Exhausted { reset_in: 1800 });
    let held = story.harness.settle().await.unwrap();
    assert!(held.delayed > 0, "a delayed job stands in the queue: {held:?}");
    let state = read::state(story.app(), scan.id).await.unwrap();
    assert!(state.progress.waiting_until.is_some(), "{:?}", state.progress);
    story.github.faults().clear();
    let state = story.finish(&scan).await.unwrap();
    assert_eq!(state.progress.done, state.progress.total.unwrap());
}

#[tokio::test]
async fn messages_that_come_three_times_change_nothing() {
    let story = Story::demo().await.unwrap();
    let state = story.scan().await.unwrap();
    let before = (story.repositories(&state.scan).await.unwrap(), story.findings(&state.scan).await.unwrap());
    let scan = state.scan.id;
    for _ in 0..3 {
        let id = MessageId::new(&story.clock);
        let again = vec![
            Envelope::new(id, &CoordinateScan { scan }).unwrap(),
            Envelope::new(id, &CollectEvidence { scan, batch: 0 }).unwrap(),
            Envelope::new(id, &FinishScan { scan }).unwrap(),
        ];
        story.app().queue.send(again).await.unwrap();
        story.harness.settle().await.unwrap();
    }
    let after = read::state(story.app(), scan).await.unwrap();
    assert_eq!(after.scan, state.scan);
    assert_eq!(after.progress, state.progress);
    let again = (story.repositories(&state.scan).await.unwrap(), story.findings(&state.scan).await.unwrap());
    assert_eq!(again, before);
}

#[tokio::test]
async fn messages_that_come_three_times_while_it_runs_change_nothing() {
    let undisturbed = Story::demo().await.unwrap();
    let expected = undisturbed.scan().await.unwrap();
    let story = Story::demo().await.unwrap();
    let scan = story.start().await.unwrap();
    let id = MessageId::new(&story.clock);
    for _ in 0..3 {
        let again = vec![
            Envelope::new(id, &CoordinateScan { scan: scan.id }).unwrap(),
            Envelope::new(id, &CollectEvidence { scan: scan.id, batch: 0 }).unwrap(),
        ];
        story.app().queue.send(again).await.unwrap();
    }
    let state = story.finish(&scan).await.unwrap();
    assert_eq!(state.progress.done, expected.progress.done);
    assert_eq!(state.scan.overall, expected.scan.overall);
    assert_eq!(state.scan.coverage, expected.scan.coverage);
}

#[tokio::test]
async fn a_job_that_was_never_sent_is_found_by_the_sweep() {
    use scrutineer_aws::records::Outbox;
    let story = Story::demo().await.unwrap();
    let scan = story.start().await.unwrap();
    // As if the process had died between the transaction and the sending: the row is there, the message is not.
    let id = MessageId::new(&story.clock);
    let lost = Envelope::new(id, &CoordinateScan { scan: scan.id }).unwrap();
    story.app().store.put(&Outbox::new(&lost, story.clock.now())).await.unwrap();
    for message in
        story.app().queue.receive(scrutineer_aws::QueueName::Scans, 10, Default::default()).await.unwrap()
    {
        story.app().queue.delete(message.queue, &[message.receipt]).await.unwrap();
    }
    assert!(story.harness.settle().await.unwrap().is_empty());
    story.clock.advance(scrutineer_core::SignedDuration::from_mins(1));
    let swept = scrutineer_service::sweep::sweep(story.app()).await.unwrap();
    assert_eq!(swept.sent, 1);
    assert_eq!(
        story.finish(&scan).await.unwrap().scan.status,
        scrutineer_aws::records::ScanStatus::Completed
    );
}

#[tokio::test]
async fn a_scan_whose_messages_are_gone_is_coordinated_again() {
    let story = Story::demo().await.unwrap();
    let scan = story.start().await.unwrap();
    for queue in scrutineer_aws::QueueName::ALL {
        for message in story.app().queue.receive(queue, 10, Default::default()).await.unwrap() {
            story.app().queue.delete(queue, &[message.receipt]).await.unwrap();
        }
    }
    story.clock.advance(scrutineer_core::SignedDuration::from_mins(30));
    let swept = scrutineer_service::sweep::sweep(story.app()).await.unwrap();
    assert_eq!(swept.resumed, 1);
    assert_eq!(
        story.finish(&scan).await.unwrap().scan.status,
        scrutineer_aws::records::ScanStatus::Completed
    );
}
