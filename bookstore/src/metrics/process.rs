//! What the system knows about this process, named as Prometheus' own client libraries do, and
//! what was built. Services that share a process tell the same.

use rustix::{
    param::{clock_ticks_per_second, page_size},
    time::{ClockId, clock_gettime},
};

use super::Text;

/// Adds what can be found out; outside Linux that is only the processor time.
pub(super) fn render(text: &mut Text) {
    let build = "bookstore_build_info";
    text.family(build, "gauge", "Always 1; its labels say what was built.");
    let profile = if cfg!(debug_assertions) {
        "debug"
    } else {
        "release"
    };
    text.sample(
        build,
        &[("version", env!("CARGO_PKG_VERSION")), ("profile", profile)],
        1,
    );

    let cpu = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = cpu.tv_sec as f64 + cpu.tv_nsec as f64 / 1e9;
    text.process_sample(
        "process_cpu_seconds_total",
        "counter",
        "User and system processor time spent, in seconds.",
        seconds,
    );
    for (name, help, value) in [
        (
            "process_start_time_seconds",
            "Start, in seconds since 1970.",
            started(),
        ),
        (
            "process_resident_memory_bytes",
            "Resident memory, in bytes.",
            memory(1),
        ),
        (
            "process_virtual_memory_bytes",
            "Virtual memory, in bytes.",
            memory(0),
        ),
        ("process_open_fds", "Open file descriptors.", open_files()),
        ("process_threads", "Threads.", threads()),
    ] {
        if let Some(value) = value {
            text.process_sample(name, "gauge", help, value);
        }
    }
}

/// A field of `/proc/self/stat`, counted as in proc(5).
fn stat(field: usize) -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the program's name in parentheses, which may hold anything.
    let (_, rest) = stat.rsplit_once(") ")?;
    rest.split(' ').nth(field - 3)?.parse().ok()
}

fn started() -> Option<f64> {
    let system = std::fs::read_to_string("/proc/stat").ok()?;
    let boot = system
        .lines()
        .find_map(|line| line.strip_prefix("btime "))?;
    let boot: f64 = boot.parse().ok()?;
    Some(boot + stat(22)? / clock_ticks_per_second() as f64)
}

fn threads() -> Option<f64> {
    stat(20)
}

/// A field of `/proc/self/statm`, from 0, in bytes.
fn memory(field: usize) -> Option<f64> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: f64 = pages.split(' ').nth(field)?.parse().ok()?;
    Some(pages * page_size() as f64)
}

fn open_files() -> Option<f64> {
    Some(std::fs::read_dir("/proc/self/fd").ok()?.count() as f64)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_system_is_read_right() {
        let now = crate::database::now_ms() as f64 / 1e3;
        // The kernel tells the second of the boot and hundredths after it.
        assert!((0.0..86_400.0).contains(&(now + 2.0 - started().unwrap())));
        let (resident, virtually) = (memory(1).unwrap(), memory(0).unwrap());
        assert!(
            resident > 1e6 && resident < virtually,
            "{resident} of {virtually}"
        );
        assert!(threads().unwrap() >= 1.0);
        assert!(open_files().unwrap() >= 3.0);
    }
}
