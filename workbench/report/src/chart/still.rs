//! A chart as it is before anything is chosen, as a picture that needs no script.

use std::fmt::Write as _;

use super::{AxisKind, Chart, Charts, Heat, Set};
use crate::format;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 220.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = WIDTH - 12.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = HEIGHT - 22.0;
/// Points of a line, and columns of a heat map.
const POINTS: usize = 200;
const COLUMNS: usize = 100;
/// Shades of a heat map.
const SHADES: usize = 5;

/// Paths and texts for the template.
pub(crate) struct Still {
    pub(crate) title: String,
    pub(crate) note: String,
    pub(crate) paths: Vec<Path>,
    pub(crate) ticks: Vec<Tick>,
}

pub(crate) struct Path {
    /// Empty for what has none in the legend.
    pub(crate) name: String,
    /// A number among the page's colours.
    pub(crate) colour: usize,
    pub(crate) kind: &'static str,
    /// Of a shade of a heat map, from 0 to 1.
    pub(crate) opacity: f64,
    pub(crate) d: String,
}

pub(crate) struct Tick {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) anchor: &'static str,
    pub(crate) text: String,
}

/// Where values are in the picture.
struct Scale {
    from: f64,
    to: f64,
    logarithmic: bool,
    /// Places of the two ends.
    places: (f64, f64),
}

impl Scale {
    fn at(&self, value: f64) -> f64 {
        let position = |value: f64| if self.logarithmic { value.ln() } else { value };
        let length = position(self.to) - position(self.from);
        let share = if length > 0.0 {
            (position(value) - position(self.from)) / length
        } else {
            0.5
        };
        self.places.0 + share.clamp(0.0, 1.0) * (self.places.1 - self.places.0)
    }

    /// The ends and what lies in the middle between them.
    fn ticks(&self) -> [f64; 3] {
        let middle = if self.logarithmic {
            (self.from * self.to).sqrt()
        } else {
            f64::midpoint(self.from, self.to)
        };
        [self.from, middle, self.to]
    }
}

impl Charts {
    /// Pictures of the charts that have anything to show.
    pub(crate) fn stills(&self) -> Vec<Still> {
        self.charts.iter().filter_map(still).collect()
    }
}

fn still(chart: &Chart) -> Option<Still> {
    let set = chart.sets.first()?;
    let (first, last) = (set.x.first()?.0, set.x.last()?.0);
    let is_tail = chart.axis.kind == AxisKind::Tail;
    let x = Scale {
        from: first,
        to: last,
        logarithmic: is_tail,
        places: (LEFT, RIGHT),
    };
    let values = set.lines.iter().filter(|it| !it.hidden);
    let values = values.flat_map(|line| line.values.iter().flatten().map(|it| it.0));
    let (least, most) = match &set.heat {
        Some(heat) => (heat.bounds.first()?.0, heat.bounds.last()?.0),
        None => values.fold((f64::INFINITY, 0.0), |(least, most), it| {
            (f64::min(least, it), f64::max(most, it))
        }),
    };
    if !least.is_finite() {
        return None;
    }
    let logarithmic = least > 0.0 && (is_tail || set.heat.is_some());
    let y = Scale {
        from: if logarithmic { least } else { 0.0 },
        to: if most > 0.0 { most } else { 1.0 },
        logarithmic,
        places: (BOTTOM, TOP),
    };
    let paths = match &set.heat {
        Some(heat) => shades(heat, &x, &y),
        None => lines(chart, set, &x, &y),
    };
    Some(Still {
        title: match chart.unit {
            "" => chart.title.clone(),
            unit => format!("{}, {unit}", chart.title),
        },
        note: chart.note.clone(),
        paths,
        ticks: ticks(chart, &x, &y),
    })
}

