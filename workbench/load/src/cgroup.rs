//! Limits of the control groups (cgroups, version 1 and 2) of this process. Containers and services have such limits,
//! which `/proc/meminfo` and `/proc/stat` do not show.

use std::path::{Component, Path, PathBuf};

/// The tightest limits of this process's groups; `None` where none has such a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct GroupLimits {
    /// Processors that may be used on average; 0.5 is half of the time of one.
    pub(crate) processors: Option<f64>,
    /// Memory that is free or can be freed, in bytes.
    pub(crate) memory: Option<u64>,
}

/// Reads the limits as they are now.
pub(crate) fn of_this_process() -> GroupLimits {
    let groups = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    read(Path::new("/sys/fs/cgroup"), &groups)
}

/// `groups` is the content of `/proc/PID/cgroup`, one line for each hierarchy: `number:controllers:path`.
fn read(root: &Path, groups: &str) -> GroupLimits {
    let of = |controller| folders(root, groups, controller).into_iter();
    GroupLimits {
        processors: of("cpu").filter_map(|it| quota(&it)).reduce(f64::min),
        memory: of("memory").filter_map(|it| free_memory(&it)).min(),
    }
}

/// The folders of the process's group that a controller limits, and of the groups that it lies in.
///
/// A container may see its own group as the root, under whatever path; folders that are not there have no limits.
fn folders(root: &Path, groups: &str, controller: &str) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for line in groups.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else {
            continue;
        };
        let mut folder = match controllers {
            // Version 2 has all controllers in one hierarchy.
            "" => root.to_owned(),
            of_version_1 if of_version_1.split(',').any(|it| it == controller) => {
                root.join(controller)
            }
            _ => continue,
        };
        folders.push(folder.clone());
        for name in Path::new(path).components() {
            if let Component::Normal(name) = name {
                folder.push(name);
                folders.push(folder.clone());
            }
        }
    }
    folders
}

fn quota(folder: &Path) -> Option<f64> {
    let text = |file: &str| std::fs::read_to_string(folder.join(file)).ok();
    let (quota, period) = match text("cpu.max") {
        Some(both) => {
            // "max" for no limit.
            let (quota, period) = both.trim().split_once(' ')?;
            (quota.to_owned(), period.to_owned())
        }
        None => (text("cpu.cfs_quota_us")?, text("cpu.cfs_period_us")?),
    };
    let quota: u64 = quota.trim().parse().ok()?;
    let period: u64 = period.trim().parse().ok()?;
    (quota > 0 && period > 0).then(|| quota as f64 / period as f64)
}

/// A group's limit without its working set: what it uses, but for cached files, which are dropped when memory is needed.
fn free_memory(folder: &Path) -> Option<u64> {
    let text = |file: &str| std::fs::read_to_string(folder.join(file)).ok();
    let either = |version_2: &str, version_1: &str| -> Option<u64> {
        let text = text(version_2).or_else(|| text(version_1))?;
        text.trim().parse().ok()
    };
    let limit = either("memory.max", "memory.limit_in_bytes")?;
    let used = either("memory.current", "memory.usage_in_bytes")?;
    let statistics = text("memory.stat").unwrap_or_default();
    let statistic = |name: &str| -> Option<u64> {
        let mut lines = statistics.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
    };
    // In version 1 the one without "total" leaves out the groups below.
    let cached = statistic("total_inactive_file").or_else(|| statistic("inactive_file"));
    Some(limit.saturating_sub(used.saturating_sub(cached.unwrap_or(0))))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The limits for these files below the root.
    fn limits(groups: &str, files: &[(&str, &str)]) -> GroupLimits {
        let root = tempfile::tempdir().unwrap();
        for (path, content) in files {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        read(root.path(), groups)
    }

    #[test]
    fn in_version_2_the_tightest_limit_of_all_enclosing_groups_applies() {
        let files = [
            ("pods/cpu.max", "150000 100000\n"),
            ("pods/memory.max", "1000000\n"),
            ("pods/memory.current", "900000\n"),
            ("pods/memory.stat", "anon 1\ninactive_file 300000\n"),
            ("pods/one/cpu.max", "max 100000\n"),
            ("pods/one/memory.max", "max\n"),
            ("pods/one/memory.current", "5\n"),
        ];
        let wanted = GroupLimits {
            processors: Some(1.5),
            memory: Some(400_000),
        };
        assert_eq!(limits("0::/pods/one\n", &files), wanted);
    }

    #[test]
    fn in_version_1_each_controller_has_its_hierarchy() {
        let files = [
            ("cpu/box/cpu.cfs_quota_us", "50000\n"),
            ("cpu/box/cpu.cfs_period_us", "100000\n"),
            ("memory/box/memory.limit_in_bytes", "1000\n"),
            ("memory/box/memory.usage_in_bytes", "700\n"),
            (
                "memory/box/memory.stat",
                "inactive_file 1\ntotal_inactive_file 200\n",
            ),
        ];
        let groups = "4:memory:/box\n2:cpu,cpuacct:/box\n1:name=systemd:/\n0::/\n";
        let wanted = GroupLimits {
            processors: Some(0.5),
            memory: Some(500),
        };
        assert_eq!(limits(groups, &files), wanted);
    }

    #[test]
    fn a_container_that_sees_its_group_as_the_root_has_the_limits_of_the_root() {
        let files = [("memory.max", "1000"), ("memory.current", "400")];
        let of = |groups| limits(groups, &files).memory;
        assert_eq!(of("0::/"), Some(600));
        assert_eq!(of("0::/docker/4f2a"), Some(600));
        assert_eq!(of("0::/../../4f2a"), Some(600));
    }

    #[test]
    fn no_limit_and_no_groups_are_no_limit() {
        let unlimited = [
            ("cpu/cpu.cfs_quota_us", "-1"),
            ("cpu/cpu.cfs_period_us", "100000"),
        ];
        assert_eq!(limits("2:cpu:/", &unlimited), GroupLimits::default());
        assert_eq!(limits("", &[]), GroupLimits::default());
    }
}
