//! Runs the `workbench` command on small experiments in a folder of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// The exit codes of a command whose runs were completed. Such short runs may be invalid on a busy machine; only tests
/// of validity check for that.
pub(crate) const OVER: &[i32] = &[0, 14];

/// The state of a finished run in a series, valid or invalid; see [`OVER`].
pub(crate) fn over(state: &str) -> &str {
    match state {
        "done" | "invalid" => "over",
        state => state,
    }
}

/// A folder with experiment files and results. It is removed at the end of the test.
pub(crate) struct Bench {
    folder: TempDir,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes an experiment against the bundled bookstore that lasts `hold` and has these thresholds.
    pub(crate) fn shopping(&self, name: &str, users: u32, hold: &str, thresholds: &str) -> PathBuf {
        self.file(
            name,
            &format!(
                r#"
name: {name}
question: Does the whole path work?
seed: 1
target:
  bookstore: {{ database: sqlite, products: 10 }}
threads:
  - {{ start: {users}, startup: 200ms, hold: {hold}, shutdown: 200ms }}
scenarios:
  - name: shopper
    steps:
      - {{ request: GET catalog/products }}
      - {{ request: "GET catalog/products/${{product}}", set: {{ product: {{ uniform: [1, 10] }} }} }}
      - {{ request: "POST cart/carts/${{user}}", json: {{ product_id: "${{product}}", quantity: 1 }}, expect: {{ status: 201 }} }}
      - {{ request: "POST orders/orders/${{user}}", expect: {{ status: 201 }} }}
thresholds: [{thresholds}]
"#
            ),
        )
    }

    /// Writes an experiment file.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(format!("{name}.yaml"));
        std::fs::write(&path, text.trim_start()).unwrap();
        path
    }

    /// The command, run in the folder.
    pub(crate) fn workbench(&self) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("workbench"));
        command.current_dir(self.folder.path()).env("NO_COLOR", "1");
        command
    }

    /// The command, run in the folder, with a limit on open files.
    #[cfg(unix)]
    pub(crate) fn workbench_with_files(&self, files: u32) -> Command {
        let mut command = Command::new("sh");
        command
            .args(["-c", &format!("ulimit -n {files} && exec \"$@\""), "sh"])
            .arg(self.workbench().get_program())
            .current_dir(self.path())
            .env("NO_COLOR", "1");
        command
    }

    /// The folders of an experiment's runs, oldest first.
    pub(crate) fn runs(&self, experiment: &str) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(self.folder.path().join("results").join(experiment))
        else {
            return Vec::new();
        };
        let mut runs: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        runs.sort();
        runs
    }

    /// The record of the only series; `None` before there is one.
    pub(crate) fn series_file(&self) -> Option<PathBuf> {
        let folders = std::fs::read_dir(self.folder.path().join("results/series")).ok()?;
        let mut files = folders.map(|entry| entry.unwrap().path().join("series.json"));
        let file = files.next()?;
        assert!(files.next().is_none(), "there are several series");
        file.is_file().then_some(file)
    }

    /// The record of the only series.
    pub(crate) fn series(&self) -> serde_json::Value {
        json(&self.series_file().unwrap())
    }
}

/// Reads a JSON file.
pub(crate) fn json(path: &Path) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}
