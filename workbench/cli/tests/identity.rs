//! The identity of a build.

use std::fs;
use std::path::Path;
use std::process::Command;

#[path = "../identity.rs"]
mod identity;

fn git(directory: &Path, arguments: &[&str]) {
    let done = Command::new("git")
        .args(["-c", "user.name=a", "-c", "user.email=a@b"])
        .args(arguments)
        .current_dir(directory)
        .output();
    assert!(
        done.is_ok_and(|done| done.status.success()),
        "git {arguments:?}"
    );
}

#[test]
fn builds_of_one_commit_with_different_sources_are_different_programs() {
    let repository = tempfile::tempdir().unwrap();
    let root = repository.path();
    let package = root.join("workbench/cli");
    fs::create_dir_all(package.join("src")).unwrap();
    let source = package.join("src/main.rs");
    fs::write(&source, "fn main() {}\n").unwrap();
    assert_eq!(identity::of(&package), None);
    git(root, &["init", "-q"]);
    git(root, &["add", "."]);
    git(root, &["commit", "-q", "-m", "first"]);
    let identity = || identity::of(&package).unwrap();

    let clean = identity();
    assert!(clean.len() == 12 && !clean.contains("dirty"), "{clean}");
    assert!(identity::log(&package).is_some());
    fs::write(root.join("notes.txt"), "not built\n").unwrap();
    assert_eq!(identity(), clean);

    fs::write(&source, "fn main() { first() }\n").unwrap();
    let first = identity();
    assert!(first.starts_with(&format!("{clean}-dirty.")), "{first}");
    fs::write(&source, "fn main() { second() }\n").unwrap();
    assert_ne!(identity(), first);
}
