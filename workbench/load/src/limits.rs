//! What this machine allows a run, known before it starts.

use rustix::process::{Resource, getrlimit};
use workbench_plan::{Plan, Schedule, Target};

use crate::error::LoadError;

/// Files that a run opens besides its connections: samples, manifest, logs, pipes to the target. Ours.
const OTHER_FILES: u64 = 64;
/// The bundled bookstore has the same limit, shares it out among its services, and closes idle connections of those
/// who come in excess (its `connections_per_service`).
const BOOKSTORE_FILES: u64 = 256;
const BOOKSTORE_FILES_PER_CONNECTION: u64 = 10;
/// Memory that a user takes with its task, its connection's buffers and its samples: 34 KiB were measured with 10,000
/// users who think for 5 s, by the peak of a run with so many and of one with 100.
const BYTES_PER_USER: u64 = 40 * 1024;

/// The limits that a run can reach; `None` where the system does not say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Files that this process may have open, sockets among them.
    pub(crate) open_files: Option<u64>,
    /// Local ports for connections to one address.
    ports: Option<u64>,
    /// Memory that is free or can be freed, in bytes.
    memory: Option<u64>,
}

impl Limits {
    /// Raises the limit of open files as far as it goes, and reads all.
    pub(crate) fn of_this_machine() -> Self {
        // The target's process inherits it, too. Where it cannot be raised, what there is counts.
        let _ = rlimit::increase_nofile_limit(u64::MAX);
        Self {
            open_files: getrlimit(Resource::Nofile).current,
            ports: read("/proc/sys/net/ipv4/ip_local_port_range").and_then(|range| {
                let mut ends = range.split_whitespace().map(str::parse::<u64>);
                let (first, last) = (ends.next()?.ok()?, ends.next()?.ok()?);
                last.checked_sub(first).map(|between| between + 1)
            }),
            memory: read("/proc/meminfo").and_then(|lines| {
                let line = lines
                    .lines()
                    .find(|line| line.starts_with("MemAvailable:"))?;
                let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
                Some(kib * 1024)
            }),
        }
    }

    /// Refuses a plan that this machine cannot run.
    ///
    /// # Errors
    /// [`LoadError::Limit`] names the first limit that the plan would reach, and what to do about it.
    pub(crate) fn check(&self, plan: &Plan, schedule: &Schedule) -> Result<(), LoadError> {
        let users = schedule.peak_users() as u64;
        let needs = Needs::of(plan, schedule);
        let files = needs.files.max(needs.files_of_bookstore);
        if let Some(limit) = self.open_files.filter(|limit| *limit < files) {
            let who = if needs.files < files {
                "the bundled bookstore needs"
            } else {
                "the generator needs"
            };
            return Err(LoadError::Limit(format!(
                "{users} users hold up to {} connections at once, for which {who} {files} open files; a process may \
                 open {limit} here: raise the limit (`ulimit -n {files}`, or LimitNOFILE= of a service), or use fewer \
                 users",
                needs.connections
            )));
        }
        if let Some(limit) = self.ports.filter(|limit| *limit < needs.to_one_service) {
            return Err(LoadError::Limit(format!(
                "{users} users hold up to {} connections to one service at once; this machine has {limit} ports for \
                 them: widen net.ipv4.ip_local_port_range, or use fewer users",
                needs.to_one_service
            )));
        }
        let bytes = users * BYTES_PER_USER;
        if let Some(limit) = self.memory.filter(|limit| *limit < bytes) {
            return Err(LoadError::Limit(format!(
                "{users} users take some {} MiB of memory; {} MiB are free on this machine: use fewer users",
                bytes >> 20,
                limit >> 20
            )));
        }
        Ok(())
    }
}

fn read(path: &str) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

/// The most that a plan's users need at once.
#[derive(Debug, PartialEq, Eq)]
struct Needs {
    connections: u64,
    /// Of these, to the address that has most.
    to_one_service: u64,
    /// Files that the generator must be able to open.
    files: u64,
    /// Files that each process of the bundled bookstore must be able to open; 0 where it is not the target.
    files_of_bookstore: u64,
}

