//! Groups of runs, each run one observation: what changed, by how much, and what the gate concludes.

use std::rc::Rc;

use workbench_analysis::{BetweenRuns, GroupComparison, Metric, Verdict};

use crate::document::{Block, Depth, Finding, KeyFigure, Level, Note, Section};
use crate::figure::Figure;
use crate::figures::FiguresOfGroups;
use crate::format;
use crate::gate;
use crate::groups::{self, Part, Summary, terms};
use crate::table::Table;

/// The comparisons, the groups themselves, and tests of all groups at once.
pub(super) fn sections(
    between: &BetweenRuns,
    figures: &FiguresOfGroups,
    imported: bool,
) -> Vec<Section> {
    let mut sections = vec![compared(between, figures, imported)];
    sections.extend(groups(between, figures));
    sections.extend(several(between));
    sections
}

fn compared(between: &BetweenRuns, figures: &FiguresOfGroups, imported: bool) -> Section {
    let comparisons = groups::comparisons(between);
    let mut blocks = Vec::new();
    blocks.extend(groups::why_uncompared(between, imported).map(|it| Block::paragraph(&it)));
    let figures_of = |place: usize| {
        figures
            .of_comparisons
            .get(place)
            .map_or(&[][..], Vec::as_slice)
    };
    match comparisons {
        [only] => push(&mut blocks, only, between, figures_of(0), true),
        several => {
            let overview = groups::overview(between);
            blocks.extend(Block::optional_table(
                "Each comparison in one line",
                overview,
            ));
            for (place, comparison) in several.iter().enumerate() {
                let mut inner = Vec::new();
                push(&mut inner, comparison, between, figures_of(place), false);
                let title = groups::summary(comparison, between).title;
                // Of many comparisons a text would have hundreds of tables.
                blocks.push(if several.len() > groups::FEW_COMPARISONS {
                    Block::PageOnly(vec![Block::Details(title, inner)])
                } else {
                    Block::Details(title, inner)
                });
            }
        }
    }
    if comparisons.iter().any(|it| !it.rows.is_empty()) {
        blocks.push(Block::explanation(
            "How to read these tables",
            &groups::columns_of_changes(between),
        ));
    }
    Section::new("between", groups::HEADING, Depth::Summary, blocks)
}

/// `is_concluded`: the report's conclusion has said what is most important of it.
fn push(
    blocks: &mut Vec<Block>,
    comparison: &GroupComparison,
    between: &BetweenRuns,
    figures: &[Rc<Figure>],
    is_concluded: bool,
) {
    let summary = groups::summary(comparison, between);
    if let Some(report) = &comparison.gate {
        push_gate(blocks, report, is_concluded);
    }
    if comparison.gate.is_some() || !is_concluded {
        let word = terms::verdict(summary.verdict);
        blocks.push(Block::finding(summary.verdict, word, &summary.headline));
    }
    blocks.push(Block::paragraph(&summary.basis));
    blocks.extend(Block::notes(notes(&summary)));
    blocks.extend(Block::optional_table(
        "Changes of all requests together, with verdicts",
        groups::changes(comparison, Part::Total).map(Table::never_cut),
    ));
    blocks.extend(Block::figures(figures));
    let changed = |row: &&workbench_analysis::MetricComparison| {
        matches!(row.verdict, Verdict::Regressed | Verdict::Improved) && comparison.counts(row)
    };
    let mut of_change = comparison.clone();
    of_change.rows.retain(|row| changed(&row));
    if let Some(changed) = groups::changes(&of_change, Part::Labels) {
        blocks.push(Block::Heading("Requests that changed".to_owned()));
        blocks.push(Block::table("Requests that changed", changed));
    }
    blocks.extend(Block::folded_table(
        "Every request, with verdicts",
        groups::changes(comparison, Part::Labels),
    ));
    if !summary.points.is_empty() {
        let points = summary.points.iter();
        let points =
            points.map(|(verdict, text)| Block::finding(*verdict, terms::verdict(*verdict), text));
        blocks.push(Block::details("The changes in sentences", points.collect()));
    }
    let total = groups::cross_checks(comparison, between, Part::Total);
    let labels = groups::cross_checks(comparison, between, Part::Labels);
    if total.is_some() || labels.is_some() {
        let mut checks = Vec::new();
        checks.extend(Block::optional_table(
            "Cross-checks of all requests together",
            total,
        ));
        checks.push(Block::paragraph(groups::COLUMNS_OF_CROSS_CHECKS));
        let labels = Block::optional_table("Cross-checks by request", labels);
        checks.extend(labels.map(|labels| Block::PageOnly(vec![labels])));
        blocks.push(Block::details(
            "Cross-checks: rank tests and effect sizes",
            checks,
        ));
    }
}

fn push_gate(
    blocks: &mut Vec<Block>,
    report: &workbench_analysis::gate::GateReport,
    is_concluded: bool,
) {
    let concluded = gate::concluded(report);
    if !is_concluded {
        let word = format!("gate {}", concluded.word);
        blocks.push(Block::finding(concluded.level, &word, &concluded.sentence));
    }
    // The conclusion has the first one.
    let reasons = concluded.reasons.iter().skip(usize::from(is_concluded));
    blocks.extend(Block::plain(reasons));
    let mut explained = Vec::new();
    explained.extend(Block::optional_table(
        "What the gate judges",
        concluded.rows,
    ));
    explained.push(Block::paragraph(&concluded.policy));
    explained.push(Block::paragraph(gate::EXPLORATORY));
    blocks.push(Block::details(
        "What the gate judges, and by which policy",
        explained,
    ));
}

