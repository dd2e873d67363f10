//! Round trips: an import of an export has the same samples.

use super::*;

/// A run whose samples differ in every exported column.
fn varied(bench: &Bench) -> PathBuf {
    let mut text = String::from("start,end_ns,what,ok,code,connect_ns,first_ns,in,out,users\n");
    for index in 0_i64..500 {
        let failed = index % 11 == 0;
        text.push_str(&format!(
            "{},{},{},{},{},{},{},{},{},5\n",
            1_795_409_077_000_000_123 + index * 7_000_001,
            1_000_000 + index * 12_345,
            if index % 3 == 0 { "buy now" } else { "browse" },
            !failed,
            if failed { 500 } else { 200 },
            if index % 50 == 0 { 300_000 } else { 0 },
            900_000,
            182,
            96,
        ));
    }
    let columns = "start=start,elapsed=end_ns,label=what,success=ok,status=code,connect=connect_ns,first_byte=first_ns,\
                   bytes_received=in,bytes_sent=out,users=users";
    import_text(bench, "varied.csv", &text, &["--columns", columns])
}

/// Exports a run and imports the file. Returns the samples of the new run.
fn trip(bench: &Bench, run: &Path, format: &str, options: &[&str]) -> Vec<Row> {
    let file = bench.path().join(format!("out.{format}"));
    let output = workbench(
        bench,
        &[
            "export",
            run.to_str().unwrap(),
            "--format",
            format,
            "--output",
            file.to_str().unwrap(),
        ],
    );
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    rows(bench, &import(bench, &file, options))
}

#[test]
fn csv_keeps_every_sample_to_the_nanosecond() {
    let bench = Bench::new();
    let run = varied(&bench);
    let columns = "start=started_at,elapsed=elapsed_ns,label=request,success=success,status=status,connect=connect_ns,\
                   first_byte=latency_ns,bytes_sent=bytes_sent,bytes_received=bytes_received,users=active_users";
    assert_eq!(
        trip(&bench, &run, "csv", &["--columns", columns]),
        rows(&bench, &run)
    );
}

#[test]
fn jtl_keeps_every_sample_to_the_millisecond() {
    let bench = Bench::new();
    let run = varied(&bench);
    let cut = |ns: u64| ns / 1_000_000;
    let facts = |row: &Row| {
        (
            row.start_ns / 1_000_000,
            cut(row.elapsed_ns),
            row.label.clone(),
            row.success,
            row.status.clone(),
            row.received,
            row.sent,
            row.users,
        )
    };
    let before: Vec<_> = rows(&bench, &run).iter().map(facts).collect();
    let after: Vec<_> = trip(&bench, &run, "jtl", &[]).iter().map(facts).collect();
    assert_eq!(after, before);
}

#[test]
fn k6_json_keeps_every_sample_without_its_connecting() {
    let bench = Bench::new();
    let run = varied(&bench);
    let facts = |row: &Row, elapsed: u64| {
        (
            row.start_ns + row.elapsed_ns as i64,
            elapsed,
            row.label.clone(),
            row.success,
            row.status.clone(),
        )
    };
    let mut before: Vec<_> = rows(&bench, &run)
        .iter()
        .map(|row| facts(row, row.elapsed_ns - row.connect_ns))
        .collect();
    let mut after: Vec<_> = trip(&bench, &run, "k6-json", &[])
        .iter()
        .map(|row| facts(row, row.elapsed_ns))
        .collect();
    before.sort();
    after.sort();
    assert_eq!(after, before);
}

#[test]
fn hdr_keeps_elapsed_times_to_three_digits_by_label_and_second() {
    let bench = Bench::new();
    let run = varied(&bench);
    let facts = |row: &Row| {
        (
            row.start_ns / 1_000_000_000,
            row.label.replace(' ', "_"),
            row.elapsed_ns,
        )
    };
    let mut before: Vec<_> = rows(&bench, &run).iter().map(facts).collect();
    let mut after: Vec<_> = trip(&bench, &run, "hdr", &[]).iter().map(facts).collect();
    before.sort();
    after.sort();
    assert_eq!(after.len(), before.len());
    for (before, after) in before.iter().zip(&after) {
        assert_eq!((before.0, &before.1), (after.0, &after.1));
        let off = before.2.abs_diff(after.2) as f64 / before.2 as f64;
        assert!(off <= 0.001, "{before:?} {after:?}");
    }
}

#[test]
fn a_file_is_written_beside_the_report_unless_said_otherwise() {
    let bench = Bench::new();
    let run = import(&bench, &fixture("jmeter.jtl"), &[]);
    let output = workbench(&bench, &["export", run.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = fs::read_to_string(run.join("samples.jtl")).unwrap();
    assert_eq!(text.lines().next().unwrap(), JTL_HEADER);
    assert_eq!(text.lines().count(), 92);
    let output = workbench(&bench, &["export", bench.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("is not the folder of a run"));
}
