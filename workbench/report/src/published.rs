//! A printed table that was checked against itself.

use workbench_analysis::{CheckedNumber, PublishedCheck, PublishedTestCheck};

use crate::document::{Block, Depth, Document, LINES_OF_A_COMPARISON, Level, Section};
use crate::format;
use crate::table::{Cell, Column, Row, Table};

/// The report of a check: what can be reproduced, and the numbers.
#[must_use]
pub fn published(check: &PublishedCheck) -> Document {
    let mut document = Document::new(check.title.clone(), LINES_OF_A_COMPARISON);
    document.facts.clone_from(&check.source);
    // The last finding, where there is one more than tests, is of all that cannot be reproduced.
    let reproducible = check.tests.iter().map(|it| it.t.reproducible == Some(true));
    let findings = findings(check);
    let findings = findings.iter().zip(reproducible.chain([false]));
    let findings = findings.map(|(text, reproducible)| {
        let (word, level) = if reproducible {
            ("yes", Level::Good)
        } else {
            ("no", Level::Bad)
        };
        Block::finding(level, word, text)
    });
    let section = |id, title, blocks| Section::new(id, title, Depth::Summary, blocks);
    document.sections = vec![
        section(
            "findings",
            "What can be reproduced, and what cannot",
            findings.collect(),
        ),
        section(
            "printed",
            "As printed",
            vec![Block::table("Groups as printed", groups(check))],
        ),
        section(
            "tests",
            "Tests",
            vec![
                Block::table("Tests as printed and as recomputed", tests(check)),
                Block::paragraph(&method(check)),
            ],
        ),
    ];
    document
}

/// What the check rests on.
fn method(check: &PublishedCheck) -> String {
    format!(
        "Each number stands for all that round to it at {}. t, p and degrees of freedom are those of Welch’s test from \
         the printed means and standard errors; bounds are reached where these are at the ends of what rounds to them.",
        format::counted(check.decimals.into(), "decimal")
    )
}

/// The groups as printed.
fn groups(check: &PublishedCheck) -> Table {
    let with_unit = |name: &str| match check.unit.as_str() {
        "" => name.to_owned(),
        unit => format!("{name} ({unit})"),
    };
    let implied = check
        .groups
        .iter()
        .any(|group| group.implied_standard_error.is_some());
    let mut columns = vec![
        Column::text("Group", 0),
        Column::number(&with_unit("Mean"), "", 0),
        Column::number(&with_unit("SE"), "", 0),
        Column::number("n", "", 2),
    ];
    if implied {
        columns.push(Column::number(
            &with_unit("SE that the printed t need"),
            "",
            1,
        ));
    }
    let rows = check.groups.iter().map(|group| {
        let number = |value: f64| Cell::number(value, fixed(value, check.decimals));
        let mut cells = vec![
            Cell::text(&group.name),
            number(group.mean),
            number(group.standard_error),
            Cell::count(group.count.into()),
        ];
        if implied {
            cells.push(
                group
                    .implied_standard_error
                    .map_or_else(Cell::nothing, number),
            );
        }
        Row::of(cells)
    });
    Table::new(columns, rows.collect())
}

/// One row a test.
fn tests(check: &PublishedCheck) -> Table {
    let columns = vec![
        Column::text("Test", 0),
        Column::number("Printed t", "", 0),
        Column::number("Welch’s t", "", 0),
        Column::text("Possible within rounding", 1),
        Column::text("t", 0),
        Column::number("Printed p", "", 3),
        Column::number("p", "", 2),
        Column::number("df", "", 4),
    ];
    let rows = check.tests.iter().map(|test| {
        let number = |value: f64| Cell::number(value, fixed(value, check.decimals));
        let printed = |value: Option<f64>| value.map_or_else(Cell::nothing, number);
        Row::of(vec![
            Cell::text(&format!("{} and {}", test.a, test.b)),
            printed(test.t.printed),
            number(test.t.recomputed),
            Cell::text(&bounds(&test.t, check.decimals)),
            Cell::text(word(test.t.reproducible)),
            printed(test.p.printed),
            Cell::shown(test.p.recomputed, format::p_value),
            Cell::shown(test.degrees_of_freedom.recomputed, format::significant),
        ])
    });
    Table::new(columns, rows.collect())
}

