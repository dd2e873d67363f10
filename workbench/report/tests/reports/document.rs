//! Reports as each renderer shows them: the terminal, Markdown and the page. Long, for each is looked at alone.

use std::path::Path;

use workbench_analysis::Analysis;
use workbench_report::{Detail, Document, TextOptions, page};
use workbench_samples::Content;

use crate::fixture;

/// What stands above the study, and above what is compared validly.
const STUDY_BANNER: &str = "Descriptive, not valid for inference";
const VALID_HEADING: &str = "What these runs show";

fn document(analysis: &Analysis) -> Document {
    let directory = Path::new("/tmp/r/scenario3/20261123T101503Z-4f2a");
    workbench_report::document(analysis, directory)
}

fn shown(analysis: &Analysis, width: u16, detail: Detail) -> String {
    let options = TextOptions {
        width,
        colour: false,
        detail,
    };
    document(analysis).text(options)
}

fn brief(analysis: &Analysis, width: u16) -> String {
    shown(analysis, width, Detail::Brief)
}

pub(crate) fn page_of(analysis: &Analysis) -> String {
    page(analysis, Path::new("/tmp/r/scenario3/1")).unwrap()
}

/// The page without its drawings, styles and scripts, which are looked at and not compared.
fn text_of(page: &str) -> String {
    let mut text = page.to_owned();
    for (from, to) in [
        ("<style>", "</style>"),
        ("<svg", "</svg>"),
        ("<script", "</script>"),
    ] {
        let mut rest = text.as_str();
        let mut without = String::new();
        while let Some((before, after)) = rest.split_once(from) {
            without.push_str(before);
            rest = after.split_once(to).unwrap().1;
        }
        text = without + rest;
    }
    text
}

/// Of a page without figures for print and the examples, which are long.
pub(crate) fn body_of(page: &str) -> String {
    let text = text_of(page);
    text[text.find("<main>").unwrap()..].to_owned()
}

/// Every analysis that a terminal may have to show.
fn all() -> Vec<Analysis> {
    let runs = [
        fixture::single(),
        fixture::invalid(),
        fixture::killed(),
        fixture::refused(),
        fixture::without_users(),
        fixture::five_runs(),
        fixture::hostile(),
        fixture::many_long_labels(),
    ];
    let between = fixture::between().map(|(_, analysis)| analysis);
    runs.into_iter().chain(between).collect()
}

#[test]
fn a_run_is_a_conclusion_key_figures_one_table_and_warnings() {
    insta::assert_snapshot!(brief(&fixture::single(), 80));
}

#[test]
fn the_verbose_text_of_a_run_has_the_rest() {
    insta::assert_snapshot!(shown(&fixture::single(), 120, Detail::Verbose));
}

#[test]
fn a_comparison_is_a_conclusion_one_table_and_what_changed() {
    insta::assert_snapshot!(brief(&fixture::two_groups(), 80));
}

#[test]
fn three_groups_have_a_line_for_each_comparison() {
    insta::assert_snapshot!(brief(&fixture::three_groups(), 80));
}

#[test]
fn a_run_has_at_most_40_lines_and_a_comparison_60_at_80_columns_and_wider() {
    for analysis in all() {
        let most = if analysis.runs.len() == 1 { 38 } else { 58 };
        for width in [80, 120] {
            let text = brief(&analysis, width);
            let lines = text.lines().count();
            assert!(lines <= most, "{lines} lines at {width} columns:\n{text}");
        }
    }
}

#[test]
fn nothing_is_said_twice_in_the_brief_text() {
    for analysis in all() {
        let text = brief(&analysis, 120);
        let is_said = |line: &&str| line.len() > 40 && !line.starts_with('─');
        let mut lines: Vec<&str> = text.lines().filter(is_said).collect();
        lines.sort_unstable();
        let all = lines.len();
        lines.dedup();
        assert_eq!(lines.len(), all, "{text}");
    }
}

