//! OSPS Baseline: its 64 assessment requirements by maturity level. Requirements that no check of ours speaks to stay
//! visible as not assessed, so no level is claimed by silence.

use super::{
    Summary,
    standard::{Control, Row, Standard, State, States, controls, groups},
};

const ONE: &str = "Level 1";
const TWO: &str = "Level 2";
const THREE: &str = "Level 3";

/// What each asks for, in our words. Source: <https://baseline.openssf.org/versions/2026-08-28>.
const TABLE: &[Row] = &[
    ("OSPS-AC-01.01", "sensitive resources need multi-factor authentication", ONE),
    ("OSPS-AC-02.01", "new collaborators get the lowest privilege", ONE),
    ("OSPS-AC-03.01", "direct commits to the primary branch are prevented", ONE),
    ("OSPS-AC-03.02", "deleting the primary branch needs confirmation", ONE),
    ("OSPS-BR-01.01", "pipelines sanitize untrusted metadata", ONE),
    ("OSPS-BR-01.03", "untrusted code cannot reach privileged credentials", ONE),
    ("OSPS-BR-03.01", "official channels are encrypted", ONE),
    ("OSPS-BR-03.02", "distribution channels are authenticated", ONE),
    ("OSPS-BR-07.01", "secrets are kept out of version control", ONE),
    ("OSPS-DO-01.01", "user guides cover the basic functions", ONE),
    ("OSPS-DO-02.01", "a guide says how to report defects", ONE),
    ("OSPS-GV-02.01", "there is a public place for discussions", ONE),
    ("OSPS-GV-03.01", "the contribution process is explained", ONE),
    ("OSPS-LE-02.01", "the source licence is a free or open one", ONE),
    ("OSPS-LE-02.02", "the licence of releases is a free or open one", ONE),
    ("OSPS-LE-03.01", "the source licence stands in its usual file", ONE),
    ("OSPS-LE-03.02", "releases carry their licence", ONE),
    ("OSPS-QA-01.01", "the source is public at a stable address", ONE),
    ("OSPS-QA-01.02", "the record of changes is public", ONE),
    ("OSPS-QA-02.01", "direct dependencies are listed", ONE),
    ("OSPS-QA-04.01", "the project's codebases are listed", ONE),
    ("OSPS-QA-05.01", "no generated executables in version control", ONE),
    ("OSPS-QA-05.02", "no unreviewable binaries in version control", ONE),
    ("OSPS-VM-02.01", "security contacts are documented", ONE),
    ("OSPS-AC-04.01", "pipeline tasks default to the lowest permissions", TWO),
    ("OSPS-BR-02.01", "releases have a unique version", TWO),
    ("OSPS-BR-04.01", "releases have a log of changes", TWO),
    ("OSPS-BR-05.01", "pipelines take dependencies in by standard tools", TWO),
    ("OSPS-BR-06.01", "releases are signed or in a signed manifest", TWO),
    ("OSPS-DO-06.01", "how dependencies are chosen and tracked is documented", TWO),
    ("OSPS-DO-07.01", "how to build is documented", TWO),
    ("OSPS-GV-01.01", "members with sensitive access are listed", TWO),
    ("OSPS-GV-01.02", "roles and responsibilities are described", TWO),
    ("OSPS-GV-03.02", "requirements for contributions are documented", TWO),
    ("OSPS-LE-01.01", "contributors assert that they may contribute", TWO),
    ("OSPS-QA-03.01", "status checks must pass before the primary branch changes", TWO),
    ("OSPS-QA-06.01", "automated tests run before a change is accepted", TWO),
    ("OSPS-SA-01.01", "the design shows actions and actors", TWO),
    ("OSPS-SA-02.01", "external interfaces are described", TWO),
    ("OSPS-SA-03.01", "a security assessment was made", TWO),
    ("OSPS-VM-01.01", "a disclosure policy names a time to respond", TWO),
    ("OSPS-VM-03.01", "vulnerabilities can be reported privately", TWO),
    ("OSPS-VM-04.01", "found vulnerabilities are published", TWO),
    ("OSPS-AC-04.02", "pipeline jobs get only the permissions they need", THREE),
    ("OSPS-BR-01.04", "pipelines sanitize input of collaborators", THREE),
    ("OSPS-BR-02.02", "release assets carry the release's identifier", THREE),
    ("OSPS-BR-07.02", "a policy covers secrets and credentials", THREE),
    ("OSPS-DO-03.01", "how to verify a release is documented", THREE),
    ("OSPS-DO-03.02", "how to verify a release's author is documented", THREE),
    ("OSPS-DO-04.01", "scope and length of support are documented", THREE),
    ("OSPS-DO-05.01", "the end of security updates is documented", THREE),
    ("OSPS-GV-04.01", "collaborators are reviewed before they get more access", THREE),
    ("OSPS-QA-02.02", "releases carry a bill of materials", THREE),
    ("OSPS-QA-04.02", "subprojects are held to the same requirements", THREE),
    ("OSPS-QA-06.02", "when and how tests run is documented", THREE),
    ("OSPS-QA-06.03", "a policy asks for tests with major changes", THREE),
    ("OSPS-QA-07.01", "somebody other than the author approves each change", THREE),
    ("OSPS-SA-03.02", "threats and attack surface are modelled", THREE),
    ("OSPS-VM-04.02", "vulnerabilities that do not affect are declared in VEX", THREE),
    ("OSPS-VM-05.01", "a threshold for fixing dependency findings is set", THREE),
    ("OSPS-VM-05.02", "dependency findings are addressed before a release", THREE),
    ("OSPS-VM-05.03", "changes with bad dependencies are blocked", THREE),
    ("OSPS-VM-06.01", "a threshold for fixing code findings is set", THREE),
    ("OSPS-VM-06.02", "changes with security weaknesses are blocked", THREE),
];

pub(super) fn assess(summary: &Summary) -> Standard {
    let controls = controls(TABLE, "", summary);
    Standard {
        key: "osps",
        title: "OSPS Baseline",
        version: "2026.08.28",
        url: "https://baseline.openssf.org/versions/2026-08-28",
        claim: claim(&controls),
        states: States::of(&controls),
        groups: groups(&controls),
        controls,
    }
}

/// The levels reached, and what stands in the way of the next one.
fn claim(controls: &[Control]) -> String {
    let in_order = |control: &&Control| matches!(control.state, State::Met | State::NotApplicable);
    let mut reached = "No level is claimed".to_owned();
    for level in [ONE, TWO, THREE] {
        let all: Vec<_> = controls.iter().filter(|control| control.group == level).collect();
        let met = all.iter().copied().filter(in_order).count();
        if met < all.len() {
            let silent = all.iter().filter(|control| control.state == State::NotAssessed).count();
            return format!(
                "{reached}: of {} requirements of {level}, {met} are met or do not apply, {silent} are not assessed.",
                all.len()
            );
        }
        reached = format!("{level} is met");
    }
    format!("{reached}.")
}
