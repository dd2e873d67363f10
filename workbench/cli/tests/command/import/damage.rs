//! Damaged files: every bad row is counted, by kind and with its line.

use super::*;

/// The kinds of bad rows of a run, each with its count and first line.
fn bad_rows(run: &Path) -> Vec<(String, u64, String)> {
    let manifest = manifest(run);
    let bad = manifest["origin"]["bad_rows"].as_array().unwrap().clone();
    bad.iter()
        .map(|bad| {
            (
                bad["kind"].as_str().unwrap().to_owned(),
                bad["count"].as_u64().unwrap(),
                bad["first"][0].as_str().unwrap().to_owned(),
            )
        })
        .collect()
}

#[test]
fn each_kind_of_damage_is_counted_with_its_line() {
    let good = |elapsed: &str| jtl_row(5, 7, "get").replace(",7,get", &format!(",{elapsed},get"));
    for (line, kind) in [
        ("1795409077000,12,get,200".to_owned(), "with too few fields"),
        (
            format!("{},more", jtl_row(5, 7, "get")),
            "with too many fields",
        ),
        (good("fast"), "with a bad number (elapsed)"),
        (good("-7"), "with a negative elapsed time"),
        (
            jtl_row(5, 7, "get").replacen("1795", "x795", 1),
            "with a bad time",
        ),
        (
            jtl_row(5, 7, "get").replacen("1795", "0795", 1),
            "with a time out of range",
        ),
        (
            jtl_row(5, 7, "get").replace("get", "g\0t"),
            "with NUL bytes",
        ),
        (
            jtl_row(5, 7, "get").replace(",true,", ",maybe,"),
            "neither successful nor failed",
        ),
        (
            jtl_row(5, 7, "\"get"),
            "with a quoted field that is not closed",
        ),
    ] {
        let bench = Bench::new();
        let run = import_text(&bench, "bad.jtl", &jtl_with(400, &[&line]), &[]);
        assert_eq!(rows(&bench, &run).len(), 400, "{kind}");
        // After the header and half of the rows.
        assert_eq!(
            bad_rows(&run),
            [(kind.to_owned(), 1, "bad.jtl:202".to_owned())]
        );
        let page = fs::read_to_string(run.join("report.html")).unwrap();
        assert!(page.contains(&format!("1 {kind} (bad.jtl:202)")), "{kind}");
    }
}

#[test]
fn the_byte_order_mark_determines_the_encoding_of_a_table() {
    let text = jtl_with(400, &[]);
    let utf_16 = |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        format!("\u{feff}{text}")
            .encode_utf16()
            .flat_map(bytes)
            .collect()
    };
    for encoded in [
        format!("\u{feff}{text}").into_bytes(),
        utf_16(u16::to_le_bytes),
        utf_16(u16::to_be_bytes),
    ] {
        let bench = Bench::new();
        let file = bench.path().join("redirected.jtl");
        fs::write(&file, &encoded).unwrap();
        let run = import(&bench, &file, &[]);
        assert_eq!(rows(&bench, &run).len(), 400);
        assert_eq!(bad_rows(&run), []);
    }
}

#[test]
fn a_folder_of_results_is_refused_with_a_suggestion() {
    let bench = Bench::new();
    let folder = bench.path().join("results of jmeter");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("one.jtl"), jtl_with(400, &[])).unwrap();
    let path = folder.to_str().unwrap();
    let output = workbench(&bench, &["gate", "--baseline", path, "--candidate", path]);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("name the files themselves"), "{said}");
    assert!(said.contains("one.jtl"), "{said}");
}

#[test]
fn the_last_line_may_be_cut_off() {
    let bench = Bench::new();
    let text = jtl_with(400, &[]) + "1795409099000,12,ge";
    let run = import_text(&bench, "cut.jtl", &text, &[]);
    assert_eq!(rows(&bench, &run).len(), 400);
    assert_eq!(
        bad_rows(&run),
        [(
            "cut off at the end of the file".to_owned(),
            1,
            "cut.jtl:402".to_owned()
        )]
    );

    let whole = jtl_with(400, &[]);
    let run = import_text(&bench, "whole.jtl", whole.trim_end(), &[]);
    assert_eq!(rows(&bench, &run).len(), 400);
    assert!(
        manifest(&run)["origin"]["notes"]
            .to_string()
            .contains("may be cut")
    );
}

#[test]
fn line_ends_marks_and_repeated_headers_are_no_damage() {
    let bench = Bench::new();
    let text = jtl_with(40, &[JTL_HEADER, ""]);
    let plain = rows(&bench, &import_text(&bench, "a.jtl", &text, &[]));
    let mixed: String = text
        .lines()
        .enumerate()
        .map(|(index, line)| format!("{line}{}", if index % 2 == 0 { "\r\n" } else { "\n" }))
        .collect();
    let run = import_text(&bench, "b.jtl", &format!("\u{feff}{mixed}"), &[]);
    assert_eq!(rows(&bench, &run), plain);
    assert_eq!(bad_rows(&run), []);
    assert_eq!(manifest(&run)["origin"]["left_out"][0]["count"], 1);
    assert!(
        manifest(&run)["origin"]["left_out"][0]["what"]
            .as_str()
            .unwrap()
            .contains("header")
    );
}