fn notes(summary: &Summary) -> Vec<Note> {
    let of_all = summary.warnings.iter().map(|it| Note::of_all(it));
    of_all
        .chain(summary.warnings_of_rows.iter().cloned())
        .collect()
}

/// The changes that stand at the top of a report on two groups.
pub(super) fn key_figures(comparison: &GroupComparison, between: &BetweenRuns) -> Vec<KeyFigure> {
    let wanted = [
        ("median per request", Metric::TypicalTime),
        ("p95", Metric::P95),
        ("p99", Metric::P99),
        ("throughput", Metric::Throughput),
        ("errors", Metric::ErrorRate),
    ];
    let figure = |(name, metric): (&str, Metric)| {
        let mut rows = comparison.rows.iter();
        let row = rows.find(|row| row.request == groups::TOTAL && row.metric == metric)?;
        let margin = match metric {
            Metric::ErrorRate => between.error_rate_margin,
            _ => between.margin,
        };
        let level = match comparison.counts(row) {
            true => Level::from(row.verdict),
            false => Level::Plain,
        };
        groups::key_figure(name, row, margin, level)
    };
    wanted.into_iter().filter_map(figure).collect()
}

/// The conclusion of all comparisons in a sentence; `None` where nothing was compared.
pub(super) fn conclusion(between: &BetweenRuns) -> Option<Finding> {
    match groups::comparisons(between) {
        [] => None,
        [only] => Some(match only.gate.as_ref().map(gate::concluded) {
            Some(gate) => {
                let reason = gate.reasons.first();
                let reason = reason.map_or_else(String::new, |it| format!(" {it}."));
                let sentence = format!("{}{reason}", gate.sentence);
                Finding::new(gate.level, &format!("gate {}", gate.word), &sentence)
            }
            None => {
                let summary = groups::summary(only, between);
                Finding::new(
                    summary.verdict,
                    terms::verdict(summary.verdict),
                    &summary.headline,
                )
            }
        }),
        several => {
            let verdicts: Vec<Verdict> = several
                .iter()
                .map(|it| groups::summary(it, between).verdict)
                .collect();
            let gravest = terms::BY_URGENCY
                .into_iter()
                .find(|it| verdicts.contains(it))?;
            let counted = terms::BY_URGENCY.into_iter().filter_map(|verdict| {
                let count = verdicts.iter().filter(|it| **it == verdict).count();
                (count > 0).then(|| format!("{count} {}", terms::verdict(verdict)))
            });
            let text = format!(
                "{}: {}.",
                format::counted(several.len() as u64, "comparison"),
                counted.collect::<Vec<_>>().join(", ")
            );
            Some(Finding::new(gravest, terms::verdict(gravest), &text))
        }
    }
}

fn groups(between: &BetweenRuns, figures: &FiguresOfGroups) -> Option<Section> {
    let of =
        |part| groups::side_by_side(between, part).or_else(|| groups::group_table(between, part));
    let (total, labels) = (of(Part::Total), of(Part::Labels));
    if total.is_none() && labels.is_none() {
        return None;
    }
    let mut blocks: Vec<Block> = Block::figures(&figures.of_total).collect();
    let caption = "All requests together: what the runs of each group come to";
    blocks.extend(Block::optional_table(caption, total));
    blocks.push(Block::explanation(
        "How to read this table",
        &groups::under_groups(between),
    ));
    blocks.extend(by_label("Groups by request", labels, between));
    if !figures.of_labels.is_empty() {
        let of_labels = Block::figures(&figures.of_labels).collect();
        blocks.push(Block::details("Runs by request, as figures", of_labels));
    }
    Some(Section::new("groups", "Groups", Depth::More, blocks))
}

fn several(between: &BetweenRuns) -> Option<Section> {
    let several = &between.several;
    let overall = groups::overall_tests(several, Part::Total);
    let pairs = groups::simultaneous_pairs(several, Part::Total);
    if overall.is_none() && pairs.is_none() {
        return None;
    }
    let mut blocks = Vec::new();
    blocks.extend(Block::optional_table(
        "Tests of all requests together",
        overall,
    ));
    let caption = "Games and Howell: every pair of groups, all requests together";
    blocks.extend(Block::optional_table(caption, pairs));
    blocks.push(Block::paragraph(groups::SEVERAL));
    let overall = groups::overall_tests(several, Part::Labels);
    blocks.extend(by_label("Tests by request", overall, between));
    let pairs = groups::simultaneous_pairs(several, Part::Labels);
    blocks.extend(by_label("Pairs by request", pairs, between));
    Some(Section::new(
        "all-groups",
        "All groups at once",
        Depth::More,
        blocks,
    ))
}

/// A folded table; of many comparisons on a page alone.
fn by_label(caption: &str, table: Option<Table>, between: &BetweenRuns) -> Option<Block> {
    let folded = Block::folded_table(caption, table)?;
    let many = groups::comparisons(between).len() > groups::FEW_COMPARISONS;
    Some(if many {
        Block::PageOnly(vec![folded])
    } else {
        folded
    })
}
