//! `action.yml`: its steps run in order, as on GitHub, with the workbench of this build as the released one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::forge::Forge;
use super::{bash, project};
use crate::stored::series;
use crate::support::Bench;

fn action() -> Value {
    workbench_plan::read_settings(&project().join("action.yml")).unwrap()
}

/// A job of a pull request that uses the action.
struct Job {
    bench: Bench,
    forge: Forge,
    inputs: BTreeMap<String, String>,
}

/// The results of the job.
struct Ran {
    code: i32,
    /// What all steps printed.
    text: String,
    /// The outputs of the action.
    outputs: BTreeMap<String, String>,
}

impl Job {
    fn new(comments: &[&str], inputs: &[(&str, &str)]) -> Self {
        let action = action();
        let known = action["inputs"].as_object().unwrap();
        let default = |(name, input): (&String, &Value)| {
            (name.clone(), input["default"].as_str().unwrap().to_owned())
        };
        let mut all: BTreeMap<_, _> = known.iter().map(default).collect();
        for (name, value) in inputs {
            let input = all.get_mut(*name).unwrap_or_else(|| panic!("no {name}"));
            *input = (*value).to_owned();
        }
        let bench = Bench::new();
        std::fs::create_dir(bench.path().join("temp")).unwrap();
        let event = r#"{"pull_request": {"number": 7}}"#;
        std::fs::write(bench.path().join("event.json"), event).unwrap();
        let job = Self {
            bench,
            forge: Forge::start(comments),
            inputs: all,
        };
        let built = assert_cmd::cargo::cargo_bin!("workbench");
        job.release(&format!("exec '{}' \"$@\"", built.display()));
        job
    }

    /// Publishes this script as the released workbench.
    fn release(&self, script: &str) {
        let program = self.bench.path().join("built");
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        let version = format!("v{}", env!("CARGO_PKG_VERSION"));
        let folder = self.bench.path().join("releases").join(version);
        let pack = r#"chmod +x built && "$0" built "$1" "$2" && cd "$2" && sha256sum -- *.tar.gz > SHA256SUMS"#;
        let target = match std::env::consts::OS {
            "macos" => "apple-darwin",
            _ => "unknown-linux-gnu",
        };
        let packed = bash()
            .args(["-c", pack])
            .arg(project().join("workbench/ci/package"))
            .arg(format!("{}-{target}", std::env::consts::ARCH))
            .arg(folder)
            .current_dir(self.bench.path())
            .status();
        assert!(packed.unwrap().success());
    }

    fn released(&self) -> PathBuf {
        let releases = std::fs::read_dir(self.bench.path().join("releases")).unwrap();
        releases.last().unwrap().unwrap().path()
    }

