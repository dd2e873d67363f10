//! Used resources of a run, from its stored readings.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use workbench_plan::{Database, Plan, Target};
use workbench_samples::{Resource, SamplesError, resource_batches};

use crate::model::{NS_PER_SECOND, ResourceSeries, ResourceSource, Resources};

/// Latest accepted reading, a week after the start. A later one means that the clock was set. Our choice.
const LAST_S: f64 = 7.0 * 86_400.0;

/// Resources by second; `None` without readings.
///
/// `origin` is the start of the run, UTC nanoseconds.
///
/// # Errors
/// Readings that are damaged, or of a version that this build does not know.
pub(crate) fn resources(
    run_directory: &Path,
    plan: &Plan,
    origin: i64,
) -> Result<Option<Resources>, SamplesError> {
    let batches = match resource_batches(run_directory) {
        Ok(batches) => batches,
        Err(SamplesError::Read { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let mut by_second = BySecond::new(origin);
    for batch in batches {
        batch?.iter().for_each(|reading| by_second.add(reading));
    }
    Ok(by_second.resources(plan))
}

/// Sums of readings by source, metric and second.
#[derive(Default)]
struct BySecond {
    origin: i64,
    processors: BTreeMap<ResourceSource, Vec<Option<f64>>>,
    bytes_out_per_s: BTreeMap<ResourceSource, Vec<Option<f64>>>,
    /// The last second that each source and metric has a reading of.
    known: HashMap<(String, bool), usize>,
}

impl BySecond {
    fn new(origin: i64) -> Self {
        Self {
            origin,
            ..Self::default()
        }
    }

    fn add(&mut self, reading: &Resource) {
        let of_processors = match reading.metric.as_str() {
            "processors" | "steal_processors" => true,
            "bytes_out_per_s" => false,
            _ => return,
        };
        let Some(source) = source_of(reading) else {
            return;
        };
        // A reading is made about at the end of its second.
        let ended = (reading.at - self.origin) as f64 / NS_PER_SECOND;
        if !(0.0..=LAST_S).contains(&ended) || !reading.value.is_finite() {
            return;
        }
        let second = (ended.round() as usize).saturating_sub(1);
        // If two readings end nearest to the same second, such as the last ones of a run, the first covers more of it.
        let known = (reading.source.clone(), of_processors);
        if self.known.insert(known, second) == Some(second) {
            return;
        }
        let (series, decimals) = if of_processors {
            (&mut self.processors, 1e4)
        } else {
            (&mut self.bytes_out_per_s, 1.0)
        };
        let values = series.entry(source).or_default();
        if values.len() <= second {
            values.resize(second + 1, None);
        }
        let sum = values[second].unwrap_or_default() + reading.value;
        values[second] = Some((sum * decimals).round() / decimals);
    }

    fn resources(mut self, plan: &Plan) -> Option<Resources> {
        // Older versions stored zeros for unknown processes of running services.
        let nothing = |values: &mut Vec<Option<f64>>| values.iter().flatten().all(|it| *it == 0.0);
        if let Some(values) = self.processors.get_mut(&ResourceSource::Application)
            && nothing(values)
        {
            self.processors.remove(&ResourceSource::Application);
        }
        if self.processors.is_empty() {
            return None;
        }
        let series = |series: BTreeMap<ResourceSource, Vec<Option<f64>>>| {
            let series = series.into_iter();
            series
                .map(|(source, values)| ResourceSeries { source, values })
                .collect()
        };
        Some(Resources {
            embedded_database: matches!(
                &plan.target,
                Target::Bookstore(bookstore) if bookstore.database == Database::Sqlite
            ),
            processors: series(self.processors),
            bytes_out_per_s: series(self.bytes_out_per_s),
        })
    }
}

/// `None` for sources that are in no figure: interfaces, endpoints, and the generator's own bytes.
fn source_of(reading: &Resource) -> Option<ResourceSource> {
    let (kind, _) = reading
        .source
        .split_once('/')
        .unwrap_or((&reading.source, ""));
    let of_processors = reading.metric == "processors";
    match kind {
        "target" => Some(ResourceSource::Application),
        "balancer" => Some(ResourceSource::Balancer),
        "database" => Some(ResourceSource::Database),
        "generator" if of_processors => Some(ResourceSource::Generator),
        "others" if of_processors => Some(ResourceSource::Others),
        "machine" if reading.metric == "steal_processors" => Some(ResourceSource::Steal),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: i64 = 1_795_000_000_000_000_000;

    fn add(by_second: &mut BySecond, at_ms: i64, source: &str, metric: &str, value: f64) {
        by_second.add(&Resource {
            at: ORIGIN + at_ms * 1_000_000,
            source: source.to_owned(),
            metric: metric.to_owned(),
            value,
        });
    }

    fn plan(target: &str) -> Plan {
        let text = format!(
            "target: {target}\nthreads: [ {{ start: 1, hold: 1s }} ]\n\
             scenarios: [ {{ name: one, steps: [ request: GET catalog/ ] }} ]\n"
        );
        workbench_plan::parse(&text, Path::new("one.yaml")).unwrap()
    }

    #[test]
    fn processes_are_summed_and_seconds_without_a_reading_are_gaps() {
        let mut seconds = BySecond::new(ORIGIN);
        for (at, source, metric, value) in [
            (990, "target/a[1]", "processors", 0.25),
            (990, "target/b[2]", "processors", 0.5),
            (990, "database/postgres", "processors", 0.125),
            (990, "database/postgres", "bytes_out_per_s", 10.4),
            (990, "generator", "processors", 0.1),
            (990, "generator", "bytes_out_per_s", 9.0),
            (990, "machine", "processors", 1.0),
            (990, "machine", "steal_processors", 0.0),
            (990, "machine/lo", "bytes_out_per_s", 99.0),
            (990, "http://a/metrics", "processors", 7.0),
            // The second in between has no reading, and one process has ended.
            (3_010, "target/a[1]", "processors", 0.75),
            // The end of the run.
            (3_300, "target/a[1]", "processors", 9.0),
            (3_010, "others", "processors", f64::NAN),
            // A clock that was set.
            (1_000_000_000, "target/a[1]", "processors", 1.0),
            (-1_000, "target/a[1]", "processors", 1.0),
        ] {
            add(&mut seconds, at, source, metric, value);
        }
        let series = |source, values: &[Option<f64>]| ResourceSeries {
            source,
            values: values.to_vec(),
        };
        let resources = seconds.resources(&plan("{ urls: { catalog: \"http://a\" } }"));
        assert_eq!(
            resources,
            Some(Resources {
                embedded_database: false,
                processors: vec![
                    series(ResourceSource::Application, &[Some(0.75), None, Some(0.75)]),
                    series(ResourceSource::Database, &[Some(0.125)]),
                    series(ResourceSource::Generator, &[Some(0.1)]),
                    series(ResourceSource::Steal, &[Some(0.0)]),
                ],
                bytes_out_per_s: vec![series(ResourceSource::Database, &[Some(10.0)])],
            })
        );
    }

    #[test]
    fn older_runs_have_no_series_of_an_unmonitored_target() {
        let mut seconds = BySecond::new(ORIGIN);
        add(&mut seconds, 1_000, "generator", "processors", 0.5);
        add(&mut seconds, 1_000, "target", "processors", 0.0);
        let resources = seconds.resources(&plan("{ bookstore: {} }")).unwrap();
        assert!(resources.embedded_database);
        let sources: Vec<_> = resources.processors.iter().map(|it| it.source).collect();
        assert_eq!(sources, [ResourceSource::Generator]);
        let nothing = BySecond::new(ORIGIN).resources(&plan("{ bookstore: {} }"));
        assert_eq!(nothing, None);
    }
}
