//! What is read of each format. Long, because there is one test for each format.

use super::*;

/// The samples of a fixture.
fn rows_of(name: &str) -> Vec<Row> {
    let bench = Bench::new();
    let run = import(&bench, &fixture(name), &[]);
    rows(&bench, &run)
}

#[test]
fn jmeter_samples_are_read_and_those_of_transaction_controllers_counted() {
    let bench = Bench::new();
    let run = import(&bench, &fixture("jmeter.jtl"), &[]);

    let rows = rows(&bench, &run);
    // 119 rows, 28 of which are totals of others.
    assert_eq!(rows.len(), 91);
    let origin = &manifest(&run)["origin"];
    assert_eq!(origin["left_out"][0]["count"], 28);
    assert!(rows.iter().all(|row| !row.label.starts_with("checkout")));
    let first = rows.iter().min_by_key(|row| row.start_ns).unwrap();
    assert_eq!(first.start_ns / 1_000_000, 1_795_409_126_966);
    assert_eq!(first.users, 6);
    let failed: Vec<_> = rows.iter().filter(|row| !row.success).collect();
    assert!(
        failed
            .iter()
            .all(|row| row.error == "status" && row.status == "404")
    );
    assert!(!failed.is_empty());

    let all = import(&bench, &fixture("jmeter.jtl"), &["--keep-transactions"]);
    assert_eq!(
        manifest(&all)["origin"]["left_out"]
            .as_array()
            .unwrap()
            .len(),
        0
    );
}

/// A row of a JTL file of this thread.
fn of_thread(thread: &str, start_ms: i64, elapsed_ms: i64, label: &str, message: &str) -> String {
    format!(
        "{},{elapsed_ms},{label},200,{message},{thread},text,true,,182,100,5,5,http://x/,{elapsed_ms},0,1\n",
        START_MS + start_ms
    )
}

/// Labels and elapsed milliseconds of a file with these rows, sorted, and what was left out of it.
fn read_jtl(rows_of_file: &[String]) -> (Vec<(String, u64)>, Value) {
    let bench = Bench::new();
    let text = format!("{JTL_HEADER}\n{}", rows_of_file.concat());
    let run = import_text(&bench, "nested.jtl", &text, &[]);
    let mut found: Vec<(String, u64)> = rows(&bench, &run)
        .into_iter()
        .map(|row| (row.label, row.elapsed_ns / 1_000_000))
        .collect();
    found.sort();
    (found, manifest(&run)["origin"].clone())
}

fn pairs(expected: &[(&str, u64)]) -> Vec<(String, u64)> {
    let expected = expected.iter();
    expected
        .map(|(label, elapsed)| ((*label).to_owned(), *elapsed))
        .collect()
}

#[test]
fn labels_that_tables_cannot_tell_apart_have_other_names() {
    let (found, _) = read_jtl(&[
        of_thread("shop 1-1", 0, 10, "TOTAL", "OK"),
        of_thread("shop 1-1", 20, 11, "", "OK"),
        of_thread("shop 1-1", 40, 12, " ", "OK"),
    ]);
    let expected = [
        ("(no label)", 11),
        ("(no label)", 12),
        ("TOTAL (label)", 10),
    ];
    assert_eq!(found, pairs(&expected));
}

#[test]
fn tests_of_more_than_a_day_are_analysed_to_their_last_answer() {
    for minutes in [1_440, 1_500] {
        let bench = Bench::new();
        let rows: String = (0..=minutes)
            .map(|minute| jtl_row(minute * 60_000, 27, "get") + "\n")
            .collect();
        let run = import_text(&bench, "soak.jtl", &format!("{JTL_HEADER}\n{rows}"), &[]);
        let analysis: Value =
            serde_json::from_slice(&fs::read(run.join("analysis.json")).unwrap()).unwrap();
        assert_eq!(
            analysis["runs"][0]["requests"][0]["samples"],
            minutes + 1,
            "{minutes}"
        );
    }
}