    fn run(&self) -> Ran {
        let mut outputs = BTreeMap::new();
        let mut path = std::env::var("PATH").unwrap();
        let mut ran = Ran {
            code: 0,
            text: String::new(),
            outputs: BTreeMap::new(),
        };
        let action = action();
        for step in action["runs"]["steps"].as_array().unwrap() {
            let name = step["name"].as_str().unwrap();
            // Steps that use other actions are skipped.
            let Some(script) = step["run"].as_str() else {
                continue;
            };
            if let Some(condition) = step["if"].as_str()
                && !self.is_true(condition, &outputs)
            {
                continue;
            }
            let scratch = |file: &str| self.bench.path().join("temp").join(file);
            std::fs::write(scratch("output"), "").unwrap();
            std::fs::write(scratch("path"), "").unwrap();
            let mut command = bash();
            command
                .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script])
                .current_dir(self.bench.path())
                .envs([
                    ("GITHUB_ACTIONS", "true"),
                    ("GITHUB_API_URL", &self.forge.url()),
                    ("GITHUB_REPOSITORY", "owner/shop"),
                    ("GITHUB_RUN_ID", "99"),
                    ("GITHUB_SERVER_URL", "https://forge.test"),
                    ("PATH", &path),
                ])
                .env("GITHUB_ACTION_PATH", project())
                .env("GITHUB_EVENT_PATH", self.bench.path().join("event.json"))
                .env("GITHUB_OUTPUT", scratch("output"))
                .env("GITHUB_PATH", scratch("path"))
                .env("GITHUB_STEP_SUMMARY", self.bench.path().join("summary.md"))
                .env("RUNNER_TEMP", scratch(""))
                .env(
                    "WORKBENCH_DOWNLOADS",
                    format!("file://{}/releases", self.bench.path().display()),
                );
            for (variable, value) in step["env"].as_object().into_iter().flatten() {
                command.env(variable, self.filled_in(value.as_str().unwrap(), &outputs));
            }
            let output = command.output().unwrap();
            ran.text.push_str(&format!("--- {name}\n"));
            ran.text.push_str(&String::from_utf8_lossy(&output.stdout));
            ran.text.push_str(&String::from_utf8_lossy(&output.stderr));
            for line in std::fs::read_to_string(scratch("path")).unwrap().lines() {
                path = format!("{line}:{path}");
            }
            for line in std::fs::read_to_string(scratch("output")).unwrap().lines() {
                let (output, value) = line.split_once('=').unwrap();
                let id = step["id"].as_str().unwrap();
                outputs.insert(format!("steps.{id}.outputs.{output}"), value.to_owned());
            }
            ran.code = output.status.code().unwrap();
            if ran.code != 0 {
                break;
            }
        }
        for (name, output) in action["outputs"].as_object().unwrap() {
            let value = output["value"].as_str().unwrap();
            ran.outputs
                .insert(name.clone(), self.filled_in(value, &outputs));
        }
        ran
    }

    /// The text with its expressions evaluated.
    fn filled_in(&self, text: &str, outputs: &BTreeMap<String, String>) -> String {
        let mut parts = text.split("${{");
        let mut filled = parts.next().unwrap().to_owned();
        for part in parts {
            let (expression, rest) = part.split_once("}}").unwrap();
            filled.push_str(&self.value(expression, outputs));
            filled.push_str(rest);
        }
        filled
    }

    fn is_true(&self, expression: &str, outputs: &BTreeMap<String, String>) -> bool {
        !["", "false"].contains(&self.value(expression, outputs).as_str())
    }

    /// Evaluates an expression of `||`, `&&`, `==`, `!=`, strings and names; precedence rises in this order.
    fn value(&self, expression: &str, outputs: &BTreeMap<String, String>) -> String {
        let of = |part: &str| self.value(part, outputs);
        let true_text = |text: &String| !["", "false"].contains(&text.as_str());
        if let Some((left, right)) = expression.split_once("||") {
            return Some(of(left))
                .filter(true_text)
                .unwrap_or_else(|| of(right));
        }
        if let Some((left, right)) = expression.split_once("&&") {
            let left = of(left);
            return if true_text(&left) { of(right) } else { left };
        }
        for (operator, equal) in [("==", true), ("!=", false)] {
            if let Some((left, right)) = expression.split_once(operator) {
                return ((of(left) == of(right)) == equal).to_string();
            }
        }
        let name = expression.trim();
        if let Some(text) = name.strip_prefix('\'') {
            return text.strip_suffix('\'').unwrap().to_owned();
        }
        if let Some(input) = name.strip_prefix("inputs.") {
            return self.filled_in(&self.inputs[input], outputs);
        }
        match name {
            "github.token" => "secret".to_owned(),
            "github.action_repository" => String::new(),
            "github.repository" => "owner/shop".to_owned(),
            // A step that did not run has no outputs.
            _ if name.starts_with("steps.") => outputs.get(name).cloned().unwrap_or_default(),
            _ => panic!("{name}: what is that?"),
        }
    }

    /// Stored runs. The candidate is slower by this factor.
    fn runs(&self, pairs: usize, slower: f64) {
        let results = self.bench.path().join("results");
        series(&results, "s1", pairs, slower, |_, run| run);
    }

    fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.bench.path().join(file)).unwrap()
    }
}

