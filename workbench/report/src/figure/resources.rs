//! Processors in use and bytes out over time, a line for each source.

use plotters::style::RGBColor;
use workbench_analysis::{ResourceSeries, ResourceSource, Resources, RunAnalysis};

use super::axis::Axis;
use super::lettering::{self, Mark};
use super::over_time::{self, Parts, Points};
use super::panel::{self, Frame, Panel, XLabels};
use super::{Figure, WIDTH, palette};
use crate::canvas::{Area, px};
use crate::error::DrawError;
use crate::format;

#[derive(Debug)]
struct Data {
    heading: &'static str,
    lines: Vec<Line>,
    seconds: Axis,
    parts: Option<Parts>,
    values: Axis,
}

#[derive(Debug)]
struct Line {
    source: ResourceSource,
    points: Points,
}

/// The figure of CPU; `None` where nobody looked.
pub(super) fn processors(run: &RunAnalysis) -> Option<Figure> {
    let resources = run.resources.as_ref()?;
    // Most machines have none, and a line at zero says little.
    let shown = |it: &&ResourceSeries| {
        it.source != ResourceSource::Steal || most(it).is_some_and(|(_, most)| most > 0.0)
    };
    let series: Vec<_> = resources.processors.iter().filter(shown).collect();
    let data = Data::of(
        run,
        &series,
        "CPU, 100% is one processor all of the time",
        Axis::shares,
    )?;
    let caption = caption(resources, &series, |value| {
        format!("{}%", format::significant(value * 100.0))
    });
    Some(data.figure("cpu", "CPU over time", caption))
}

/// The figure of bytes out; `None` where nobody looked.
pub(super) fn bytes_out(run: &RunAnalysis) -> Option<Figure> {
    let resources = run.resources.as_ref()?;
    let series: Vec<_> = resources.bytes_out_per_s.iter().collect();
    let data = Data::of(
        run,
        &series,
        "Bytes sent through TCP per second",
        Axis::bytes_per_second,
    )?;
    let caption = caption(resources, &series, format::bytes_per_second)
        + " Calls of services to each other count; what a connection sends after the last reading before its end does not, so \
           that the curve falls early where users leave.";
    Some(data.figure("bytes-out", "Bytes out over time", caption))
}

impl Data {
    /// `None` without a reading.
    fn of(
        run: &RunAnalysis,
        series: &[&ResourceSeries],
        heading: &'static str,
        axis: fn(f64) -> Axis,
    ) -> Option<Self> {
        let high = series.iter().filter_map(|it| most(it));
        let high = high.map(|(_, value)| value).reduce(f64::max)?;
        let lines = series.iter().map(|it| Line {
            source: it.source,
            points: (0..)
                .map(over_time::middle)
                .zip(it.values.iter().copied())
                .collect(),
        });
        Some(Self {
            heading,
            lines: lines.collect(),
            seconds: over_time::seconds_axis(run),
            parts: Parts::of(run),
            values: axis(high),
        })
    }

    fn figure(self, name: &str, title: &str, caption: String) -> Figure {
        let draw = move |area: &Area<'_>| self.draw(area);
        Figure::new(name, title.to_owned(), caption, 406, draw)
    }

    fn draw(&self, area: &Area<'_>) -> Result<(), DrawError> {
        let lines = self.lines.iter();
        let legend: Vec<_> = lines
            .map(|line| (Mark::Line(color(line.source)), name(line.source)))
            .collect();
        let end = lettering::legend(area, (px(20), px(54)), &legend)?;
        debug_assert!(end <= px(WIDTH), "the legend ends at {end}");
        let parts = Parts::legend(self.parts.as_ref());
        lettering::legend(area, (px(20), px(80)), &parts)?;
        let frame = Frame {
            left: 20 + panel::label_room(&self.values),
            top: 132,
            right: WIDTH - 36,
            bottom: 346,
        };
        let panel = Panel::new(area, frame, &self.seconds, &self.values, XLabels::Shown)?;
        Parts::draw(self.parts.as_ref(), &panel)?;
        panel.heading(self.heading)?;
        panel.x_title("Time since start")?;
        // The first is drawn last: it is what is looked for.
        for line in self.lines.iter().rev() {
            panel.line(&line.points, color(line.source))?;
        }
        Ok(())
    }
}