#[test]
fn sub_samples_of_jmeter_are_parts_of_samples_that_are_there() {
    let row = |thread, start, elapsed, label| of_thread(thread, start, elapsed, label, "OK");
    // A redirect, with a row of another thread in between, and a page with its resources; then requests that are only named
    // like parts.
    let (found, origin) = read_jtl(&[
        row("shop 1-1", 0, 161, "login"),
        row("shop 1-2", 0, 90, "login"),
        row("shop 1-1", 0, 57, "login-0"),
        row("shop 1-1", 57, 104, "login-1"),
        row("shop 1-1", 200, 50, "page"),
        row("shop 1-1", 200, 30, "page-0"),
        row("shop 1-1", 200, 10, "page-0-0"),
        row("shop 1-1", 210, 20, "page-0-1"),
        row("shop 1-1", 250, 0, "page-1"),
        row("shop 1-2", 100, 20, "step"),
        row("shop 1-2", 120, 20, "step-1"),
        row("shop 1-2", 140, 20, "step-2"),
    ]);
    let expected = [
        ("login", 90),
        ("login", 161),
        ("page", 50),
        ("step", 20),
        ("step-1", 20),
        ("step-2", 20),
    ];
    assert_eq!(found, pairs(&expected));
    let left_out = &origin["left_out"];
    assert_eq!(left_out[0]["count"], 6);
    assert!(
        left_out[0]["what"]
            .as_str()
            .unwrap()
            .starts_with("sub-samples")
    );
}

#[test]
fn transactions_of_jmeter_are_requests_where_their_samples_are_not_in_the_file() {
    let sum = |count: u32| {
        format!("\"Number of samples in transaction : {count}, number of failing samples : 0\"")
    };
    // Parent samples without sub-samples, of two threads.
    let (found, origin) = read_jtl(&[
        of_thread("shop 1-1", 0, 100, "buy", &sum(2)),
        of_thread("shop 1-2", 10, 90, "buy", &sum(2)),
        of_thread("shop 1-1", 100, 110, "buy", &sum(2)),
        of_thread("shop 1-1", 210, 20, "look", "OK"),
    ]);
    let expected = [("buy", 90), ("buy", 100), ("buy", 110), ("look", 20)];
    assert_eq!(found, pairs(&expected));
    assert_eq!(origin["left_out"], serde_json::json!([]));
    assert!(
        origin["notes"]
            .to_string()
            .contains("3 samples of transaction controllers are read as requests"),
        "{origin}"
    );

    // Parent samples before their samples, and controllers within each other after theirs.
    let (found, origin) = read_jtl(&[
        of_thread("shop 1-1", 0, 100, "buy", &sum(2)),
        of_thread("shop 1-1", 0, 40, "cart", "OK"),
        of_thread("shop 1-1", 40, 60, "order", "OK"),
        of_thread("shop 1-1", 101, 9, "look", "OK"),
        of_thread("shop 1-1", 101, 9, "inner", &sum(1)),
        of_thread("shop 1-1", 100, 12, "outer", &sum(1)),
        of_thread("shop 1-1", 112, 0, "nothing", &sum(0)),
    ]);
    assert_eq!(found, pairs(&[("cart", 40), ("look", 9), ("order", 60)]));
    assert_eq!(origin["left_out"][0]["count"], 4);

    // A controller around a parent sample.
    let (found, _) = read_jtl(&[
        of_thread("shop 1-1", 5, 50, "inner", &sum(2)),
        of_thread("shop 1-1", 0, 60, "outer", &sum(1)),
        of_thread("shop 1-1", 60, 5, "look", "OK"),
    ]);
    assert_eq!(found, pairs(&[("inner", 50), ("look", 5)]));
}

