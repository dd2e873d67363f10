//! Tables of published tests: YAML text to [`PublishedTable`]. Every mistake is reported with its position.

use std::path::Path;

use serde::Deserialize;

use super::source::{Node, Source};
use super::{invalid, structure, text_of};
use crate::diagnostic::suggestion;
use crate::error::{Mistake, PlanError};
use crate::published::{PublishedGroup, PublishedTable, PublishedTest};

/// More digits than a double holds of a number of some size.
const MOST_DECIMALS: u32 = 12;

#[derive(Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a table of printed tests: a mapping of keys"
)]
struct TableFile {
    title: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    unit: String,
    decimals: u32,
    #[serde(default = "five_percent")]
    alpha: f64,
    groups: Vec<GroupFile>,
    tests: Vec<TestFile>,
}

#[derive(Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a group: { name: scenario1, mean: 168.2, standard_error: 2.4, count: 1000 }"
)]
struct GroupFile {
    name: String,
    mean: f64,
    standard_error: f64,
    count: u32,
}

#[derive(Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a test: { groups: [scenario1, scenario2], t: -155.4 }"
)]
struct TestFile {
    groups: Vec<String>,
    t: f64,
    #[serde(default)]
    p: Option<f64>,
    #[serde(default)]
    degrees_of_freedom: Option<f64>,
    #[serde(default)]
    rejected: Option<bool>,
}

fn five_percent() -> f64 {
    0.05
}

/// Reads a table of printed tests from a file.
///
/// # Errors
/// The file cannot be read, or something in it is wrong; then the error says what and where.
pub fn read_published(path: &Path) -> Result<PublishedTable, PlanError> {
    parse_published(&text_of(path)?, path)
}

/// Turns the text of a table of printed tests into the table; `path` is for messages.
///
/// # Errors
/// Something in the text is wrong; the error says what and where.
///
/// # Examples
/// ```
/// let text = "
/// title: Two groups
/// decimals: 1
/// groups:
///   - { name: before, mean: 10.0, standard_error: 0.3, count: 1000 }
///   - { name: after, mean: 12.0, standard_error: 0.4, count: 1000 }
/// tests:
///   - { groups: [before, after], t: -4.0 }
/// ";
/// let table = workbench_plan::parse_published(text, std::path::Path::new("table.yaml"))?;
/// assert_eq!((table.tests[0].first, table.tests[0].second), (0, 1));
/// # Ok::<(), workbench_plan::PlanError>(())
/// ```
pub fn parse_published(text: &str, path: &Path) -> Result<PublishedTable, PlanError> {
    let source = Source::new(text);
    structure::read(&source, |file, root| resolve(file, root, &source))
        .map_err(|mistakes| invalid(path, mistakes))
}

fn resolve(
    wire: TableFile,
    root: &Node,
    source: &Source<'_>,
) -> Result<PublishedTable, Vec<Mistake>> {
    let mut check = Check {
        source,
        decimals: wire.decimals,
        mistakes: Vec::new(),
    };
    if wire.decimals > MOST_DECIMALS {
        let message = format!("at most {MOST_DECIMALS} digits behind the point can be checked");
        check.note(root.get("decimals"), message);
    }
    if !(wire.alpha > 0.0 && wire.alpha < 1.0) {
        check.note(root.get("alpha"), "a level lies between 0 and 1");
    }
    let groups = groups(&mut check, wire.groups, root.get("groups"));
    let tests = tests(&mut check, &wire.tests, &groups, root.get("tests"));
    if !check.mistakes.is_empty() {
        return Err(check.mistakes);
    }
    Ok(PublishedTable {
        title: wire.title,
        source: wire.source.trim().to_owned(),
        unit: wire.unit,
        decimals: wire.decimals,
        alpha: wire.alpha,
        groups,
        tests,
    })
}

