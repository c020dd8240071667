//! Who decides what holds: bundles pinned and rolled back, departures asked for, approved and over.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on shall stop here")]

use scrutineer_aws::records::{AuditAction, Override, OverrideStatus};
use scrutineer_core::{
    Actor, Clock, SignedDuration,
    ids::{Login, RepoName},
};
use scrutineer_local::runtime::{Options, Runtime};
use scrutineer_policy::{Bundle, ChangeSet, Decision as Verdict, SourceFile, verify};
use scrutineer_service::{
    App,
    audit::{
        self, By,
        chain::{Chain, Noted},
        read::{AuditFilter, Order},
    },
    bundles::{self, Refused, Wanted},
    effective::{Effective, effective},
    orgs::{self, NewSettings},
    overrides::{self, Decision, OverrideRequest},
};
use serde_json::json;
use tokio::task::JoinSet;

struct Stage {
    runtime: Runtime,
    clock: Clock,
}

impl Stage {
    fn new() -> Self {
        let clock = Clock::manual("2026-01-01T00:00:00Z".parse().unwrap());
        let runtime = Runtime::open(Options { clock: clock.clone(), ..Options::default() }).unwrap();
        Self { runtime, clock }
    }

    fn app(&self) -> &App {
        self.runtime.app()
    }

    async fn effective(&self) -> Effective {
        effective(self.app(), &acme(), &api()).await.unwrap()
    }

    /// Whether a change that logs personal data may be merged.
    async fn ships(&self) -> bool {
        let effective = self.effective().await;
        let change = ChangeSet {
            files: vec![SourceFile::new("src/a.js", "log.info(user.email);")],
            today: self.clock.now().to_string().chars().take(10).collect(),
            ..ChangeSet::default()
        };
        verify(&effective.policy, &change, &effective.overrides).verdict == Verdict::Ship
    }

    async fn pin(&self, wanted: Wanted) {
        bundles::put(self.app(), &acme(), &admin(), wanted, None).await.unwrap();
    }

    async fn request(&self, by: &By, target: &str, state: &str) -> Override {
        overrides::request(self.app(), by, &api(), &wanted(target, state)).await.unwrap()
    }

    fn days(&self, days: i64) {
        self.clock.advance(SignedDuration::from_hours(24 * days));
    }

    /// How often something was done.
    async fn audited(&self, action: AuditAction) -> usize {
        let filter = AuditFilter { actions: vec![action.to_string()], ..AuditFilter::default() };
        let page = audit::read::page(self.app(), &acme(), &filter, Order::NewestFirst, (100, None)).await;
        page.unwrap().items.len()
    }
}

fn acme() -> Login {
    "acme".parse().unwrap()
}

fn api() -> RepoName {
    "acme/api".parse().unwrap()
}

fn by(id: &str) -> By {
    By { actor: Actor::token(id, "somebody"), request_id: None }
}

fn admin() -> By {
    by("admin")
}

fn wanted(target: &str, state: &str) -> OverrideRequest {
    serde_json::from_value(json!({"target": target, "state": state, "reason": "because"})).unwrap()
}

fn document(version: &str, required: &[&str]) -> Wanted {
    let bundle: Bundle =
        serde_json::from_value(json!({"version": version, "policies": {"required": required}})).unwrap();
    Wanted::Document(Box::new(bundle))
}

