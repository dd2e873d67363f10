//! Response time over time: median, p95 and p99 of each second, above the load of that second.

use workbench_analysis::{RunAnalysis, Second};

use super::axis::Axis;
use super::over_time::{self, Load, Parts, QUANTILES};
use super::plot::{Figure, Panel};
use crate::format;

/// `None` without samples.
pub(super) fn figure(run: &RunAnalysis) -> Option<Figure> {
    let (range, quantiles) = over_time::quantiles(&run.per_second)?;
    let (times, seconds) = (over_time::time_axis(range), over_time::seconds_axis(run));
    let parts = Parts::of(run);
    let load = Load::of(run).into_iter().next();
    let mut legend = QUANTILES.to_vec();
    let heading = format!("Response time{}", times.note());
    let mut cell = vec![
        Panel::over_time(heading, seconds.clone(), times, 294)
            .with(parts.shades.clone())
            .with(quantiles),
    ];
    if let Some(load) = load {
        let [achieved, planned] = load.unit.legend;
        legend.push(achieved);
        if load.seconds.iter().any(|it| it.planned.is_some()) {
            legend.push(planned);
        }
        let counts = Axis::counts(load.peak());
        let panel = over_time::load_panel(load.unit.heading, &load, &seconds, counts, 96);
        cell.push(panel.above(parts.shades));
    }
    legend.extend(parts.legend);
    let title = "Response time over time: median, 95 and 99% line of each second".to_owned();
    Some(Figure::new("response-time", title, caption(run), &legend).with(cell))
}

fn caption(run: &RunAnalysis) -> String {
    let overall = format!(
        "Over the whole run: median {}, 95% line {}, 99% line {}.",
        format::time(run.total.p50_ns),
        format::time(run.total.p95_ns),
        format::time(run.total.p99_ns),
    );
    match slowest(&run.per_second) {
        Some((second, p95_ns)) => format!(
            "{overall} Slowest second by 95% line: second {}, with {}. \
             A request belongs to the second in which it started.",
            second,
            format::time(p95_ns)
        ),
        None => overall,
    }
}

/// The second with the highest p95.
fn slowest(seconds: &[Second]) -> Option<(u32, f64)> {
    seconds
        .iter()
        .filter_map(|second| Some((second.second, second.p95_ns?)))
        .max_by(|a, b| a.1.total_cmp(&b.1))
}
