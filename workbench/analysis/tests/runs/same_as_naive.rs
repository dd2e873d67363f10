//! The analysis of random samples, compared with a reference that holds all of them in memory and follows each
//! definition. Long by a line or two, because the whole reference is read in one place.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::support::{EXPERIMENT, START, browse, manifest, order, write_parts};
use workbench_analysis::{
    Estimate, RequestStatistics, RunAnalysis, Second, SteadyStatistics, analyze_run,
};
use workbench_samples::{ErrorKind, Phase, Sample};
use workbench_statistics::{
    batch_means, effective_count_of_quantile, effective_count_of_share,
    needed_for_quantile_interval, quantile, quantile_interval, summary, wilson,
    wilson_of_dependent,
};

/// In the order of the experiment file.
const LABELS: [(&str, u16); 2] = [("order", 1), ("browse", 0)];

fn sample() -> impl Strategy<Value = Sample> {
    let ending = prop_oneof![
        6 => Just((Some(200), None)),
        1 => Just((Some(503), Some(ErrorKind::Status))),
        1 => Just((None, Some(ErrorKind::Timeout))),
        1 => Just((None, Some(ErrorKind::Censored))),
    ];
    let phase = prop_oneof![
        1 => Just(Phase::WarmUp),
        1 => Just(Phase::RampUp),
        6 => Just(Phase::Hold),
        1 => Just(Phase::RampDown),
        1 => Just(Phase::OnStart),
    ];
    // Many starts and times are equal. Some starts are before the start of the schedule.
    let start = prop_oneof![-20..6_000_i64, 2_000..2_020_i64];
    let elapsed = prop_oneof![0..20_u64, 1..2_500_u64];
    (start, elapsed, ending, phase, any::<bool>(), 0..9_u32).prop_map(
        |(start, elapsed, (status, error), phase, browses, users)| {
            let mut sample = order(start, elapsed, status, error);
            if browses {
                sample.request = 0;
                sample.latency_ns = sample.elapsed_ns / 4 * 3;
                sample.connect_ns = sample.elapsed_ns / 4;
            }
            sample.phase = phase;
            sample.active_users = users;
            sample
        },
    )
}

/// Unordered samples, and where they are cut into parts.
fn run() -> impl Strategy<Value = (Vec<Sample>, usize)> {
    let few = prop::collection::vec(sample(), 1..50);
    let many = prop::collection::vec(sample(), 400..900);
    (prop_oneof![few, many], 1..300_usize)
}

fn analysed(samples: &[Sample], part: usize) -> RunAnalysis {
    let results = tempfile::tempdir().unwrap();
    let name = manifest("tiny", "20261118T110640Z-4f2a");
    let run = write_parts(results.path(), &name, EXPERIMENT, samples.chunks(part));
    analyze_run(&run).unwrap()
}

fn close(found: f64, expected: f64) {
    let scale = expected.abs().max(f64::MIN_POSITIVE);
    assert!(
        (found - expected).abs() <= 1e-12 * scale,
        "{found} {expected}"
    );
}

fn elapsed(samples: &[Sample]) -> Vec<f64> {
    samples.iter().map(|it| it.elapsed_ns as f64).collect()
}

fn end(sample: &Sample) -> i64 {
    sample.started_at + sample.elapsed_ns as i64
}

fn failures(samples: &[Sample]) -> u64 {
    samples.iter().filter(|it| it.error.is_some()).count() as u64
}

/// `seconds` is the duration of the run.
fn assert_row(found: &RequestStatistics, samples: &[Sample], seconds: f64) {
    let times = elapsed(samples);
    let described = summary(&times).unwrap();
    assert_eq!(found.samples, samples.len() as u64);
    assert_eq!(found.errors, failures(samples));
    close(found.mean_ns, described.mean);
    close(
        found.standard_deviation_ns,
        described.population_standard_deviation,
    );
    assert_eq!((found.min_ns, found.max_ns), (described.min, described.max));
    for (found, p) in [
        (found.p50_ns, 0.5),
        (found.p90_ns, 0.9),
        (found.p95_ns, 0.95),
        (found.p99_ns, 0.99),
    ] {
        assert_eq!(found, quantile(&times, p).unwrap());
    }
    if seconds > 0.0 {
        close(found.throughput_per_s, samples.len() as f64 / seconds);
        let received: u64 = samples.iter().map(|it| it.bytes_received).sum();
        close(found.received_kib_per_s, received as f64 / 1024.0 / seconds);
    }
}

