//! Counters of a process from `/proc`.

use std::fs;
use std::time::Duration;

use super::ticks;

/// Resources of a process: used since its start, and held now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Process {
    /// Its start, since boot. Together with its number this identifies a process, because numbers are reused.
    pub(super) started: Duration,
    pub(super) processor_time: Duration,
    /// Memory that it has for itself, and that it may share with others.
    pub(super) own_bytes: u64,
    pub(super) shared_bytes: u64,
    /// `None` without permission.
    pub(super) open_files: Option<u64>,
}

impl Process {
    /// `None` for a process that has ended, also for a zombie.
    pub(super) fn read(pid: u32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (started, processor_time) = times(&stat)?;
        let statm = fs::read_to_string(format!("/proc/{pid}/statm")).ok()?;
        let (own_bytes, shared_bytes) = memory(&statm, rustix::param::page_size() as u64)?;
        Some(Self {
            started,
            processor_time,
            own_bytes,
            shared_bytes,
            open_files: open_files(pid),
        })
    }
}

/// Time since the machine's start.
pub(super) fn uptime() -> Option<Duration> {
    let text = fs::read_to_string("/proc/uptime").ok()?;
    let seconds: f64 = text.split_whitespace().next()?.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// Start, and user and system time: fields 22, 14 and 15 of `stat` (proc(5)), after the name, which may hold anything.
fn times(stat: &str) -> Option<(Duration, Duration)> {
    let (_, fields) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    if matches!(*fields.first()?, "Z" | "X") {
        return None;
    }
    let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
    Some((ticks(field(22)?), ticks(field(14)? + field(15)?)))
}

/// Bytes of its own and shared: the second field of `statm` without the third, and the third.
fn memory(statm: &str, page: u64) -> Option<(u64, u64)> {
    let mut fields = statm.split_whitespace().skip(1).map(str::parse::<u64>);
    let resident = fields.next()?.ok()?;
    let shared = fields.next()?.ok()?;
    Some((resident.saturating_sub(shared) * page, shared * page))
}

fn open_files(pid: u32) -> Option<u64> {
    let folder = format!("/proc/{pid}/fd");
    match fs::metadata(&folder).ok()?.len() {
        // Linux before 6.2 does not say.
        0 => Some(fs::read_dir(&folder).ok()?.count() as u64),
        count => Some(count),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_anything() {
        let fields = "S 1 2 3 4 5 6 7 8 9 10 150 50 13 14 15 16 17 18 900 20 21";
        let wanted = Some((ticks(900), ticks(200)));
        for name in ["nginx", "a b", "x) R 9 9", "((", ""] {
            assert_eq!(times(&format!("77 ({name}) {fields}")), wanted, "{name}");
        }
        assert_eq!(
            times(&format!("77 (gone) {}", fields.replace('S', "Z"))),
            None
        );
        assert_eq!(times("77 (cut) S 1 2"), None);
        assert_eq!(times("77"), None);
    }

    #[test]
    fn memory_is_split_into_own_and_shared() {
        assert_eq!(
            memory("900 70 20 1 0 30 0\n", 4096),
            Some((50 * 4096, 20 * 4096))
        );
        assert_eq!(memory("900 70", 4096), None);
        assert_eq!(memory("", 4096), None);
    }

    #[test]
    fn this_process_is_seen() {
        let before = Process::read(std::process::id()).unwrap();
        let files: Vec<_> = (0..20)
            .map(|_| fs::File::open("/proc/self/stat").unwrap())
            .collect();
        let now = Process::read(std::process::id()).unwrap();
        assert_eq!(before.started, now.started);
        assert!(
            before.own_bytes + before.shared_bytes > 1_000_000,
            "{before:?}"
        );
        // Other tests open and close files meanwhile, but none so many.
        assert!(now.open_files.unwrap() >= files.len() as u64);
        assert!(now.started <= uptime().unwrap());
        assert_eq!(Process::read(u32::MAX), None);
    }
}
