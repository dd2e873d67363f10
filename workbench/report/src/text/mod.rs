//! The analysis for a terminal: verdicts, validity, tables, errors, comparison.

mod between;
mod exchanges;
mod grid;
pub(crate) mod page;
mod published;

use workbench_analysis::{Analysis, ReportComparison, RunAnalysis, SweepAnalysis, ThresholdStatus};

use crate::names::{self, RunName};
use crate::tables::ShownLabels;
use crate::verdict::{self, Judgement};
use crate::{comparison, format, scalability, steady, tables, worth};
pub use exchanges::{ExchangeCount, ShownExchanges, exchange_text, exchanges_text};
use page::{Page, Tone};
pub use published::published_text;

/// Labels, and kinds of errors, that a run is shown with; the page has more.
const LABELS: usize = 20;

/// What the terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextOptions {
    /// Columns of the terminal; below 40 it is taken for 40.
    pub width: u16,
    /// Whether colours are wanted.
    pub colour: bool,
}

/// The analysis as text of at most `options.width` columns, ending with a line break.
///
/// A comparison leaves its runs to texts of their own, lest it drown in their tables.
#[must_use]
pub fn text(analysis: &Analysis, options: TextOptions) -> String {
    let names = names::of_runs(&analysis.runs);
    let mut page = Page::new(options);
    if analysis.runs.len() > 1 {
        for sweep in &analysis.sweeps {
            write_sweep(&mut page, sweep);
        }
        if let Some(between) = &analysis.between_runs {
            between::write(&mut page, between);
        }
        page.title("Runs");
        page.table(&comparison::overview(&analysis.runs, &names));
        if let Some(comparison) = &analysis.comparison {
            write_comparison(&mut page, analysis, comparison, &names);
        }
    } else {
        for (run, name) in analysis.runs.iter().zip(&names) {
            write_run(&mut page, run, name, &analysis.quantile_definition);
        }
    }
    if !analysis.warnings.is_empty() {
        page.heading("Warnings");
        for warning in &analysis.warnings {
            page.item("!", Tone::Doubtful, warning);
        }
    }
    page.into_text()
}

fn write_run(page: &mut Page, run: &RunAnalysis, name: &RunName, quantile_definition: &str) {
    page.title(&format!("{}: {}", name.label, run.title));
    page.paragraph(&format!(
        "Run {}, {}, {}.",
        run.run_id,
        format::duration(run.duration_s),
        verdict::outcome(run)
    ));
    write_conclusion(page, run);
    if !run.thresholds.is_empty() {
        page.heading("Thresholds");
        for threshold in &run.thresholds {
            let status = threshold.status();
            let tone = match status {
                ThresholdStatus::Passed => Tone::Good,
                ThresholdStatus::Missed => Tone::Bad,
                ThresholdStatus::Undecided => Tone::Doubtful,
            };
            let finding = format!("{} ({})", threshold.text, verdict::measured(threshold));
            page.item(verdict::threshold(status), tone, &finding);
        }
    }
    write_validity(page, run);
    let shown = ShownLabels::slowest(run, LABELS);
    write_steady(page, run, &shown);
    page.heading("Summary");
    page.table(&shown.of(tables::summary(run)));
    page.heading("Aggregate");
    page.table(&shown.of(tables::aggregate(run)));
    page.paragraph(&format!(
        "Quantiles: {quantile_definition}. Failed requests are counted in. KB are 1,024 bytes."
    ));
    if let Some(service) = tables::service(run) {
        page.heading("Service times");
        page.table(&shown.of(service));
        page.paragraph(tables::RESPONSE_TIMES);
    }
    page.heading("Errors");
    match tables::errors(run) {
        Some(errors) => page.table(&errors.first(LABELS)),
        None => page.paragraph("No request failed."),
    }
    if let Some(reason) = tables::most_frequent(run) {
        page.paragraph(&reason);
        page.command(&tables::show(run));
    }
}

fn write_conclusion(page: &mut Page, run: &RunAnalysis) {
    let judgement = Judgement::of(run);
    let tone = match judgement {
        Judgement::Valid => Tone::Good,
        Judgement::Failing | Judgement::Invalid => Tone::Bad,
        Judgement::NotJudged => Tone::Doubtful,
    };
    page.item(judgement.word(), tone, &Judgement::meaning(run));
}

