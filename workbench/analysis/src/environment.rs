//! The environment of a run, as names and values for people.

use std::collections::BTreeMap;

use workbench_samples::Manifest;

const BYTES_PER_GIB: f64 = 1_073_741_824.0;

/// Values of the manifest, the most important first.
pub(crate) fn environment(manifest: &Manifest) -> Vec<(String, String)> {
    if manifest.origin.is_some() {
        return vec![("tool".to_owned(), tool(manifest))];
    }
    let mut pairs = vec![
        ("tool".to_owned(), tool(manifest)),
        ("seed".to_owned(), manifest.seed.to_string()),
        ("host".to_owned(), manifest.host.name.clone()),
        (
            "processor".to_owned(),
            format!("{} × {}", manifest.host.cpus, manifest.host.cpu),
        ),
        (
            "memory".to_owned(),
            format!(
                "{:.1} GiB",
                manifest.host.memory_bytes as f64 / BYTES_PER_GIB
            ),
        ),
        ("kernel".to_owned(), manifest.host.kernel.clone()),
        ("target".to_owned(), manifest.target.kind.clone()),
    ];
    if !manifest.segments.is_empty() {
        pairs.push(("segments".to_owned(), manifest.segments.len().to_string()));
    }
    let mut add = |prefix: &str, map: &BTreeMap<String, String>| {
        for (name, value) in map {
            pairs.push((format!("{prefix} {name}"), value.clone()));
        }
    };
    add("target", &manifest.target.details);
    add("url of", &manifest.target.urls);
    add("limit:", &manifest.limits);
    for (service, count) in &manifest.target.requests_served {
        pairs.push((format!("requests counted by {service}"), count.to_string()));
    }
    pairs
}

fn tool(manifest: &Manifest) -> String {
    let tool = &manifest.tool;
    match &tool.commit {
        Some(commit) => format!("{} {} ({commit})", tool.name, tool.version),
        None => format!("{} {}", tool.name, tool.version),
    }
}
