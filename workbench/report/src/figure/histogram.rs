//! The latency histogram: how many requests took how long, on a logarithmic axis.

use workbench_analysis::RunAnalysis;

use super::axis::Axis;
use super::palette;
use super::plot::{Figure, Mark, Panel, Series};
use crate::format;

/// `None` without samples.
pub(super) fn figure(run: &RunAnalysis) -> Option<Figure> {
    let first = run.histogram.iter().position(|bin| bin.count > 0)?;
    let last = run.histogram.iter().rposition(|bin| bin.count > 0)?;
    let bins = &run.histogram[first..=last];
    let highest = bins.iter().map(|bin| bin.count).max()?;
    let bars = bins.iter().filter(|bin| bin.count > 0);
    let bars = bars.map(|bin| [(bin.from_ns, 0.0), (bin.to_ns, bin.count as f64)]);
    let total = &run.total;
    let lines = [
        ("median", total.p50_ns, palette::MEDIAN),
        ("95% line", total.p95_ns, palette::P95),
        ("99% line", total.p99_ns, palette::P99),
    ];
    let mut legend = vec![(Mark::Bar(palette::COUNTS), "requests")];
    legend.extend(lines.map(|(name, _, colour)| (Mark::Line(colour), name)));
    let finite = lines.into_iter().filter(|(_, value, _)| value.is_finite());
    let flags = finite.map(|(name, value, colour)| {
        Series::Flag(value, format!("{name} {}", format::time(value)), colour)
    });
    let caption = format!(
        "{} between {} and {}: half within {}, 95% within {}, 99% within {}. \
         Bars are equally wide in ratio, not in time.",
        format::counted(total.samples, "request"),
        format::time(total.min_ns),
        format::time(total.max_ns),
        format::time(total.p50_ns),
        format::time(total.p95_ns),
        format::time(total.p99_ns),
    );
    let title = "Distribution of response times, all requests".to_owned();
    let times = Axis::times_by_ratio(bins[0].from_ns, bins[bins.len() - 1].to_ns);
    Some(Figure::new("histogram", title, caption, &legend).with(vec![
        Panel::new("", times, Axis::counts(highest as f64), 276)
            .below("Response time, logarithmic scale")
            .with([Series::Bars(bars.collect(), palette::COUNTS)])
            .with(flags),
    ]))
}