fn write_validity(page: &mut Page, run: &RunAnalysis) {
    let Some(validity) = &run.validity else {
        return;
    };
    page.heading("Validity");
    for check in &validity.checks {
        let tone = Tone::of_check(check.status);
        let finding = format!("{}: {}", check.name, check.finding);
        page.item(verdict::status(check.status), tone, &finding);
    }
}

fn write_steady(page: &mut Page, run: &RunAnalysis, shown: &ShownLabels) {
    let Some(state) = &run.steady else {
        if let Some(missing) = steady::missing(run) {
            page.heading(steady::HEADING);
            page.paragraph(missing);
        }
        return;
    };
    page.heading(steady::HEADING);
    page.paragraph(&steady::part(state));
    let status = state.warm_up.status;
    page.item(
        verdict::status(status),
        Tone::of_check(status),
        &steady::warm_up(state),
    );
    page.table(&shown.of(steady::table(state)));
    let notes = steady::notes(state);
    for note in notes.iter().take(steady::FEW_NOTES) {
        page.item("!", Tone::Doubtful, note);
    }
    if notes.len() > steady::FEW_NOTES {
        let more = notes.len() - steady::FEW_NOTES;
        page.item(
            "!",
            Tone::Doubtful,
            &format!("{more} more: see report.html"),
        );
    }
    if let Some(outcomes) = steady::outcomes(state) {
        page.paragraph("Successful and failed requests by themselves:");
        page.table(&shown.of(outcomes));
    }
    if let Some(confidence) = steady::confidence(state) {
        page.paragraph(&confidence);
    }
    page.paragraph(steady::MEANING);
}

fn write_sweep(page: &mut Page, sweep: &SweepAnalysis) {
    page.title(&scalability::heading(sweep));
    for finding in scalability::findings(sweep) {
        page.item("·", Tone::Strong, &finding);
    }
    page.table(&scalability::points(sweep));
    page.paragraph(scalability::COLUMNS);
    if let Some(fit) = &sweep.fit {
        page.heading("Scalability law");
        page.table(&scalability::coefficients(fit));
        page.paragraph(&scalability::residuals(fit));
        page.paragraph(&scalability::law(fit));
    }
}