fn code(refused: Refused) -> &'static str {
    match refused {
        Refused::Failed(failure) => failure.code().unwrap_or("transient"),
        Refused::Invalid(problems) => panic!("{problems:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_those_who_pin_on_the_same_revision_one_succeeds() {
    let stage = Stage::new();
    let mut under_way = JoinSet::new();
    for number in 0..8 {
        let app = stage.app().clone();
        let wanted = document(&format!("1.{number}.0"), &["pii"]);
        under_way.spawn(async move { bundles::put(&app, &acme(), &admin(), wanted, Some(0)).await });
    }
    let outcomes = under_way.join_all().await;
    let (pinned, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!(pinned.len(), 1);
    for outcome in refused {
        assert_eq!(code(outcome.unwrap_err()), "version_mismatch");
    }
    let now = bundles::pinned(stage.app(), &acme()).await.unwrap();
    assert_eq!(now.bundle.version, pinned.into_iter().next().unwrap().unwrap().bundle.version);
    assert_eq!(stage.audited(AuditAction::BUNDLE_PINNED).await, 1);
}

#[tokio::test]
async fn a_pin_takes_effect_at_once_and_so_does_going_back() {
    let stage = Stage::new();
    assert!(!stage.ships().await, "the default bundle holds before anything is pinned");
    stage.pin(document("1.0.0", &["auth"])).await;
    assert!(stage.ships().await);
    stage.pin(document("2.0.0", &["pii"])).await;
    assert!(!stage.ships().await);
    stage.pin(Wanted::Existing("1.0.0".parse().unwrap())).await;
    assert!(stage.ships().await);
    assert_eq!(stage.effective().await.pin.unwrap().revision, 3);
    // What is pinned already is no change.
    stage.pin(document("1.0.0", &["auth"])).await;
    assert_eq!(stage.effective().await.pin.unwrap().revision, 3);
}

#[tokio::test]
async fn another_process_sees_a_pin_at_once() {
    let stage = Stage::new();
    let other = App { policies: Default::default(), ..stage.app().clone() };
    assert!(!stage.ships().await);
    bundles::put(&other, &acme(), &admin(), document("1.0.0", &["auth"]), None).await.unwrap();
    assert!(stage.ships().await);
}

#[tokio::test]
async fn a_softer_departure_holds_when_somebody_else_approved_it_and_until_it_is_over() {
    let stage = Stage::new();
    let made = stage.request(&by("asker"), "pii", "evaluate").await;
    assert_eq!(made.status, OverrideStatus::Requested);
    assert!(!stage.ships().await);
    let which = (&api(), made.id);
    let own = overrides::decide(stage.app(), &by("asker"), which, Decision::Approve, None).await;
    assert_eq!(own.unwrap_err().code(), Some("own_request"));
    assert!(!stage.ships().await);
    overrides::decide(stage.app(), &admin(), which, Decision::Approve, Some("fine")).await.unwrap();
    assert!(stage.ships().await);

    stage.days(29);
    assert!(stage.ships().await);
    stage.days(1);
    let first = stage.effective().await;
    let told: Vec<String> = first.notices().collect();
    assert_eq!(told, ["the override of `pii` ended on 2026-01-31; what the bundle says holds again"]);
    assert_eq!(first.overrides.len(), 0);
    assert!(!stage.ships().await);
    assert_eq!(stage.effective().await.expired.len(), 0, "and to nobody else");
    assert_eq!(stage.audited(AuditAction::OVERRIDE_EXPIRED).await, 1);
    let again = overrides::get(stage.app(), &api(), made.id).await.unwrap();
    assert_eq!(again.status, OverrideStatus::Expired);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_an_override_is_told_once_however_many_look() {
    let stage = Stage::new();
    let made = stage.request(&by("asker"), "pii", "off").await;
    overrides::decide(stage.app(), &admin(), (&api(), made.id), Decision::Approve, None).await.unwrap();
    stage.days(31);
    let mut under_way = JoinSet::new();
    for _ in 0..8 {
        let app = stage.app().clone();
        under_way.spawn(async move { effective(&app, &acme(), &api()).await.unwrap().expired.len() });
    }
    assert_eq!(under_way.join_all().await.into_iter().sum::<usize>(), 1);
    assert_eq!(stage.audited(AuditAction::OVERRIDE_EXPIRED).await, 1);
}

#[tokio::test]
async fn a_denied_or_withdrawn_override_does_not_hold() {
    let stage = Stage::new();
    let denied = stage.request(&by("asker"), "pii", "off").await;
    let pending = overrides::request(stage.app(), &by("other"), &api(), &wanted("pii", "warn")).await;
    assert_eq!(pending.unwrap_err().code(), Some("override_pending"));
    overrides::decide(stage.app(), &admin(), (&api(), denied.id), Decision::Deny, None).await.unwrap();
    let late = overrides::decide(stage.app(), &admin(), (&api(), denied.id), Decision::Approve, None).await;
    assert_eq!(late.unwrap_err().code(), Some("override_decided"));
    assert!(!stage.ships().await);
    let taken_back = stage.request(&by("asker"), "pii", "off").await;
    overrides::decide(stage.app(), &admin(), (&api(), taken_back.id), Decision::Approve, None).await.unwrap();
    assert!(stage.ships().await);
    overrides::withdraw(stage.app(), &by("asker"), &api(), taken_back.id).await.unwrap();
    assert!(!stage.ships().await);
}

#[tokio::test]
async fn a_stricter_departure_holds_at_once_but_never_softens_a_later_bundle() {
    let stage = Stage::new();
    stage.pin(document("1.0.0", &["auth"])).await;
    let made = stage.request(&by("asker"), "pii", "evaluate").await;
    assert_eq!((made.status, made.expires_at), (OverrideStatus::Granted, None));
    assert_eq!(stage.effective().await.overrides.len(), 1);
    stage.days(400);
    assert_eq!(stage.effective().await.overrides.len(), 1);
    stage.pin(document("2.0.0", &["auth", "pii"])).await;
    assert_eq!(stage.effective().await.overrides.len(), 0, "nobody approved less than the bundle asks for");
    assert!(!stage.ships().await);
}

#[tokio::test]
async fn an_override_lives_no_longer_than_the_organization_allows() {
    let stage = Stage::new();
    let made = stage.request(&by("asker"), "pii", "off").await;
    assert_eq!(made.days, Some(overrides::DEFAULT_DAYS));
    let settings: NewSettings =
        serde_json::from_value(json!({"on_trouble": "fail_open", "max_override_days": 7})).unwrap();
    orgs::change(stage.app(), &acme(), &admin(), &settings, Some(0)).await.unwrap();
    let stale = orgs::change(stage.app(), &acme(), &admin(), &settings, Some(0)).await;
    assert_eq!(stale.unwrap_err().code(), Some("version_mismatch"));
    overrides::decide(stage.app(), &admin(), (&api(), made.id), Decision::Approve, None).await.unwrap();
    stage.days(7);
    assert!(!stage.ships().await);
    let long = OverrideRequest { expires_in_days: Some(8), ..wanted("pii", "off") };
    let refused = overrides::request(stage.app(), &by("asker"), &api(), &long).await;
    assert_eq!(refused.unwrap_err().code(), Some("invalid_override"));
}

#[tokio::test]
async fn every_step_stands_in_the_log_and_the_log_is_whole() {
    let stage = Stage::new();
    stage.pin(document("1.0.0", &["pii"])).await;
    let made = stage.request(&by("asker"), "pii/logged-sensitive-data", "off").await;
    overrides::decide(stage.app(), &admin(), (&api(), made.id), Decision::Approve, None).await.unwrap();
    stage.days(31);
    stage.effective().await;
    let filter = AuditFilter::default();
    let page =
        audit::read::page(stage.app(), &acme(), &filter, Order::OldestFirst, (100, None)).await.unwrap();
    let told: Vec<String> = page
        .items
        .iter()
        .map(|entry| format!("{} {} {}", entry.actor, entry.action, entry.subject))
        .collect();
    assert_eq!(
        told,
        [
            "token:somebody bundle.published acme@1.0.0",
            "token:somebody bundle.pinned acme@1.0.0",
            "token:somebody override.requested pii/logged-sensitive-data",
            "token:somebody override.approved pii/logged-sensitive-data",
            "system:expiry override.expired pii/logged-sensitive-data",
        ]
    );
    let head = audit::head(stage.app(), &acme()).await.unwrap().unwrap();
    let mut chain = Chain::default().ending_at(Noted { sequence: head.sequence, hash: head.hash });
    page.items.into_iter().for_each(|entry| chain.push(entry));
    assert_eq!(chain.end(), (5, vec![]));
}
