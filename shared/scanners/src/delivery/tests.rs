use scrutineer_core::evidence::{Page, activity::Release};

use super::*;
use crate::testing::{days_ago, forbidden, merged_pull, repo_evidence};

const DAY: u64 = 24 * 3_600;
const HOUR: u64 = 3_600;

/// A production deployment that took ten minutes.
fn deployment(days: i64, state: &str) -> Deployment {
    let created_at = days_ago(days);
    let ended = created_at + SignedDuration::from_mins(10);
    Deployment {
        environment: "production".into(),
        created_at,
        task: Some("deploy".into()),
        git_ref: None,
        latest_status: Some((state.into(), ended)),
    }
}

/// A pull request merged to main an hour after it was opened.
fn pull(days: i64, head: &str) -> MergedPull {
    let created_at = days_ago(days);
    MergedPull { created_at, merged_at: created_at + SignedDuration::from_hours(1), ..merged_pull(1, head) }
}

fn repo(deployments: Page<Deployment>, pulls: Vec<MergedPull>) -> RepoEvidence {
    let mut repo = repo_evidence();
    if let Fact::Known(activity) = &mut repo.activity {
        activity.deployments = Fact::Known(deployments);
        activity.merged = Fact::Known(Page::all(pulls));
    }
    repo
}

fn of(deployments: Vec<Deployment>, pulls: Vec<MergedPull>) -> Delivery {
    Delivery::of(&repo(Page::all(deployments), pulls)).unwrap()
}

#[test]
fn only_production_deployments_of_the_window_that_ended_count() {
    let elsewhere = Deployment { environment: "staging".into(), ..deployment(1, "SUCCESS") };
    let silent = Deployment { latest_status: None, ..deployment(1, "") };
    let found = of(
        vec![
            deployment(1, "SUCCESS"),
            deployment(5, "INACTIVE"),
            deployment(6, "IN_PROGRESS"),
            elsewhere,
            silent,
            deployment(91, "SUCCESS"),
        ],
        vec![],
    );
    assert_eq!((found.deployed, found.failed, found.span), (2, 0, 90 * DAY));
}

#[test]
fn a_listing_that_ends_within_the_window_shortens_the_span() {
    let page =
        |days: i64| Page { items: vec![deployment(1, "SUCCESS"), deployment(days, "SUCCESS")], total: 40 };
    let span = |days| Delivery::of(&repo(page(days), vec![])).unwrap().span;
    assert_eq!((span(20), span(200), span(0)), (20 * DAY, 90 * DAY, DAY), "a day at least");
}

#[test]
fn a_failure_lasts_until_the_next_good_deployment_of_its_environment() {
    let other = Deployment { environment: "prod-eu".into(), ..deployment(5, "SUCCESS") };
    let found = of(
        vec![
            deployment(6, "FAILURE"),
            other,
            deployment(4, "ERROR"),
            deployment(3, "SUCCESS"),
            deployment(1, "FAILURE"),
        ],
        vec![],
    );
    assert_eq!((found.deployed, found.failed), (2, 3));
    assert_eq!(found.restored, [3 * DAY, DAY], "the last one is not fixed yet");
}

#[test]
fn a_rollback_makes_the_deployment_before_it_a_failure() {
    let rollback = Deployment { task: Some("deploy:rollback".into()), ..deployment(2, "SUCCESS") };
    let found = of(vec![deployment(3, "SUCCESS"), rollback], vec![]);
    assert_eq!((found.deployed, found.failed, found.restored), (1, 1, vec![DAY]));
}

#[test]
fn a_revert_makes_what_was_live_when_it_was_opened_a_failure() {
    let deployments = || vec![deployment(9, "SUCCESS"), deployment(5, "SUCCESS"), deployment(2, "SUCCESS")];
    for head in ["revert-12-main", "hotfix/crash"] {
        let found = of(deployments(), vec![pull(4, head)]);
        assert_eq!((found.deployed, found.failed, found.restored), (2, 1, vec![3 * DAY]), "{head}");
    }
    assert_eq!(of(deployments(), vec![pull(4, "feat/more")]).failed, 0);
}

#[test]
fn lead_time_runs_from_opening_to_the_first_good_deployment_after_the_merge() {
    let other = MergedPull { base: "release".into(), ..pull(5, "feat/b") };
    let found = of(
        vec![deployment(4, "FAILURE"), deployment(3, "SUCCESS"), deployment(2, "SUCCESS")],
        vec![pull(5, "feat/a"), other, pull(1, "feat/not-deployed-yet"), pull(100, "feat/old")],
    );
    assert_eq!(found.lead, [2 * DAY + 600]);
    assert_eq!(found.wait, [2 * DAY - HOUR + 600]);
}

#[test]
fn a_change_merged_before_what_is_listed_is_left_out() {
    let page = Page { items: vec![deployment(2, "SUCCESS"), deployment(10, "SUCCESS")], total: 40 };
    let found = Delivery::of(&repo(page, vec![pull(20, "feat/a"), pull(5, "feat/b")])).unwrap();
    assert_eq!(found.lead, [3 * DAY + 600]);
}

#[test]
fn what_was_not_read_is_a_gap_and_not_zero() {
    let mut blind = repo_evidence();
    if let Fact::Known(activity) = &mut blind.activity {
        activity.deployments = forbidden("deployments");
    }
    assert_eq!(Delivery::of(&blind), Err(Gap::forbidden("deployments")));
    let mut none = repo_evidence();
    none.activity = forbidden("contents");
    assert!(Delivery::of(&none).is_err());
}

#[test]
fn provenance_is_told_by_the_newest_release_that_carries_assets() {
    let release = |assets: &[&str]| Release {
        tag: "v1".into(),
        is_draft: false,
        is_prerelease: false,
        created_at: days_ago(1),
        published_at: Some(days_ago(1)),
        description_chars: 0,
        signed_commit: false,
        assets: Page::all(assets.iter().map(|name| (*name).to_owned()).collect()),
    };
    let of = |releases: Vec<Release>| {
        let mut repo = repo_evidence();
        if let Fact::Known(activity) = &mut repo.activity {
            activity.releases = Fact::Known(Page::all(releases));
        }
        provenance(&repo, &Fact::Unknown(Gap::forbidden("contents")))
    };
    assert_eq!(of(vec![release(&["app.tgz", "app.intoto.jsonl"])]), Ok(Provenance::Attached));
    assert_eq!(of(vec![release(&["app.tgz"])]), Err(Gap::forbidden("contents")), "a step may make it");
}