#[test]
fn jmeter_files_are_read_without_a_header_and_with_other_delimiters() {
    let bench = Bench::new();
    let old = "1795409077000,12,get,200,OK,shop 1-1,text,true,182,10\n1795409077010,15,get,500,no,shop 1-2,text,false,9,15\n";
    let run = import_text(&bench, "old.jtl", old, &[]);
    let found = rows(&bench, &run);
    assert_eq!(found.len(), 2);
    assert_eq!(
        (found[0].elapsed_ns, found[0].latency_ns),
        (12_000_000, 10_000_000)
    );
    assert_eq!(
        (found[1].success, found[1].error.as_str()),
        (false, "status")
    );

    for delimiter in [";", "\t", "|"] {
        let text = jtl_with(5, &[]).replace(',', delimiter);
        let run = import_text(&bench, "other.jtl", &text, &[]);
        assert_eq!(rows(&bench, &run).len(), 5, "{delimiter}");
    }
}

#[test]
fn jmeter_failures_keep_their_reasons() {
    let bench = Bench::new();
    let row = |code: &str, message: &str| {
        format!("1795409077000,12,get,{code},{message},shop 1-1,text,false,,0,0,1,1,,0,0,0\n")
    };
    let text = [
        format!("{JTL_HEADER}\n"),
        row(
            "Non HTTP response code: java.net.SocketTimeoutException",
            "Read timed out",
        ),
        row(
            "Non HTTP response code: java.net.ConnectException",
            "Connection refused",
        ),
        row(
            "Non HTTP response code: java.net.UnknownHostException",
            "nowhere",
        ),
        row("200", "assertion failed"),
    ]
    .concat();
    let run = import_text(&bench, "failed.jtl", &text, &[]);
    let errors: Vec<String> = rows(&bench, &run)
        .into_iter()
        .map(|row| row.error)
        .collect();
    assert_eq!(errors, ["timeout", "refused", "dns", "expect"]);
}

#[test]
fn k6_metrics_of_a_request_are_one_sample() {
    let rows = rows_of("k6.csv");
    let text = fs::read_to_string(fixture("k6.csv")).unwrap();
    let durations = text
        .lines()
        .filter(|line| line.starts_with("http_req_duration,"));
    let mut expected: Vec<u64> = durations
        .map(|line| {
            let value: f64 = line.split(',').nth(2).unwrap().parse().unwrap();
            (value * 1e6).round() as u64
        })
        .collect();
    let mut found: Vec<u64> = rows.iter().map(|row| row.elapsed_ns).collect();
    expected.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, expected);
    let product = rows.iter().find(|row| row.elapsed_ns == 415_446).unwrap();
    assert_eq!(product.label, "GET product");
    assert_eq!(product.status, "200");
    assert_eq!(product.connect_ns, 54_832);
    // Sending and waiting.
    assert_eq!(product.latency_ns, 149_822 + 110_464);
    assert!(rows.iter().all(|row| row.success == (row.status == "200")));
}

#[test]
fn k6_json_lines_hold_the_same_as_its_csv() {
    let rows = rows_of("k6.jsonl");
    let first = rows.iter().find(|row| row.elapsed_ns == 729_312).unwrap();
    assert_eq!(first.label, "GET product");
    // The time of a point is the end of the request.
    let end = first.start_ns + first.elapsed_ns as i64;
    assert_eq!(end, 1_795_409_081_746_126_916);
}

#[test]
fn every_time_format_of_k6_is_read() {
    let bench = Bench::new();
    for (index, (time, resolution)) in [
        ("1795409077", 1_000_000_000_u64),
        ("1795409077000", 1_000_000),
        ("1795409077000000", 1_000),
        ("1795409077000000000", 1),
        ("2026-11-23T04:44:37Z", 1_000_000_000),
        ("2026-11-23T04:44:37.5Z", 1),
    ]
    .into_iter()
    .enumerate()
    {
        let text = format!(
            "metric_name,timestamp,metric_value,method,name,status\n\
             http_reqs,{time},1.000000,GET,shop,200\nhttp_req_duration,{time},250.500000,GET,shop,200\n"
        );
        let run = import_text(&bench, &format!("k{index}.csv"), &text, &[]);
        let rows = rows(&bench, &run);
        assert_eq!(rows.len(), 1, "{time}");
        assert_eq!(rows[0].elapsed_ns, 250_500_000);
        assert_eq!(
            rows[0].start_ns / 1_000_000_000,
            START_MS / 1000 - i64::from(!time.contains(".5")),
            "{time}"
        );
        assert_eq!(
            manifest(&run)["origin"]["start_resolution_ns"],
            resolution,
            "{time}"
        );
    }
}

