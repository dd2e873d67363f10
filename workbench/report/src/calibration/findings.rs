//! What a calibration comes to, in sentences.

use workbench_analysis::calibration::{
    Aims, Calibration, Competition, Conclusion, Freeze, LoadPoint,
};

use super::tables::signed_time;
use crate::format::{self, whole_percent as share};

/// Whether one aim was met.
pub(super) struct Finding {
    pub(super) conclusion: Conclusion,
    pub(super) text: String,
}

/// Whether the three aims were met, in the order of the tables.
pub(super) fn findings(calibration: &Calibration) -> [Finding; 3] {
    let aims = &calibration.aims;
    let errors = of_loads(
        calibration,
        &format!(
            "Up to {} of the capacity, mean and percentiles to p99.9 are within {} or {} of the truth, whichever is more",
            share(measured_up_to(calibration, aims.error_up_to)),
            share(aims.error_fraction),
            format::time(aims.error_ns),
        ),
        Aims::errors_met,
        |point| {
            let missed = aims.errors_missed(point).into_iter();
            let mut missed: Vec<String> = missed
                .map(|(name, off)| format!("{name} is off by {}", signed_time(off)))
                .collect();
            if point.failed > 0 {
                missed.push(format!(
                    "{} failed",
                    format::counted(point.failed, "request")
                ));
            }
            missed.join(", ")
        },
    );
    let lateness = of_loads(
        calibration,
        &format!(
            "Up to {} of the capacity, half of the arrivals start within {} of their time and 99% within {}",
            share(measured_up_to(calibration, aims.lateness_up_to)),
            format::time(aims.lateness_p50_ns),
            format::time(aims.lateness_p99_ns),
        ),
        Aims::lateness_met,
        |point| match &point.arrivals {
            Some(arrivals) => format!(
                "{} and {}",
                format::time(arrivals.lateness.p50_ns),
                format::time(arrivals.lateness.p99_ns)
            ),
            None => String::new(),
        },
    );
    let freeze = &calibration.freeze;
    let off = freeze.measured.p90_ns / freeze.exact.p90_ns - 1.0;
    let text = format!(
        "When the server stands still, p90 is within {} of the exact one: off by {}",
        share(aims.freeze_p90_fraction),
        format::change(off)
    );
    let met = aims.freeze_met(freeze);
    let standstill = Finding {
        conclusion: conclusion(calibration, met, freeze.competition),
        text: if met {
            format!("{text}.")
        } else {
            format!("{text} ({}).", rivals(calibration, freeze.competition))
        },
    };
    [errors, lateness, standstill]
}

/// Whether an aim was met at each load that it is for.
fn of_loads(
    calibration: &Calibration,
    aim: &str,
    met: fn(&Aims, &LoadPoint) -> Option<bool>,
    found: impl Fn(&LoadPoint) -> String,
) -> Finding {
    let missed: Vec<&LoadPoint> = calibration
        .loads
        .iter()
        .filter(|point| met(&calibration.aims, point) == Some(false))
        .collect();
    let each = missed.iter().map(|point| {
        format!(
            "at {} {} ({})",
            share(point.share),
            found(point),
            rivals(calibration, point.competition)
        )
    });
    let text = match each.collect::<Vec<_>>().join("; ") {
        none if none.is_empty() => format!("{aim}."),
        missed => format!("{aim}: {missed}."),
    };
    let idle = missed
        .iter()
        .any(|point| !calibration.is_busy(point.competition));
    Finding {
        conclusion: match (missed.is_empty(), idle) {
            (true, _) => Conclusion::Met,
            (false, true) => Conclusion::Missed,
            (false, false) => Conclusion::Undecided,
        },
        text,
    }
}

/// The largest share of the capacity that was measured, up to the one that is aimed at.
fn measured_up_to(calibration: &Calibration, aimed: f64) -> f64 {
    let shares = calibration.loads.iter().map(|point| point.share);
    shares.filter(|share| *share <= aimed).fold(0.0, f64::max)
}

fn conclusion(
    calibration: &Calibration,
    met: bool,
    competition: Option<Competition>,
) -> Conclusion {
    match (met, calibration.is_busy(competition)) {
        (true, _) => Conclusion::Met,
        (false, true) => Conclusion::Undecided,
        (false, false) => Conclusion::Missed,
    }
}

/// Who else used the processors.
fn rivals(calibration: &Calibration, competition: Option<Competition>) -> String {
    let Some(used) = competition else {
        return "who else used the processors is not known".to_owned();
    };
    let percent = |processors: f64| share(processors / f64::from(calibration.host.cpus));
    let shares = format!(
        "other programs used {} of the processors, steal took {}",
        percent(used.others),
        percent(used.steal)
    );
    if calibration.is_busy(competition) {
        format!("this machine was busy: {shares}")
    } else {
        shares
    }
}

pub(super) fn of_errors(calibration: &Calibration) -> String {
    let truth = calibration.loads.last().map(|point| point.truth);
    let truth = truth.map_or_else(String::new, |truth| {
        format!(
            " (p50 {}, p99 {}, p99.9 {})",
            format::time(truth.p50_ns),
            format::time(truth.p99_ns),
            format::time(truth.p999_ns)
        )
    });
    format!(
        "Elapsed times by the samples, less the true ones. The server delays its answers by {}{truth} and notes when it read each request and when it began \
         to answer. The capacity is what 1,000 users get who send to it without a pause.",
        calibration.latency
    )
}

pub(super) fn of_arrivals() -> String {
    "From the intended to the actual start, and to when the server had read the request. A² is the Anderson–Darling statistic \
     of the gaps between arrivals, as intended and as sent, against the exponential distribution, p its p value. A lateness \
     as long as the gaps distorts those that are sent."
        .to_owned()
}

pub(super) fn of_freeze(freeze: &Freeze) -> String {
    format!(
        "{} arrivals, {} per second, of up to {} users; the server answers after {} and stands still for {} in between. Exact \
         is what queueing alone gives. Reported times count from the intended start; from the actual start they leave out \
         how long an arrival waited for a user.",
        format::count(freeze.arrivals),
        format::significant(freeze.rate_per_s),
        freeze.users,
        format::time(freeze.service_ns),
        format::time(freeze.frozen_ns),
    )
}
