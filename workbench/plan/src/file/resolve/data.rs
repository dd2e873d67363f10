//! Checks data files: their columns, and whether they have enough rows.

use std::collections::BTreeMap;

use super::Check;
use crate::data::{Data, Lanes, Per, RowPick};
use crate::diagnostic::suggestion;
use crate::file::Files;
use crate::file::format::{DataFile, PerFile, RowPickFile};
use crate::file::source::Node;
use crate::plan::{Plan, VariableSource};
use crate::schedule::Work;
use crate::template::{ENVIRONMENT, NAME_RULE, is_name, without_variables};

/// The data files of an experiment, as far as they could be read.
#[derive(Default)]
pub(super) struct DataFiles {
    pub(super) all: Vec<OpenedData>,
    /// All named files, readable or not.
    names: Vec<String>,
}

pub(super) struct OpenedData {
    pub(super) data: Data,
    /// `None` if the file was not read.
    columns: Option<Vec<String>>,
}

impl DataFiles {
    /// A column as the value of a variable.
    pub(super) fn column(&self, name: &str, column: &str) -> Result<VariableSource, String> {
        let Some(position) = self.all.iter().position(|it| it.data.name == name) else {
            if self.names.iter().any(|it| it == name) {
                // A mistake in the file is reported where the file is named.
                return Ok(VariableSource::Column {
                    data: usize::MAX,
                    column: column.to_owned(),
                    is_number: false,
                });
            }
            let known = self.names.iter().map(String::as_str);
            let near = suggestion(name, known.chain([ENVIRONMENT]));
            return Err(format!("unknown data file \"{name}\"{near}"));
        };
        let opened = &self.all[position];
        if let Some(columns) = &opened.columns
            && !columns.iter().any(|it| it == column)
        {
            let near = suggestion(column, columns.iter().map(String::as_str));
            let hint = match columns.as_slice() {
                [only] if only.contains([';', '\t']) => "; columns are separated by commas",
                _ => "",
            };
            return Err(format!("\"{name}\" has no column \"{column}\"{near}{hint}"));
        }
        Ok(VariableSource::Column {
            data: position,
            column: column.to_owned(),
            is_number: opened.data.numbers.iter().any(|it| it == column),
        })
    }
}

pub(super) fn data(
    check: &mut Check<'_>,
    file: &BTreeMap<String, DataFile>,
    node: &Node,
) -> DataFiles {
    let mut files = DataFiles::default();
    for (name, file) in file {
        files.names.push(name.clone());
        if name == ENVIRONMENT {
            let message =
                "${env.NAME} is a variable of the environment: call the file something else";
            check.note::<()>(node.key_place(name), message);
        } else if !is_name(name) {
            let message = format!("\"{name}\" cannot be a data file: {NAME_RULE}");
            check.note::<()>(node.key_place(name), message);
        }
        files.all.extend(opened(check, name, file, node.get(name)));
    }
    files
}

fn opened(check: &mut Check<'_>, name: &str, file: &DataFile, node: &Node) -> Option<OpenedData> {
    check.resolved(
        without_variables(&file.csv, "the name of a file"),
        node.get("csv"),
    )?;
    let pick = match file.pick {
        RowPickFile::Sequential => RowPick::Sequential,
        RowPickFile::Random => RowPick::Random,
        RowPickFile::Unique => RowPick::Unique,
    };
    let per = match file.per {
        Some(PerFile::User) => Per::User,
        Some(PerFile::Iteration) => Per::Iteration,
        None if pick == RowPick::Unique => Per::User,
        None => Per::Iteration,
    };
    let mut data = Data {
        name: name.to_owned(),
        path: check.folder.join(&file.csv),
        file: file.csv.clone(),
        pick,
        per,
        numbers: file.numbers.clone(),
        secret: file.secret.clone(),
        rows: None,
    };
    let mut columns = None;
    if check.files == Files::Loaded {
        match data.open() {
            Ok(rows) => {
                columns = Some(rows.columns().to_vec());
                data.rows = Some(rows.count());
            }
            Err(error) => return check.note(node.get("csv").place(), error.to_string()),
        }
    }
    if let Some(columns) = &columns {
        for (key, named) in [("numbers", &file.numbers), ("secret", &file.secret)] {
            for (index, column) in named.iter().enumerate() {
                if !columns.contains(column) {
                    let near = suggestion(column, columns.iter().map(String::as_str));
                    let message = format!("{} has no column \"{column}\"{near}", file.csv);
                    check.note::<()>(node.get(key).index(index).place(), message);
                }
            }
        }
    }
    Some(OpenedData { data, columns })
}

/// Whether `unique` data files have enough rows.
pub(super) fn suffices(check: &mut Check<'_>, plan: &Plan, files: &DataFiles, node: &Node) {
    if files.all.iter().all(|it| it.data.pick != RowPick::Unique) {
        return;
    }
    let points = plan.points();
    for (position, opened) in files.all.iter().enumerate() {
        let Data {
            name, pick, per, ..
        } = &opened.data;
        if *pick != RowPick::Unique {
            continue;
        }
        let node = node.get(name);
        let needs = points.iter().map(|(_, plan)| needed(plan, position, *per));
        match (needs.max().flatten(), opened.data.rows) {
            (None, _) => {
                let message = "the number of iterations is not known: unique rows for each need \"iterations\" \
                               or \"arrivals\", or \"per: user\"";
                check.note::<()>(node.place(), message);
            }
            (Some(needed), Some(rows)) if needed > rows => {
                let message = format!(
                    "{} has {rows} rows, and {needed} are needed for each to be taken once",
                    opened.data.file
                );
                check.note::<()>(node.get("csv").place(), message);
            }
            _ => {}
        }
    }
}

/// The most rows of a data file that a run can need. `None` if the number is not known.
fn needed(plan: &Plan, data: usize, per: Per) -> Option<u64> {
    let uses = |scenario: usize| uses(plan, scenario, data);
    let schedule = plan.schedule();
    let lanes = Lanes::of(&schedule, uses);
    let arrivals = (0..).zip(schedule.arrivals());
    let arriving = arrivals.filter(|(_, stream)| stream.played().any(uses));
    let turns = arriving.map(|(position, stream)| {
        let last = stream.most().saturating_sub(1);
        match per {
            Per::User => lanes.arriving_user(position, last),
            Per::Iteration => lanes.arrival(position, last),
        }
    });
    let of_arrivals = turns.max().map_or(0, |turn| turn + 1);
    let of_users = match per {
        Per::User => lanes.scheduled(),
        Per::Iteration => {
            let users = schedule.users().iter().enumerate();
            let mut most = 0;
            for (user, span) in users.filter(|(_, span)| uses(span.scenario)) {
                most = most.max(match span.work {
                    Work::UntilStop => return None,
                    Work::Iterations(iterations) => lanes.iteration(user, iterations) + 1,
                    Work::Arrivals(_) => 0,
                });
            }
            most
        }
    };
    Some(of_arrivals.max(of_users))
}

fn uses(plan: &Plan, scenario: usize, data: usize) -> bool {
    let given = plan.scenarios[scenario].given.iter();
    given
        .map(|(_, given)| given)
        .any(|given| matches!(given, VariableSource::Column { data: it, .. } if *it == data))
}
