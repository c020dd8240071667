//! The three bundles that come with the product.

use super::Bundle;

/// Their ids.
pub const BUILT_IN: [&str; 3] = ["default", "strict", "permissive"];

/// A built-in bundle by id.
pub fn built_in(id: &str) -> Option<Bundle> {
    let text = match id {
        "default" => include_str!("../../bundles/default.yml"),
        "strict" => include_str!("../../bundles/strict.yml"),
        "permissive" => include_str!("../../bundles/permissive.yml"),
        _ => return None,
    };
    Some(serde_saphyr::from_str(text).expect("a test reads the built-in bundles"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_bundles_resolve_without_a_problem() {
        for id in BUILT_IN {
            let bundle = built_in(id).expect("listed");
            assert_eq!(bundle.id.as_deref(), Some(id));
            crate::resolve(&bundle).unwrap_or_else(|problems| panic!("{id}: {problems:?}"));
        }
        assert!(built_in("nope").is_none());
    }
}
