//! Charts of a page as data: `templates/charts.js` draws them, [`still`] makes pictures for readers without scripts.
//!
//! The size of the data depends neither on how long a run was nor on how many requests or labels it had: the analysis
//! gives few intervals, and what is second by second is merged to [`POINTS`].

mod marks;
mod run;
mod several;
mod still;

use serde::{Serialize, Serializer};

use marks::Marks;
pub(crate) use run::{distribution, over_time};
pub(crate) use several::{distributions, runs_over_time};
pub(crate) use still::Still;

/// Nanoseconds in a millisecond.
const MS: f64 = 1e6;

/// Most points of a line that is merged from seconds.
const POINTS: usize = 600;

/// Charts that share what is chosen of them and, over time, their cursor and zoom.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Charts {
    choosers: Vec<Chooser>,
    pub(crate) charts: Vec<Chart>,
    #[serde(skip_serializing_if = "Marks::none")]
    marks: Marks,
}

/// What the reader can choose; the first option is chosen at first.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Chooser {
    name: &'static str,
    options: Vec<String>,
}

/// Lines, points or a heat map over one axis.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Chart {
    title: String,
    /// Unit of the values.
    unit: &'static str,
    axis: Axis,
    /// What has to be known to read it; may be empty.
    note: String,
    /// All with the same lines; the one that fits what is chosen is shown.
    sets: Vec<Set>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
struct Axis {
    kind: AxisKind,
    label: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum AxisKind {
    /// Seconds since the start.
    Time,
    /// 1/(1−p), logarithmic.
    Tail,
    /// A load; values are points.
    Load,
}

const TIME: Axis = Axis {
    kind: AxisKind::Time,
    label: "time since the start",
};
const TAIL: Axis = Axis {
    kind: AxisKind::Tail,
    label: "share of the requests",
};

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Set {
    /// For each chooser the positions of the options that it is for; `None` where it is for all of them.
    chosen: Vec<Option<Vec<usize>>>,
    x: Vec<Number>,
    lines: Vec<Line>,
    #[serde(skip_serializing_if = "Option::is_none")]
    heat: Option<Heat>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Line {
    name: String,
    /// A number among the page's colours.
    colour: usize,
    /// Not shown until the reader wants it.
    hidden: bool,
    /// `None` where nothing was measured.
    values: Vec<Option<Number>>,
}

/// Counts by time and value.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Heat {
    /// Seconds of a column.
    step: u32,
    /// Of the rows, ascending, in the chart's unit.
    bounds: Vec<Number>,
    counts: Vec<Vec<u64>>,
}

/// A number to four digits, written in few bytes.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
struct Number(f64);

impl Number {
    fn rounded(value: f64) -> Self {
        Self(format!("{value:.3e}").parse().unwrap_or(value))
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.fract() == 0.0 && self.0.abs() < 1e15 {
            serializer.serialize_i64(self.0 as i64)
        } else {
            serializer.serialize_f64(self.0)
        }
    }
}

impl Charts {
    /// As JSON that can stand in a script element.
    pub(crate) fn json(&self) -> String {
        let json = serde_json::to_string(self).unwrap_or_else(|_| "{}".to_owned());
        // No label can end the element, nor open a comment in it.
        json.replace('<', "\\u003c")
    }
}

impl Chart {
    fn new(title: impl Into<String>, unit: &'static str, axis: Axis, sets: Vec<Set>) -> Self {
        Self {
            title: title.into(),
            unit,
            axis,
            note: String::new(),
            sets,
        }
    }

    fn noted(self, note: impl Into<String>) -> Self {
        let note = note.into();
        Self { note, ..self }
    }
}

impl Set {
    fn new(chosen: Vec<Option<Vec<usize>>>, x: Vec<Number>, lines: Vec<Line>) -> Self {
        Self {
            chosen,
            x,
            lines,
            heat: None,
        }
    }
}

/// Times in nanoseconds as a line in milliseconds.
fn times(name: &str, colour: usize, ns: impl IntoIterator<Item = Option<f64>>) -> Line {
    let values = ns.into_iter().map(|ns| Some(ns? / MS));
    Line::new(name, colour, values)
}

/// Points of a load, ascending.
fn loads(loads: impl Iterator<Item = f64>) -> Vec<Number> {
    loads.map(Number::rounded).collect()
}

fn load(label: &'static str) -> Axis {
    Axis {
        kind: AxisKind::Load,
        label,
    }
}

impl Line {
    fn new(name: &str, colour: usize, values: impl Iterator<Item = Option<f64>>) -> Self {
        Self {
            name: crate::table::one_line(name),
            colour,
            hidden: false,
            values: values.map(|it| it.map(Number::rounded)).collect(),
        }
    }

    fn hidden(self) -> Self {
        Self {
            hidden: true,
            ..self
        }
    }

    fn is_empty(&self) -> bool {
        self.values.iter().all(Option::is_none)
    }
}

/// The beginnings of intervals.
fn starts(intervals: usize, step: u32) -> Vec<Number> {
    let starts = (0..intervals).map(|it| it as f64 * f64::from(step));
    starts.map(Number).collect()
}

/// Seconds that are one point, so that so many seconds have at most [`POINTS`].
fn step_of(seconds: usize) -> u32 {
    u32::try_from(seconds.div_ceil(POINTS).max(1)).unwrap_or(u32::MAX)
}

/// Values of seconds as values of intervals.
fn merged(
    values: impl Iterator<Item = Option<f64>>,
    step: u32,
    merge: fn(&[f64]) -> f64,
) -> Vec<Option<f64>> {
    let values: Vec<Option<f64>> = values.collect();
    let chunks = values.chunks(step as usize);
    chunks
        .map(|chunk| {
            let known: Vec<f64> = chunk.iter().flatten().copied().collect();
            (!known.is_empty()).then(|| merge(&known))
        })
        .collect()
}

fn greatest(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_in_few_bytes() {
        let written = [1_234_567.0, 0.001_234_56, 12.0].map(Number::rounded);
        assert_eq!(
            serde_json::to_string(&written).unwrap(),
            "[1235000,0.001235,12]"
        );
    }
}