#[test]
fn the_first_logs_of_gatling_2_are_read_and_quotes_in_any_are_text() {
    let bench = Bench::new();
    let first = "shop.Simulation$Put\tshop\tRUN\t1795409077000\t \t2.0\n\
                 shopper\t16-0\tUSER\tSTART\t1795409077000\t0\n\
                 shopper\t16-0\tREQUEST\tcart\tbuy\t1795409077010\t1795409077011\t1795409077020\t1795409077035\tOK\t \n\
                 shopper\t16-0\tREQUEST\t\tlook\t1795409077040\t1795409077041\t1795409077050\t1795409077050\tKO\tstatus.find.is(200), but actually found 503\n\
                 shopper\t16-0\tUSER\tEND\t1795409077000\t1795409077060\n";
    let run = import_text(&bench, "first.log", first, &[]);
    let found = super::rows(&bench, &run);
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].label, "cart / buy");
    assert_eq!(found[0].elapsed_ns, 25_000_000);
    assert_eq!(
        (found[1].label.as_str(), found[1].status.as_str()),
        ("look", "503")
    );

    let quoted = "RUN\tshop.Simulation\tshop\t1795409077000\t\"peak load\t3.9.5\n\
                  REQUEST\t\t\"buy\t1795409077000\t1795409077025\tOK\t \n\
                  REQUEST\t\tlook\t1795409077000\t1795409077030\tOK\t \n";
    let run = import_text(&bench, "quoted.log", quoted, &[]);
    let labels: Vec<String> = super::rows(&bench, &run)
        .into_iter()
        .map(|row| row.label)
        .collect();
    // As CSV writes a quote.
    assert_eq!(labels, ["\"\"\"buy\"", "look"]);
}

#[test]
fn gatling_logs_of_each_version_are_read() {
    let rows = rows_of("gatling.log");
    assert_eq!(rows.len(), 26);
    assert!(rows.iter().all(|row| row.label == "get /" && row.success));
    assert!(
        rows.iter().any(
            |row| row.start_ns / 1_000_000 == 1_795_409_077_602 && row.elapsed_ns == 6_000_000
        )
    );

    let bench = Bench::new();
    let run = "RUN\tshop.Simulation\tshop\t1795409077000\t \t3.3.1\n";
    let later = "REQUEST\tcart\tbuy\t1795409077000\t1795409077025\tKO\tstatus.find.is(200), but actually found 503\n";
    let third = "USER\tshopper\t1\tSTART\t1795409077000\t1795409077000\n\
                 REQUEST\t1\tcart\tbuy\t1795409077000\t1795409077025\tKO\tstatus.find.is(200), but actually found 503\n";
    let second = "REQUEST\tshopper\t1\tcart\tbuy\t1795409077000\t1795409077025\tKO\tstatus.find.is(200), but actually found 503\n";
    for (index, text) in [later, third, second].into_iter().enumerate() {
        let run = import_text(
            &bench,
            &format!("g{index}.log"),
            &format!("{run}{text}"),
            &[],
        );
        let rows = super::rows(&bench, &run);
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].label, "cart / buy");
        assert_eq!(rows[0].elapsed_ns, 25_000_000);
        assert_eq!(
            (rows[0].status.as_str(), rows[0].error.as_str()),
            ("503", "status")
        );
        assert_eq!(manifest(&run)["tool"]["version"], "3.3.1");
    }
}

