//! Notes the commit that the binary is built from, where there is one.

use std::path::Path;
use std::process::Command;

fn main() {
    let log = "../../.git/logs/HEAD";
    println!("cargo::rerun-if-changed=build.rs");
    if Path::new(log).exists() {
        println!("cargo::rerun-if-changed={log}");
    }
    let commit = Command::new("git")
        .args(["rev-parse", "--short=12", "HEAD"])
        .output();
    if let Ok(output) = commit
        && output.status.success()
    {
        let commit = String::from_utf8_lossy(&output.stdout);
        println!("cargo::rustc-env=WORKBENCH_COMMIT={}", commit.trim());
    }
}
