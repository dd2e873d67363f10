//! What k6's files hold beside requests: it is no part of a run, and counted so that nobody takes a file of failed checks for
//! a clean one.

use std::collections::BTreeSet;

/// As many groups are told apart. Ours.
const MOST_GROUPS: usize = 1_000;

/// Checks, groups and tags of one file.
#[derive(Default)]
pub(super) struct Beside {
    checks: u64,
    failed_checks: u64,
    groups: BTreeSet<Vec<u8>>,
    has_tags: bool,
}

impl Beside {
    pub(super) fn check(&mut self, has_passed: bool) {
        self.checks += 1;
        self.failed_checks += u64::from(!has_passed);
    }

    /// The group of a request; that of requests outside of any is empty.
    pub(super) fn group(&mut self, group: &[u8]) {
        if !group.is_empty() && self.groups.len() < MOST_GROUPS && !self.groups.contains(group) {
            self.groups.insert(group.to_vec());
        }
    }

    pub(super) fn tags(&mut self, tags: &[u8]) {
        self.has_tags |= !tags.is_empty();
    }

    /// In a sentence; `None` where there was nothing.
    pub(super) fn note(&self) -> Option<String> {
        let counted = |count: u64, noun: &str| match count {
            1 => format!("1 {noun}"),
            _ => format!("{count} {noun}s"),
        };
        let checks = (self.checks > 0).then(|| {
            let failed = match self.failed_checks {
                0 => "none failed".to_owned(),
                failed => format!("{failed} failed"),
            };
            format!("{} ({failed})", counted(self.checks, "check"))
        });
        let groups = self.groups.len() as u64;
        let groups = (groups > 0).then(|| counted(groups, "group"));
        let tags = self.has_tags.then(|| "extra tags".to_owned());
        let parts: Vec<String> = [checks, groups, tags].into_iter().flatten().collect();
        (!parts.is_empty()).then(|| {
            format!(
                "ignored: {}; only failed requests are errors",
                parts.join(", ")
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_ignored_is_counted() {
        let mut beside = Beside::default();
        assert_eq!(beside.note(), None);
        beside.group(b"");
        beside.tags(b"");
        assert_eq!(beside.note(), None);
        beside.group(b"::browse");
        beside.group(b"::browse");
        beside.tags(b"team=a");
        for number in 0..600 {
            beside.check(number < 2);
        }
        assert_eq!(
            beside.note().unwrap(),
            "ignored: 600 checks (598 failed), 1 group, extra tags; only failed requests are errors"
        );
    }
}
