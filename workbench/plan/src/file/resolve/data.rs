//! Data files: what is in them, and whether their rows suffice.

use std::collections::BTreeMap;

use super::Check;
use super::names::{BUILT_IN, ENVIRONMENT};
use crate::data::{Data, Lanes, Per, RowPick};
use crate::diagnostic::suggestion;
use crate::file::Files;
use crate::file::format::{DataFile, PerFile, RowPickFile};
use crate::file::source::Node;
use crate::plan::{Given, Plan};
use crate::schedule::Work;
use crate::template::{NAME_RULE, is_name};

/// The data files of an experiment, as far as they could be read.
#[derive(Default)]
pub(super) struct DataFiles {
    pub(super) all: Vec<OpenedData>,
    /// Those that are named, be they readable or not.
    names: Vec<String>,
}

pub(super) struct OpenedData {
    pub(super) data: Data,
    numbers: Vec<String>,
    /// `None` where the file was not looked at.
    columns: Option<Vec<String>>,
    rows: Option<u64>,
}

impl DataFiles {
    /// A column as the value of a variable.
    pub(super) fn column(&self, name: &str, column: &str) -> Result<Given, String> {
        let Some(position) = self.all.iter().position(|it| it.data.name == name) else {
            if self.names.iter().any(|it| it == name) {
                return Err(format!("the columns of \"{name}\" are not known"));
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
            return Err(format!("\"{name}\" has no column \"{column}\"{near}"));
        }
        Ok(Given::Column {
            data: position,
            column: column.to_owned(),
            is_number: opened.numbers.iter().any(|it| it == column),
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
        if !is_name(name) || name == ENVIRONMENT || BUILT_IN.contains(&name.as_str()) {
            let message = format!("\"{name}\" cannot be a data file: {NAME_RULE}");
            check.note::<()>(node.key_place(name), message);
        }
        files.all.extend(opened(check, name, file, node.get(name)));
    }
    files
}

fn opened(check: &mut Check<'_>, name: &str, file: &DataFile, node: &Node) -> Option<OpenedData> {
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
    let data = Data {
        name: name.to_owned(),
        path: check.folder.join(&file.csv),
        file: file.csv.clone(),
        pick,
        per,
        secret: file.secret.clone(),
    };
    let (columns, rows) = if check.files == Files::Loaded {
        match data.open() {
            Ok(rows) => (Some(rows.columns().to_vec()), Some(rows.count())),
            Err(error) => return check.note(node.get("csv").place(), error.to_string()),
        }
    } else {
        (None, None)
    };
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
    Some(OpenedData {
        data,
        numbers: file.numbers.clone(),
        columns,
        rows,
    })
}

/// Whether there is a row for everybody where each is taken once.
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
        match (needs.max().flatten(), opened.rows) {
            (None, _) => {
                let message = "nobody knows how many iterations there will be: unique rows for each need \"iterations\" \
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

/// How many rows of a data file a run can need; `None` where nobody knows.
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
        .any(|given| matches!(given, Given::Column { data: it, .. } if *it == data))
}
