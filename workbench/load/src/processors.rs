//! Who had the machine's processors while the run went on, from `/proc`, once a second.

use std::time::{Duration, Instant};

use crate::cgroup;

/// Processor time used since some moment of the past.
#[derive(Clone, Copy, Debug)]
struct Used {
    at: Instant,
    generator: Duration,
    target: Duration,
    /// Every process's, and what the kernel used for all.
    machine: Duration,
    /// Taken by other guests of the machine's host.
    steal: Duration,
    /// Processors of the machine, whether or not this process may use them.
    online: u32,
}

/// Processors in use from one look to the next, as numbers of processors: 1 is one of them all of the time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Processors {
    /// From when on, and for how long.
    pub(crate) from: Instant,
    pub(crate) length: Duration,
    pub(crate) generator: f64,
    /// The target's, where the workbench started it.
    pub(crate) target: f64,
    /// All else on this machine, and what the kernel does for everybody.
    pub(crate) others: f64,
    pub(crate) steal: f64,
    /// Processors that the machine has, whether or not this process may use them.
    pub(crate) online: f64,
}

/// Processors that this process may use: those that it may be scheduled on, or what a control group allows of them.
pub(crate) fn available() -> f64 {
    let whole = std::thread::available_parallelism().map_or(1, usize::from);
    allowed(whole as f64, cgroup::of_this_process().processors)
}

/// `whole` is the number of processors that threads are scheduled on, at most the quota rounded down, and at least 1.
fn allowed(whole: f64, quota: Option<f64>) -> f64 {
    quota.filter(|quota| *quota < whole + 1.0).unwrap_or(whole)
}

/// Reads the processors' use, second by second. Where the system does not say, there are no readings.
#[derive(Debug)]
pub(crate) struct Watch {
    /// Of the target, where the workbench started it.
    target: Vec<u32>,
    last: Option<Used>,
    readings: Vec<Processors>,
}

impl Watch {
    /// Begins now; `target` has the processes of the target.
    pub(crate) fn new(target: Vec<u32>) -> Self {
        let mut watch = Self {
            target,
            last: None,
            readings: Vec::new(),
        };
        watch.last = watch.used();
        watch
    }

    /// Notes who used what since the last look.
    pub(crate) fn look(&mut self) {
        let now = self.used();
        if let (Some(before), Some(now)) = (self.last, now) {
            self.readings.extend(between(&before, &now));
        }
        self.last = now;
    }

    /// What was seen at every look.
    pub(crate) fn readings(&self) -> &[Processors] {
        &self.readings
    }

    fn used(&self) -> Option<Used> {
        let own = process(&format!("/proc/{}/stat", std::process::id()))?;
        let machine = machine(&std::fs::read_to_string("/proc/stat").ok()?)?;
        // A replica that has ended is none of the machine's processes any more.
        let target = self.target.iter();
        let target = target.filter_map(|pid| process(&format!("/proc/{pid}/stat")));
        Some(Used {
            at: Instant::now(),
            generator: own,
            target: target.sum(),
            machine: machine.busy,
            steal: machine.steal,
            online: machine.online,
        })
    }
}

fn between(before: &Used, now: &Used) -> Option<Processors> {
    let length = now.at - before.at;
    if length.is_zero() {
        return None;
    }
    let share = |used: fn(&Used) -> Duration| {
        let used = used(now).saturating_sub(used(before));
        used.as_secs_f64() / length.as_secs_f64()
    };
    let (generator, target) = (share(|it| it.generator), share(|it| it.target));
    Some(Processors {
        from: before.at,
        length,
        generator,
        target,
        // The counts of processes and of the machine are not taken in the same instant.
        others: (share(|it| it.machine) - generator - target).max(0.0),
        steal: share(|it| it.steal),
        online: now.online.into(),
    })
}

