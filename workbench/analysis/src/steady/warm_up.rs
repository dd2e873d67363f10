//! Checks the steady part for a warm-up (MSER-5) and for later changes of level.

use workbench_samples::CheckStatus;
use workbench_statistics::{LateChange, StatisticsError};

use crate::model::{NS_PER_SECOND, Scope, WarmUpCheck};
use crate::observe::{Gap, MOST_BLOCKS, Settled, SteadyObservations};

/// Largest share of the steady part that MSER-5 may discard. Our choice.
const TOLERATED_DISCARD: f64 = 0.1;

/// Judges the steady part, given by its start and end in seconds of the run. `stalls` are the reported stalls.
pub(super) fn check(
    scope: Scope,
    steady: &SteadyObservations,
    stalls: &[Gap],
    (from_s, to_s): (f64, f64),
) -> WarmUpCheck {
    let not_checked =
        |why: String| WarmUpCheck::new(CheckStatus::Passed, format!("not checked: {why}"), None);
    if scope == Scope::WholeRun {
        return not_checked("the experiment never holds its load".to_owned());
    }
    match &steady.settled {
        Err(StatisticsError::TooFewValues { needed, found }) => not_checked(format!(
            "{found} requests are fewer than the {needed} that MSER-5 needs"
        )),
        Err(error) => not_checked(error.to_string()),
        Ok(settled) => match &steady.late_change {
            Ok(Some((after_ns, change))) => late(*after_ns, change, (from_s, to_s)),
            _ => judge_warm_up(settled, steady, stalls, (from_s, to_s)),
        },
    }
}

/// The check of an imported run, whose steady part is unknown.
pub(super) fn unknown() -> WarmUpCheck {
    let finding = "nothing says when the load was held".to_owned();
    WarmUpCheck::new(CheckStatus::NotChecked, finding, None)
}

/// The check for a run that may be of a simultaneous pair. A change of level in both runs does not affect their ratio, so
/// the pair counts.
pub(super) fn in_pair(mut check: WarmUpCheck, is_of_pair: bool) -> WarmUpCheck {
    if is_of_pair && check.status == CheckStatus::Failed {
        check.status = CheckStatus::Warning;
        check.finding += "; the run counts in its pair, whose other run was made at the same time";
    }
    check
}

/// The failed check of a late change.
fn late(after_ns: u64, change: &LateChange, (from_s, to_s): (f64, f64)) -> WarmUpCheck {
    let milliseconds = |ns: f64| ns / 1e6;
    let finding = format!(
        "no steady state within {:.1} s: the mean elapsed time was {:.2} ms until {:.1} s, and {:.2} ms ({:+.1} %) in the end",
        to_s - from_s,
        milliseconds(change.before),
        from_s + after_ns as f64 / NS_PER_SECOND,
        milliseconds(change.after),
        100.0 * change.relative(),
    );
    WarmUpCheck::new(CheckStatus::Failed, finding, None)
}

/// The check of the time that MSER-5 would discard.
fn judge_warm_up(
    settled: &Settled,
    steady: &SteadyObservations,
    stalls: &[Gap],
    (from_s, to_s): (f64, f64),
) -> WarmUpCheck {
    let length_s = to_s - from_s;
    let seconds = |ns: u64| ns as f64 / NS_PER_SECOND;
    let discard_s = (!settled.at_bound).then(|| seconds(settled.after_ns));
    let what = match discard_s {
        Some(discard_s) if discard_s > TOLERATED_DISCARD * length_s => {
            format!("the first {discard_s:.1} of {length_s:.1} s")
        }
        Some(discard_s) => {
            let mut finding = format!("MSER-5 would leave out {discard_s:.1} of {length_s:.1} s");
            if let Err(reason) = &steady.late_change {
                finding = format!("{finding}; {reason}");
            }
            return WarmUpCheck::new(CheckStatus::Passed, finding, Some(discard_s));
        }
        None => "half of the requests or more".to_owned(),
    };
    let begins_s = |stall: &Gap| (stall.from - steady.window.from) as f64 / NS_PER_SECOND;
    // Requests that met a stall are outliers, before which MSER-5 truncates. A longer warm-up would only hide the
    // stall.
    let block_s = length_s / MOST_BLOCKS as f64;
    let explains_cut = |stall: &&Gap| {
        let ends_s = begins_s(stall) + stall.length_ns as f64 / NS_PER_SECOND;
        begins_s(stall) <= seconds(settled.after_ns) + block_s
            && ends_s >= seconds(settled.last_left_out_ns) - block_s
    };
    if let Some(stall) = stalls.iter().find(explains_cut) {
        let finding = format!(
            "MSER-5 would leave out {what}, and with them a stall, at {:.1} s: no reason for a warm-up",
            from_s + begins_s(stall)
        );
        return WarmUpCheck::new(CheckStatus::Warning, finding, discard_s);
    }
    let Some(discard_s) = discard_s else {
        let finding =
            format!("no steady state within {length_s:.1} s: MSER-5 would leave out {what}");
        return WarmUpCheck::new(CheckStatus::Failed, finding, None);
    };
    let hidden = stalls.first().filter(|stall| begins_s(stall) < discard_s);
    let hidden = hidden.map_or_else(String::new, |stall| {
        let at_s = from_s + begins_s(stall);
        format!(", which hides the stall at {at_s:.1} s: find its cause first")
    });
    // Up to the tenth that leaves it all out.
    let warm_up_s = ((from_s + discard_s) * 10.0).ceil() / 10.0;
    let finding =
        format!("MSER-5 would leave out {what}: declare a warm_up of {warm_up_s:.1}s{hidden}");
    WarmUpCheck::new(CheckStatus::Warning, finding, Some(discard_s))
}