#[test]
fn a_converted_gatling_log_is_read() {
    let text = fs::read_to_string(fixture("gatling.csv")).unwrap();
    let requests = text
        .lines()
        .filter(|line| line.starts_with("request,"))
        .count();
    let rows = rows_of("gatling.csv");
    assert_eq!(rows.len(), requests);
    let late = rows.iter().find(|row| row.elapsed_ns == 60_001_000_000);
    assert_eq!(late.unwrap().error, "timeout");
}

#[test]
fn vegeta_is_read_as_csv_and_as_json() {
    let bench = Bench::new();
    let csv = "1795409077000000123,200,27126750,5,2,,b2s=,attack,0,GET,http://x/a,\n\
               1795409077000100123,0,30000000000,0,0,\"Get \"\"http://x/a\"\": net/http: timeout\",,attack,1,GET,http://x/a,\n";
    let run = import_text(&bench, "vegeta.csv", csv, &[]);
    let of_csv = rows(&bench, &run);
    assert_eq!(of_csv.len(), 2);
    assert_eq!(of_csv[0].start_ns, 1_795_409_077_000_000_123);
    assert_eq!(
        (of_csv[0].elapsed_ns, of_csv[0].sent, of_csv[0].received),
        (27_126_750, 5, 2)
    );
    assert_eq!(of_csv[0].label, "GET http://x/a");
    assert_eq!((of_csv[1].success, of_csv[1].status.as_str()), (false, ""));

    let json = r#"{"attack":"attack","seq":0,"code":200,"timestamp":"2026-11-23T04:44:37.000000123Z","latency":27126750,"bytes_out":5,"bytes_in":2,"error":"","body":"b2s=","method":"GET","url":"http://x/a","headers":{}}
{"attack":"attack","seq":1,"code":0,"timestamp":"2026-11-23T04:44:37.000100123Z","latency":30000000000,"bytes_out":0,"bytes_in":0,"error":"Get \"http://x/a\": net/http: timeout","body":"","method":"GET","url":"http://x/a","headers":null}
"#;
    let run = import_text(&bench, "vegeta.json", json, &[]);
    let of_json = rows(&bench, &run);
    assert_eq!(of_json[0], of_csv[0]);
    assert_eq!(of_json[1].error, "timeout");
}

#[test]
fn small_tools_are_read() {
    let oha = rows_of("oha.csv");
    assert_eq!(oha.len(), 59);
    assert_eq!(oha[0].elapsed_ns, 22_128_211);
    assert_eq!(
        (oha[0].connect_ns, oha[0].latency_ns),
        (578_778, 22_127_721)
    );
    let hey = rows_of("hey.csv");
    assert_eq!(hey.len(), 59);
    assert!(
        hey.iter()
            .any(|row| row.elapsed_ns == 22_000_000 && row.status == "200")
    );
    let ab = rows_of("ab.tsv");
    assert_eq!(ab.len(), 59);
    assert!(
        ab.iter()
            .all(|row| row.start_ns / 1_000_000_000 / 10 == 179_540_908)
    );
    let goose = rows_of("goose.csv");
    assert_eq!(goose.len(), 59);
    assert!(
        goose
            .iter()
            .any(|row| row.elapsed_ns == 457_000 && row.label == "GET /products/5")
    );
}

#[test]
fn an_h2load_log_and_a_locust_request_log_are_read() {
    let bench = Bench::new();
    let h2load =
        "1795409077000001\t200\t1234\n1795409077000401\t-1\t99\n1795409077000501\t503\t99\n";
    let run = import_text(&bench, "h2.log", h2load, &[]);
    let found = rows(&bench, &run);
    assert_eq!(found[0].elapsed_ns, 1_234_000);
    assert_eq!(found[0].start_ns / 1_000, 1_795_409_077_000_001);
    let errors: Vec<&str> = found.iter().map(|row| row.error.as_str()).collect();
    assert_eq!(errors, ["", "unknown", "status"]);

    let locust = "start_time,request_type,name,response_time,response_length,exception\n\
                  1795409077.25,GET,/cart,12.5,74,\n1795409077.5,POST,/cart,3.25,0,\"HTTPError('500')\"\n";
    let run = import_text(&bench, "locust.csv", locust, &[]);
    let found = rows(&bench, &run);
    assert_eq!(found[0].label, "GET /cart");
    assert_eq!((found[0].elapsed_ns, found[0].received), (12_500_000, 74));
    assert_eq!(found.iter().filter(|row| !row.success).count(), 1);
}

