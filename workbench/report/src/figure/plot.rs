//! A figure as plain data: panels with axes and series, a legend, and what is said about it.

use plotters::style::RGBColor;

use super::axis::Axis;

/// Points of a line; without a value where there was nothing to measure.
pub(crate) type Points = Vec<(f64, Option<f64>)>;

/// A figure, computed and not yet drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) caption: String,
    pub(crate) legend: Vec<Entry>,
    /// Cells side by side: one or two.
    pub(crate) columns: usize,
    /// From left to right, then down.
    pub(crate) cells: Vec<Cell>,
}

/// Panels one below the other. Panels that follow each other on the same horizontal axis are labelled once.
pub(crate) type Cell = Vec<Panel>;

/// A mark and what it stands for.
pub(crate) type Entry = (Mark, String);

/// A plot with its axes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Panel {
    /// Stands above the plot; may be empty.
    pub(crate) heading: String,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    /// What the horizontal axis shows; may be empty.
    pub(crate) x_title: String,
    /// Height of the plot, in pixels.
    pub(crate) height: i32,
    /// In the order in which they are drawn.
    pub(crate) series: Vec<Series>,
}

/// What is drawn in a plot, in the units of its axes. What lies beyond an axis is drawn at its end.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Series {
    /// A line, broken where a value is missing.
    Line(Points, Stroke),
    /// The surface between a line and the lower edge.
    Area(Vec<(f64, f64)>, RGBColor),
    /// Bars: their sides, and their lower and upper ends.
    Bars(Vec<[(f64, f64); 2]>, RGBColor),
    /// A rectangle that lets the grid through: from and to across, and down.
    Shade([(f64, f64); 2], RGBColor),
    /// Straight lines between two points each.
    Strokes(Vec<[(f64, f64); 2]>, Stroke),
    /// The same mark at each place.
    Marks(Vec<(f64, f64)>, Mark),
    /// Texts to the right of their places; those over each other are moved apart, upwards.
    Texts(Vec<((f64, f64), String)>),
    /// A vertical line that rises above the plot to its text. Each has a row of its own there.
    Flag(f64, String, RGBColor),
}

/// A range without an end on either side.
pub(crate) const EVERYWHERE: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Stroke {
    pub(crate) colour: RGBColor,
    /// In pixels.
    pub(crate) width: f64,
    pub(crate) opacity: f64,
    pub(crate) dashed: bool,
}

impl Stroke {
    pub(crate) const fn solid(colour: RGBColor, width: f64) -> Self {
        Self {
            colour,
            width,
            opacity: 1.0,
            dashed: false,
        }
    }

    pub(crate) const fn dashed(colour: RGBColor) -> Self {
        Self {
            dashed: true,
            ..Self::solid(colour, 2.0)
        }
    }
}

/// A sign, in a plot or in a legend. The first six are for legends alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Mark {
    Line(RGBColor),
    Dashes(RGBColor),
    Bar(RGBColor),
    /// A line with a bar at either end.
    Span(RGBColor),
    /// A line as thin as a hair.
    Thin(RGBColor),
    Shade(RGBColor),
    /// With a rim in the colour of the paper, so that dots that touch stay apart.
    Dot(RGBColor),
    /// A small dot, one of many.
    Speck(RGBColor),
    Diamond(RGBColor),
    Triangle(RGBColor),
    Ring(RGBColor),
    Cross(RGBColor),
    /// Triangles whose tip touches the place, from below and from above.
    Up(RGBColor),
    Down(RGBColor),
}

impl Figure {
    pub(super) fn new(name: &str, title: String, caption: String, legend: &[(Mark, &str)]) -> Self {
        let legend = legend
            .iter()
            .map(|(mark, text)| (*mark, (*text).to_owned()));
        Self {
            name: name.to_owned(),
            title,
            caption,
            legend: legend.collect(),
            columns: 1,
            cells: Vec::new(),
        }
    }

    /// With a cell more.
    pub(super) fn with(mut self, cell: Cell) -> Self {
        self.cells.push(cell);
        self
    }

    /// With these cells, two in a row.
    pub(super) fn in_pairs(mut self, cells: impl IntoIterator<Item = Cell>) -> Self {
        self.columns = 2;
        self.cells.extend(cells);
        self
    }

    /// Names its files.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Says what is shown.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Says what is seen, in sentences with numbers.
    #[must_use]
    pub fn caption(&self) -> &str {
        &self.caption
    }
}

impl Panel {
    pub(super) fn new(heading: impl Into<String>, x: Axis, y: Axis, height: i32) -> Self {
        Self {
            heading: heading.into(),
            x,
            y,
            x_title: String::new(),
            height,
            series: Vec::new(),
        }
    }

    /// A panel over the time since the start of a run.
    pub(super) fn over_time(heading: impl Into<String>, x: Axis, y: Axis, height: i32) -> Self {
        Self::new(heading, x, y, height).below("Time since start")
    }

    /// With a title below the horizontal axis.
    pub(super) fn below(mut self, title: impl Into<String>) -> Self {
        self.x_title = title.into();
        self
    }

    /// With shades below its series.
    pub(super) fn above(mut self, shades: Vec<Series>) -> Self {
        self.series.splice(0..0, shades);
        self
    }

    /// With more series, drawn over those before.
    pub(super) fn with(mut self, series: impl IntoIterator<Item = Series>) -> Self {
        self.series.extend(series);
        self
    }
}
