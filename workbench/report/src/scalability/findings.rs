//! What a sweep found, in sentences.

use workbench_analysis::{LargestLoad, Peak, ScalabilityFit, SweepAnalysis};

use super::{interval, load, reasons, with_interval};
use crate::format;

/// What the law says, and what it cannot.
pub(crate) fn law(fit: &ScalabilityFit) -> String {
    let knee = if fit.knee.is_some() {
        "The knee is the load at which the straight line γN reaches the highest throughput. "
    } else {
        ""
    };
    format!(
        "Universal Scalability Law: X(N) = γN / (1 + α(N − 1) + βN(N − 1)), fitted by least squares to the throughput of each \
         valid run. γ is the throughput at a load of 1, α the share of the work that waits for its turn, β the cost of keeping \
         each pair consistent. {knee}A fit says nothing of loads far beyond those that were measured."
    )
}

/// The answers, most wanted first.
pub(crate) fn findings(sweep: &SweepAnalysis) -> Vec<String> {
    let mut findings = vec![if sweep.parameter == "replicas" {
        replicas_that_meet(sweep)
    } else {
        largest_load(sweep)
    }];
    findings.extend(highest(sweep));
    match (&sweep.fit, &sweep.no_fit) {
        (Some(fit), _) => {
            findings.push(peak(sweep, fit));
            findings.extend(knee(sweep, fit));
            findings.extend(fit.warnings.iter().cloned());
        }
        (None, Some(reason)) => findings.push(format!("No curve: {reason}.")),
        (None, None) => {}
    }
    findings
}

/// More replicas are no larger load, but more to carry the same one.
fn replicas_that_meet(sweep: &SweepAnalysis) -> String {
    if sweep.thresholds.is_empty() {
        return "The experiment has no thresholds to be met.".to_owned();
    }
    let points = sweep.points.iter().filter(|point| point.meets_thresholds);
    let met: Vec<String> = points.map(|point| point.value.to_string()).collect();
    match met.as_slice() {
        [] => "No number of replicas that was swept meets the thresholds.".to_owned(),
        several => format!(
            "Numbers of replicas that meet the thresholds: {}.",
            several.join(", ")
        ),
    }
}

fn largest_load(sweep: &SweepAnalysis) -> String {
    let missed = |value: u32| {
        let point = sweep.points.iter().find(|point| point.value == value);
        point.map_or_else(String::new, |point| reasons(point).join(", "))
    };
    let does_not = |value: u32| {
        let mut points = sweep.points.iter();
        match points.find(|point| point.value == value) {
            Some(point) if point.is_undecided() => "leaves them undecided",
            _ => "does not",
        }
    };
    match &sweep.largest_load {
        LargestLoad::NoThresholds => {
            "The experiment has no thresholds that a load could miss.".to_owned()
        }
        LargestLoad::None => {
            let smallest = sweep.points.first().map_or(0, |point| point.value);
            format!(
                "No load that was swept meets the thresholds: {} {} ({}).",
                load(sweep, smallest),
                does_not(smallest),
                missed(smallest)
            )
        }
        LargestLoad::At {
            value,
            next,
            met_again,
        } => {
            let again: Vec<String> = met_again.iter().map(ToString::to_string).collect();
            let again = match again.as_slice() {
                [] => String::new(),
                larger => format!(
                    " Larger loads met them again ({}): look closer before you rely on either.",
                    larger.join(", ")
                ),
            };
            format!(
                "Largest load that meets the thresholds, as do all smaller ones: {}. The next one, {}, {} ({}).{again}",
                load(sweep, *value),
                load(sweep, *next),
                does_not(*next),
                missed(*next),
            )
        }
        LargestLoad::AllSwept { value } => format!(
            "Every load that was swept meets the thresholds, up to {}: the limit lies beyond.",
            load(sweep, *value)
        ),
    }
}

fn highest(sweep: &SweepAnalysis) -> Option<String> {
    let (value, throughput) = sweep
        .points
        .iter()
        .filter_map(|point| {
            Some((
                point.value,
                &point.throughput_per_s,
                point.throughput_per_s.value?,
            ))
        })
        .max_by(|a, b| a.2.total_cmp(&b.2))
        .map(|(value, estimate, _)| (value, estimate))?;
    Some(format!(
        "Highest throughput that was measured: {} requests per second at {}.",
        with_interval(throughput, format::significant),
        load(sweep, value)
    ))
}

/// Where throughput is highest by the law, or that it is nowhere.
pub(crate) fn peak(sweep: &SweepAnalysis, fit: &ScalabilityFit) -> String {
    let parameter = &sweep.parameter;
    match &fit.peak {
        Peak::At {
            load,
            load_interval,
            throughput_per_s,
            throughput_interval,
            beyond_measurements,
        } => format!(
            "Peak by the law{}: {} requests per second ({}) at {} {parameter} ({}); more {parameter} get less done.",
            if *beyond_measurements { ", extrapolated" } else { "" },
            format::significant(*throughput_per_s),
            interval(throughput_interval, format::significant),
            format::significant(*load),
            interval(load_interval, format::significant),
        ),
        Peak::NoneFitted {
            ceiling_per_s: Some(ceiling),
        } => format!(
            "No peak: the best fit has β = 0. Throughput levels off towards {} requests per second and never falls.",
            format::significant(*ceiling)
        ),
        Peak::NoneFitted {
            ceiling_per_s: None,
        } => "No peak: the best fit has α = β = 0. Throughput grows in proportion to the load, as far as it was measured."
            .to_owned(),
        Peak::NotShown => format!(
            "No peak is shown: the interval of β contains 0, so that these runs do not say whether throughput ever falls \
             with more {parameter}."
        ),
        Peak::FallsFromTheStart => {
            format!("Throughput falls from the first on: one of the {parameter} gets more done than several.")
        }
    }
}

fn knee(sweep: &SweepAnalysis, fit: &ScalabilityFit) -> Option<String> {
    Some(format!(
        "Knee: {} {}; beyond it, load mostly adds waiting.",
        format::significant(fit.knee?),
        sweep.parameter
    ))
}

/// How well the curve describes the runs.
pub(crate) fn residuals(fit: &ScalabilityFit) -> String {
    let explained = fit.r_squared.map_or_else(String::new, |share| {
        format!(
            ", which leaves {} of the variance unexplained",
            format::percentage(1.0 - share)
        )
    });
    format!(
        "{} fitted, {} of freedom; the runs lie {} requests per second around the curve (standard deviation){explained}.",
        format::counted(fit.runs.len() as u64, "run"),
        format::counted(fit.degrees_of_freedom, "degree"),
        format::significant(fit.residual_standard_error_per_s),
    )
}