#[test]
fn labels_may_hold_commas_quotes_and_line_ends_but_not_bytes_that_are_no_text() {
    let bench = Bench::new();
    let label = "\"buy, \"\"now\"\"\nor never\"";
    let run = import_text(
        &bench,
        "labels.jtl",
        &jtl_with(40, &[&jtl_row(5, 7, label)]),
        &[],
    );
    assert_eq!(bad_rows(&run), []);
    let analysis: Value =
        serde_json::from_slice(&fs::read(run.join("analysis.json")).unwrap()).unwrap();
    let requests = analysis["runs"][0]["requests"].as_array().unwrap().clone();
    let labels: Vec<&str> = requests
        .iter()
        .map(|it| it["request"].as_str().unwrap())
        .collect();
    assert_eq!(labels, ["buy, \"now\"\nor never", "get"]);

    let mut bytes = jtl_with(40, &[&jtl_row(5, 7, "na?ve")]).into_bytes();
    let place = bytes.windows(5).position(|it| it == b"na?ve").unwrap();
    bytes[place + 2] = 0xEF;
    let file = bench.path().join("latin.jtl");
    fs::write(&file, bytes).unwrap();
    let run = import(&bench, &file, &[]);
    assert!(
        rows(&bench, &run)
            .iter()
            .any(|row| row.label == "na\u{fffd}ve")
    );
    assert!(
        manifest(&run)["origin"]["notes"]
            .to_string()
            .contains("1 rows have labels that are not UTF-8")
    );
}

#[test]
fn too_many_bad_rows_leave_no_run() {
    let bench = Bench::new();
    let file = bench.path().join("bad.jtl");
    fs::write(&file, jtl_with(100, &["x", "y", "z"])).unwrap();

    let (code, said) = refusal(&bench, &file, &[]);
    assert_eq!(code, Some(12));
    assert!(said.contains("3 of 103 rows"), "{said}");
    assert!(
        said.contains("bad.jtl:52, bad.jtl:53, bad.jtl:54"),
        "{said}"
    );
    assert!(!bench.path().join("results/bad").exists());

    let run = import(&bench, &file, &["--allow-bad-rows", "5%"]);
    assert_eq!(bad_rows(&run)[0].1, 3);
    let (code, _) = refusal(&bench, &file, &["--allow-bad-rows", "0"]);
    assert_eq!(code, Some(12));
}

#[test]
fn damaged_lines_of_k6_are_counted() {
    let bench = Bench::new();
    let mut json = fs::read_to_string(fixture("k6.jsonl")).unwrap();
    json.push_str("{\"metric\":\"http_req_dur\n{\"metric\":\"http_reqs\",\"type\":\"Point\"");
    let run = import_text(&bench, "k6.jsonl", &json, &["--allow-bad-rows", "10%"]);
    let kinds: Vec<String> = bad_rows(&run).into_iter().map(|bad| bad.0).collect();
    assert_eq!(kinds.len(), 2);
    assert!(kinds.contains(&"with bad JSON".to_owned()), "{kinds:?}");
    assert!(
        kinds.contains(&"cut off at the end of the file".to_owned()),
        "{kinds:?}"
    );

    let mut csv = fs::read_to_string(fixture("k6.csv")).unwrap();
    csv.push_str(
        "http_reqs,1795409099,1.000000,,,,true,,GET,product,HTTP/1.1,default,,200,,,product,,\n",
    );
    let run = import_text(&bench, "k6.csv", &csv, &["--allow-bad-rows", "10%"]);
    assert_eq!(bad_rows(&run)[0].0, "without an elapsed time");
}

#[test]
fn counts_of_users_at_impossible_times_are_bad_rows() {
    let row = "REQUEST\t\tbuy\t1795409077000\t1795409077025\tOK\t \n";
    for time in ["1", "17954090770000", "9999999999999999999", "995409077000"] {
        let bench = Bench::new();
        let text = format!(
            "RUN\tshop.Simulation\tshop\t1795409077000\t \t3.9.5\n\
             {}USER\tshopper\tSTART\t{time}\n{}",
            row.repeat(100),
            row.repeat(100)
        );
        let run = import_text(&bench, "users.log", &text, &[]);
        assert_eq!(rows(&bench, &run).len(), 200);
        assert_eq!(bad_rows(&run)[0].2, "users.log:102", "{time}");
    }
}

#[test]
fn a_file_without_results_is_an_error_that_says_so() {
    let bench = Bench::new();
    let empty = bench.path().join("empty.jtl");
    fs::write(&empty, "").unwrap();
    let header = bench.path().join("header.jtl");
    fs::write(&header, format!("{JTL_HEADER}\n")).unwrap();
    for (file, code, complaint) in [
        (empty.as_path(), 12, "is empty"),
        (header.as_path(), 12, "holds no requests"),
        (bench.path(), 12, "is a folder"),
        (Path::new("nowhere.jtl"), 1, "cannot read nowhere.jtl"),
    ] {
        let (found, said) = refusal(&bench, file, &[]);
        assert_eq!(found, Some(code), "{said}");
        assert!(said.contains(complaint), "{said}");
    }
}

#[cfg(unix)]
#[test]
fn an_import_that_is_interrupted_leaves_no_run() {
    use std::io::Write;

    let bench = Bench::new();
    let mut child = bench
        .workbench()
        .args(["import", "-", "--name", "piped"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    // More than is read to detect the format, without a line end.
    let text = jtl_with(30_000, &[]);
    input.write_all(text.as_bytes()).unwrap();
    let folder = bench.path().join("results/piped");
    while !folder.exists() {
        assert!(child.try_wait().unwrap().is_none());
        std::thread::yield_now();
    }
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    drop(input);
    assert_eq!(output.status.code(), Some(130), "{}", stderr(&output));
    assert!(!folder.exists());
}
