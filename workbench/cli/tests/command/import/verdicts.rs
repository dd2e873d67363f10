//! Imported runs in the gate and in `analyze`.

use super::*;

/// Pseudo-random times around 120 ms, longer by this factor.
fn elapsed_ms(seed: u64, slower: f64) -> impl Iterator<Item = f64> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    std::iter::repeat_with(move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let share = (state >> 11) as f64 / (1_u64 << 53) as f64;
        (60.0 + 120.0 * share) * slower
    })
}

/// The difference between five runs, more than the millisecond of JTL files.
const SCATTER: [f64; 5] = [1.0, 1.012, 0.991, 1.006, 0.996];

fn write_jtl(bench: &Bench, side: &str, slower: f64) {
    for (index, scatter) in SCATTER.iter().enumerate() {
        let mut text = format!("{JTL_HEADER}\n");
        let base = index as i64 * 3_600_000;
        for (row, elapsed) in elapsed_ms(index as u64 + 1, slower * scatter)
            .take(600)
            .enumerate()
        {
            text.push_str(&jtl_row(
                base + row as i64 * 10,
                elapsed.round() as i64,
                "get",
            ));
            text.push('\n');
        }
        fs::write(bench.path().join(format!("{side}{index}.jtl")), text).unwrap();
    }
}

fn write_k6(bench: &Bench, side: &str, slower: f64) {
    for (index, scatter) in SCATTER.iter().enumerate() {
        let mut text = String::from(
            "metric_name,timestamp,metric_value,expected_response,method,name,status\n",
        );
        for (row, elapsed) in elapsed_ms(index as u64 + 1, slower * scatter)
            .take(600)
            .enumerate()
        {
            let at = START_MS / 1000 + index as i64 * 3_600 + row as i64 / 100;
            for (metric, value) in [
                ("http_reqs", 1.0),
                ("http_req_duration", elapsed),
                ("http_req_failed", 0.0),
            ] {
                text.push_str(&format!("{metric},{at},{value:.6},true,GET,shop,200\n"));
            }
        }
        fs::write(bench.path().join(format!("{side}{index}.csv")), text).unwrap();
    }
}

/// Runs the gate on files of these names. Returns its output.
fn gate(bench: &Bench, baseline: [&str; 2], candidate: [&str; 2]) -> (Option<i32>, String) {
    let files = |[side, ending]: [&str; 2]| {
        (0..5)
            .map(move |index| format!("{side}{index}.{ending}"))
            .collect::<Vec<_>>()
    };
    let output = bench
        .workbench()
        .arg("gate")
        .arg("--baseline")
        .args(files(baseline))
        .arg("--candidate")
        .args(files(candidate))
        .output()
        .unwrap();
    (
        output.status.code(),
        String::from_utf8_lossy(&output.stdout).into_owned() + &stderr(&output),
    )
}

#[test]
fn files_of_jmeter_are_gated_by_one_command() {
    let bench = Bench::new();
    write_jtl(&bench, "base", 1.0);
    write_jtl(&bench, "same", 1.0);
    write_jtl(&bench, "slow", 1.15);

    let (code, said) = gate(&bench, ["base", "jtl"], ["slow", "jtl"]);
    assert_eq!(code, Some(10), "{said}");
    let (code, said) = gate(&bench, ["slow", "jtl"], ["slow", "jtl"]);
    assert_ne!(code, Some(0), "a run on both sides: {said}");
}

#[test]
fn files_of_k6_are_gated_by_one_command_and_imported_once() {
    let bench = Bench::new();
    write_k6(&bench, "base", 1.0);
    write_k6(&bench, "slow", 1.15);

    let (code, said) = gate(&bench, ["base", "csv"], ["slow", "csv"]);
    assert_eq!(code, Some(10), "{said}");
    let runs = |side: &str| {
        fs::read_dir(bench.path().join("results").join(side))
            .unwrap()
            .count()
    };
    assert_eq!((runs("base"), runs("slow")), (5, 5));
    gate(&bench, ["base", "csv"], ["slow", "csv"]);
    assert_eq!((runs("base"), runs("slow")), (5, 5));
}