#[test]
fn goose_requests_that_were_failed_later_or_synthetic_are_recognised() {
    let bench = Bench::new();
    let request = |elapsed: u32, success: bool, update: bool, made_up: u32| {
        format!(
            r#"{{"elapsed":{elapsed},"scenario_index":0,"scenario_name":"shop","transaction_index":0,"transaction_name":{{"TransactionOnly":""}},"raw":{{"method":"Get","url":"http://x/a","headers":[],"body":"","custom_method":""}},"name":"/a","final_url":"http://x/a","redirected":false,"response_time":5,"status_code":200,"success":{success},"update":{update},"user":0,"error":"","coordinated_omission_elapsed":{made_up},"user_cadence":0,"response_time_fraction_us":250}}"#
        )
    };
    let text = [
        request(0, true, false, 0),
        request(0, false, true, 0),
        request(10, true, false, 0),
        request(20, true, false, 500),
    ]
    .join("\n");
    let run = import_text(&bench, "goose.json", &format!("{text}\n"), &[]);
    let found = rows(&bench, &run);
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].elapsed_ns, 5_250_000);
    assert_eq!(
        (found[0].error.as_str(), found[1].success),
        ("expect", true)
    );
    assert_eq!(manifest(&run)["origin"]["left_out"][0]["count"], 1);
}

#[test]
fn any_table_is_read_where_its_columns_are_named() {
    let bench = Bench::new();
    let text = "when;what;latency_ms;ok;code\n2026-11-23 04:44:37.250;buy;12.5;yes;200\n2026-11-23 04:44:37.500;buy;13;no;500\n";
    let columns = "start=when,elapsed=latency_ms,label=what,success=ok,status=code";
    let run = import_text(&bench, "any.txt", text, &["--columns", columns]);
    let found = rows(&bench, &run);
    assert_eq!(found[0].start_ns / 1_000_000, START_MS + 250);
    assert_eq!(
        (found[0].elapsed_ns, found[0].label.as_str()),
        (12_500_000, "buy")
    );
    assert_eq!((found[1].success, found[1].status.as_str()), (false, "500"));

    let numbered = "1795409077,0.5\n1795409078,0.25\n";
    let run = import_text(
        &bench,
        "none.txt",
        numbered,
        &["--columns", "end=1:s,elapsed=2:s"],
    );
    assert_eq!(rows(&bench, &run).len(), 2);

    let file = bench.path().join("any.txt");
    for (columns, complaint) in [
        ("start=when", "elapsed"),
        ("elapsed=latency_ms", "start or end"),
        ("start=when,elapsed=code", "unit of elapsed"),
        (
            "start=never,elapsed=latency_ms",
            "it has when, what, latency_ms, ok, code",
        ),
        (
            "start=when,elapsed=latency_ms,lable=what",
            "there is no “lable”",
        ),
    ] {
        let (code, said) = refusal(&bench, &file, &["--columns", columns]);
        assert!(matches!(code, Some(2 | 12)), "{columns}: {said}");
        assert!(said.contains(complaint), "{columns}: {said}");
    }
}

