//! Stalls: times without a response while several users waited.

use workbench_samples::CheckStatus;
use workbench_statistics::StatisticsError;

use crate::model::{NS_PER_SECOND, StallCheck};
use crate::observe::{Gap, Observations, SteadyObservations, Times, Waits};

/// Shortest stall: up to 0.1 s people perceive a reaction as immediate (Nielsen 1993, chapter 5).
const SHORTEST_STALL_NS: f64 = 0.1 * NS_PER_SECOND;
/// Coarsest resolution of starts, as a share of the shortest stall, at which stalls are searched. Our choice.
const COARSE: f64 = 0.1;
/// A gap is a stall if it is longer than this many mean gaps. Gaps between independent responses are exponential: the
/// probability of a longer one is exp(−17), 4 in 100 million. Our choice.
const MEAN_GAPS: f64 = 17.0;
/// A stall is also longer than this many median response times, because users in step produce gaps of that length. Our
/// choice.
const USUAL_RESPONSES: f64 = 3.0;
/// From this share of the time on, stalls determine the 99th percentile of independent arrivals.
const WARNED_SHARE: f64 = 0.01;
/// From this share on, a single stall determines their 95th percentile…
const FAILED_SHARE: f64 = 0.05;
/// …if it also lasts at least this long, which interrupts a person's thought (Nielsen 1993, chapter 5).
const FAILED_NS: f64 = NS_PER_SECOND;

/// Why the response times of a closed model do not show stalls.
const HIDDEN: &str = "closed users send nothing while they wait, so each of them counts a stall once, and percentiles and \
     thresholds hardly show it (coordinated omission)";

/// Why a stall does not make a run in the open model invalid.
const SHOWN: &str = "response times count from when arrivals were due, so that percentiles show it";

/// The stalls of a run's steady part, in order of time.
pub(crate) fn stalls(
    observations: &Observations,
    steady: &SteadyObservations,
) -> Result<Vec<Gap>, StatisticsError> {
    let labels = observations.labels.iter();
    let successes = Times::together(labels.filter_map(|label| label.times.successes()));
    let usual_response_ns = successes.map_or(Ok(0.0), |times| times.quantile(0.5))?;
    let waits = &steady.waits;
    let shortest = SHORTEST_STALL_NS
        .max(MEAN_GAPS * mean_gap_ns(waits, steady.window.to - steady.window.from))
        .max(USUAL_RESPONSES * usual_response_ns);
    let is_stall = |gap: &Gap| {
        let length_ns = gap.length_ns as f64;
        // After slow responses, such as in a warm-up, a long gap is not a stall.
        length_ns > shortest
            && length_ns > USUAL_RESPONSES * median_response_after_ns(observations, gap)
    };
    Ok(waits.gaps.iter().copied().filter(is_stall).collect())
}

/// The median elapsed time of the requests that started in the first whole second after a gap, or in the next one with any;
/// those of the second in which it ends may have waited in it.
fn median_response_after_ns(observations: &Observations, gap: &Gap) -> f64 {
    let end = gap.from + gap.length_ns - observations.origin;
    let started = &observations.started;
    let later = started.partition_point(|it| f64::from(it.second) * NS_PER_SECOND < end as f64);
    started.get(later).map_or(0.0, |it| it.times.p50_ns)
}

/// The mean time from answer to answer while two requests or more wait, without the gaps that are longer than
/// [`MEAN_GAPS`] such times, however many they are.
fn mean_gap_ns(waits: &Waits, window_ns: i64) -> f64 {
    let mut lengths: Vec<i64> = waits.gaps.iter().map(|gap| gap.length_ns).collect();
    lengths.sort_unstable_by(|a, b| b.cmp(a));
    let mut time = (window_ns - waits.idle_ns) as f64;
    let mut gaps = waits.answers.max(1) as f64;
    for length in lengths.into_iter().map(|length| length as f64) {
        if gaps <= 1.0 || length <= MEAN_GAPS * time / gaps {
            break;
        }
        time -= length;
        gaps -= 1.0;
    }
    time / gaps
}

/// Judges the stalls of a steady part, given by its length and its start in seconds since the start of the schedule.
pub(crate) fn check(
    stalls: &[Gap],
    steady: &SteadyObservations,
    (from_s, to_s): (f64, f64),
    is_open: bool,
    start_resolution_ns: u64,
) -> StallCheck {
    let none = |status, finding| StallCheck {
        status,
        finding,
        share: 0.0,
        longest_s: None,
        longest_at_s: None,
    };
    if start_resolution_ns as f64 > COARSE * SHORTEST_STALL_NS {
        let resolution_ms = start_resolution_ns as f64 / 1e6;
        let why =
            format!("start times are known to {resolution_ms:.0} ms only, and stalls are shorter");
        return none(CheckStatus::NotChecked, why);
    }
    let in_seconds = |ns: i64| ns as f64 / NS_PER_SECOND;
    let length_s = to_s - from_s;
    let Some(longest) = stalls.iter().max_by_key(|stall| stall.length_ns) else {
        let longest = steady.waits.gaps.iter().map(|gap| gap.length_ns).max();
        let longest_s = in_seconds(longest.unwrap_or(steady.waits.resolution_ns));
        if steady.waits.answers == 0 {
            let why = "no request was answered, so that no answer can be missing for a while";
            return none(CheckStatus::NotChecked, why.to_owned());
        }
        let finding = format!(
            "none: no time without an answer while two users or more waited was longer than {longest_s:.2} s"
        );
        return none(CheckStatus::Passed, finding);
    };
    let total_s = in_seconds(stalls.iter().map(|stall| stall.length_ns).sum());
    let share = total_s / length_s;
    let longest_s = in_seconds(longest.length_ns);
    let longest_at_s = from_s + in_seconds(longest.from - steady.window.from);
    let is_long = longest_s >= FAILED_SHARE * length_s && longest.length_ns as f64 >= FAILED_NS;
    let status = if is_long && !is_open {
        CheckStatus::Failed
    } else if share >= WARNED_SHARE {
        CheckStatus::Warning
    } else {
        CheckStatus::Passed
    };
    StallCheck {
        status,
        finding: format!(
            "nothing was answered for {:.1} % of the steady part ({total_s:.1} of {length_s:.1} s) while users waited, the \
             longest time for {longest_s:.2} s from {longest_at_s:.1} s on; {}",
            100.0 * share,
            if is_open { SHOWN } else { HIDDEN }
        ),
        share,
        longest_s: Some(longest_s),
        longest_at_s: Some(longest_at_s),
    }
}
