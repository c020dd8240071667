//! What counts as a dynamic scan, of what, and how it is made.

use scrutineer_core::Gap;

use crate::{
    check::{Outcome, RepoSubject},
    checks::history::deployed,
    finding::Evidence,
    snapshot::{CiStep, DetectorId, Hit, Note, Snapshot},
};

/// `not_applicable` unless the repository is a service that speaks HTTP.
pub(super) fn serves_nothing(subject: &RepoSubject<'_>, files: &Snapshot) -> Result<Option<Outcome>, Gap> {
    if files.profile().http {
        return Ok(None);
    }
    let speaks = [DetectorId::WebFramework, DetectorId::ApiSpec]
        .iter()
        .any(|id| files.detector(*id).all().next().is_some());
    if speaks && deployed(subject)? {
        return Ok(None);
    }
    files.absent()?;
    Ok(Some(Outcome::not_applicable("The repository is no service that speaks HTTP.")))
}

/// A step that attacks a running service.
#[derive(Clone, Copy)]
pub(super) struct Scan<'a> {
    pub(super) found: CiStep<'a>,
    /// It knows APIs by their description.
    pub(super) api: bool,
}

impl Scan<'_> {
    pub(super) fn seen(&self) -> Hit {
        self.found.seen()
    }

    pub(super) fn evidence(&self) -> Evidence {
        self.seen().evidence()
    }

    /// Everything its step says, in lower case.
    pub(super) fn text(&self) -> String {
        let step = self.found.step;
        let mut text = step.uses.clone().unwrap_or_default();
        for (key, value) in &step.with {
            text.push_str(&format!("\n{key}: {value}"));
        }
        for command in &step.commands {
            text.push('\n');
            text.push_str(&command.text);
        }
        text.push('\n');
        text.push_str(&self.seen().what);
        text.to_ascii_lowercase()
    }

    /// It attacks, with the policy of its tool, which covers the OWASP Top 10.
    pub(super) fn is_active(&self, files: &Snapshot) -> bool {
        let text = self.text();
        let tools = [
            "full-scan",
            "api-scan",
            "hawk",
            "burp",
            "invicti",
            "netsparker",
            "acunetix",
            "bright",
            "neuralegion",
            "nexploit",
            "probely",
            "appscan",
            "insightappsec",
            "arachni",
            "wapiti",
            "escape",
        ];
        let tags = ["owasp", "cves", "vulnerabilities"];
        let nuclei = text.contains("nuclei") && tags.iter().any(|tag| text.contains(tag));
        let plan = ["action-af", "-autorun", "automation"].iter().any(|word| text.contains(word));
        let plan = plan && !files.notes(Note::DastActive).is_empty();
        tools.iter().any(|tool| text.contains(tool)) || nuclei || plan
    }

    /// What leaves whole kinds of attacks out.
    pub(super) fn disabled(&self, files: &Snapshot) -> Option<Hit> {
        let text = self.text();
        let excludes = ["-exclude-tags", "-etags", "exclude-plugins"].iter().any(|flag| text.contains(flag));
        files.notes(Note::DastDisabled).first().cloned().or_else(|| excludes.then(|| self.seen()))
    }

    /// It logs in, with a secret or a header of its step.
    pub(super) fn logs_in(&self) -> bool {
        let text = self.text();
        let words = ["auth", "login", "password", "user", "cookie", "session", "bearer", "jwt"];
        let credential = |name: &str| {
            let name = name.to_ascii_lowercase();
            words.iter().any(|word| name.contains(word))
        };
        let marks = ["zap_auth", "authorization", "--auth", "-secret-file", "login"];
        let secret = !self.found.step.secrets.is_empty();
        self.found.step.secrets.iter().any(|name| credential(name))
            || self.found.job.secrets.iter().any(|name| name.to_ascii_lowercase().contains("zap_auth"))
            || secret && marks.iter().any(|mark| text.contains(mark))
    }
}

/// The scans that can run on one of `events`, any event when empty, in file order.
pub(super) fn scans<'a>(files: &'a Snapshot, events: &'a [&'a str]) -> Vec<Scan<'a>> {
    let known_api = |found: &CiStep<'_>| {
        let hawk = found.step.uses.as_deref().is_some_and(|uses| uses.contains("hawk"));
        !hawk || !files.detector(DetectorId::ApiFuzz).content.is_empty()
    };
    let apis: Vec<Scan<'a>> = files
        .ci()
        .steps_with(DetectorId::ApiFuzz, events)
        .map(|found| Scan { found, api: known_api(&found) })
        .collect();
    let same = |a: &CiStep<'_>, b: &CiStep<'_>| std::ptr::eq(a.step, b.step);
    // A plan of ZAP or a test suite may read the description of the API by itself.
    let plan = !files.detector(DetectorId::ApiFuzz).content.is_empty();
    let others = files.ci().steps_with(DetectorId::Dast, events);
    let mut all: Vec<Scan<'a>> = others
        .filter(|found| !apis.iter().any(|api| same(&api.found, found)))
        .map(|found| Scan { found, api: plan })
        .collect();
    all.extend(apis);
    all.sort_by_key(|scan| (scan.seen().path, scan.seen().line));
    all
}
