//! Dockerfiles, as far as the profile needs them: does the final stage start something, and does it listen.

/// What the final stage says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct FinalStage {
    /// CMD or ENTRYPOINT.
    pub(super) starts: bool,
    /// EXPOSE.
    pub(super) listens: bool,
}

/// Whether a file name is a Dockerfile's.
pub(super) fn is_dockerfile(name: &str, extension: &str) -> bool {
    let starts = ["Dockerfile", "Containerfile"]
        .iter()
        .any(|base| name == *base || name.starts_with(&format!("{base}.")));
    starts || extension.eq_ignore_ascii_case("dockerfile")
}

/// Reads the final stage.
pub(super) fn final_stage(text: &str) -> FinalStage {
    let mut stage = FinalStage::default();
    let mut continued = false;
    for line in text.lines() {
        let word = line.split_whitespace().next().unwrap_or("").to_ascii_uppercase();
        if !continued {
            match word.as_str() {
                "FROM" => stage = FinalStage::default(),
                "CMD" | "ENTRYPOINT" => stage.starts = true,
                "EXPOSE" => stage.listens = true,
                _ => {}
            }
        }
        continued = line.trim_end().ends_with('\\');
    }
    stage
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_final_stage_counts() {
        let text = "FROM a AS build\nCMD x\nFROM b\nRUN a \\\n  CMD\nEXPOSE 80\n";
        assert_eq!(final_stage(text), FinalStage { starts: false, listens: true });
        assert!(final_stage("FROM a\nENTRYPOINT [\"x\"]").starts);
        assert!(is_dockerfile("Dockerfile.prod", "prod") && is_dockerfile("api.Dockerfile", "Dockerfile"));
    }
}