/// Of every test what follows and what does not; at last what all together would need.
fn findings(check: &PublishedCheck) -> Vec<String> {
    let mut findings: Vec<String> = check
        .tests
        .iter()
        .map(|test| finding(check, test))
        .collect();
    let of_groups = |value: fn(&workbench_analysis::PublishedGroupCheck) -> Option<f64>| {
        let values: Option<Vec<String>> = check
            .groups
            .iter()
            .map(|group| Some(fixed(value(group)?, check.decimals)))
            .collect();
        values.map(|values| values.join(", "))
    };
    if let (Some(needed), Some(printed)) = (
        of_groups(|group| group.implied_standard_error),
        of_groups(|group| Some(group.standard_error)),
    ) {
        findings.push(format!(
            "The printed t values together would need the standard errors {needed} in place of {printed}."
        ));
    }
    findings
}

fn finding(check: &PublishedCheck, test: &PublishedTestCheck) -> String {
    let decimals = check.decimals;
    let mut text = format!("{} and {}: ", test.a, test.b);
    let t = &test.t;
    let printed = t.printed.map_or_else(String::new, |it| fixed(it, decimals));
    if t.reproducible == Some(true) {
        text.push_str(&format!(
            "published t {printed} is reproducible from published SE: Welch’s t is {} ({} within rounding).",
            fixed(t.recomputed, decimals),
            bounds(t, decimals),
        ));
    } else {
        text.push_str(&format!(
            "published t {printed} is not reproducible from published SE: Welch’s t is {} ({} within rounding).",
            fixed(t.recomputed, decimals),
            bounds(t, decimals),
        ));
        if let Some(needed) = test.needed_standard_error {
            text.push_str(&format!(
                " It would need a standard error of the difference of {}; the printed ones give {}.",
                fixed(needed, decimals),
                fixed(test.standard_error, decimals),
            ));
        }
    }
    let judged = |name: &str, number: &CheckedNumber, recomputed: String| {
        let printed = fixed(number.printed?, decimals);
        let not = if number.reproducible? { "" } else { "not " };
        Some(format!(
            " Published {name} {printed} is {not}reproducible: recomputed {recomputed}."
        ))
    };
    let p = format::p_value(test.p.recomputed);
    text.extend(judged("p", &test.p, p));
    let degrees = fixed(test.degrees_of_freedom.recomputed, decimals);
    text.extend(judged(
        "degrees of freedom",
        &test.degrees_of_freedom,
        degrees,
    ));
    if test.student_degrees_of_freedom.is_some() {
        text.push_str(" They are those of Student’s test with equal variances.");
    }
    if let Some(printed) = test.printed_rejected {
        let decision = |rejected: bool| {
            if rejected {
                "reject H0"
            } else {
                "do not reject H0"
            }
        };
        let level = format::level(check.alpha);
        text.push_str(&if printed == test.rejected {
            format!(" The decision, {}, follows at {level}.", decision(printed))
        } else {
            format!(
                " The decision, {}, does not follow: at {level} it is to {}.",
                decision(printed),
                decision(test.rejected)
            )
        });
    }
    text
}

fn word(reproducible: Option<bool>) -> &'static str {
    match reproducible {
        Some(true) => "reproducible",
        Some(false) => "not reproducible",
        None => format::NOTHING,
    }
}

fn bounds(number: &CheckedNumber, decimals: u32) -> String {
    format!(
        "{} … {}",
        fixed(number.least, decimals),
        fixed(number.greatest, decimals)
    )
}

/// As many decimals as were printed.
fn fixed(value: f64, decimals: u32) -> String {
    if !value.is_finite() {
        return if value > 0.0 { "∞" } else { "−∞" }.to_owned();
    }
    format!("{value:.*}", decimals as usize).replace('-', "−")
}