const GATE: [(&str, &str); 2] = [
    ("baseline", "results/series/s1:old"),
    ("candidate", "results/series/s1:new\n"),
];

#[test]
fn a_regression_fails_the_job_and_is_in_the_comment_the_summary_and_the_reports() {
    let job = Job::new(&["Looks good."], &GATE);
    job.runs(8, 1.1);
    let ran = job.run();
    assert_eq!(ran.code, 10, "{}", ran.text);
    assert_eq!(ran.outputs["conclusion"], "failed");
    assert_eq!(ran.outputs["exit-code"], "10");
    let [_, comment] = job.forge.comments().try_into().unwrap();
    assert!(
        comment.starts_with("<!-- workbench-gate:gate -->\n### ❌ Gate: FAILED"),
        "{comment}"
    );
    assert!(
        comment.ends_with("(<https://forge.test/owner/shop/actions/runs/99>)\n"),
        "{comment}"
    );
    let summary = job.read("summary.md");
    assert!(summary.starts_with("## ❌ Gate: FAILED"), "{summary}");
    assert!(ran.text.contains("::error title=Gate"), "{}", ran.text);
    for file in [
        "gate.json",
        "gate.md",
        "gate.html",
        "gate.xml",
        "comment.md",
    ] {
        let path = job.bench.path().join(&ran.outputs["report"]).join(file);
        assert!(path.is_file(), "{file}");
    }
}

#[test]
fn a_comment_is_deleted_on_success_if_requested() {
    let old = "<!-- workbench-gate:gate -->\nFailed";
    for (comment, left) in [("unless-passed", vec![]), ("never", vec![old.to_owned()])] {
        let job = Job::new(&[old], &[GATE[0], GATE[1], ("comment", comment)]);
        job.runs(8, 1.0);
        let ran = job.run();
        assert_eq!(ran.code, 0, "{}", ran.text);
        assert_eq!(ran.outputs["conclusion"], "passed");
        assert_eq!(job.forge.comments(), left, "{}", ran.text);
    }
}

#[test]
fn an_inconclusive_gate_fails_the_job_unless_that_is_allowed() {
    for (allowed, code) in [("false", 11), ("true", 0)] {
        let job = Job::new(&[], &[GATE[0], GATE[1], ("allow-inconclusive", allowed)]);
        job.runs(2, 1.0);
        let ran = job.run();
        assert_eq!(ran.code, code, "{}", ran.text);
        assert_eq!(ran.outputs["conclusion"], "inconclusive");
        assert_eq!(ran.outputs["exit-code"], "11");
    }
}

#[test]
fn a_command_without_a_report_replaces_the_old_comment_too() {
    let old = "<!-- workbench-gate:gate -->\nPassed";
    let job = Job::new(&[old], &GATE);
    let ran = job.run();
    assert_eq!(ran.code, 1, "{}", ran.text);
    assert_eq!(ran.outputs["conclusion"], "none");
    let [comment] = job.forge.comments().try_into().unwrap();
    assert!(comment.contains("### ⛔ Gate: no verdict"), "{comment}");
    assert!(
        ran.text.contains("::error title=Gate%3A no verdict::"),
        "{}",
        ran.text
    );

    // Of a workbench that did not come so far.
    let job = Job::new(&[], &GATE);
    job.release("[ \"$1\" = --version ] || exit 1");
    assert_eq!(job.run().code, 1);
    let [comment] = job.forge.comments().try_into().unwrap();
    assert!(
        comment.contains("`workbench gate` ended with exit code 1 and wrote no report."),
        "{comment}"
    );
}