impl Needs {
    /// A user holds one connection to each service of its scenario, from its first request there until it leaves.
    fn of(plan: &Plan, schedule: &Schedule) -> Self {
        let services: Vec<Vec<&str>> = plan
            .scenarios
            .iter()
            .map(|scenario| {
                let mut services: Vec<&str> = scenario
                    .steps
                    .iter()
                    .map(|step| step.service.as_str())
                    .collect();
                services.sort_unstable();
                services.dedup();
                services
            })
            .collect();
        let allotted = plan.allot_scenarios(schedule.users().len());
        let of_users = |counts: &dyn Fn(&[&str]) -> u64| {
            let mut changes: Vec<_> = schedule
                .users()
                .iter()
                .zip(&allotted)
                .flat_map(|(span, scenario)| {
                    let count = counts(&services[*scenario]) as i64;
                    [(span.start, count), (span.stop, -count)]
                })
                .collect();
            // Who leaves at an instant has made room for who comes.
            changes.sort_unstable();
            let mut held = 0;
            let most = changes.into_iter().map(|(_, change)| {
                held += change;
                held
            });
            most.max().unwrap_or(0).unsigned_abs()
        };
        let mut names: Vec<&str> = services.iter().flatten().copied().collect();
        names.sort_unstable();
        names.dedup();
        let to_each = names
            .iter()
            .map(|name| of_users(&|services: &[&str]| u64::from(services.contains(name))));
        let connections = of_users(&|services: &[&str]| services.len() as u64);
        let to_one_service = to_each.max().unwrap_or(0);
        let (to_one_service, files_of_bookstore) = match &plan.target {
            Target::Urls(_) => (to_one_service, 0),
            Target::Bookstore(bookstore) => {
                let of_replica = to_one_service.div_ceil(bookstore.replicas.into());
                let files = BOOKSTORE_FILES_PER_CONNECTION * of_replica + BOOKSTORE_FILES;
                (of_replica, files)
            }
        };
        Self {
            connections,
            to_one_service,
            files: connections + OTHER_FILES,
            files_of_bookstore,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLENTY: Limits = Limits {
        open_files: Some(1 << 20),
        ports: Some(28_232),
        memory: Some(1 << 34),
    };

    /// 100 users on two services, of whom half use one of these only.
    fn plan() -> Plan {
        let text = "name: limits\ntarget: { urls: { a: 'http://127.0.0.1:1', b: 'http://127.0.0.1:2' } }\n\
             threads:\n  - { start: 100, startup: 1s, hold: 1s, shutdown: 0s }\n  \
             - { start: 100, initial_delay: 3s, startup: 0s, hold: 1s, shutdown: 0s }\n\
             scenarios:\n  - { name: one, steps: [ { request: GET a/x }, { request: GET a/y } ] }\n  \
             - { name: both, steps: [ { request: GET a/x }, { request: GET b/x } ] }\n";
        workbench_plan::parse(text, std::path::Path::new("limits.yaml")).expect("it is valid")
    }

    fn refusal(limits: Limits) -> String {
        let plan = plan();
        let refused = limits.check(&plan, &plan.load.schedule());
        refused.expect_err("the plan needs more").to_string()
    }

    #[test]
    fn a_plan_within_the_limits_is_run() {
        let plan = plan();
        let schedule = plan.load.schedule();
        let needs = Needs::of(&plan, &schedule);
        assert_eq!(
            needs,
            Needs {
                connections: 150,
                to_one_service: 100,
                files: 214,
                files_of_bookstore: 0
            }
        );
        PLENTY.check(&plan, &schedule).expect("there is plenty");
        let unknown = Limits {
            open_files: None,
            ports: None,
            memory: None,
        };
        unknown
            .check(&plan, &schedule)
            .expect("nothing speaks against it");
    }

    #[test]
    fn too_few_files_ports_or_bytes_are_named_before_the_run() {
        let files = refusal(Limits {
            open_files: Some(213),
            ..PLENTY
        });
        assert!(files.contains("ulimit -n 214"), "{files}");
        let ports = refusal(Limits {
            ports: Some(99),
            ..PLENTY
        });
        assert!(ports.contains("100 connections to one service"), "{ports}");
        let memory = refusal(Limits {
            memory: Some(1 << 20),
            ..PLENTY
        });
        assert!(memory.contains("1 MiB are free"), "{memory}");
    }
}