#[test]
fn errors_and_p95_are_seen_however_narrow_the_terminal_is() {
    let mut failing = fixture::single();
    let run = &mut failing.runs[0];
    run.total.errors = run.total.samples / 2;
    run.total.error_rate = 0.5;
    for analysis in [failing, fixture::killed(), fixture::many_long_labels()] {
        for width in [40, 60, 80, 120] {
            for detail in [Detail::Brief, Detail::Verbose] {
                let text = shown(&analysis, width, detail);
                let table = text
                    .split("\n\n")
                    .find(|it| it.starts_with("Requests "))
                    .unwrap();
                let header = table.split('─').next().unwrap();
                assert!(header.contains("Errors"), "{width}: {table}");
                assert!(header.contains("p95"), "{width}: {table}");
            }
        }
    }
}

#[test]
fn many_errors_stand_in_the_conclusion_with_their_commonest_reason() {
    let mut analysis = fixture::single();
    let run = &mut analysis.runs[0];
    run.total.errors = run.total.samples / 2;
    run.total.error_rate = 0.5;
    let text = brief(&analysis, 200);
    let expected = "50.00% of the requests failed (62,345 of 124,690). Most frequent reason: status 503, expected 201 \
        (131 of 143).";
    let missed = "FAILED  1 of 2 thresholds missed: error_rate < 0.1%.";
    assert!(text.contains(&format!("{missed} {expected}")), "{text}");
    analysis.runs[0].thresholds.clear();
    let text = brief(&analysis, 200);
    assert!(text.contains(&format!("MANY ERRORS  {expected}")), "{text}");
}

#[test]
fn a_missed_threshold_is_the_conclusion_of_a_valid_run() {
    let text = brief(&fixture::single(), 120);
    let expected = "FAILED  1 of 2 thresholds missed: error_rate < 0.1%.";
    assert!(text.contains(expected), "{text}");
    let passed = brief(&fixture::without_errors(), 120);
    assert!(passed.contains("PASSED  The threshold is met."), "{passed}");
}

#[test]
fn an_invalid_run_says_so_before_any_number() {
    let text = brief(&fixture::invalid(), 120);
    assert!(text.contains("INVALID  Do not draw conclusions"), "{text}");
    assert!(text.find("INVALID").unwrap() < text.find("p95").unwrap());
    assert!(text.contains("FAILED  users achieved: 20.0% below the plan"));
    assert!(
        !text.contains("generator processor time"),
        "it passed: {text}"
    );
    let page = page_of(&fixture::invalid());
    let body = &page[page.find("<body>").unwrap()..];
    assert!(body.find("INVALID").unwrap() < body.find("<table").unwrap());
    assert!(body.contains("20.0% below the plan in second 12"));
}

#[test]
fn a_killed_run_is_not_judged() {
    let text = brief(&fixture::killed(), 120);
    assert!(
        text.contains("not judged  The run did not end by itself"),
        "{text}"
    );
    assert!(text.contains("killed before it could say"));
    assert!(page_of(&fixture::killed()).contains("killed before it could say"));
}

#[test]
fn the_study_is_one_line_unless_it_is_asked_for() {
    let analysis = fixture::five_runs();
    for detail in [Detail::Brief, Detail::Verbose] {
        let text = shown(&analysis, 120, detail);
        assert!(text.contains("analyze --study"), "{text}");
        assert!(!text.contains("T-statistic"), "{text}");
    }
    let study = shown(&analysis, 140, Detail::Study);
    let warning = study.find(STUDY_BANNER).unwrap();
    assert!(warning < study.find("T-statistic").unwrap());
    insta::assert_snapshot!(study);
}

#[test]
fn a_single_run_has_no_study() {
    assert!(!brief(&fixture::single(), 120).contains("--study"));
    assert!(!page_of(&fixture::single()).contains("id=\"study\""));
}

#[test]
fn what_is_valid_comes_before_what_is_not() {
    let mut analysis = fixture::two_groups();
    analysis.comparison = fixture::five_runs().comparison;
    let page = page_of(&analysis);
    let valid = page.find(VALID_HEADING).unwrap();
    assert!(valid < page.find(STUDY_BANNER).unwrap());
}

