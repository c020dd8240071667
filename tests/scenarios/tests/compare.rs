//! Two scans side by side: what moved, why, and nothing else.

use scrutineer_core::SignedDuration;
use scrutineer_scanners::{Profile, ScoreVector, Status, compare::Direction};
use scrutineer_scenarios::{Opening, Story};
use scrutineer_service::{
    customers,
    scan::{compare::compare, read},
};
use scrutineer_simulator::Simulator;

#[tokio::test]
async fn a_changed_setting_is_a_move_with_its_reason_and_its_score() {
    let story = Story::demo().await.unwrap();
    let first = story.scan().await.unwrap().scan;
    story.clock.advance(SignedDuration::from_mins(1));
    story
        .github
        .world()
        .lock()
        .repo_mut("acme", "payments-api")
        .unwrap()
        .set_security("secret_scanning", false);
    let second = story.scan().await.unwrap().scan;

    let found = compare(story.app(), &second, first.id, 200, None).await.unwrap();
    assert_eq!((found.appeared.total, found.vanished.total, found.unscanned.total), (0, 0, 0));
    assert!(found.moves.next.is_none());
    let moved = found.moves.items.iter().find(|item| item.moved.check == "SEC-001").unwrap();
    assert_eq!(moved.repository.as_ref().unwrap().name(), "payments-api");
    assert_eq!(moved.moved.direction, Direction::Worsened);
    let (before, after) = (moved.moved.before.as_ref().unwrap(), moved.moved.after.as_ref().unwrap());
    assert_eq!(before.status, Status::Passed);
    assert_ne!(before.detail, after.detail, "both sentences say why");
    assert!(
        found
            .moves
            .items
            .iter()
            .all(|item| item.repository.as_ref().is_none_or(|r| r.name() == "payments-api")),
        "nothing else changed"
    );
    let secrets = found.categories.iter().find(|category| category.category == "secrets_mgmt").unwrap();
    assert!(secrets.percentage.difference().unwrap().is_sign_negative(), "{secrets:?}");
    assert_eq!(found.overall.after, second.overall);

    // Looked at from the other side, everything is reversed; a page at a time it is the same.
    let back = compare(story.app(), &first, second.id, 200, None).await.unwrap();
    assert_eq!(back.moves.items.len(), found.moves.items.len());
    assert_eq!(back.overall.difference(), found.overall.difference().map(|by| -by));
    let (mut paged, mut cursor) = (Vec::new(), None);
    loop {
        let page = compare(story.app(), &second, first.id, 1, cursor.as_deref()).await.unwrap();
        assert!(page.moves.items.len() <= 1);
        paged.extend(page.moves.items);
        cursor = page.moves.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(paged, found.moves.items);
}

#[tokio::test]
async fn a_new_repository_is_named_and_its_findings_are_no_moves() {
    let story = Story::synthetic(3).await.unwrap();
    let first = story.scan().await.unwrap().scan;
    story.clock.advance(SignedDuration::from_mins(1));
    let mut narrow = serde_json::json!({ "connection_id": story.connection.id });
    let gone = story.repositories(&first).await.unwrap()[0].name.clone();
    narrow["repositories"] = serde_json::json!({ "exclude": [gone.name()] });
    let request = serde_json::from_value(narrow).unwrap();
    let second =
        scrutineer_service::scan::start::start(story.app(), story.customer.id, &request, None).await.unwrap();
    story.finish(&second).await.unwrap();
    let second = read::state(story.app(), second.id).await.unwrap().scan;

    let found = compare(story.app(), &second, first.id, 200, None).await.unwrap();
    assert_eq!((found.vanished.total, found.vanished.names.clone()), (1, vec![gone.clone()]));
    let back = compare(story.app(), &first, second.id, 200, None).await.unwrap();
    assert_eq!(back.appeared.names, std::slice::from_ref(&gone));
    assert!(back.moves.items.iter().all(|item| item.repository.as_ref() != Some(&gone)));
}

#[tokio::test]
async fn scans_that_have_nothing_to_do_with_each_other_are_refused() {
    let story = Story::synthetic(1).await.unwrap();
    let mine = story.scan().await.unwrap().scan;
    let running = story.start().await.unwrap();
    let code = async |after, before| compare(story.app(), after, before, 10, None).await.unwrap_err();
    assert_eq!(code(&mine, running.id).await.code(), Some("scan_not_completed"));

    let mut foreign = mine.clone();
    foreign.organization = "other".parse().unwrap();
    assert_eq!(code(&foreign, mine.id).await.code(), Some("different_organizations"));
    let mut theirs = mine.clone();
    theirs.customer = customers::create(story.app(), "Other").await.unwrap().id;
    assert_eq!(code(&theirs, mine.id).await.code(), Some("not_found"));
    let invalid = compare(story.app(), &mine, mine.id, 10, Some("?")).await.unwrap_err();
    assert_eq!(invalid.code(), Some("invalid_cursor"));
}

#[tokio::test]
async fn gains_are_what_a_later_scan_shows() {
    let github = Simulator::synthetic("acme", 2).await.unwrap();
    let story = Story::over(github, Opening::default()).await.unwrap();
    let first = story.scan().await.unwrap().scan;
    let scores = read::scores(story.app(), first.id).await.unwrap();
    let standing = scores.standing();
    let findings = story.findings(&first).await.unwrap();
    let all: Vec<_> = findings.iter().filter(|f| f.status == Status::Failed).collect();
    assert!(!all.is_empty());
    for finding in all {
        let gain = standing.gain(&finding.check, [finding.status]).unwrap();
        assert!(gain.category.is_sign_positive() && !gain.category.is_zero(), "{finding:?}");
        // The same, counted over all findings anew.
        let fixed = findings.iter().cloned().map(|mut other| {
            if (&other.check, &other.repository) == (&finding.check, &finding.repository) {
                other.status = Status::Passed;
            }
            other
        });
        let after =
            ScoreVector::of(&fixed.collect::<Vec<_>>(), &Profile::default()).overall(&Profile::default());
        assert_eq!(Some(gain.overall), after.score.zip(first.overall).map(|(after, before)| after - before));
    }
}
