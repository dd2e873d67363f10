//! Rates between two snapshots of counters.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::machine;
use super::process::{self, Process};
use super::processors::Processors;
use super::sockets::{Count, Sockets};
use super::sources::{Member, Role};

/// All counters at one moment.
#[derive(Clone, Debug)]
pub(super) struct Snapshot {
    at: Instant,
    /// Since the machine's start.
    uptime: Duration,
    processors: machine::Processors,
    memory_used_bytes: Option<u64>,
    interfaces: Vec<(String, u64)>,
    members: Vec<(Member, Process)>,
    /// Bytes sent by each TCP socket of the machine at the previous count and now. `None` without a new count.
    counts: Option<(Arc<Count>, Arc<Count>)>,
    /// Which of the sockets each process has.
    sockets: HashMap<u32, Vec<u64>>,
}

/// A value, with its source and metric.
pub(super) type Row = (String, &'static str, f64);

impl Snapshot {
    /// `None` if the system has no such counters.
    pub(super) fn now(members: Vec<Member>, sockets: &mut Sockets) -> Option<Self> {
        let at = Instant::now();
        let uptime = process::uptime()?;
        let processors = machine::processors()?;
        let members: Vec<_> = members
            .into_iter()
            .filter_map(|member| Process::read(member.pid).map(|process| (member, process)))
            .collect();
        let pids: Vec<u32> = members.iter().map(|(member, _)| member.pid).collect();
        let (mut counts, mut of_processes) = (None, HashMap::new());
        if let Some((before, count)) = sockets.count() {
            of_processes = sockets.of(&pids, &count.sent);
            counts = before.map(|before| (before, count));
        }
        Some(Self {
            at,
            uptime,
            processors,
            memory_used_bytes: machine::memory_used_bytes(),
            interfaces: machine::bytes_out(),
            sockets: of_processes,
            counts,
            members,
        })
    }

    pub(super) fn at(&self) -> Instant {
        self.at
    }

    /// The same process, not another one of its number.
    fn same(&self, pid: u32, started: Duration) -> Option<&Process> {
        let mut members = self.members.iter();
        let same = |(member, process): &&(Member, Process)| {
            member.pid == pid && process.started == started
        };
        members.find(same).map(|(_, process)| process)
    }
}

/// Resources of all processes of a source.
#[derive(Debug, Default)]
struct Use {
    processes: u32,
    processor_time: Option<Duration>,
    own_bytes: u64,
    shared_bytes: u64,
    open_files: Option<u64>,
    bytes_out_per_s: Option<f64>,
}

/// The use of the processors, and a row for every source and metric. Unknown values have no row.
pub(super) fn between(before: &Snapshot, now: &Snapshot) -> Option<(Processors, Vec<Row>)> {
    let length = now.at - before.at;
    if length.is_zero() {
        return None;
    }
    let per_second = |amount: f64| amount / length.as_secs_f64();
    let mut used: BTreeMap<&str, (Role, Use)> = BTreeMap::new();
    for (member, process) in &now.members {
        let (_, sum) = used
            .entry(&member.source)
            .or_insert_with(|| (member.role, Use::default()));
        sum.processes += 1;
        sum.own_bytes += process.own_bytes;
        // Shared memory counts once: the largest value of a process.
        sum.shared_bytes = sum.shared_bytes.max(process.shared_bytes);
        add(&mut sum.open_files, process.open_files);
        let known = before.same(member.pid, process.started);
        // A process that existed before but was not monitored has used an unknown part of its time since.
        let earlier = match known {
            Some(earlier) => Some(earlier.processor_time),
            None => (process.started >= before.uptime).then_some(Duration::ZERO),
        };
        let Some(earlier) = earlier else { continue };
        let since = process.processor_time.saturating_sub(earlier);
        sum.processor_time = Some(sum.processor_time.unwrap_or_default() + since);
        if let Some(rate) = bytes_out_per_s(now, member.pid) {
            sum.bytes_out_per_s = Some(sum.bytes_out_per_s.unwrap_or_default() + rate);
        }
    }
    let of = |wanted: &[Role]| -> f64 {
        let used = used.values().filter(|(role, _)| wanted.contains(role));
        let times = used.filter_map(|(_, used)| used.processor_time);
        per_second(times.sum::<Duration>().as_secs_f64())
    };
    let of_machine = |time: fn(&machine::Processors) -> Duration| {
        let used = time(&now.processors).saturating_sub(time(&before.processors));
        per_second(used.as_secs_f64())
    };
    let (busy, steal) = (of_machine(|it| it.busy), of_machine(|it| it.steal));
    let generator = of(&[Role::Generator]);
    let target = of(&[Role::Application, Role::Balancer, Role::Database]);
    let generators_beside = of(&[Role::GeneratorBeside]);
    let targets_beside = of(&[Role::TargetBeside]);
    let processors = Processors {
        from: before.at,
        length,
        generator,
        target,
        generators_beside,
        targets_beside,
        // The counts of processes and of the machine are not taken in the same instant.
        others: (busy - generator - target - generators_beside - targets_beside).max(0.0),
        steal,
        online: now.processors.online.into(),
    };
    let mut rows = Vec::new();
    for (source, (role, used)) in &used {
        let mut row = |metric, value: Option<f64>| {
            rows.extend(value.map(|value| ((*source).to_owned(), metric, value)));
        };
        let time = used.processor_time.map(|time| time.as_secs_f64());
        row("processors", time.map(per_second));
        let resident = used.own_bytes + used.shared_bytes;
        row("resident_bytes", Some(resident as f64));
        row("open_files", used.open_files.map(|files| files as f64));
        row("bytes_out_per_s", used.bytes_out_per_s);
        if *role == Role::Database {
            row("processes", Some(used.processes.into()));
        }
    }
    let mut row = |source: &str, metric, value| rows.push((source.to_owned(), metric, value));
    row("others", "processors", processors.others);
    row("machine", "processors", busy);
    row("machine", "steal_processors", steal);
    if let Some(bytes) = now.memory_used_bytes {
        row("machine", "memory_used_bytes", bytes as f64);
    }
    for (name, bytes) in &now.interfaces {
        let earlier = before.interfaces.iter().find(|(known, _)| known == name);
        // An interface that was made anew counts from nothing.
        if let Some(since) = earlier.and_then(|(_, earlier)| bytes.checked_sub(*earlier)) {
            let rate = per_second(since as f64);
            row(&format!("machine/{name}"), "bytes_out_per_s", rate);
        }
    }
    Some((processors, rows))
}

/// Bytes per second that a process has sent since the last count through its sockets. `None` without sockets.
fn bytes_out_per_s(now: &Snapshot, pid: u32) -> Option<f64> {
    let (earlier, count) = now.counts.as_ref()?;
    let since = |inode: &u64| {
        let sent = count.sent.get(inode).copied().unwrap_or_default();
        sent.saturating_sub(earlier.sent.get(inode).copied().unwrap_or_default())
    };
    let sockets = now.sockets.get(&pid)?;
    let sent: u64 = sockets.iter().map(since).sum();
    let length = (count.at - earlier.at).as_secs_f64();
    (length > 0.0).then(|| sent as f64 / length)
}

fn add(sum: &mut Option<u64>, more: Option<u64>) {
    if let Some(more) = more {
        *sum = Some(sum.unwrap_or_default() + more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monitor::sockets::Sent;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    fn member(pid: u32, source: &str, role: Role, time_ms: u64) -> (Member, Process) {
        let member = Member {
            pid,
            source: source.to_owned(),
            role,
        };
        let process = Process {
            started: MS(u64::from(pid)),
            processor_time: MS(time_ms),
            own_bytes: 100,
            shared_bytes: 7,
            open_files: (pid != 3).then_some(5),
        };
        (member, process)
    }

    fn look(at: Instant, uptime_ms: u64, members: Vec<(Member, Process)>) -> Snapshot {
        Snapshot {
            at,
            uptime: MS(uptime_ms),
            processors: machine::Processors {
                busy: MS(90_000),
                steal: MS(7),
                online: 4,
            },
            memory_used_bytes: Some(1_000),
            interfaces: vec![("lo".to_owned(), 500), ("eth0".to_owned(), 900)],
            members,
            counts: None,
            sockets: HashMap::new(),
        }
    }

    fn count<const SOCKETS: usize>(at: Instant, sent: [(u64, u64); SOCKETS]) -> Arc<Count> {
        let sent = Sent::from(sent);
        Arc::new(Count { at, sent })
    }

    fn value(rows: &[Row], source: &str, metric: &str) -> Option<f64> {
        let mut of = rows.iter().filter(|row| row.0 == source && row.1 == metric);
        let found = of.next().map(|row| row.2);
        assert_eq!(of.next(), None, "{source} {metric} twice");
        found
    }

    #[test]
    fn every_source_has_its_rates_and_the_rest_counts_as_others() {
        let at = Instant::now();
        let before = look(
            at,
            50_000,
            vec![
                member(1, "generator", Role::Generator, 1_000),
                member(2, "target/shop", Role::Application, 5_000),
                member(3, "database/postgres", Role::Database, 100),
                member(4, "database/postgres", Role::Database, 100),
                member(5, "beside/generator", Role::GeneratorBeside, 100),
                member(6, "beside/target", Role::TargetBeside, 100),
            ],
        );
        let mut now = look(
            at + MS(2_000),
            52_000,
            vec![
                member(1, "generator", Role::Generator, 1_500),
                member(2, "target/shop", Role::Application, 6_000),
                member(3, "database/postgres", Role::Database, 200),
                member(4, "database/postgres", Role::Database, 400),
                member(5, "beside/generator", Role::GeneratorBeside, 500),
                member(6, "beside/target", Role::TargetBeside, 700),
            ],
        );
        now.processors.busy += MS(4_000);
        now.processors.steal += MS(200);
        now.interfaces = vec![("lo".to_owned(), 2_500), ("eth0".to_owned(), 3)];
        // Four seconds ago they were last counted.
        now.counts = Some((
            count(at - MS(2_000), [(10, 1_000), (11, 50)]),
            count(at + MS(2_000), [(10, 4_000), (12, 600)]),
        ));
        now.sockets = HashMap::from([(2, vec![10, 12])]);
        let (processors, rows) = between(&before, &now).unwrap();
        assert_eq!((processors.length, processors.online), (MS(2_000), 4.0));
        let shares = [
            processors.generator,
            processors.target,
            processors.generators_beside,
            processors.targets_beside,
            processors.others,
            processors.steal,
        ];
        for (share, wanted) in shares.into_iter().zip([0.25, 0.7, 0.2, 0.3, 0.55, 0.1]) {
            assert!((share - wanted).abs() < 1e-9, "{share} {wanted}");
        }
        let value = |source, metric| value(&rows, source, metric);
        assert_eq!(value("target/shop", "processors"), Some(0.5));
        // All bytes of a new socket count.
        assert_eq!(value("target/shop", "bytes_out_per_s"), Some(900.0));
        assert_eq!(value("target/shop", "resident_bytes"), Some(107.0));
        assert_eq!(value("database/postgres", "processors"), Some(0.2));
        assert_eq!(value("database/postgres", "processes"), Some(2.0));
        assert_eq!(value("database/postgres", "resident_bytes"), Some(207.0));
        assert_eq!(value("database/postgres", "open_files"), Some(5.0));
        // Without a TCP socket the value is unknown, not zero.
        assert_eq!(value("database/postgres", "bytes_out_per_s"), None);
        assert_eq!(value("machine/lo", "bytes_out_per_s"), Some(1_000.0));
        assert_eq!(value("machine/eth0", "bytes_out_per_s"), None);
        assert_eq!(value("machine", "processors"), Some(2.0));
        assert_eq!(value("machine", "memory_used_bytes"), Some(1_000.0));
        assert!(between(&now, &now).is_none());
    }

    #[test]
    fn a_process_counts_from_its_first_snapshot_or_its_start() {
        let at = Instant::now();
        let shop = |pid, time| member(pid, &format!("target/{pid}"), Role::Application, time);
        // A process's number is its start here: 60,000 is one of the last seconds.
        let before = look(at, 59_000, vec![shop(2, 500), shop(5, 500)]);
        let mut again = shop(2, 80);
        again.1.started = MS(59_500);
        let now = look(
            at + MS(1_000),
            60_000,
            vec![again, shop(7, 9_000), shop(59_900, 40)],
        );
        let (_, rows) = between(&before, &now).unwrap();
        let value = |source, metric| value(&rows, source, metric);
        assert_eq!(
            value("target/2", "processors"),
            Some(0.08),
            "another of the same number"
        );
        assert_eq!(
            value("target/7", "processors"),
            None,
            "it was there, and not watched"
        );
        assert_eq!(value("target/7", "resident_bytes"), Some(107.0));
        assert_eq!(value("target/59900", "processors"), Some(0.04));
        assert!(rows.iter().all(|row| row.0 != "target/5"), "it is gone");
    }

    #[test]
    fn the_processor_time_of_a_busy_process_is_measured() {
        let mut sockets = Sockets::new();
        let mut look = || {
            let own = Member {
                pid: std::process::id(),
                source: "generator".to_owned(),
                role: Role::Generator,
            };
            Snapshot::now(vec![own], &mut sockets).unwrap()
        };
        let before = look();
        let used = |look: &Snapshot| look.members[0].1.processor_time;
        let mut sum = 0_u64;
        let mut now = look();
        while used(&now) < used(&before) + MS(50) {
            for _ in 0..100_000 {
                sum = sum.wrapping_mul(31).wrapping_add(1);
            }
            now = look();
        }
        let (processors, _) = between(&before, &now).unwrap();
        let generator = processors.generator * processors.length.as_secs_f64();
        assert!(generator >= 0.049, "{processors:?} {sum}");
    }
}