#[test]
fn the_gate_is_named_where_it_concludes() {
    let mut analysis = fixture::two_groups();
    let between = analysis.between_runs.as_mut().unwrap();
    between.comparisons[0].gate = Some(fixture::gate::failed());
    let text = brief(&analysis, 120);
    assert!(
        text.contains("gate FAILED  At least one gated row"),
        "{text}"
    );
    assert!(text.lines().count() <= 58, "{text}");
    assert!(page_of(&analysis).contains("<span class=\"badge bad\">gate FAILED</span>"));
    assert!(
        document(&analysis)
            .markdown()
            .contains("**gate FAILED**: At least one")
    );
}

#[test]
fn single_runs_say_what_to_do_for_a_verdict() {
    let text = brief(&fixture::single_runs(), 400);
    let page = page_of(&fixture::single_runs());
    for shown in [&text, &page] {
        assert!(
            shown.contains("scenario1 (1 run) and scenario2 (1 run) are too few"),
            "{shown}"
        );
        assert!(shown.contains("workbench run BASELINE.yaml CANDIDATE.yaml --repetitions 5"));
    }
    assert!(!text.contains("equivalent:"), "{text}");
    assert!(!page.contains("Changes of all requests"));
}

#[test]
fn an_invalid_run_takes_every_verdict_with_it() {
    let text = brief(&fixture::with_an_invalid_run(), 140);
    assert!(
        text.contains("INVALID  No verdict: a run of main or candidate is invalid"),
        "{text}"
    );
    assert!(!text.contains("regressed  "), "{text}");
    let page = page_of(&fixture::with_an_invalid_run());
    assert!(page.contains("10 runs, 9 valid. INVALID: candidate #3."));
}

#[test]
fn many_comparisons_have_a_line_each() {
    let text = shown(&fixture::sixty_runs(), 160, Detail::Verbose);
    let lines = text.lines().filter(|line| line.contains(" → "));
    assert_eq!(lines.count(), 15);
}

#[test]
fn a_quantile_that_was_refused_says_why_once() {
    let text = brief(&fixture::refused(), 400);
    assert!(
        text.contains(
            "p99 of every request: an interval needs 299 effective samples, there are 212"
        ),
        "{text}"
    );
    let text = shown(&fixture::refused(), 400, Detail::Verbose);
    assert!(text.contains("FAILED  warm-up: no steady state"), "{text}");
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for analysis in all() {
        for width in [40, 57, 80, 100, 132, 250] {
            for detail in [Detail::Brief, Detail::Verbose, Detail::Study] {
                for line in shown(&analysis, width, detail).lines() {
                    let columns = textwrap::core::display_width(line);
                    assert!(columns <= usize::from(width), "{columns} > {width}: {line}");
                }
            }
        }
    }
}

#[test]
fn labels_cannot_drive_the_terminal() {
    for detail in [Detail::Brief, Detail::Verbose] {
        assert!(!shown(&fixture::hostile(), 100, detail).contains('\u{1b}'));
    }
}

#[test]
fn colour_changes_nothing_but_colour() {
    for analysis in [fixture::single(), fixture::two_groups()] {
        let options = TextOptions {
            width: 100,
            colour: true,
            detail: Detail::Brief,
        };
        let coloured = document(&analysis).text(options);
        assert!(
            coloured.contains("\u{1b}[31mFAILED\u{1b}[0m")
                || coloured.contains("\u{1b}[31mregressed")
        );
        let mut plain = coloured;
        for code in ["0", "1", "31", "32", "33", "36"] {
            plain = plain.replace(&format!("\u{1b}[{code}m"), "");
        }
        assert_eq!(plain, brief(&analysis, 100));
    }
}

#[test]
fn a_run_in_markdown_has_its_table_open_and_the_rest_folded() {
    insta::assert_snapshot!(document(&fixture::single()).markdown());
}