/// Mean and largest value of each source.
fn caption(
    resources: &Resources,
    series: &[&ResourceSeries],
    shown: impl Fn(f64) -> String,
) -> String {
    let sentences = series.iter().filter_map(|it| {
        let (second, most) = most(it)?;
        let readings: Vec<f64> = it.values.iter().flatten().copied().collect();
        let mean = readings.iter().sum::<f64>() / readings.len() as f64;
        let source = name(it.source);
        let source = source[..1].to_uppercase() + &source[1..];
        Some(format!(
            "{source}: {} on average, at most {} (second {second}).",
            shown(mean),
            shown(most),
        ))
    });
    let mut sentences: Vec<String> = sentences.collect();
    let has = |source| series.iter().any(|it| it.source == source);
    if resources.embedded_database && has(ResourceSource::Application) {
        sentences.push("The database (SQLite) works within the application.".to_owned());
    }
    sentences.join(" ")
}

/// The largest value and the first second that has it.
fn most(series: &ResourceSeries) -> Option<(usize, f64)> {
    let readings = series.values.iter().enumerate();
    let readings = readings.filter_map(|(second, value)| Some((second, (*value)?)));
    readings.reduce(|most, it| if it.1 > most.1 { it } else { most })
}

fn name(source: ResourceSource) -> &'static str {
    match source {
        ResourceSource::Application => "application",
        ResourceSource::Balancer => "balancer",
        ResourceSource::Database => "database",
        ResourceSource::Generator => "load generator",
        ResourceSource::Others => "other processes",
        ResourceSource::Steal => "steal",
    }
}

fn color(source: ResourceSource) -> RGBColor {
    match source {
        ResourceSource::Application => palette::APPLICATION,
        ResourceSource::Balancer => palette::BALANCER,
        ResourceSource::Database => palette::DATABASE,
        ResourceSource::Generator => palette::GENERATOR,
        ResourceSource::Others => palette::OTHERS,
        ResourceSource::Steal => palette::STEAL,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn seconds_without_a_reading_are_gaps_and_not_zeros() {
        let run = fixture::single().runs.remove(0);
        let resources = run.resources.as_ref().unwrap();
        let series: Vec<_> = resources.processors.iter().collect();
        let data = Data::of(&run, &series, "", Axis::shares).unwrap();
        assert_eq!(data.lines[0].points[40], (40.5, None));
        let svg = processors(&run).unwrap().svg().unwrap();
        let pieces = |color: &str| svg.matches(&format!("stroke=\"{color}\"")).count();
        // Each line is in two pieces, and stands in the legend.
        assert_eq!(pieces("#0072B2"), 3);
        assert_eq!(pieces("#009E73"), 3);
    }

    #[test]
    fn all_sources_have_their_place_in_the_legend() {
        let mut run = fixture::single().runs.remove(0);
        let processors = &mut run.resources.as_mut().unwrap().processors;
        let balancer = ResourceSeries {
            source: ResourceSource::Balancer,
            ..processors[0].clone()
        };
        processors.push(balancer);
        let svg = super::processors(&run).unwrap().svg().unwrap();
        for source in [
            "application",
            "balancer",
            "database",
            "load generator",
            "other processes",
            "steal",
        ] {
            assert!(svg.contains(source), "{source}");
        }
    }

    #[test]
    fn a_source_without_readings_has_no_line_and_no_steal_is_not_drawn() {
        let mut run = fixture::single().runs.remove(0);
        let resources = run.resources.as_mut().unwrap();
        resources.bytes_out_per_s.clear();
        resources.processors[4].values.fill(Some(0.0));
        resources.embedded_database = true;
        assert!(bytes_out(&run).is_none());
        let figure = processors(&run).unwrap();
        assert!(!figure.svg().unwrap().contains("steal"));
        assert!(!figure.caption.contains("Steal"));
        assert!(figure.caption.ends_with("works within the application."));
        for series in &mut run.resources.as_mut().unwrap().processors {
            series.values.fill(None);
        }
        assert!(processors(&run).is_none());
        run.resources = None;
        assert!(processors(&run).is_none() && bytes_out(&run).is_none());
    }
}