fn ticks(chart: &Chart, x: &Scale, y: &Scale) -> Vec<Tick> {
    let of_y = y.ticks().map(|value| Tick {
        x: LEFT - 6.0,
        y: y.at(value) + 4.0,
        anchor: "end",
        text: format::significant(value),
    });
    let anchors = ["start", "middle", "end"];
    let of_x = x
        .ticks()
        .into_iter()
        .zip(anchors)
        .map(|(value, anchor)| Tick {
            x: x.at(value),
            y: HEIGHT - 6.0,
            anchor,
            text: match chart.axis.kind {
                AxisKind::Time => format!("{value:.0} s"),
                AxisKind::Tail => format!("{}%", format::significant(100.0 - 100.0 / value)),
                AxisKind::Load => format!("{} {}", format::significant(value), chart.axis.label),
            },
        });
    of_y.into_iter().chain(of_x).collect()
}

fn lines(chart: &Chart, set: &Set, x: &Scale, y: &Scale) -> Vec<Path> {
    let is_points = chart.axis.kind == AxisKind::Load;
    let step = if is_points {
        1
    } else {
        set.x.len().div_ceil(POINTS).max(1)
    };
    let lines = set.lines.iter().filter(|line| !line.hidden);
    lines
        .map(|line| {
            let mut d = String::new();
            let mut is_joined = false;
            // A peak is not left out for want of room.
            let chunks = set.x.chunks(step).zip(line.values.chunks(step));
            for (at, values) in chunks {
                let known = values.iter().flatten().map(|it| it.0);
                let Some(value) = known.reduce(f64::max) else {
                    is_joined = false;
                    continue;
                };
                let (x, y) = (x.at(at[0].0), y.at(value));
                // Written into a string; and a line of no length is a dot.
                let _ = if is_joined && !is_points {
                    write!(d, "L{x:.0} {y:.1}")
                } else {
                    write!(d, "M{x:.0} {y:.1}h0")
                };
                is_joined = true;
            }
            Path {
                name: line.name.clone(),
                colour: line.colour % 6,
                kind: if is_points { "dots" } else { "line" },
                opacity: 1.0,
                d,
            }
        })
        .collect()
}

/// Cells with about as many requests together in one path.
fn shades(heat: &Heat, x: &Scale, y: &Scale) -> Vec<Path> {
    let together = heat.counts.len().div_ceil(COLUMNS).max(1);
    let columns: Vec<Vec<u64>> = heat
        .counts
        .chunks(together)
        .map(|columns| {
            let bins = 0..columns[0].len();
            bins.map(|bin| columns.iter().map(|it| it[bin]).sum())
                .collect()
        })
        .collect();
    let most = columns.iter().flatten().copied().max().unwrap_or(0);
    let mut paths: Vec<String> = vec![String::new(); SHADES];
    let width = f64::from(heat.step) * together as f64;
    for (column, counts) in columns.iter().enumerate() {
        let left = x.at(column as f64 * width);
        let right = x.at((column as f64 + 1.0) * width);
        for (bin, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let [bottom, top] = [bin, bin + 1].map(|it| y.at(heat.bounds[it].0));
            let share = (*count as f64).ln_1p() / (most as f64).ln_1p();
            let shade = ((share * SHADES as f64) as usize).min(SHADES - 1);
            let _ = write!(
                paths[shade],
                "M{left:.1} {top:.1}H{right:.1}V{bottom:.1}H{left:.1}z"
            );
        }
    }
    let paths = paths.into_iter().enumerate();
    paths
        .map(|(shade, d)| Path {
            name: String::new(),
            colour: 0,
            kind: "shade",
            opacity: (shade + 1) as f64 / SHADES as f64,
            d,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Line, Number, TIME};
    use super::*;

    #[test]
    fn a_gap_is_no_line() {
        let x: Vec<Number> = (0..5).map(|it| Number(f64::from(it))).collect();
        let values = [Some(1.0), Some(2.0), None, Some(4.0), Some(4.0)];
        let line = Line::new("a", 0, values.into_iter());
        let set = Set::new(Vec::new(), x, vec![line]);
        let chart = Chart::new("a", "", TIME, vec![set]);
        let d = &still(&chart).unwrap().paths[0].d;
        assert_eq!(d.matches('M').count(), 2, "{d}");
    }
}