#[test]
fn a_comparison_in_markdown_has_its_labels_folded() {
    let text = document(&fixture::two_groups()).markdown();
    insta::assert_snapshot!(&text[..text.find("### Runs").unwrap()]);
}

#[test]
fn sixty_runs_fit_into_a_comment() {
    let text = document(&fixture::sixty_runs()).markdown();
    assert!(text.chars().count() < 65_536, "{}", text.chars().count());
}

#[test]
fn every_table_row_has_as_many_cells_as_its_header() {
    let text = document(&fixture::hostile()).markdown();
    let mut header = None;
    for line in text.lines() {
        if line.starts_with('|') {
            let cells = line.replace("\\|", "").matches('|').count();
            assert_eq!(*header.get_or_insert(cells), cells, "{line}");
        } else {
            header = None;
        }
    }
}

#[test]
fn labels_cannot_become_html() {
    let text = document(&fixture::hostile()).markdown();
    assert!(
        !text.contains("<img") && !text.contains("<script"),
        "{text}"
    );
}

#[test]
fn a_page_of_a_run_begins_with_its_conclusion_key_figures_and_response_times() {
    insta::assert_snapshot!(body_of(&page_of(&fixture::single())));
}

#[test]
fn a_page_of_a_comparison_begins_with_its_verdict_and_the_changes() {
    let text = body_of(&page_of(&fixture::two_groups()));
    insta::assert_snapshot!(&text[..text.find("<section id=\"each-run\"").unwrap()]);
}

#[test]
fn a_label_or_a_group_cannot_become_markup() {
    let mut analysis = fixture::two_groups();
    let between = analysis.between_runs.as_mut().unwrap();
    let evil = "<script>alert(1)</script>";
    for group in &mut between.groups {
        if group.name == "candidate" {
            evil.clone_into(&mut group.name);
        }
        group.statistics[0].request = evil.to_owned();
    }
    for comparison in &mut between.comparisons {
        evil.clone_into(&mut comparison.candidate);
        comparison.rows[0].request = evil.to_owned();
        comparison.warnings.push(evil.to_owned());
    }
    let scripts = page_of(&fixture::two_groups()).matches("<script").count();
    assert_eq!(page_of(&analysis).matches("<script").count(), scripts);
}

#[test]
fn nothing_from_outside_becomes_markup() {
    let scripts = page_of(&fixture::single()).matches("<script").count();
    let page = page_of(&fixture::hostile());
    assert_eq!(page.matches("<script").count(), scripts);
    assert!(!page.contains("<img") && !page.contains("<i>") && !page.contains("<u>"));
    assert!(page.contains("&#60;script&#62;alert(2)"));
    assert!(page.matches("&#60;script&#62;alert(3)").count() > 10);
}

#[test]
fn sixty_runs_are_folded_and_leave_their_figures_to_their_own_reports() {
    let results = tempfile::tempdir().unwrap();
    let analysis = fixture::sixty_runs();
    for (number, run) in analysis.runs.iter().enumerate().filter(|(at, _)| *at != 1) {
        let folder = results.path().join(run.name());
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("report.html"), number.to_string()).unwrap();
    }
    let directory = results.path().join("comparisons/1");
    std::fs::create_dir_all(&directory).unwrap();
    let page = page(&analysis, &directory).unwrap();
    assert!(!page.contains("Response time over time: "));
    let links = page.matches("/report.html\">").count();
    assert_eq!(links, 59);
    let command = format!("<code>workbench analyze {}/", results.path().display());
    assert!(page.contains(&command), "{command}");
    let megabytes = page.len() as f64 / 1e6;
    assert!(megabytes < 4.0, "{megabytes} MB");
}

#[test]
fn a_run_without_a_steady_part_says_so() {
    let mut analysis = fixture::single();
    analysis.runs[0].steady = None;
    let text = brief(&analysis, 200);
    assert!(
        text.contains("No request started in the steady part"),
        "{text}"
    );
    assert!(page_of(&analysis).contains("No request started in the steady part"));
}