#[test]
fn an_improvement_passes() {
    let bench = Bench::new();
    write_jtl(&bench, "base", 1.0);
    write_jtl(&bench, "fast", 0.9);
    let (code, said) = gate(&bench, ["base", "jtl"], ["fast", "jtl"]);
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn times_of_unlike_definitions_are_not_compared() {
    let bench = Bench::new();
    write_jtl(&bench, "base", 1.0);
    write_k6(&bench, "cand", 1.0);
    let (code, said) = gate(&bench, ["base", "jtl"], ["cand", "csv"]);
    assert_eq!(code, Some(14), "{said}");
    assert!(said.contains("elapsed time"), "{said}");
}

#[test]
fn groups_of_imported_runs_are_analysed_against_each_other() {
    let bench = Bench::new();
    write_jtl(&bench, "base", 1.0);
    write_jtl(&bench, "slow", 1.15);
    let files: Vec<String> = ["base", "slow"]
        .iter()
        .flat_map(|side| (0..5).map(move |index| format!("{side}{index}.jtl")))
        .collect();
    let output = bench
        .workbench()
        .arg("import")
        .args(&files)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));

    let output = workbench(
        &bench,
        &[
            "analyze",
            "results/base",
            "results/slow",
            "--format",
            "json",
        ],
    );
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let analysis: Value = serde_json::from_slice(&output.stdout).unwrap();
    let groups = analysis["between_runs"]["groups"].as_array().unwrap();
    let names: Vec<&str> = groups
        .iter()
        .map(|group| group["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["base", "slow"]);

    let output = workbench(&bench, &["analyze", "base0.jtl", "--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[test]
fn equal_times_in_whole_milliseconds_pass_where_a_millisecond_is_within_the_margin() {
    let bench = Bench::new();
    let write = |side: &str, from_ms: i64, elapsed_ms: i64| {
        for index in 0..5 {
            let base = from_ms + index * 3_600_000;
            let rows = (0..600).map(|row| jtl_row(base + row * 10, elapsed_ms, "get") + "\n");
            let text = format!("{JTL_HEADER}\n") + &rows.collect::<String>();
            fs::write(bench.path().join(format!("{side}{index}.jtl")), text).unwrap();
        }
    };
    write("base", 0, 100);
    write("same", 1_800_000, 100);
    write("slow", 1_800_000, 110);
    let (code, said) = gate(&bench, ["base", "jtl"], ["same", "jtl"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("recorded in steps of 1 ms"), "{said}");
    let (code, said) = gate(&bench, ["base", "jtl"], ["slow", "jtl"]);
    assert_eq!(code, Some(10), "{said}");

    // Ten times shorter, a millisecond is more than the margin.
    write("short", 0, 10);
    write("other", 1_800_000, 10);
    let (code, said) = gate(&bench, ["short", "jtl"], ["other", "jtl"]);
    assert_eq!(code, Some(11), "{said}");
}

#[test]
fn imports_of_one_file_are_one_run_that_is_given_twice() {
    let bench = Bench::new();
    write_jtl(&bench, "base", 1.0);
    write_jtl(&bench, "cand", 1.0);
    let names = ["one", "two", "three", "four", "five"];
    for name in names {
        import(&bench, &bench.path().join("base0.jtl"), &["--name", name]);
    }
    let folders = names.map(|name| format!("results/{name}"));
    let both = |side: &str| {
        let mut arguments = vec!["gate", side];
        arguments.extend(folders.iter().map(String::as_str));
        let other = if side == "--baseline" {
            "--candidate"
        } else {
            "--baseline"
        };
        arguments.extend([other, "cand0.jtl", "cand1.jtl", "cand2.jtl"]);
        workbench(&bench, &arguments)
    };
    for side in ["--baseline", "--candidate"] {
        let output = both(side);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("are one run that is given twice"), "{said}");
        assert!(said.contains("base0.jtl"), "{said}");
    }
    for verb in ["compare", "analyze"] {
        let output = workbench(&bench, &[verb, "results/one", "results/two"]);
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        assert!(
            stderr(&output).contains("given twice"),
            "{}",
            stderr(&output)
        );
    }
    // A copy under another name has the same content.
    fs::copy(
        bench.path().join("base0.jtl"),
        bench.path().join("base7.jtl"),
    )
    .unwrap();
    let output = workbench(&bench, &["analyze", "base0.jtl", "base1.jtl", "base7.jtl"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("given twice"),
        "{}",
        stderr(&output)
    );
    // Whoever names nothing gets each file once.
    let output = workbench(&bench, &["analyze"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("was imported again"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn edges_are_left_out_by_the_gate_and_of_a_folder_the_newest_imports_are_taken() {
    let bench = Bench::new();
    write_jtl(&bench, "base", 1.0);
    write_jtl(&bench, "slow", 1.3);
    let (code, said) = gate(&bench, ["base", "jtl"], ["slow", "jtl"]);
    assert_eq!(code, Some(10), "{said}");
    let files =
        |side: &str| -> Vec<String> { (0..5).map(|index| format!("{side}{index}.jtl")).collect() };
    let warm = bench
        .workbench()
        .arg("gate")
        .arg("--baseline")
        .args(files("base"))
        .arg("--candidate")
        .args(files("slow"))
        .args(["--warm-up", "1s"])
        .output()
        .unwrap();
    assert_eq!(warm.status.code(), Some(10), "{}", stderr(&warm));
    let charts = "charts of these runs: workbench analyze base0.jtl base1.jtl";
    assert!(stderr(&warm).contains(charts), "{}", stderr(&warm));
    assert!(stderr(&warm).contains("slow4.jtl --warm-up 1s"));
    assert_eq!(stderr(&warm).matches("elapsed time: ").count(), 1);
    let runs = fs::read_dir(bench.path().join("results/base")).unwrap();
    assert_eq!(
        runs.count(),
        10,
        "each file as a whole, and without its beginning"
    );
    let folders = [
        "gate",
        "--baseline",
        "results/base",
        "--candidate",
        "results/slow",
    ];
    let output = workbench(&bench, &folders);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(10), "{said}");
    assert!(said.contains("5 runs"), "{said}");
}

#[test]
fn what_an_experiment_is_called_does_not_depend_on_earlier_imports() {
    let bench = Bench::new();
    write_jtl(&bench, "base", 1.0);
    write_jtl(&bench, "slow", 1.15);
    import(&bench, &bench.path().join("base1.jtl"), &[]);
    let (_, said) = gate(&bench, ["base", "jtl"], ["slow", "jtl"]);
    assert!(!said.contains("base1, base"), "{said}");
    let runs = fs::read_dir(bench.path().join("results/base")).unwrap();
    assert_eq!(runs.count(), 5);
}

#[test]
fn two_files_show_how_far_apart_they_are_and_what_it_takes_without_claiming_a_change() {
    let bench = Bench::new();
    write_k6(&bench, "base", 1.0);
    write_k6(&bench, "slow", 1.15);
    let output = workbench(&bench, &["analyze", "base1.csv", "slow1.csv"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("workbench gate --baseline FILE"), "{said}");
    assert!(!said.contains("CANDIDATE.yaml"), "{said}");
    assert!(!said.contains("--study"), "{said}");
    let files = [
        "gate",
        "--baseline",
        "base1.csv",
        "base2.csv",
        "--candidate",
        "slow1.csv",
        "slow2.csv",
    ];
    let output = workbench(&bench, &files);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(11), "{said}");
    assert!(said.contains("it takes 5 or more of each"), "{said}");
    assert!(!said.contains("or ask for fewer"), "{said}");
    assert!(!said.contains("BASELINE.yaml"), "{said}");
    let one = [
        "gate",
        "--baseline",
        "base1.csv",
        "--candidate",
        "slow1.csv",
    ];
    let said = String::from_utf8_lossy(&workbench(&bench, &one).stdout).into_owned();
    assert!(said.contains("(unproven)"), "{said}");
}
