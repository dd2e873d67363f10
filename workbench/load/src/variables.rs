//! Initial values of variables: secrets, rows of data files, values of the user.

use csv::StringRecord;
use workbench_plan::{
    Data, Draw, Lanes, Moment, Per, Plan, Random, Rows, Scenario, Schedule, Secret, Value,
    VariableSource,
};

use crate::error::LoadError;

/// The sources of the variables of a run's users.
pub(crate) struct Variables {
    seed: u64,
    secrets: Vec<Secret>,
    files: Vec<DataFile>,
    /// Columns of data files by scenario, those of one file one after the other.
    columns: Vec<Vec<Column>>,
    /// Of all users.
    turns: Lanes,
}

struct DataFile {
    data: Data,
    rows: Rows,
    /// Of the users who take rows.
    lanes: Lanes,
}

struct Column {
    file: usize,
    /// In the file.
    index: usize,
    /// Of the variable.
    position: usize,
    is_number: bool,
    is_secret: bool,
}

/// The owner of a turn.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Turn {
    /// A user, by position among all of the plan, in an iteration, from 1.
    User(usize, u32),
    /// An arrival of a stream, both from 0.
    Arrival(usize, u64),
}

impl Variables {
    /// Reads secrets, and opens the data files.
    pub(crate) fn open(plan: &Plan, schedule: &Schedule) -> Result<Self, LoadError> {
        let secrets = plan.secrets.iter().map(|source| source.read());
        let files = plan.data.iter().enumerate().map(|(position, data)| {
            let takes = |scenario: usize| {
                let mut given = plan.scenarios[scenario].given.iter();
                given.any(
                    |(_, given)| matches!(given, VariableSource::Column { data, .. } if *data == position),
                )
            };
            Ok::<_, LoadError>(DataFile {
                rows: data.open()?,
                lanes: Lanes::of(schedule, takes),
                data: data.clone(),
            })
        });
        let files: Vec<DataFile> = files.collect::<Result<_, _>>()?;
        let scenarios = plan.scenarios.iter();
        Ok(Self {
            seed: plan.seed,
            secrets: secrets.collect::<Result<_, _>>()?,
            columns: scenarios
                .map(|scenario| columns(scenario, &files))
                .collect::<Result<_, _>>()?,
            files,
            turns: Lanes::of(schedule, |_| true),
        })
    }

    /// The secrets of the experiment.
    pub(crate) fn secrets(&self) -> &[Secret] {
        &self.secrets
    }

    /// The inputs of draws.
    pub(crate) fn moment(&self, turn: Turn, utc_ns: i64) -> Moment {
        Moment {
            turn: self.turn(&self.turns, turn, Per::Iteration),
            utc_ns,
        }
    }

    fn turn(&self, lanes: &Lanes, turn: Turn, per: Per) -> u64 {
        match (turn, per) {
            (Turn::User(user, iteration), Per::Iteration) => lanes.iteration(user, iteration),
            (Turn::User(user, _), Per::User) => lanes.user(user),
            (Turn::Arrival(stream, number), Per::Iteration) => lanes.arrival(stream, number),
            (Turn::Arrival(stream, number), Per::User) => lanes.arriving_user(stream, number),
        }
    }

    /// Sets a user's initial values, except for rows that are picked for each iteration.
    ///
    /// # Errors
    /// A row cannot be read; the error says why.
    pub(crate) fn begin(
        &self,
        plan: &Plan,
        scenario: usize,
        turn: Turn,
        utc_ns: i64,
        random: &mut Random,
        values: &mut [Value],
    ) -> Result<(), String> {
        self.rows(scenario, turn, Per::User, values)?;
        // So that variables can be made of its columns; the first iteration sets the same.
        self.rows(scenario, turn, Per::Iteration, values)?;
        let mut drawn: Vec<(usize, &Draw)> = Vec::new();
        for (position, given) in &plan.scenarios[scenario].given {
            match given {
                VariableSource::Secret(secret) => {
                    values[*position] = Value::Text(self.secrets[*secret].expose().to_owned());
                }
                VariableSource::Drawn(draw) => drawn.push((*position, draw)),
                VariableSource::Column { .. } => {}
            }
        }
        let moment = self.moment(turn, utc_ns);
        for (position, draw) in drawn {
            draw.draw(random, moment, values, position);
        }
        Ok(())
    }

    /// Sets the columns of the rows that are picked for each iteration, or for each user.
    ///
    /// # Errors
    /// A row cannot be read; the error says why.
    pub(crate) fn rows(
        &self,
        scenario: usize,
        turn: Turn,
        per: Per,
        values: &mut [Value],
    ) -> Result<(), String> {
        let mut record = StringRecord::new();
        let mut read = None;
        for column in &self.columns[scenario] {
            let file = &self.files[column.file];
            if file.data.per != per {
                continue;
            }
            if read != Some(column.file) {
                let turn = self.turn(&file.lanes, turn, per);
                let row = file.data.row(self.seed, turn, file.rows.count());
                let name = &file.data.name;
                let row = row.ok_or_else(|| format!("each row of {name} was taken once"))?;
                let row = file.rows.read(row, &mut record);
                row.map_err(|error| format!("cannot read a row of {name}: {error}"))?;
                read = Some(column.file);
            }
            let text = record.get(column.index).unwrap_or_default();
            values[column.position] = match text.trim().parse() {
                Ok(integer) if column.is_number => Value::Integer(integer),
                _ if column.is_number => Value::Json(text.trim().to_owned()),
                _ => Value::Text(text.to_owned()),
            };
        }
        Ok(())
    }

    /// Secret values of the user, besides [`Variables::secrets`].
    pub(crate) fn secret_values<'a>(
        &self,
        scenario: usize,
        values: &'a [Value],
    ) -> impl Iterator<Item = std::borrow::Cow<'a, str>> {
        let columns = self.columns[scenario].iter();
        columns
            .filter(|column| column.is_secret)
            .map(|column| values[column.position].to_text())
    }
}

/// The columns that a scenario uses.
fn columns(scenario: &Scenario, files: &[DataFile]) -> Result<Vec<Column>, LoadError> {
    let mut columns = Vec::new();
    for (position, given) in &scenario.given {
        let VariableSource::Column {
            data,
            column,
            is_number,
        } = given
        else {
            continue;
        };
        let file = &files[*data];
        let index = file.rows.columns().iter().position(|name| name == column);
        columns.push(Column {
            file: *data,
            // The file may have been another one when the experiment was read.
            index: index.ok_or_else(|| LoadError::Column {
                data: file.data.name.clone(),
                column: column.clone(),
            })?,
            position: *position,
            is_number: *is_number,
            is_secret: file.data.secret.contains(column),
        });
    }
    columns.sort_by_key(|column| column.file);
    Ok(columns)
}
