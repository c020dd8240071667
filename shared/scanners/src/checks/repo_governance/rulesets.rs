//! Which rulesets a ref falls under.

use globset::GlobBuilder;
use scrutineer_core::evidence::posture::Ruleset;

/// Whether a ruleset of `target` applies to `reference`, e.g. `refs/heads/main`.
pub(super) fn applies(ruleset: &Ruleset, target: &str, reference: &str, is_default: bool) -> bool {
    let meets = |pattern: &String| matches(pattern, reference, is_default);
    ruleset.target.as_deref() == Some(target)
        && ruleset.include.iter().any(meets)
        && !ruleset.exclude.iter().any(meets)
}

/// GitHub's ref conditions: `~ALL`, `~DEFAULT_BRANCH`, or fnmatch where `*` stays within a path segment.
fn matches(pattern: &str, reference: &str, is_default: bool) -> bool {
    match pattern {
        "~ALL" => true,
        "~DEFAULT_BRANCH" => is_default,
        _ => {
            let glob = GlobBuilder::new(pattern).literal_separator(true).build();
            // Conditions are stored with `refs/…`, but older ones hold the short name.
            let short = reference.splitn(3, '/').nth(2).unwrap_or(reference);
            glob.is_ok_and(|glob| {
                let glob = glob.compile_matcher();
                glob.is_match(reference) || glob.is_match(short)
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ref_conditions_match_as_github_matches_them() {
        for (pattern, reference, is_default, expected) in [
            ("~ALL", "refs/heads/x", false, true),
            ("~DEFAULT_BRANCH", "refs/heads/main", true, true),
            ("~DEFAULT_BRANCH", "refs/heads/dev", false, false),
            ("refs/tags/v*", "refs/tags/v1.2.3", false, true),
            ("v*", "refs/tags/v1.2.3", false, true),
            ("*.*.*", "refs/tags/1.2.3", false, true),
            ("refs/heads/*", "refs/heads/feat/x", false, false),
            ("refs/heads/**", "refs/heads/feat/x", false, true),
            ("[", "refs/heads/x", false, false),
        ] {
            assert_eq!(matches(pattern, reference, is_default), expected, "{pattern} {reference}");
        }
    }
}
