//! What Linux knows of processes (`/proc`). Elsewhere nothing is known.

use std::{fmt::Display, sync::LazyLock};

/// This process among all that ever ran: the system's start and the namespace that its number belongs
/// to, that number, and when the process began.
pub(crate) static THIS: LazyLock<Option<String>> = LazyLock::new(|| {
    let place = place()?;
    let pid = std::process::id();
    Some(format!("{place}/{pid}/{}", stat(pid, STARTED)?))
});

/// Fields of `/proc/…/stat`, counted as in proc(5).
const STATE: usize = 3;
const STARTED: usize = 22;

fn place() -> Option<String> {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let namespace = std::fs::read_link("/proc/self/ns/pid").ok()?;
    Some(format!("{}/{}", boot.trim(), namespace.display()))
}

/// Whether it is certain that the process of this name ([`THIS`]) has ended.
pub(crate) fn has_ended(process: &str) -> bool {
    let Some((rest, started)) = process.rsplit_once('/') else {
        return false;
    };
    let Some((there, pid)) = rest.rsplit_once('/') else {
        return false;
    };
    if place().is_none_or(|here| here != there) {
        return false;
    }
    let is_dead = |state: String| matches!(state.as_str(), "Z" | "X");
    stat(pid, STATE).is_none_or(is_dead) || stat(pid, STARTED).is_none_or(|now| now != started)
}

/// A field of a process' `stat`.
pub(crate) fn stat(pid: impl Display, field: usize) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the program's name in parentheses, which may hold anything.
    let (_, rest) = stat.rsplit_once(") ")?;
    rest.split(' ').nth(field - 3).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn only_a_process_that_has_ended_is_taken_for_dead() {
        let this = THIS.as_deref().expect("tests run on Linux");
        assert!(!has_ended(this));
        let mut child = Command::new("sleep").arg("1000").spawn().unwrap();
        let place = place().unwrap();
        let name = format!(
            "{place}/{}/{}",
            child.id(),
            stat(child.id(), STARTED).unwrap()
        );
        assert!(!has_ended(&name));
        assert!(
            has_ended(&format!("{place}/{}/1", child.id())),
            "its number came again"
        );
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(has_ended(&name));
        assert!(!has_ended(&name.replacen('/', "x/", 1)), "it ran elsewhere");
        assert!(!has_ended("anything"));
    }
}