fn write_comparison(
    page: &mut Page,
    analysis: &Analysis,
    comparison: &ReportComparison,
    names: &[RunName],
) {
    let runs = &analysis.runs;
    page.title(comparison::HEADING);
    page.warning(comparison::BANNER);
    page.paragraph(&comparison.caveat);
    if let Some(selection) = &comparison.selection {
        page.paragraph(selection);
    }
    page.heading("Distributions of means");
    page.table(&comparison::distributions(comparison, runs, names));
    page.paragraph(&comparison::spreads(comparison));
    page.heading("Hypothesis tests");
    page.table(&comparison::tests(analysis, comparison));
    page.paragraph(comparison::COLUMNS_OF_TESTS);
    page.heading("What these tests are worth on these runs");
    page.table(&worth::table(comparison, runs, names));
    page.paragraph(&worth::meaning(comparison));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn plain(analysis: &Analysis, width: u16) -> String {
        text(
            analysis,
            TextOptions {
                width,
                colour: false,
            },
        )
    }

    #[test]
    fn a_run_reads_from_thresholds_to_errors() {
        insta::assert_snapshot!(plain(&fixture::single(), 160));
    }

    #[test]
    fn a_narrow_terminal_loses_columns_and_says_which() {
        insta::assert_snapshot!(plain(&fixture::single(), 72));
    }

    #[test]
    fn errors_and_p95_are_seen_however_narrow_the_terminal_is() {
        let mut analysis = fixture::single();
        let run = &mut analysis.runs[0];
        run.total.errors = run.total.samples / 2;
        run.total.error_rate = 0.5;
        for width in [60, 80, 120] {
            let text = plain(&analysis, width);
            assert!(text.contains("MANY ERRORS  50.0"), "{text}");
            let sections = text.split("\n\n");
            for section in ["Steady state\n", "Summary\n", "Aggregate\n"] {
                let table = sections.clone().find(|it| it.starts_with(section)).unwrap();
                assert!(table.contains("Error %"), "{width}: {table}");
                let line_95 = table.contains("p95") || table.contains("95% Line");
                assert!(line_95 || section == "Summary\n", "{width}: {table}");
                let hidden = table.split("Not shown for want of room:").nth(1);
                let hidden = hidden.unwrap_or_default().replace("Std. Dev.", "");
                let hidden = hidden.split('.').next().unwrap();
                for column in ["Error %", "p95", "95% Line"] {
                    assert!(!hidden.contains(column), "{width}: {table}");
                }
            }
        }
    }

    #[test]
    fn an_invalid_run_says_so_before_any_number() {
        let text = plain(&fixture::invalid(), 120);
        assert!(text.contains("INVALID  Failed: "), "{text}");
        let invalid = text.find("INVALID").unwrap();
        assert!(invalid < text.find("Summary").unwrap());
        assert!(text.contains("FAILED  users achieved: 20.0% below the plan"));
    }

    #[test]
    fn a_killed_run_is_not_judged() {
        let text = plain(&fixture::killed(), 120);
        assert!(text.contains("not judged  Nothing is known"));
        assert!(text.contains("killed before it could say"));
    }

    #[test]
    fn a_comparison_carries_its_warning_before_its_tests() {
        let text = plain(&fixture::five_runs(), 140);
        let warning = text.find(comparison::BANNER).unwrap();
        assert!(warning < text.find("Hypothesis tests").unwrap());
        insta::assert_snapshot!(text);
    }

    #[test]
    fn groups_of_runs_read_from_their_verdict_to_their_runs() {
        insta::assert_snapshot!(plain(&fixture::two_groups(), 140));
    }

    #[test]
    fn several_groups_are_tested_together() {
        insta::assert_snapshot!(plain(&fixture::three_groups(), 100));
    }

    #[test]
    fn single_runs_say_what_to_do_for_a_verdict() {
        let text = plain(&fixture::single_runs(), 400);
        assert!(
            text.contains("No verdict: scenario1 (1 run) and scenario2 (1 run) are too few"),
            "{text}"
        );
        assert!(text.contains("workbench run BASELINE.yaml CANDIDATE.yaml --repetitions 5"));
        assert!(!text.contains("equivalent:"), "{text}");
    }

    #[test]
    fn an_invalid_run_takes_every_verdict_with_it() {
        let text = plain(&fixture::with_an_invalid_run(), 140);
        assert!(text.contains("INVALID  No verdict: a run of main or candidate is invalid"));
        assert!(!text.contains("regressed  "), "{text}");
    }

    #[test]
    fn many_comparisons_have_a_line_each() {
        let text = plain(&fixture::sixty_runs(), 160);
        let lines = text.lines().filter(|line| line.contains(" → "));
        assert_eq!(lines.count(), 15);
    }

    #[test]
    fn what_is_valid_comes_before_what_is_not() {
        let mut analysis = fixture::two_groups();
        analysis.comparison = fixture::five_runs().comparison;
        let text = plain(&analysis, 140);
        let valid = text.find(crate::between::HEADING).unwrap();
        assert!(valid < text.find(comparison::BANNER).unwrap());
    }

    #[test]
    fn a_quantile_that_was_refused_says_why() {
        let text = plain(&fixture::refused(), 400);
        assert!(
            text.contains(
                "p99 of every label: an interval needs 299 effective samples, there are 212"
            ),
            "{text}"
        );
        assert!(text.contains("FAILED  warm-up: no steady state"));
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for analysis in [
            fixture::single(),
            fixture::five_runs(),
            fixture::hostile(),
            fixture::many_long_labels(),
        ]
        .into_iter()
        .chain(fixture::between().map(|(_, analysis)| analysis))
        {
            for width in [40, 57, 80, 100, 132, 250] {
                for line in plain(&analysis, width).lines() {
                    let columns = textwrap::core::display_width(line);
                    assert!(columns <= usize::from(width), "{columns} > {width}: {line}");
                }
            }
        }
    }

    #[test]
    fn labels_cannot_drive_the_terminal() {
        assert!(!plain(&fixture::hostile(), 100).contains('\u{1b}'));
    }

    #[test]
    fn colour_changes_nothing_but_colour() {
        let options = TextOptions {
            width: 100,
            colour: true,
        };
        let coloured = text(&fixture::single(), options);
        assert!(coloured.contains("\u{1b}[31mMISSED\u{1b}[0m"));
        let mut stripped = coloured;
        for code in [
            "\u{1b}[0m",
            "\u{1b}[1m",
            "\u{1b}[31m",
            "\u{1b}[32m",
            "\u{1b}[33m",
        ] {
            stripped = stripped.replace(code, "");
        }
        assert_eq!(stripped, plain(&fixture::single(), 100));
    }
}
