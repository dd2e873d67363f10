//! A sweep over replicas of the bundled bookstore, which share the databases of a PostgreSQL server.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use assert_cmd::assert::OutputAssertExt;
use predicates::str::contains;

use crate::support::{Bench, json};

/// A server: `TEST_POSTGRES_URL`, or one started as in the bookstore's tests. A started one ends when this is dropped.
struct Server {
    url: String,
    supervisor: Option<Child>,
}

impl Server {
    /// `None`, with a printed note, where there is no PostgreSQL.
    fn start() -> Option<Self> {
        if let Ok(url) = std::env::var("TEST_POSTGRES_URL") {
            return Some(Self {
                url,
                supervisor: None,
            });
        }
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let script = include_str!("../../../../bookstore/tests/it/support/postgres.sh");
        let mut supervisor = Command::new("sh")
            .args(["-c", script, "sh", &port.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = supervisor.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        if line.trim() == "missing" {
            supervisor.wait().unwrap();
            let in_ci = std::env::var("CI").is_ok_and(|value| value == "true");
            assert!(!in_ci, "no PostgreSQL: CI must test on it");
            // Not `eprintln!`, which is captured when a test passes.
            std::io::stderr()
                .write_all(b"skipped: no PostgreSQL (replicas)\n")
                .unwrap();
            return None;
        }
        assert!(line.starts_with("ready "), "{line}");
        Some(Self {
            url: format!("postgres://postgres@127.0.0.1:{port}/bookstore"),
            supervisor: Some(supervisor),
        })
    }

    /// Whether its processes run on this machine; unknown for `TEST_POSTGRES_URL`.
    fn is_here(&self) -> bool {
        self.supervisor.is_some()
    }
}

/// The sources of the target and its database that have readings of sent bytes.
fn watched(run: &std::path::Path) -> Vec<String> {
    let readings = workbench_samples::read_resources(run).unwrap();
    let of_target = readings.into_iter().filter(|it| {
        it.metric == "bytes_out_per_s"
            && it.value > 0.0
            && (it.source.starts_with("target") || it.source.starts_with("database"))
    });
    let sources: std::collections::BTreeSet<String> = of_target.map(|it| it.source).collect();
    sources.into_iter().collect()
}

#[test]
fn each_point_has_its_processes_which_share_their_databases_and_the_users() {
    let Some(server) = Server::start() else {
        return;
    };
    let bench = Bench::new();
    bench.shopping("shop", 4, "1s", "\"error_rate < 1%\"");
    let path = bench.path().join("shop.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    let text = text.replace("database: sqlite", &format!("database: \"{}\"", server.url));
    // Users who serve arrivals send to every replica.
    let arriving = "  - { name: arriving, arrivals: { rate: 40/s, hold: 1s }, steps: [ request: GET catalog/products ] }";
    let text = text.replace("thresholds:", &format!("{arriving}\nthresholds:"));
    let file = bench.file("shop", &format!("{text}sweep: {{ replicas: [1, 2] }}\n"));
    bench
        .workbench()
        .args(["validate", "shop.yaml"])
        .assert()
        .code(0)
        .stdout(contains("Sweep over replicas: 1, 2\n"))
        .stdout(contains("2 replicas\n"));
    // Such short runs may be invalid on a busy machine; this test does not check validity.
    let ran = bench.workbench().arg("run").arg(&file).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(matches!(ran.status.code(), Some(0 | 14)), "{said}");

    let mut replicas_seen = Vec::new();
    for run in bench.runs("shop") {
        let manifest = json(&run.join("manifest.json"));
        let point = &manifest["series"]["point"];
        assert_eq!(point["parameter"], "replicas");
        let replicas = point["value"].as_u64().unwrap();
        replicas_seen.push(replicas);
        let target = &manifest["target"];
        let served: u64 = target["requests_served"]
            .as_object()
            .unwrap()
            .values()
            .map(|count| count.as_u64().unwrap())
            .sum();
        assert!(served > 0);
        let checks = manifest["validity"]["checks"].as_array().unwrap();
        let counted = checks.iter().find(|check| {
            let finding = check["finding"].as_str().unwrap();
            finding.starts_with(&format!("the target counted {served} requests"))
        });
        assert_eq!(counted.unwrap()["status"], "passed", "{counted:?}");
        assert!(checks.iter().all(|check| check["name"] != "users lost"));
        if server.is_here() {
            let sources = watched(&run);
            let expected: &[&str] = match replicas {
                1 => &["database/postgres", "target/bookstore"],
                _ => &["database/postgres", "target/replica-1", "target/replica-2"],
            };
            assert_eq!(sources, expected);
        }
        let resolved = std::fs::read_to_string(run.join("experiment.yaml")).unwrap();
        if replicas == 1 {
            assert!(target["urls"]["catalog"].is_string(), "{target}");
            assert!(run.join("target.log").is_file());
            assert_eq!(target["details"].get("replicas"), None);
        } else {
            assert_ne!(target["urls"]["catalog-1"], target["urls"]["catalog-2"]);
            assert!(run.join("target-1.log").is_file() && run.join("target-2.log").is_file());
            assert_eq!(target["details"]["replicas"], "2");
            assert!(resolved.contains("replicas: 2\n"), "{resolved}");
        }
    }
    replicas_seen.sort_unstable();
    assert_eq!(replicas_seen, [1, 2]);
}