fn assert_seconds(found: &[Second], samples: &[Sample]) {
    let second = |instant: i64| ((instant - START).max(0) / 1_000_000_000) as usize;
    let mut started: BTreeMap<usize, Vec<Sample>> = BTreeMap::new();
    for sample in samples {
        started
            .entry(second(sample.started_at))
            .or_default()
            .push(*sample);
    }
    for (place, found) in found.iter().enumerate() {
        assert_eq!(found.second as usize, place);
        let received = |it: &&Sample| {
            second(end(it)) == place && it.error.is_none_or(|error| error == ErrorKind::Status)
        };
        assert_eq!(
            found.completed as usize,
            samples.iter().filter(received).count()
        );
        let Some(samples) = started.remove(&place) else {
            assert_eq!(
                (found.requests, found.mean_ns, found.p99_ns),
                (0, None, None)
            );
            continue;
        };
        let times = elapsed(&samples);
        assert_eq!(found.requests, samples.len() as u64);
        assert_eq!(found.errors, failures(&samples));
        close(found.mean_ns.unwrap(), summary(&times).unwrap().mean);
        assert_eq!(found.p50_ns.unwrap(), quantile(&times, 0.50).unwrap());
        assert_eq!(found.p95_ns.unwrap(), quantile(&times, 0.95).unwrap());
        assert_eq!(found.p99_ns.unwrap(), quantile(&times, 0.99).unwrap());
    }
    assert!(started.is_empty());
}

fn assert_phases(found: &SteadyStatistics, samples: &[Sample]) {
    let answered: Vec<&Sample> = samples.iter().filter(|it| it.latency_ns > 0).collect();
    let Some(found) = &found.phases else {
        assert!(answered.is_empty());
        return;
    };
    let mean = |value: fn(&Sample) -> u64| {
        let sum: f64 = answered.iter().map(|it| value(it) as f64).sum();
        sum / answered.len() as f64
    };
    let connected = answered.iter().filter(|it| it.connect_ns > 0).count();
    assert_eq!(
        (found.requests, found.new_connections),
        (answered.len() as u64, connected as u64)
    );
    close(found.connecting_ns, mean(|it| it.connect_ns));
    close(found.waiting_ns, mean(|it| it.latency_ns - it.connect_ns));
    close(found.receiving_ns, mean(|it| it.elapsed_ns - it.latency_ns));
}

