//! CIS Software Supply Chain Security Guide v1.0: the recommendations that our findings speak to.
//!
//! The guide has 113; the others (build workers, artifact registries, deployment environments) are not visible to
//! GitHub's APIs. They are counted as not assessed and not listed: the guide's text is not ours to repeat.

use super::{
    Summary,
    standard::{Row, Standard, State, States, controls, groups},
};

/// Recommendations of the guide.
const ALL: u64 = 113;

const SOURCE: &str = "1 Source code";
const BUILD: &str = "2 Build pipelines";
const DEPENDENCIES: &str = "3 Dependencies";
const ARTIFACTS: &str = "4 Artifacts";
const DEPLOYMENT: &str = "5 Deployment";

/// What each asks for, in our words. Source: <https://www.cisecurity.org/insights/white-papers/cis-software-supply-chain-security-guide>.
const TABLE: &[Row] = &[
    ("1.1.1", "changes are tracked in version control", SOURCE),
    ("1.1.2", "changes can be traced to a task", SOURCE),
    ("1.1.3", "two people approve a change", SOURCE),
    ("1.1.4", "new commits dismiss earlier approvals", SOURCE),
    ("1.1.6", "sensitive code has code owners", SOURCE),
    ("1.1.8", "inactive branches are removed", SOURCE),
    ("1.1.12", "commits are signed and verified", SOURCE),
    ("1.1.14", "protection holds for administrators too", SOURCE),
    ("1.1.15", "few may push to protected branches", SOURCE),
    ("1.1.16", "force pushes are denied", SOURCE),
    ("1.1.18", "changes are scanned for risks before they are merged", SOURCE),
    ("1.1.19", "changes to branch protection are audited", SOURCE),
    ("1.2.1", "public repositories have a security policy", SOURCE),
    ("1.2.2", "few may create repositories", SOURCE),
    ("1.3.1", "inactive members are reviewed and removed", SOURCE),
    ("1.3.3", "there are few administrators", SOURCE),
    ("1.3.4", "contributors use multi-factor authentication", SOURCE),
    ("1.3.5", "the organization requires multi-factor authentication", SOURCE),
    ("1.3.8", "base permissions are strict", SOURCE),
    ("1.3.12", "access is limited to known addresses", SOURCE),
    ("1.5.1", "scanners look for secrets in code", SOURCE),
    ("1.5.4", "scanners look for vulnerabilities in code", SOURCE),
    ("1.5.5", "scanners look for vulnerable packages", SOURCE),
    ("1.5.6", "scanners look at the licences of packages", SOURCE),
    ("2.3.1", "build steps are defined as code", BUILD),
    ("2.4.1", "artifacts are signed when they are built", BUILD),
    ("2.4.2", "external dependencies of builds are locked", BUILD),
    ("2.4.5", "builds make a bill of materials", BUILD),
    ("3.1.5", "packages come from trusted sources", DEPENDENCIES),
    ("3.1.7", "dependencies are pinned", DEPENDENCIES),
    ("3.2.1", "there is a policy on dependencies", DEPENDENCIES),
    ("3.2.2", "packages are scanned for known vulnerabilities", DEPENDENCIES),
    ("3.2.3", "packages are scanned for licences", DEPENDENCIES),
    ("4.1.1", "artifacts are signed by the pipeline", ARTIFACTS),
    ("4.4.2", "internal packages come from a proxy registry", ARTIFACTS),
    ("5.1.2", "changes to deployment configuration are tracked", DEPLOYMENT),
    ("5.1.5", "infrastructure as code is scanned", DEPLOYMENT),
    ("5.2.1", "deployments are automated", DEPLOYMENT),
    ("5.2.2", "the deployment environment can be reproduced", DEPLOYMENT),
    ("5.2.3", "few have access to production", DEPLOYMENT),
];

pub(super) fn assess(summary: &Summary) -> Standard {
    let controls = controls(TABLE, "CIS Software Supply Chain ", summary);
    let states = States::of(&controls);
    let assessed = states.total() - states.count(State::NotAssessed);
    Standard {
        key: "cis_ssc",
        title: "CIS Software Supply Chain Security Guide",
        version: "1.0",
        url: "https://www.cisecurity.org/insights/white-papers/cis-software-supply-chain-security-guide",
        claim: format!(
            "{} of {assessed} assessed recommendations are met; {} of the guide's {ALL} are not assessed by this scan.",
            states.count(State::Met),
            ALL - assessed
        ),
        states,
        groups: groups(&controls),
        controls,
    }
}
