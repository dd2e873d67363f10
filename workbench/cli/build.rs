//! Stores the commit that the binary is built from, if it is known.

mod identity;

use std::path::Path;

fn main() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    // Runs again only after a commit or a change of sources.
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=identity.rs");
    for source in identity::SOURCES {
        if package.join(source).exists() {
            println!("cargo::rerun-if-changed={source}");
        }
    }
    if let Some(log) = identity::log(package) {
        println!("cargo::rerun-if-changed={}", log.display());
    }
    if let Some(identity) = identity::of(package) {
        println!("cargo::rustc-env=WORKBENCH_COMMIT={identity}");
    }
}