/// `samples` in order of time, and how many requests ended in so many seconds.
fn assert_steady(found: &SteadyStatistics, samples: &[Sample], ended: usize, seconds: f64) {
    let times = elapsed(samples);
    let n = samples.len() as u64;
    assert_eq!((found.samples, found.errors), (n, failures(samples)));
    let shortest = times.iter().copied().fold(f64::INFINITY, f64::min) / 1e9;
    match found.throughput_per_s {
        Some(found) => close(found, ended as f64 / seconds),
        // No response could end in such a short time.
        None => assert!(ended == 0 && seconds < shortest + 1e-9),
    }
    assert_error_rate(&found.error_rate, samples);
    close(found.mean_ns.value.unwrap(), summary(&times).unwrap().mean);
    match batch_means(&times, 0.95) {
        Ok(means) => {
            let interval = found.mean_ns.interval.unwrap();
            close(interval.lower, means.interval.lower);
            close(interval.upper.unwrap(), means.interval.upper);
            close(
                found.autocorrelation_factor.unwrap(),
                means.autocorrelation_factor,
            );
            close(found.effective_samples.unwrap(), means.effective_count);
        }
        Err(_) => {
            assert_eq!(
                (found.mean_ns.interval, found.effective_samples),
                (None, None)
            );
            assert!(found.mean_ns.note.is_some());
        }
    }
    for (found, p) in [
        (&found.p50_ns, 0.5),
        (&found.p90_ns, 0.90),
        (&found.p95_ns, 0.95),
        (&found.p99_ns, 0.99),
    ] {
        assert_quantile(found, &times, p);
    }
    assert_phases(found, samples);
    for (found, failed) in [(&found.success, false), (&found.failure, true)] {
        let part = samples.iter().filter(|it| it.error.is_some() == failed);
        let times: Vec<f64> = part.map(|it| it.elapsed_ns as f64).collect();
        assert_eq!(found.is_some(), !times.is_empty());
        if let Some(found) = found {
            assert_eq!(found.samples, times.len() as u64);
            close(found.mean_ns, summary(&times).unwrap().mean);
            for (found, p) in [
                (found.p50_ns, 0.5),
                (found.p95_ns, 0.95),
                (found.p99_ns, 0.99),
            ] {
                let of_all: Vec<f64> = elapsed(samples);
                let most = times.len() as f64;
                let share = most / of_all.len() as f64;
                let at_most = effective_count_of_quantile(&of_all, p)
                    .map_or(most, |count| (count * share).min(most));
                let needed = needed_for_quantile_interval(p, 0.95).unwrap() as f64;
                let expected = (at_most >= needed).then(|| quantile(&times, p).unwrap());
                assert_eq!(found, expected);
            }
        }
    }
}

fn assert_error_rate(found: &Estimate, samples: &[Sample]) {
    let (failed, all) = (failures(samples), samples.len() as u64);
    let effective = effective_count_of_share(samples.len(), |range| {
        samples[range]
            .iter()
            .filter(|it| it.error.is_some())
            .count()
    });
    let rate = match effective {
        Ok(effective) => wilson_of_dependent(failed, all, effective, 0.95).ok(),
        Err(_) if failed == 0 || failed == all => wilson(failed, all, 0.95).ok(),
        Err(_) => None,
    };
    assert_eq!(found.value, Some(failed as f64 / all as f64));
    assert_eq!(found.interval, rate.map(|rate| rate.interval.into()));
    assert_eq!(found.note.is_some(), rate.is_none());
}

fn assert_quantile(found: &Estimate, times: &[f64], p: f64) {
    let effective = effective_count_of_quantile(times, p);
    let most = effective
        .as_ref()
        .map_or(times.len() as f64, |count| *count);
    if most < needed_for_quantile_interval(p, 0.95).unwrap() as f64 {
        assert_eq!((found.value, found.interval), (None, None));
        assert!(found.note.is_some());
        return;
    }
    assert_eq!(found.value, Some(quantile(times, p).unwrap()));
    let interval = effective.map(|count| quantile_interval(times, p, 0.95, count).unwrap());
    assert_eq!(
        found.interval,
        interval.ok().map(|found| found.interval.into())
    );
    assert_eq!(found.note.is_some(), found.interval.is_none());
}

