//! Responses completed and requests failed in each second.

use workbench_analysis::RunAnalysis;

use super::axis::Axis;
use super::over_time::{self, Parts};
use super::palette;
use super::plot::{Figure, Panel, Series};
use crate::format;

/// More bars are narrower than can be seen.
const MOST_BARS: u32 = 1_500;

/// `None` without samples.
pub(super) fn figure(run: &RunAnalysis) -> Option<Figure> {
    let most = run.per_second.iter().map(|second| second.completed).max()?;
    let most_errors = run.per_second.iter().map(|second| second.errors).max()?;
    let (seconds, parts) = (over_time::seconds_axis(run), Parts::of(run));
    let per_second = run.per_second.iter();
    let completed: Vec<_> = per_second
        .map(|it| (over_time::middle(it.second), it.completed as f64))
        .collect();
    let joined = completed.iter().map(|(x, y)| (*x, Some(*y))).collect();
    let failed = if most_errors == 0 {
        "Failed requests per second: none"
    } else {
        "Failed requests per second, by the second of their start"
    };
    let errors = errors(run, seconds.to as u32);
    let title = "Throughput and errors over time".to_owned();
    let figure = Figure::new("throughput", title, caption(run), &parts.legend);
    Some(figure.with(vec![
        Panel::over_time(
            "Responses completed per second",
            seconds.clone(),
            Axis::counts(most as f64),
            206,
        )
        .with(parts.shades.clone())
        .with([
            Series::Area(completed, palette::COMPLETED),
            over_time::line(joined, palette::COMPLETED),
        ]),
        Panel::over_time(failed, seconds, Axis::counts(most_errors as f64), 82)
            .with(parts.shades)
            .with([Series::Bars(errors, palette::ERRORS)]),
    ]))
}

/// A bar for each second with failures; of a long run, for the worst second of each stretch.
fn errors(run: &RunAnalysis, seconds: u32) -> Vec<[(f64, f64); 2]> {
    let stretch = seconds.div_ceil(MOST_BARS).max(1);
    let per_second = run.per_second.iter().filter(|second| second.errors > 0);
    let failing: Vec<_> = per_second.map(|it| (it.second, it.errors)).collect();
    failing
        .chunk_by(|(one, _), (other, _)| one / stretch == other / stretch)
        .map(|seconds| {
            let from = f64::from(seconds[0].0 / stretch * stretch);
            let errors = seconds.iter().map(|(_, errors)| *errors).max().unwrap_or(0);
            [(from, 0.0), (from + f64::from(stretch), errors as f64)]
        })
        .collect()
}

fn caption(run: &RunAnalysis) -> String {
    let busiest = run.per_second.iter().max_by_key(|second| second.completed);
    let busiest = busiest.map(|second| {
        format!(
            " At most {} in one second (second {}).",
            format::counted(second.completed, "response"),
            second.second
        )
    });
    let errors = match run.total.errors {
        0 => " No request failed.".to_owned(),
        errors => {
            let failing = run.per_second.iter().filter(|second| second.errors > 0);
            format!(
                " {} failed ({}), in {}.",
                format::counted(errors, "request"),
                format::percentage(run.total.error_rate),
                format::counted(failing.count() as u64, "second"),
            )
        }
    };
    format!(
        "{} requests per second over the whole run.{}{errors}",
        format::significant(run.total.throughput_per_s),
        busiest.unwrap_or_default(),
    )
}