/// User and system time of a process: fields 14 and 15 of its `stat`, after the name, which may hold anything.
fn process(path: &str) -> Option<Duration> {
    let stat = std::fs::read_to_string(path).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(ticks(user + system))
}

/// All processors of the machine together.
#[derive(Debug, PartialEq)]
struct Machine {
    busy: Duration,
    steal: Duration,
    online: u32,
}

/// `/proc/stat`: a line for all processors, then one for each that is online.
fn machine(stat: &str) -> Option<Machine> {
    let mut lines = stat.lines();
    let line = lines.next()?.strip_prefix("cpu ")?;
    let fields: Vec<u64> = line
        .split_whitespace()
        .map(str::parse)
        .collect::<Result<_, _>>()
        .ok()?;
    let [
        user,
        nice,
        system,
        _idle,
        _waiting,
        interrupts,
        soft_interrupts,
        steal,
        ..,
    ] = fields[..]
    else {
        return None;
    };
    let online = lines.take_while(|line| line.starts_with("cpu")).count();
    Some(Machine {
        busy: ticks(user + nice + system + interrupts + soft_interrupts),
        steal: ticks(steal),
        online: u32::try_from(online).ok().filter(|online| *online > 0)?,
    })
}

fn ticks(count: u64) -> Duration {
    Duration::from_secs_f64(count as f64 / rustix::param::clock_ticks_per_second() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn busy_time_leaves_out_idling_and_waiting_and_steal() {
        let stat = "cpu  100 20 300 4000 500 6 70 800 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n\
            cpu5 1 1 1 1 1 1 1 1 0 0\nintr 5 0\nctxt 7\n";
        let wanted = Machine {
            busy: ticks(496),
            steal: ticks(800),
            online: 2,
        };
        assert_eq!(machine(stat), Some(wanted));
        assert_eq!(machine("intr 5"), None);
    }

    #[test]
    fn a_quota_counts_where_it_is_what_limits_the_process() {
        // Half a processor, and one and a half, are not rounded.
        assert_eq!(allowed(1.0, Some(0.5)), 0.5);
        assert_eq!(allowed(1.0, Some(1.5)), 1.5);
        // Pinned to two of the eight processors that the quota allows.
        assert_eq!(allowed(2.0, Some(8.0)), 2.0);
        assert_eq!(allowed(2.0, None), 2.0);
    }

    #[test]
    fn what_is_neither_the_generators_nor_the_targets_is_others() {
        let at = Instant::now();
        let ms = Duration::from_millis;
        let before = Used {
            at,
            generator: ms(1_000),
            target: ms(5_000),
            machine: ms(90_000),
            steal: ms(7),
            online: 4,
        };
        let now = Used {
            at: at + ms(2_000),
            generator: ms(1_500),
            target: ms(6_000),
            machine: ms(93_000),
            steal: ms(207),
            online: 4,
        };
        let used = between(&before, &now).expect("time has passed");
        assert_eq!(used.length, ms(2_000));
        assert_eq!(used.online, 4.0);
        let shares = [used.generator, used.target, used.others, used.steal];
        for (share, wanted) in shares.into_iter().zip([0.25, 0.5, 0.75, 0.1]) {
            assert!((share - wanted).abs() < 1e-9, "{share} {wanted}");
        }
        assert_eq!(between(&now, &now), None);
    }

    #[test]
    fn a_process_that_computes_is_seen_to() {
        let mut watch = Watch::new(vec![]);
        let begun = process("/proc/self/stat").expect("Linux has it");
        let mut sum = 0_u64;
        while process("/proc/self/stat").expect("Linux has it") < begun + ticks(5) {
            sum = sum.wrapping_mul(31).wrapping_add(1);
        }
        watch.look();
        let [reading] = watch.readings() else {
            panic!("one look is one reading");
        };
        let generator = reading.generator * reading.length.as_secs_f64();
        assert!(
            generator >= ticks(5).as_secs_f64() * 0.99,
            "{reading:?} {sum}"
        );
    }
}
