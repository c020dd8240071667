//! `--profile FILE`: a scan profile in YAML or JSON.

use std::{collections::BTreeMap, fs, io::Read as _, path::Path};

use scrutineer_scanners::profile::{CategorySettings, CheckSettings};
use scrutineer_service::profiles::{self, ProfileInput};
use serde::Deserialize;

use super::error::Error;

/// Largest file that is read.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// The file: a profile as the API takes it, whose name may be left out.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: Option<String>,
    description: Option<String>,
    #[serde(default)]
    categories: BTreeMap<String, CategorySettings>,
    #[serde(default)]
    checks: BTreeMap<String, CheckSettings>,
}

/// Reads and checks a profile. One without a name is called like its file.
pub(crate) fn read(path: &Path) -> Result<ProfileInput, Error> {
    let refused = |why: &str| Error::usage(format!("--profile {}: {why}", path.display()));
    let mut text = String::new();
    let file = fs::File::open(path).map_err(|error| refused(&error.to_string()))?;
    let read = file.take(MAX_FILE_BYTES + 1).read_to_string(&mut text);
    read.map_err(|error| refused(&error.to_string()))?;
    if text.len() as u64 > MAX_FILE_BYTES {
        return Err(refused("the file has more than 1 MiB"));
    }
    let file = parse(&text).map_err(|why| refused(&why))?;
    let stem = || path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let input = ProfileInput {
        name: file.name.unwrap_or_else(stem),
        description: file.description,
        categories: file.categories,
        checks: file.checks,
    };
    profiles::checked(&input).map_err(|failure| {
        let text = failure.public_text();
        match scrutineer_service::text::field_of(&text) {
            Some((place, why)) => refused(&format!("{place}: {why}")),
            None => refused(&text),
        }
    })?;
    Ok(input)
}

/// JSON is YAML: one parser for both, within its budget against bombs.
fn parse(text: &str) -> Result<File, String> {
    let options = serde_saphyr::options! {
        strict_booleans: true,
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let message = error.to_string();
        message.lines().next().unwrap_or("not YAML").chars().take(200).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> Result<ProfileInput, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        fs::write(&path, text).unwrap();
        read(&path).map_err(Error::text)
    }

    #[test]
    fn yaml_and_json_say_the_same() {
        let yaml = "description: cards\ncategories:\n  dast: {enabled: false}\nchecks:\n  IAM-003:\n    \
                    weight: 1.75\n    thresholds: {max_admin_ratio: 3}\n";
        let json = r#"{"description": "cards", "categories": {"dast": {"enabled": false}},
            "checks": {"IAM-003": {"weight": 1.75, "thresholds": {"max_admin_ratio": 3}}}}"#;
        let (yaml, json) = (file("strict.yml", yaml).unwrap(), file("strict.json", json).unwrap());
        assert_eq!(yaml, json);
        assert_eq!(yaml.name, "strict");
        assert_eq!(file("x.yml", "name: Mine").unwrap().name, "Mine");
    }

    #[test]
    fn what_does_not_hold_is_said_in_one_line() {
        for (text, part) in [
            ("checks: [", "line"),
            ("chekcs: {}", "chekcs"),
            ("checks: {IAM-003: {enabled: maybe}}", "line"),
            ("checks: {X-1: {enabled: false}}", "/checks/X-1: there is no such check"),
            ("name: default", "/name: "),
            ("- a", "line"),
        ] {
            let why = file("bad.yml", text).unwrap_err();
            assert!(why.starts_with("--profile ") && why.contains(part), "{text}: {why}");
            assert_eq!(why.lines().count(), 1, "{why}");
        }
        let missing = read(Path::new("/nowhere/profile.yml")).unwrap_err().text();
        assert!(missing.contains("/nowhere/profile.yml"), "{missing}");
    }
}