#[test]
fn all_inputs_of_compare_are_applied() {
    let inputs = [
        ("experiments", "\n  shop one.yaml \n\n"),
        (
            "baseline",
            "shop=http://127.0.0.1:8001\ncart=http://127.0.0.1:8011",
        ),
        ("candidate", "shop=http://127.0.0.1:8002"),
        ("policy", "policy.yaml"),
        ("arguments", "--most=10\n--note=a  'b' $c\n"),
        ("name", "checkout"),
        ("results", "out"),
    ];
    let job = Job::new(&[], &inputs);
    job.release("[ \"$1\" = --version ] || printf '%s\\n' \"$@\" > arguments");
    let ran = job.run();
    assert_eq!(ran.code, 0, "{}", ran.text);
    let expected = "compare\nshop one.yaml\n\
                    --baseline\nshop=http://127.0.0.1:8001\n--baseline\ncart=http://127.0.0.1:8011\n\
                    --candidate\nshop=http://127.0.0.1:8002\n--policy\npolicy.yaml\n--results\nout\n\
                    --most=10\n--note=a  'b' $c\n\
                    --json\ngate-report/checkout/gate.json\n--markdown\ngate-report/checkout/gate.md\n\
                    --html\ngate-report/checkout/gate.html\n--junit\ngate-report/checkout/gate.xml\n--comment\ngate-report/checkout/comment.md\n\
                    --comment-name\ncheckout\n--link\nhttps://forge.test/owner/shop/actions/runs/99\n";
    assert_eq!(job.read("arguments"), expected);
}

#[test]
fn a_download_with_a_wrong_checksum_is_not_run() {
    let job = Job::new(&[], &GATE);
    let sums = job.released().join("SHA256SUMS");
    let right = std::fs::read_to_string(&sums).unwrap();
    let other = format!("{}{}", "0".repeat(64), &right[64..]);
    for (wrong, message) in [
        (other, ", not 00000000"),
        (String::new(), "not in SHA256SUMS"),
    ] {
        std::fs::write(&sums, wrong).unwrap();
        let ran = job.run();
        assert_eq!(ran.code, 1, "{}", ran.text);
        assert!(ran.text.contains(message), "{}", ran.text);
        assert!(!ran.text.contains("Come to a verdict"), "{}", ran.text);
    }
    let mut missing = job;
    missing.inputs.insert("version".into(), "9.9.9".into());
    let ran = missing.run();
    assert_eq!(ran.code, 1);
    assert!(
        ran.text.contains("cannot download file:///"),
        "{}",
        ran.text
    );
}

#[test]
fn wrong_inputs_are_reported_before_any_run() {
    for (input, value) in [
        ("comment", "sometimes"),
        ("name", "../x"),
        ("allow-inconclusive", "yes"),
    ] {
        let job = Job::new(&[], &[GATE[0], GATE[1], (input, value)]);
        let ran = job.run();
        assert_eq!(ran.code, 2, "{}", ran.text);
        assert!(ran.text.contains(&format!("::{input}: ")), "{}", ran.text);
        assert!(!job.bench.path().join("gate-report").exists());
    }
}

#[test]
fn the_action_takes_the_release_that_it_belongs_to() {
    let version = &action()["inputs"]["version"]["default"];
    assert_eq!(version, env!("CARGO_PKG_VERSION"));
}

#[test]
fn a_release_holds_the_script_that_comments() {
    let job = Job::new(&[], &[]);
    let archive = std::fs::read_dir(job.released()).unwrap();
    let archive = archive.map(|it| it.unwrap().path());
    let archive = archive.filter(|it| it.extension() == Some("gz".as_ref()));
    let [archive]: [PathBuf; 1] = archive.collect::<Vec<_>>().try_into().unwrap();
    let listed = std::process::Command::new("tar")
        .arg("-tzf")
        .arg(&archive)
        .output()
        .unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let mut names: Vec<_> = listed.lines().map(|it| Path::new(it).file_name()).collect();
    names.sort();
    let expected = [
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "workbench",
        "workbench-comment",
    ];
    assert_eq!(names[..4], expected.map(|it| Some(it.as_ref())), "{listed}");
}
