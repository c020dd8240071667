//! OpenSSF Scorecard: which of its checks our findings speak to. Not its 0 to 10 score, which is computed otherwise.

use super::{
    Summary,
    standard::{Row, Standard, State, States, controls, groups},
};

const COVERED: &str = "Covered by our checks";
const NOT_COVERED: &str = "Not covered";

/// Scorecard's 20 checks. Source: <https://github.com/ossf/scorecard/blob/main/docs/checks.md>.
const TABLE: &[Row] = &[
    ("Binary-Artifacts", "no generated executables in the source", NOT_COVERED),
    ("Branch-Protection", "the default branch is protected", COVERED),
    ("CI-Tests", "tests run before code is merged", COVERED),
    ("CII-Best-Practices", "an OpenSSF Best Practices badge", NOT_COVERED),
    ("Code-Review", "changes are reviewed before they are merged", COVERED),
    ("Contributors", "contributors from several organizations", NOT_COVERED),
    ("Dangerous-Workflow", "no dangerous patterns in workflows", NOT_COVERED),
    ("Dependency-Update-Tool", "a tool keeps dependencies up to date", COVERED),
    ("Fuzzing", "fuzzing is used", NOT_COVERED),
    ("License", "a licence is published", COVERED),
    ("Maintained", "the project is maintained", NOT_COVERED),
    ("Packaging", "packages are built and published by a pipeline", COVERED),
    ("Pinned-Dependencies", "dependencies of builds are pinned", COVERED),
    ("SAST", "static analysis is used", COVERED),
    ("SBOM", "a software bill of materials is kept", COVERED),
    ("Security-Policy", "a security policy is published", COVERED),
    ("Signed-Releases", "releases are signed", COVERED),
    ("Token-Permissions", "workflow tokens have the least privilege", NOT_COVERED),
    ("Vulnerabilities", "no open known vulnerabilities", COVERED),
    ("Webhooks", "webhooks authenticate their origin", NOT_COVERED),
];

pub(super) fn assess(summary: &Summary) -> Standard {
    let controls = controls(TABLE, "Scorecard ", summary);
    let states = States::of(&controls);
    let assessed = states.total() - states.count(State::NotAssessed);
    let names: Vec<_> = controls.iter().filter(|c| c.group == NOT_COVERED).map(|c| c.id).collect();
    Standard {
        key: "scorecard",
        title: "OpenSSF Scorecard",
        version: "v5",
        url: "https://github.com/ossf/scorecard/blob/main/docs/checks.md",
        claim: format!(
            "{} of {assessed} Scorecard checks that our findings speak to are met. Not covered: {}. This is an \
             alignment, not Scorecard's own score.",
            states.count(State::Met),
            names.join(", ")
        ),
        states,
        groups: groups(&controls),
        controls,
    }
}
