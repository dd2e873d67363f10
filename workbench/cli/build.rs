//! Notes what the binary is built from, where that can be told.

mod identity;

use std::path::Path;

fn main() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    // Asked again after a commit and after a change of sources, which are built again anyway: never for nothing.
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
