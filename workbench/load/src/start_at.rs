//! Starts a run at a time of day, such as the segments of one run.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use workbench_samples::{Check, CheckStatus, RunLock, segment_folders};

use crate::attack::Attack;
use crate::clock::Clock;
use crate::host;
use crate::monitor::Beside;
use crate::simultaneous::Processes;

/// The monotonic clock is used from this time before the start. Until then the machine's clock may be adjusted.
const AHEAD: Duration = Duration::from_millis(250);
/// Interval of reading the time of day while the start is far.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// From the time at which a late run is ready to its start.
const LEAD: Duration = Duration::from_millis(50);
/// A later start is a warning; the limit is that of users.
const LATENESS_TOLERANCE: Duration = Duration::from_millis(100);

/// Waits for the time, after all users have been launched, and starts the run. With `segment`, the folder of a segment,
/// writes the run's processes there for the other segments on this machine, and reads theirs.
pub(crate) async fn begin(
    at: SystemTime,
    attack: Arc<Attack>,
    own: Processes,
    segment: Option<PathBuf>,
    beside: Beside,
) {
    attack.launched().await;
    if let Some(folder) = &segment {
        note(folder, own);
    }
    tokio::select! {
        () = attack.stop.stopped() => return,
        () = almost(at) => {}
    }
    if let Some(folder) = &segment {
        let _ = beside.set(neighbours(folder));
    }
    attack.begin(Clock::starting_on(at, LEAD));
}

async fn almost(at: SystemTime) {
    while let Ok(ahead) = at.duration_since(SystemTime::now())
        && ahead > AHEAD
    {
        tokio::time::sleep((ahead - AHEAD).min(LOOK_EVERY)).await;
    }
}

/// Checks whether the schedule started in time.
pub(crate) fn check(at: SystemTime, started_utc_ns: i64) -> Check {
    let late_ns = u64::try_from(started_utc_ns.saturating_sub(utc_ns(at))).unwrap_or_default();
    let late = Duration::from_nanos(late_ns);
    let finding = format!(
        "began {:.3} s after its time (up to {} s passes)",
        late.as_secs_f64(),
        LATENESS_TOLERANCE.as_secs_f64()
    );
    let (status, finding) = if late <= LATENESS_TOLERANCE {
        (CheckStatus::Passed, finding)
    } else {
        let why = ": the target and all users were not ready before";
        (CheckStatus::Warning, format!("{finding}{why}"))
    };
    Check {
        name: "start".to_owned(),
        status,
        finding,
    }
}

/// Nanoseconds since the Unix epoch.
pub(crate) fn utc_ns(at: SystemTime) -> i64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}

/// The processes of a segment and its machine, for the other segments.
#[derive(Serialize, Deserialize)]
struct Neighbour {
    machine: String,
    processes: Processes,
}

fn note(folder: &Path, processes: Processes) {
    let neighbour = Neighbour {
        machine: host::identity(),
        processes,
    };
    // Without it, the other segments count these processes as other load, and report that.
    if let Ok(text) = serde_json::to_string(&neighbour) {
        let _ = RunLock::note(folder, &text);
    }
}

/// The processes of all other segments of the run that are on this machine and ready.
fn neighbours(folder: &Path) -> Processes {
    let machine = host::identity();
    let run = folder.parent().unwrap_or(folder);
    let others = segment_folders(run).unwrap_or_default();
    let others = others.iter().filter(|other| other.as_path() != folder);
    let noted = others.filter_map(|other| RunLock::noted(other));
    noted
        .filter_map(|text| serde_json::from_str::<Neighbour>(&text).ok())
        .filter(|other| other.machine == machine)
        .fold(Processes::default(), |all, other| all.and(&other.processes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_know_running_segments_on_the_same_machine_only() {
        let run = tempfile::tempdir().unwrap();
        let folder = |number| {
            let folder = run
                .path()
                .join(workbench_samples::segment_folder(number, 4));
            std::fs::create_dir(&folder).unwrap();
            folder
        };
        let processes = |pid| Processes {
            generators: vec![pid],
            targets: vec![pid + 1],
            others: false,
        };
        let folders = [1, 2, 3, 4].map(folder);
        let _locks = [0, 1, 3].map(|it: usize| RunLock::hold(&folders[it]).unwrap());
        for (folder, pid) in folders[..3].iter().zip([10, 20, 30]) {
            note(folder, processes(pid));
        }
        let elsewhere = Neighbour {
            machine: "another".to_owned(),
            processes: processes(40),
        };
        RunLock::note(&folders[3], &serde_json::to_string(&elsewhere).unwrap()).unwrap();
        assert_eq!(neighbours(&folders[0]), processes(20));
    }

    #[test]
    fn a_start_is_late_past_a_tenth_of_a_second() {
        let at = UNIX_EPOCH + Duration::from_secs(60);
        let status = |ms: i64| check(at, 60_000_000_000 + ms * 1_000_000).status;
        assert_eq!(status(-5), CheckStatus::Passed);
        assert_eq!(status(100), CheckStatus::Passed);
        assert_eq!(status(101), CheckStatus::Warning);
    }
}