fn groups(check: &mut Check<'_>, wires: Vec<GroupFile>, node: &Node) -> Vec<PublishedGroup> {
    if wires.len() < 2 {
        check.note(
            node,
            "at least two groups are needed to test one against another",
        );
    }
    let mut groups: Vec<PublishedGroup> = Vec::with_capacity(wires.len());
    for (index, wire) in wires.into_iter().enumerate() {
        let node = node.index(index);
        if wire.name.is_empty() {
            check.note(node.get("name"), "a group needs a name");
        }
        if groups.iter().any(|group| group.name == wire.name) {
            let message = format!("there is a group \"{}\" already", wire.name);
            check.note(node.get("name"), message);
        }
        check.printed(wire.mean, node.get("mean"));
        check.printed(wire.standard_error, node.get("standard_error"));
        if wire.standard_error < 0.0 {
            check.note(
                node.get("standard_error"),
                "a standard error is never negative",
            );
        }
        if wire.count < 2 {
            check.note(
                node.get("count"),
                "a standard error needs at least two values behind the mean",
            );
        }
        groups.push(PublishedGroup {
            name: wire.name,
            mean: wire.mean,
            standard_error: wire.standard_error,
            count: wire.count,
        });
    }
    groups
}

fn tests(
    check: &mut Check<'_>,
    wires: &[TestFile],
    groups: &[PublishedGroup],
    node: &Node,
) -> Vec<PublishedTest> {
    if wires.is_empty() {
        check.note(node, "at least one test is needed");
    }
    let mut tests = Vec::with_capacity(wires.len());
    for (index, wire) in wires.iter().enumerate() {
        let node = node.index(index);
        check.printed(wire.t, node.get("t"));
        if let Some(p) = wire.p {
            check.printed(p, node.get("p"));
            if !(0.0..=1.0).contains(&p) {
                check.note(node.get("p"), "a p value lies between 0 and 1");
            }
        }
        if let Some(degrees) = wire.degrees_of_freedom {
            check.printed(degrees, node.get("degrees_of_freedom"));
            if degrees <= 0.0 {
                check.note(
                    node.get("degrees_of_freedom"),
                    "degrees of freedom are more than 0",
                );
            }
        }
        let Some((first, second)) = pair(check, &wire.groups, groups, node.get("groups")) else {
            continue;
        };
        tests.push(PublishedTest {
            first,
            second,
            t: wire.t,
            p: wire.p,
            degrees_of_freedom: wire.degrees_of_freedom,
            rejected: wire.rejected,
        });
    }
    tests
}

/// Positions of the two groups that a test names.
fn pair(
    check: &mut Check<'_>,
    names: &[String],
    groups: &[PublishedGroup],
    node: &Node,
) -> Option<(usize, usize)> {
    let [first, second] = names else {
        check.note(node, "a test is of two groups: [scenario1, scenario2]");
        return None;
    };
    let mut position = |index: usize, name: &String| {
        let found = groups.iter().position(|group| group.name == *name);
        if found.is_none() {
            let known = groups.iter().map(|group| group.name.as_str());
            let message = format!("there is no group \"{name}\"{}", suggestion(name, known));
            check.note(node.index(index), message);
        }
        found
    };
    let (first, second) = (position(0, first), position(1, second));
    let (first, second) = (first?, second?);
    if first == second {
        check.note(node.index(1), "a group is not tested against itself");
        return None;
    }
    if [first, second]
        .iter()
        .all(|&group| groups[group].standard_error == 0.0)
    {
        check.note(
            node,
            "neither group has a standard error, so that there is nothing to compare their difference with",
        );
        return None;
    }
    Some((first, second))
}

/// Collects mistakes with their places.
struct Check<'a> {
    source: &'a Source<'a>,
    decimals: u32,
    mistakes: Vec<Mistake>,
}

impl Check<'_> {
    fn note(&mut self, node: &Node, message: impl Into<String>) {
        if !node.place().is_stand_in() {
            self.mistakes
                .push(self.source.mistake(node.place(), message));
        }
    }

    /// Notes a number that cannot have been printed with so many digits.
    fn printed(&mut self, value: f64, node: &Node) {
        if !value.is_finite() {
            return self.note(node, "this is not a number that can be printed");
        }
        let decimals = self.decimals.min(MOST_DECIMALS) as usize;
        let rounded: f64 = format!("{value:.decimals$}").parse().unwrap_or(value);
        // What is read is the double next to the digits; printing it to as many gives these digits again.
        #[expect(
            clippy::float_cmp,
            reason = "the same digits are read to the same double"
        )]
        if rounded != value {
            let message = format!(
                "this has more digits behind the point than \"decimals\", which is {}",
                self.decimals
            );
            self.note(node, message);
        }
    }
}
