//! Compose files.

use super::{Container, Containers, Platform, RunAs, Workload};
use crate::snapshot::yaml::Node;

/// Adds what one document says.
pub(super) fn read(path: &str, document: &Node, found: &mut Containers) {
    for (name, service) in document.get("services").entries() {
        let container = container(name, service);
        // An override without image or build changes a service that stands in another file.
        if container.image.is_none() && !container.builds {
            continue;
        }
        found.workloads.push(Workload {
            path: path.to_owned(),
            line: service.line,
            platform: Platform::Compose,
            kind: "service".to_owned(),
            name: name.clone(),
            containers: vec![container],
        });
    }
}

fn container(name: &str, service: &Node) -> Container {
    let limits = service.get("deploy").get("resources").get("limits");
    let options = service.get("security_opt").texts();
    let profile = |option: &String| {
        ["seccomp", "apparmor", "label"].iter().any(|key| option.starts_with(key))
            && !option.ends_with("unconfined")
    };
    let check = service.get("healthcheck");
    let disabled =
        check.get("disable").is_true() || check.get("test").texts().first().is_some_and(|t| t == "NONE");
    let user = service.get("user").text().map(|user| user.split(':').next().unwrap_or(user));
    Container {
        name: name.to_owned(),
        line: service.line,
        image: service.get("image").text().map(str::to_owned),
        builds: !service.get("build").is_null(),
        run_as: match user {
            None => RunAs::Unstated,
            Some("0" | "root") => RunAs::Root,
            Some(_) => RunAs::User,
        },
        read_only: service.get("read_only").is_true(),
        memory: !limits.get("memory").is_null() || !service.get("mem_limit").is_null(),
        cpu: !limits.get("cpus").is_null() || !service.get("cpus").is_null(),
        probe: !check.is_null() && !disabled,
        confined: options.iter().any(profile),
        drops: !service.get("cap_drop").is_null()
            || options.iter().any(|option| option.starts_with("no-new-privileges")),
    }
}
