//! The environment of a run, as names and values for people.

use workbench_samples::Manifest;

const BYTES_PER_GIB: f64 = 1_073_741_824.0;

/// Values of the manifest, the most important first.
pub(crate) fn environment(manifest: &Manifest) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut add = |name: &str, value: String| pairs.push((name.to_owned(), value));
    add("tool", tool(manifest));
    if manifest.origin.is_some() {
        return pairs;
    }
    let (host, target) = (&manifest.host, &manifest.target);
    add("seed", manifest.seed.to_string());
    add("host", host.name.clone());
    add("processor", format!("{} × {}", host.cpus, host.cpu));
    let memory_gib = host.memory_bytes as f64 / BYTES_PER_GIB;
    add("memory", format!("{memory_gib:.1} GiB"));
    add("kernel", host.kernel.clone());
    add("target", target.kind.clone());
    if !manifest.segments.is_empty() {
        add("segments", manifest.segments.len().to_string());
    }
    let maps = [
        ("target", &target.details),
        ("url of", &target.urls),
        ("limit:", &manifest.limits),
    ];
    for (prefix, map) in maps {
        for (name, value) in map {
            add(&format!("{prefix} {name}"), value.clone());
        }
    }
    for (service, count) in &target.requests_served {
        add(&format!("requests counted by {service}"), count.to_string());
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
