//! What the page shows of one run.

use workbench_analysis::{RunAnalysis, SteadyState, ThresholdOutcome, ThresholdStatus};
use workbench_samples::{CheckStatus, Exchange};

use super::{FigureView, views};
use crate::error::ReportError;
use crate::exchange::{self, MessageText};
use crate::figure::Figure;
use crate::names::RunName;
use crate::table::{Table, one_line};
use crate::tables::ShownLabels;
use crate::verdict::{self, Judgement};
use crate::{findings, format, steady, tables};

/// Labels, and kinds of errors, that a run is shown with: ten times as many would make a page of several megabytes.
const LABELS: usize = 200;

/// Bytes that are shown of a body.
const BODY: usize = 4 << 10;

pub(super) struct RunView<'a> {
    pub(super) run: &'a RunAnalysis,
    pub(super) slug: &'a str,
    pub(super) label: &'a str,
    pub(super) judgement: Judgement,
    pub(super) meaning: String,
    pub(super) thresholds: Vec<CheckView>,
    pub(super) outcome: String,
    pub(super) duration: String,
    pub(super) checks: Vec<CheckView>,
    pub(super) findings: Vec<String>,
    pub(super) steady: Option<SteadyView>,
    pub(super) steady_missing: Option<&'static str>,
    pub(super) summary: Table,
    pub(super) aggregate: Table,
    pub(super) service: Option<Table>,
    pub(super) response_times: &'static str,
    pub(super) errors: Option<Table>,
    pub(super) reasons: Option<Table>,
    /// One exchange of each kind of error.
    pub(super) examples: Vec<ExampleView>,
    pub(super) figures: Vec<FigureView>,
    /// The experiment names files that are not kept with the run.
    pub(super) has_tls_files: bool,
    /// Where the run has a page of its own.
    pub(super) own_report: Option<&'a str>,
}

pub(super) struct SteadyView {
    pub(super) part: String,
    pub(super) warm_up: CheckView,
    pub(super) table: Table,
    pub(super) notes: Vec<String>,
    pub(super) many_notes: bool,
    pub(super) outcomes: Option<Table>,
    pub(super) confidence: Option<String>,
    pub(super) meaning: &'static str,
}

pub(super) struct ExampleView {
    pub(super) title: String,
    pub(super) reason: String,
    pub(super) facts: String,
    pub(super) request: MessageText,
    pub(super) response: Option<MessageText>,
}

pub(super) struct CheckView {
    pub(super) name: String,
    pub(super) finding: String,
    pub(super) word: &'static str,
    pub(super) class: &'static str,
}

impl<'a> RunView<'a> {
    pub(super) fn of(
        run: &'a RunAnalysis,
        name: &'a RunName,
        figures: &[Figure],
        own_report: Option<&'a str>,
    ) -> Result<Self, ReportError> {
        let shown = ShownLabels::slowest(run, LABELS);
        let checks = run.validity.iter().flat_map(|validity| &validity.checks);
        Ok(Self {
            slug: &name.slug,
            label: &name.label,
            judgement: Judgement::of(run),
            meaning: Judgement::meaning(run),
            thresholds: run.thresholds.iter().map(CheckView::of_threshold).collect(),
            outcome: verdict::outcome(run),
            duration: format::duration(run.duration_s),
            checks: checks
                .map(|check| CheckView::of(&check.name, check.status, &check.finding))
                .collect(),
            findings: findings::of(run),
            steady: run
                .steady
                .as_ref()
                .map(|steady| SteadyView::of(steady, &shown)),
            steady_missing: steady::missing(run),
            summary: shown.of(tables::summary(run)),
            aggregate: shown.of(tables::aggregate(run)),
            service: tables::service(run).map(|service| shown.of(service)),
            response_times: tables::RESPONSE_TIMES,
            errors: tables::errors(run).map(|errors| errors.first(LABELS)),
            reasons: tables::reasons(run).map(|reasons| reasons.first(LABELS)),
            examples: run
                .failures
                .iter()
                .filter_map(|failure| failure.example.as_ref())
                .map(ExampleView::of)
                .collect(),
            figures: views(figures)?,
            own_report,
            has_tls_files: run.experiment_file.lines().any(|line| line == "  tls:"),
            run,
        })
    }
}

impl ExampleView {
    fn of(example: &Exchange) -> Self {
        let message = |message| MessageText::of(message, BODY);
        Self {
            title: one_line(&exchange::title(example)),
            reason: one_line(&example.reason),
            facts: one_line(&exchange::facts(example)),
            request: message(&example.request),
            response: example.response.as_ref().map(message),
        }
    }
}

impl CheckView {
    fn of(name: &str, status: CheckStatus, finding: &str) -> Self {
        Self {
            name: name.to_owned(),
            finding: finding.to_owned(),
            word: verdict::status(status),
            class: match status {
                CheckStatus::Passed => "good",
                CheckStatus::Warning => "open",
                CheckStatus::Failed => "bad",
            },
        }
    }

    fn of_threshold(threshold: &ThresholdOutcome) -> Self {
        let status = threshold.status();
        Self {
            name: threshold.text.clone(),
            finding: verdict::measured(threshold),
            word: verdict::threshold(status),
            class: match status {
                ThresholdStatus::Passed => "good",
                ThresholdStatus::Missed => "bad",
                ThresholdStatus::Undecided => "open",
            },
        }
    }
}

impl SteadyView {
    fn of(steady: &SteadyState, shown: &ShownLabels) -> Self {
        let finding = steady::warm_up(steady);
        let notes = steady::notes(steady);
        Self {
            part: steady::part(steady),
            warm_up: CheckView::of("warm-up", steady.warm_up.status, &finding),
            table: shown.of(steady::table(steady)),
            many_notes: notes.len() > steady::FEW_NOTES,
            notes,
            outcomes: steady::outcomes(steady).map(|outcomes| shown.of(outcomes)),
            confidence: steady::confidence(steady),
            meaning: steady::MEANING,
        }
    }
}
