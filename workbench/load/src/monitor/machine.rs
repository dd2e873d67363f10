//! Counters of the whole machine from `/proc`.

use std::fs;
use std::time::Duration;

use super::ticks;

/// All processors of the machine together, since its start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Processors {
    /// Time of all processes and of the kernel.
    pub(super) busy: Duration,
    /// Time taken by other guests of the host.
    pub(super) steal: Duration,
    /// Processors of the machine, whether or not this process may use them.
    pub(super) online: u32,
}

pub(super) fn processors() -> Option<Processors> {
    processors_in(&fs::read_to_string("/proc/stat").ok()?)
}

/// Memory that is not available to new processes.
pub(super) fn memory_used_bytes() -> Option<u64> {
    memory_used_in(&fs::read_to_string("/proc/meminfo").ok()?)
}

/// Bytes that each interface has sent, loopback included.
pub(super) fn bytes_out() -> Vec<(String, u64)> {
    bytes_out_in(&fs::read_to_string("/proc/net/dev").unwrap_or_default())
}

/// `/proc/stat`: a line for all processors, then one for each that is online.
fn processors_in(stat: &str) -> Option<Processors> {
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
    Some(Processors {
        busy: ticks(user + nice + system + interrupts + soft_interrupts),
        steal: ticks(steal),
        online: u32::try_from(online).ok().filter(|online| *online > 0)?,
    })
}

fn memory_used_in(meminfo: &str) -> Option<u64> {
    let kib = |name: &str| {
        let line = meminfo.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    };
    Some(kib("MemTotal:")?.saturating_sub(kib("MemAvailable:")?) * 1_024)
}

/// `/proc/net/dev`: two lines of headings, then `name: received… sent…`, the bytes first of eight fields each.
fn bytes_out_in(dev: &str) -> Vec<(String, u64)> {
    let interface = |line: &str| {
        // The name may touch the number behind it, and may hold a colon (an alias).
        let (name, fields) = line.rsplit_once(':')?;
        let sent = fields.split_whitespace().nth(8)?.parse().ok()?;
        Some((name.trim().to_owned(), sent))
    };
    dev.lines().skip(2).filter_map(interface).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn busy_time_excludes_idle_iowait_and_steal() {
        let stat = "cpu  100 20 300 4000 500 6 70 800 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n\
            cpu5 1 1 1 1 1 1 1 1 0 0\nintr 5 0\nctxt 7\n";
        let wanted = Processors {
            busy: ticks(496),
            steal: ticks(800),
            online: 2,
        };
        assert_eq!(processors_in(stat), Some(wanted));
        assert_eq!(processors_in("intr 5"), None);
    }

    #[test]
    fn used_memory_is_what_is_not_available() {
        let meminfo = "MemTotal:  1000 kB\nMemFree: 100 kB\nMemAvailable:   400 kB\n";
        assert_eq!(memory_used_in(meminfo), Some(600 * 1_024));
        assert_eq!(memory_used_in("MemTotal: 1000 kB\n"), None);
    }

    #[test]
    fn every_interface_has_its_own_count() {
        let dev = "Inter-|   Receive                 |  Transmit\n face |bytes packets errs\n\
            \x20   lo:    7 1 0 0 0 0 0 0    11 1 0 0 0 0 0 0\n\
            eth0:1498280510 57474 0 0 0 0 0 0 3857895 38824 0 0 0 0 0 0\n\
            eth0:1: 1 2 3 4 5 6 7 8 9 10\nbroken\nshort: 1 2\n";
        let named = |name: &str, bytes| (name.to_owned(), bytes);
        assert_eq!(
            bytes_out_in(dev),
            [
                named("lo", 11),
                named("eth0", 3_857_895),
                named("eth0:1", 9)
            ]
        );
        assert_eq!(bytes_out_in(""), []);
    }
}
