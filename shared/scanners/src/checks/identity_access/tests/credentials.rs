//! IAM-005 to IAM-007.

use super::*;

pub(super) fn machines() -> Vec<Case> {
    fn bot(world: &mut OrgWorld) {
        if let Fact::Known(page) = &mut world.org.members {
            page.items.push(member("deploy-bot", false));
            page.total += 1;
        }
    }
    fn busy(world: &mut OrgWorld, pulls: u64, reviews: u64) {
        let half = pulls / 2;
        world.repository(0).authors = Fact::Known(vec![("m5".into(), half, 0)]);
        world.repository(1).authors = Fact::Known(vec![("M5".into(), pulls - half, reviews)]);
    }
    fn holds(world: &mut OrgWorld, credentials: Vec<CredentialAuthorization>) {
        world.org.credential_authorizations = Fact::Known(credentials);
    }
    vec![
        Case::org("IAM-005", Passed, "No machine account", |_| {}),
        Case::org("IAM-005", Passed, "Machine accounts: 1", |w| {
            bot(w);
            w.org.fine_grained_tokens = Fact::Known(vec![token("deploy-bot", Some(30))]);
        }),
        Case::org("IAM-005", Passed, "No machine account", |w| busy(w, 19, 0)),
        Case::org("IAM-005", Passed, "No machine account", |w| busy(w, 40, 1)),
        Case::org("IAM-005", Warning, "20 pull requests", |w| {
            busy(w, 20, 0);
            no_saml_listing(w);
        }),
        Case::org("IAM-005", Warning, "cannot be seen", |w| {
            outsiders(w, vec![outside("acme-ci", "WRITE")]);
            no_saml_listing(w);
        }),
        Case::org("IAM-005", Failed, "classic personal access token", |w| {
            bot(w);
            holds(w, vec![credential("deploy-bot", "personal access token", Some(30))]);
        }),
        Case::org("IAM-005", Failed, "SSH key without expiry", |w| {
            bot(w);
            holds(w, vec![credential("deploy-bot", "SSH key", None)]);
        }),
        Case::org("IAM-005", Failed, "fine-grained token without expiry", |w| {
            bot(w);
            no_saml_listing(w);
            w.org.fine_grained_tokens = Fact::Known(vec![token("deploy-bot", None)]);
        }),
        Case::org("IAM-005", Passed, "No machine account", |w| {
            holds(w, vec![credential("m3", "SSH key", None)])
        }),
        Case::org("IAM-005", Error, "members:read", |w| w.org.members = forbidden("members")),
        Case::org("IAM-005", Error, "pull_requests:read", |w| {
            w.repository(0).authors = forbidden("pull_requests")
        }),
    ]
}

pub(super) fn keys() -> Vec<Case> {
    fn keys(world: &mut OrgWorld, keys: Vec<DeployKey>) {
        for repository in &mut world.repositories {
            repository.deploy_keys = Fact::Known(Page::all(vec![]));
        }
        world.repository(0).deploy_keys = Fact::Known(Page::all(keys));
    }
    fn mixed(world: &mut OrgWorld, writable: usize, read_only: usize) {
        let key = |n: usize| deploy_key(&format!("k{n:03}"), n >= writable, 30);
        keys(world, (0..writable + read_only).map(key).collect());
    }
    vec![
        Case::org("IAM-006", Passed, "all read-only", |_| {}),
        Case::org("IAM-006", Passed, "disabled by policy", |w| {
            mixed(w, 3, 0);
            w.org.settings.deploy_keys_enabled = Fact::Known(false);
        }),
        Case::org("IAM-006", Passed, "old ones: 0", |w| keys(w, vec![deploy_key("ci", true, 730)])),
        Case::org("IAM-006", Warning, "old ones: 1", |w| keys(w, vec![deploy_key("ci", true, 731)])),
        Case::org("IAM-006", Warning, "1 of 100 (1 %)", |w| mixed(w, 1, 99)),
        Case::org("IAM-006", Failed, "1 of 99 (1 %)", |w| mixed(w, 1, 98)),
        Case::org("IAM-006", Failed, "writable", |w| mixed(w, 1, 0)),
        Case::org("IAM-006", Passed, "Enabled deploy keys: 0", |w| {
            keys(w, vec![DeployKey { enabled: false, ..deploy_key("old", false, 10) }]);
        }),
        Case::org("IAM-006", NotApplicable, "No repository", |w| mixed(w, 0, 0)),
        Case::org("IAM-006", NotApplicable, "No repository", |w| {
            mixed(w, 1, 0);
            w.repository(0).archived = true;
        }),
        Case::org("IAM-006", Error, "administration:read", |w| {
            w.repository(2).deploy_keys = forbidden("administration");
        }),
    ]
}

pub(super) fn tokens() -> Vec<Case> {
    fn fine(world: &mut OrgWorld, tokens: Vec<FineGrainedToken>) {
        world.org.fine_grained_tokens = Fact::Known(tokens);
    }
    vec![
        Case::org("IAM-007", Passed, "All 1 tokens expire", |_| {}),
        Case::org("IAM-007", Passed, "All 1 tokens expire", |w| fine(w, vec![token("m1", Some(366))])),
        Case::org("IAM-007", Warning, "only in more than 366 days", |w| {
            fine(w, vec![token("m1", Some(367))])
        }),
        Case::org("IAM-007", Warning, "classic tokens were not listed", no_saml_listing),
        Case::org("IAM-007", Warning, "expire in time: 0", |w| {
            fine(w, vec![]);
            no_saml_listing(w);
        }),
        Case::org("IAM-007", Failed, "without expiry: 1 of 1", |w| fine(w, vec![token("m1", None)])),
        Case::org("IAM-007", Failed, "classic token, expires never", |w| {
            let classic = credential("m2", "personal access token", None);
            w.org.credential_authorizations = Fact::Known(vec![classic, credential("m3", "SSH key", None)]);
        }),
        Case::org("IAM-007", NotApplicable, "No personal access token", |w| fine(w, vec![])),
        Case::org("IAM-007", NotApplicable, "No personal access token", |w| {
            fine(w, vec![FineGrainedToken { expired: true, ..token("m1", None) }, token("m2", Some(-1))]);
        }),
        Case::org("IAM-007", Error, "organization_personal_access_tokens:read", |w| {
            w.org.fine_grained_tokens = forbidden("organization_personal_access_tokens");
        }),
    ]
}