fn assert_as_by_definition(samples: &[Sample], part: usize) {
    let found = analysed(samples, part);

    let seconds = (samples.iter().map(end).max().unwrap() - START) as f64 / 1e9;
    let of_label = |of: &[Sample], label: &str| -> Vec<Sample> {
        let (_, request) = LABELS.iter().find(|(name, _)| *name == label).unwrap();
        let of_label = of.iter().filter(|it| it.request == *request);
        of_label.copied().collect()
    };
    assert_row(&found.total, samples, seconds);
    for row in &found.requests {
        assert_row(row, &of_label(samples, &row.request), seconds);
    }
    assert_seconds(&found.per_second, samples);
    for bin in &found.histogram {
        let within = |it: &&Sample| (bin.from_ns..bin.to_ns).contains(&(it.elapsed_ns as f64));
        assert_eq!(bin.count, samples.iter().filter(within).count() as u64);
    }
    let counted: u64 = found.histogram.iter().map(|bin| bin.count).sum();
    assert_eq!(counted, samples.len() as u64);

    let steady = samples.iter().filter(|it| it.phase == Phase::Hold);
    let mut steady: Vec<Sample> = steady.copied().collect();
    steady.sort_by_key(|it| {
        // Samples from before the start of the schedule count as started at its start.
        (
            it.started_at.max(START),
            it.elapsed_ns,
            1 - it.request,
            it.error.is_some(),
        )
    });
    assert_eq!(found.steady.is_some(), !steady.is_empty());
    let Some(found) = found.steady else { return };
    let first = steady.iter().map(|it| it.started_at).min().unwrap();
    let last_start = steady.iter().map(|it| it.started_at).max().unwrap();
    let last_end = samples.iter().map(end).max().unwrap();
    // Two users start over two seconds and stay for two more.
    let last = last_start
        .max(START + 4_000_000_000)
        .min(last_end)
        .max(first);
    let ended = |of: &[Sample]| {
        of.iter()
            .filter(|it| it.phase == Phase::Hold || it.started_at < first)
            .filter(|it| first < end(it) && end(it) <= last)
            .count()
    };
    close(found.from_s, (first - START) as f64 / 1e9);
    close(found.to_s, (last - START) as f64 / 1e9);
    let seconds = found.to_s - found.from_s;
    if seconds == 0.0 {
        return;
    }
    assert_steady(&found.total, &steady, ended(samples), seconds);
    for row in &found.requests {
        let ended = ended(&of_label(samples, &row.request));
        assert_steady(row, &of_label(&steady, &row.request), ended, seconds);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_samples_have_the_statistics_of_the_definitions((samples, part) in run()) {
        assert_as_by_definition(&samples, part);
    }

    #[test]
    fn the_order_and_the_parts_of_samples_do_not_matter((samples, part) in run()) {
        let mut sorted = samples.clone();
        sorted.sort_by_key(|it| (it.elapsed_ns, it.started_at, it.request));
        prop_assert_eq!(analysed(&samples, part), analysed(&sorted, samples.len()));
    }
}

/// More samples than are listed. Their times have all orders of magnitude; many are equal, and some extend over several
/// parts.
fn many() -> Vec<Sample> {
    let mut state = 1_u64;
    let mut below = |limit: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % limit
    };
    let mut samples: Vec<Sample> = (0..60_000)
        .map(|number| {
            let (status, error) = match below(20) {
                0 => (Some(503), Some(ErrorKind::Status)),
                1 => (None, Some(ErrorKind::Timeout)),
                _ => (Some(200), None),
            };
            let mut sample = order(number / 12, 0, status, error);
            sample.elapsed_ns = match below(4) {
                0 => 2_000_000 + below(1_000),
                1 => below(3_000_000_000),
                2 => 40_000_000 + below(30_000_000) / 1_000 * 1_000,
                _ => below(1 << (1 + number % 31)),
            };
            sample.request = u16::from(below(3) > 0);
            sample.phase = match number {
                0..6_000 => Phase::RampUp,
                6_000..54_000 => Phase::Hold,
                _ => Phase::RampDown,
            };
            sample
        })
        .collect();
    samples.sort_by_key(end);
    samples
}

#[test]
fn many_samples_have_the_statistics_of_the_definitions() {
    let samples = many();
    assert_as_by_definition(&samples, 2_500);
    // Two parts, each with samples of all seconds.
    let (even, odd): (Vec<_>, Vec<_>) = samples.iter().partition(|it| it.elapsed_ns % 2 == 0);
    let mixed = [even, odd].concat();
    assert_eq!(analysed(&samples, 2_500), analysed(&mixed, 30_000));
}

#[test]
fn a_run_of_a_single_request_is_described() {
    let run = analysed(&[browse(0, 10)], 1);
    assert_row(&run.total, &[browse(0, 10)], 0.01);
}
