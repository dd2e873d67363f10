use super::*;

fn data(folder: &std::path::Path, text: &[u8], pick: RowPick) -> Data {
    let path = folder.join("people.csv");
    std::fs::write(&path, text).unwrap();
    Data {
        name: "people".into(),
        file: "people.csv".into(),
        path,
        pick,
        per: Per::Iteration,
        numbers: vec!["n".to_owned()],
        secret: Vec::new(),
        rows: None,
    }
}

#[test]
fn every_row_is_read_by_its_number_whatever_stands_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let text =
        "\u{feff}name,word\r\nann,\"a, b\"\r\n\"bob\nby\",\"he said \"\"no\"\"\"\r\n\r\ncéline,";
    let rows = data(folder.path(), text.as_bytes(), RowPick::Sequential);
    let rows = rows.open().unwrap();
    assert_eq!(rows.columns(), ["name", "word"]);
    assert_eq!(rows.count(), 3);
    let mut record = StringRecord::new();
    for (row, expected) in [
        (2, ["céline", ""]),
        (0, ["ann", "a, b"]),
        (1, ["bob\nby", "he said \"no\""]),
    ] {
        rows.read(row, &mut record).unwrap();
        assert_eq!(record.iter().collect::<Vec<_>>(), expected);
    }
}

#[test]
fn rows_of_a_file_that_is_not_in_memory_are_found_by_stored_positions() {
    let folder = tempfile::tempdir().unwrap();
    let lines: String = (0..1_000)
        .map(|row| format!("{row},\"x\n{row}\"\n"))
        .collect();
    let data = data(
        folder.path(),
        format!("n,t\n{lines}").as_bytes(),
        RowPick::Sequential,
    );
    let whole = data.open().unwrap();
    let file = File::open(&data.path).unwrap();
    let (columns, places, count) = index(BufReader::new(&file), STRIDE, &[]).unwrap();
    let metadata = file.metadata().unwrap();
    let rows = Rows {
        columns,
        content: Content::File(file, stamp(&metadata).unwrap()),
        places,
        stride: STRIDE,
        count,
    };
    let (mut one, mut other) = (StringRecord::new(), StringRecord::new());
    for row in [0, 1, 63, 64, 65, 640, 999] {
        whole.read(row, &mut one).unwrap();
        rows.read(row, &mut other).unwrap();
        assert_eq!(one, other, "{row}");
        assert_eq!(&one[0], row.to_string());
    }
}

#[test]
fn mistakes_in_a_file_are_reported_with_their_line() {
    let folder = tempfile::tempdir().unwrap();
    for (text, reason) in [
        (
            &b"a,b\n1,2\n3\n"[..],
            "line 3 has 1 fields, and the header has 2",
        ),
        (b"a\n\xff\n", "line 2 is not in UTF-8"),
        (b"a,b\n", "no row"),
        (b"", "no row"),
        (b"a,a\n1,2\n", "two columns are named \"a\""),
        (
            b"a,n\n1,2\n1, 2.5\n1,two\n",
            "line 4 has no number in the column \"n\"",
        ),
    ] {
        let error = data(folder.path(), text, RowPick::Random)
            .open()
            .unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
    }
}

#[test]
fn unique_rows_end_sequential_rows_repeat_and_random_rows_are_spread() {
    let folder = tempfile::tempdir().unwrap();
    let of = |pick| data(folder.path(), b"a\n1\n", pick);
    assert_eq!(of(RowPick::Unique).row(1, 2, 3), Some(2));
    assert_eq!(of(RowPick::Unique).row(1, 3, 3), None);
    assert_eq!(of(RowPick::Sequential).row(1, 4, 3), Some(1));
    let random = of(RowPick::Random);
    let mut counts = [0_u32; 10];
    for turn in 0..10_000 {
        let row = random.row(7, turn, 10).unwrap();
        assert_eq!(random.row(7, turn, 10), Some(row));
        counts[row as usize] += 1;
    }
    // Binomial with n = 10 000 and p = 0.1: standard deviation 30.
    assert!(
        counts.iter().all(|it| it.abs_diff(1_000) < 150),
        "{counts:?}"
    );
}

#[test]
fn turns_are_taken_once_and_none_is_left_out_where_iterations_are_counted() {
    let plan = |scenarios: &str| {
        let text = format!("target: {{ bookstore: {{}} }}\nscenarios:\n{scenarios}");
        crate::parse(&text, std::path::Path::new("x.yaml")).unwrap()
    };
    let scenario = |name: &str, load: &str| {
        format!("  - {{ name: {name}, {load}, steps: [ request: GET catalog/products ] }}\n")
    };
    let counted = scenario("a", "iterations: { total: 10, users: 4 }")
        + &scenario("b", "arrivals: { rate: 5/s, hold: 1s }")
        + &scenario("c", "arrivals: { rate: 5/s, hold: 1s }");
    let schedule = plan(&counted).schedule();
    let lanes = Lanes::of(&schedule, |_| true);
    let mut turns = Vec::new();
    for (user, span) in schedule.users().iter().enumerate() {
        if let Work::Iterations(iterations) = span.work {
            turns.extend((1..=iterations).map(|iteration| lanes.iteration(user, iteration)));
        }
    }
    for stream in 0..2 {
        turns.extend((0..5).map(|arrival| lanes.arrival(stream, arrival)));
    }
    turns.sort_unstable();
    assert_eq!(turns, (0..20).collect::<Vec<_>>());

    let endless = scenario("a", "threads: [ { start: 3, hold: 1s } ]")
        + &scenario("b", "threads: [ { start: 2, hold: 1s } ]")
        + &scenario("c", "arrivals: { rate: 5/s, hold: 1s }");
    let schedule = plan(&endless).schedule();
    let lanes = Lanes::of(&schedule, |scenario| scenario != 1);
    let users = schedule.users().iter().enumerate();
    let users = users.filter(|(_, span)| span.scenario == 0);
    let mut turns: Vec<u64> = users
        .flat_map(|(user, _)| [1, 2].map(|iteration| lanes.iteration(user, iteration)))
        .chain([0, 1].map(|arrival| lanes.arrival(0, arrival)))
        .collect();
    turns.sort_unstable();
    assert_eq!(turns, (0..8).collect::<Vec<_>>());
}

#[test]
fn a_quote_that_is_never_closed_does_not_read_on_to_the_end_of_a_large_file() {
    let mut text = b"n,t\n1,\"never closed".to_vec();
    text.resize(3 << 20, b'x');
    let error = index(text.as_slice(), STRIDE, &[]).unwrap_err();
    assert!(explained(&error).contains("a quote may not be closed"));
}