#[test]
fn a_run_without_failures_says_that_none_failed() {
    assert!(page_of(&fixture::without_errors()).contains("<p>No request failed.</p>"));
    assert!(brief(&fixture::without_errors(), 80).contains("No request failed."));
}

#[test]
fn without_users_the_figures_that_need_them_are_missing() {
    let page = page_of(&fixture::without_users());
    assert!(!page.contains("Users planned and achieved"));
    assert!(page.contains("Response time over time"));
}

#[test]
fn the_page_fetches_nothing() {
    let page = page_of(&fixture::five_runs()) + &page_of(&fixture::two_groups());
    let page = page.replace("http://www.w3.org/2000/svg", "");
    // The home of the charts' library is named in its first line.
    let page = page.replace("https://github.com/leeoniya/uPlot", "");
    for fetching in ["http://", "https://", "src=", "url(", "@import", "<link"] {
        assert!(!page.contains(fetching), "{fetching}");
    }
}

#[test]
fn each_kind_of_error_has_its_reasons_and_an_example() {
    let page = page_of(&fixture::single());
    assert_eq!(page.matches("<summary>Example: ").count(), 2);
    assert!(page.contains("<summary>Example: POST orders/orders: status</summary>"));
    assert!(page.contains("  &#34;error&#34;: &#34;out of stock&#34;,"));
    assert!(page.contains("<p>No response.</p>"));
    assert!(page.contains("status 503, expected 201"));
    assert!(page.contains("<code>workbench show /tmp/r/scenario3/1</code>"));
    assert!(!page_of(&fixture::without_errors()).contains("workbench show"));
}

#[test]
fn long_bodies_are_shown_in_part() {
    let mut analysis = fixture::single();
    let short = page_of(&analysis).len();
    for failure in &mut analysis.runs[0].failures {
        let example = failure.example.as_mut().unwrap();
        example.request.body.content = Content::Text("\"".repeat(1 << 20));
    }
    let page = page_of(&analysis);
    assert!(page.len() < short + 100_000, "{}", page.len());
    assert!(page.contains("more of it: workbench show."));
}

#[test]
fn every_table_has_a_caption_and_scopes_and_no_identity_is_given_twice() {
    for analysis in [
        fixture::five_runs(),
        fixture::three_groups(),
        fixture::single(),
    ] {
        let page = page_of(&analysis);
        let count = |text: &str| page.matches(text).count();
        assert_eq!(count("<table"), count("<caption>"));
        assert_eq!(count("<th "), count("<th scope="));
        let text = text_of(&page);
        let mut ids: Vec<&str> = text
            .split(" id=\"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap())
            .collect();
        ids.sort_unstable();
        let all = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), all);
    }
}

#[test]
fn dark_screens_recolour_what_the_figures_use() {
    let page = page_of(&fixture::single());
    let ink = "fill=\"#1F2328\"";
    assert!(page.contains(&format!(".plot [{ink}]")));
    assert!(
        page.matches(ink).count() > 1,
        "no figure is drawn in this ink"
    );
}

#[test]
fn without_scripts_every_figure_is_there() {
    let page = page_of(&fixture::single());
    assert_eq!(page.matches("<figure>").count(), 7);
    let charts = page.matches("<div class=\"charts\" hidden>").count();
    assert_eq!((charts, page.matches("<noscript>").count()), (2, 2));
    assert_eq!(page.matches("<figure class=\"still\">").count(), 10);
}

#[test]
fn a_day_of_two_hundred_labels_that_all_fail_is_a_page_below_three_megabytes() {
    let mut of_one = fixture::a_day(200);
    let page = page_of(&of_one);
    assert!(page.len() < 3_000_000, "{} bytes", page.len());
    // Two of them, as a comparison that is not repeated.
    let mut other = of_one.runs[0].clone();
    other.run_id.push_str("-other");
    of_one.runs.push(other);
    let page = page_of(&of_one);
    assert!(page.len() < 6_000_000, "{} bytes", page.len());
}