#[test]
fn aggregates_are_refused_with_instructions_for_single_requests() {
    let bench = Bench::new();
    for (file, instead) in [
        ("locust_stats.csv", "listener of the request event"),
        ("k6-summary.json", "--out csv=results.csv"),
        ("k6-stdout.txt", "--out csv=results.csv"),
        ("oha.json", "--output-format csv"),
        ("hey.txt", "hey -o csv"),
        ("wrk.txt", "vegeta or oha"),
        ("vegeta-report.txt", "vegeta encode"),
    ] {
        let (code, said) = refusal(&bench, &fixture(file), &[]);
        assert_eq!(code, Some(12), "{file}: {said}");
        assert!(said.contains("no single requests"), "{file}: {said}");
        assert!(said.contains(instead), "{file}: {said}");
    }
    for (text, instead) in [
        (
            "{\"aggregate\": {\"counters\": {}, \"summaries\": {}}}",
            "workbench run",
        ),
        (
            "{\"requests\": {}, \"latency\": {\"p97_5\": 1}, \"errors\": 0}",
            "`response` event",
        ),
        (
            "{\"result\": {\"timeTakenSeconds\": 1, \"latency\": {}, \"rps\": {}}}",
            "workbench run",
        ),
        (
            "{\"stats\": {\"numberOfRequests\": {}, \"percentiles1\": {}}}",
            "simulation.log",
        ),
        ("This is ApacheBench\nRequests per second:    1\n", "ab -g"),
        (
            "       Value     Percentile TotalCount 1/(1-Percentile)\n",
            "interval log",
        ),
    ] {
        let file = bench.path().join("summary.txt");
        fs::write(&file, text).unwrap();
        let (code, said) = refusal(&bench, &file, &[]);
        assert_eq!(code, Some(12), "{text}: {said}");
        assert!(said.contains("no single requests"), "{text}: {said}");
        assert!(said.contains(instead), "{text}: {said}");
    }
    let binary = bench.path().join("simulation.log");
    fs::write(&binary, b"\0\0\0\0\x063.14.0\0\0\0\0\x04shop").unwrap();
    let (code, said) = refusal(&bench, &binary, &[]);
    assert_eq!(code, Some(12));
    assert!(
        said.contains("Gatling's binary log") && said.contains("convert it"),
        "{said}"
    );
}

#[test]
fn a_file_of_no_format_is_refused_with_what_was_tried() {
    let bench = Bench::new();
    let file = bench.path().join("notes.txt");
    fs::write(&file, "hello, world\n").unwrap();
    let (code, said) = refusal(&bench, &file, &[]);
    assert_eq!(code, Some(12));
    for part in [
        "JMeter JTL CSV",
        "k6 JSON lines",
        "HdrHistogram",
        "hello, world",
        "--columns",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let (code, said) = refusal(&bench, &file, &["--as", "jtl"]);
    assert_eq!(code, Some(12));
    assert!(said.contains("timeStamp and elapsed"), "{said}");
    assert!(!bench.path().join("results").join("notes").exists());
}

#[test]
fn checks_groups_and_tags_of_k6_are_counted_although_they_are_no_part_of_a_run() {
    let bench = Bench::new();
    let mut text = String::from(
        "metric_name,timestamp,metric_value,check,expected_response,group,method,name,status,extra_tags\n",
    );
    for second in 0..40 {
        let at = START_MS / 1000 + second;
        for (metric, value) in [
            ("http_reqs", 1),
            ("http_req_duration", 12),
            ("http_req_failed", 0),
        ] {
            text.push_str(&format!(
                "{metric},{at},{value},,true,::buy,GET,shop,200,team=a\n"
            ));
        }
        text.push_str(&format!("checks,{at},0,is 201,,::buy,,,,team=a\n"));
    }
    let run = import_text(&bench, "k6.csv", &text, &[]);
    let said =
        "ignored: 40 checks (40 failed), 1 group, extra tags; only failed requests are errors";
    let notes = manifest(&run)["origin"]["notes"].to_string();
    assert!(notes.contains(said), "{notes}");
    let page = fs::read_to_string(run.join("report.html")).unwrap();
    assert!(page.contains(said));
}
