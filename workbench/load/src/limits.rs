//! Checks before a run that this machine can execute the plan.

use std::collections::{BTreeMap, BTreeSet};

use rustix::process::{Resource, getrlimit};
use workbench_plan::{Plan, Schedule, Target, UserSpan, Work};

use crate::cgroup;
use crate::error::LoadError;
use crate::validity::counted;
use crate::workers::Workers;

/// Files that a run opens besides its connections: samples, manifest, logs, pipes to the target. Our choice.
const OTHER_FILES: u64 = 64;
/// Files that the runtime of each worker opens: two of epoll, an eventfd, and a socket for signals.
const FILES_PER_WORKER: u64 = 4;
/// Files that the bundled bookstore opens besides connections. It has the same limit of open files, divides it among
/// its services, and closes idle connections above that (its `connections_per_service`).
const BOOKSTORE_FILES: u64 = 256;
const BOOKSTORE_FILES_PER_CONNECTION: u64 = 10;
/// Memory of a user: its task, its connection's buffers and its samples. Measured are 34 KiB, from the peak memory of
/// runs with 10,000 and with 100 users who think for 5 s.
const BYTES_PER_USER: u64 = 40 * 1024;

/// Refuses a plan that this machine cannot run, before anything is started or sent.
///
/// # Errors
/// [`LoadError::Limit`] names the first limit that the plan would reach, and what to do about it.
pub fn check(plan: &Plan) -> Result<(), LoadError> {
    Limits::of_this_machine().check(plan, &plan.schedule())
}

/// Refuses plans that this machine cannot run at the same time, each by a process of its own, which has its own limit of
/// open files.
///
/// # Errors
/// As [`check`], for the first plan that is too much by itself, or for all of them together.
pub fn check_together(plans: &[&Plan]) -> Result<(), LoadError> {
    Limits::of_this_machine().check_together(plans)
}

/// The limits that a run can reach; `None` where the system does not say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Files that this process may have open, sockets among them.
    pub(crate) open_files: Option<u64>,
    /// Local ports for connections to one address.
    ports: Option<u64>,
    /// Memory that is free or can be freed, in bytes: of the machine, or of what this process may use of it.
    memory: Option<u64>,
    /// Most workers of a run.
    workers: usize,
}

impl Limits {
    /// Raises the limit of open files to its maximum, and reads all limits.
    pub(crate) fn of_this_machine() -> Self {
        // The target's process inherits it. If it cannot be raised, the current limit applies.
        let _ = rlimit::increase_nofile_limit(u64::MAX);
        Self {
            open_files: getrlimit(Resource::Nofile).current,
            ports: read("/proc/sys/net/ipv4/ip_local_port_range").and_then(|range| {
                let mut ends = range.split_whitespace().map(str::parse::<u64>);
                let (first, last) = (ends.next()?.ok()?, ends.next()?.ok()?);
                last.checked_sub(first).map(|between| between + 1)
            }),
            memory: memory_of_machine()
                .into_iter()
                .chain(cgroup::of_this_process().memory)
                .min(),
            workers: Workers::useful(usize::MAX),
        }
    }

    /// Refuses a plan that this machine cannot run.
    ///
    /// # Errors
    /// [`LoadError::Limit`] names the first limit that the plan would reach, and what to do about it.
    pub(crate) fn check(&self, plan: &Plan, schedule: &Schedule) -> Result<(), LoadError> {
        let peak = schedule.most_users() as u64;
        let users = counted(peak, "user");
        let hold = if peak == 1 { "holds" } else { "hold" };
        let needs = Needs::of(plan, schedule, self.workers);
        let files = needs.files.max(needs.files_of_bookstore);
        if let Some(limit) = self.open_files.filter(|limit| *limit < files) {
            let who = if needs.files < files {
                "the bundled bookstore needs"
            } else {
                "the generator needs"
            };
            return Err(LoadError::Limit(format!(
                "{users} {hold} up to {} at once, for which {who} {files} open files; a process may open {limit} here: \
                 raise the limit (`ulimit -n {files}`, or LimitNOFILE= of a service), or use fewer users",
                counted(needs.connections, "connection")
            )));
        }
        self.check_shared(peak, needs.to_one_address())
    }

    /// Checks the resources that all runs of a machine share: ports to an address, and memory.
    fn check_shared(&self, peak: u64, to_one_address: u64) -> Result<(), LoadError> {
        let users = counted(peak, "user");
        let hold = if peak == 1 { "holds" } else { "hold" };
        if let Some(limit) = self.ports.filter(|limit| *limit < to_one_address) {
            return Err(LoadError::Limit(format!(
                "{users} {hold} up to {} to one address at once; this machine has {} for them: widen \
                 net.ipv4.ip_local_port_range, or use fewer users",
                counted(to_one_address, "connection"),
                counted(limit, "port")
            )));
        }
        let bytes = peak * BYTES_PER_USER;
        if let Some(limit) = self.memory.filter(|limit| *limit < bytes) {
            return Err(LoadError::Limit(format!(
                "{users} {} some {} MiB of memory; {} MiB are free for this process: use fewer users",
                if peak == 1 { "takes" } else { "take" },
                bytes >> 20,
                limit >> 20
            )));
        }
        Ok(())
    }

    fn check_together(&self, plans: &[&Plan]) -> Result<(), LoadError> {
        let mut peak = 0;
        let mut addresses: BTreeMap<Address, u64> = BTreeMap::new();
        let mut alone = 0;
        for plan in plans {
            let schedule = plan.schedule();
            self.check(plan, &schedule)?;
            peak += schedule.most_users() as u64;
            let needs = Needs::of(plan, &schedule, self.workers);
            match &plan.target {
                // Each run has its own bookstore on its own ports.
                Target::Bookstore(_) => alone = alone.max(needs.to_one_address()),
                Target::Urls(_) => {
                    for (address, connections) in needs.to_each {
                        *addresses.entry(address).or_default() += connections;
                    }
                }
            }
        }
        self.check_shared(peak, addresses.into_values().fold(alone, u64::max))
    }
}

fn memory_of_machine() -> Option<u64> {
    let lines = read("/proc/meminfo")?;
    let mut lines = lines.lines();
    let line = lines.find(|line| line.starts_with("MemAvailable:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}

fn read(path: &str) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

/// Connections of all users, where each has one to every service of its scenario, one after the other.
pub(crate) fn connections(plan: &Plan, schedule: &Schedule) -> u64 {
    let of_users = ServicesOfUsers::of(plan, schedule);
    let users = schedule.users().iter();
    users.map(|user| of_users.of_user(user).len() as u64).sum()
}

/// The services that users connect to.
struct ServicesOfUsers<'a> {
    by_scenario: Vec<Vec<&'a str>>,
    /// A user who serves arrivals executes all of their scenarios in time.
    by_stream: Vec<Vec<&'a str>>,
}

impl<'a> ServicesOfUsers<'a> {
    fn of(plan: &'a Plan, schedule: &Schedule) -> Self {
        let services = |scenarios: &mut dyn Iterator<Item = usize>| {
            let steps = scenarios.flat_map(|it| &plan.scenarios[it].steps);
            let mut services: Vec<&str> = steps.map(|step| step.service.as_str()).collect();
            services.sort_unstable();
            services.dedup();
            services
        };
        let scenarios = 0..plan.scenarios.len();
        let streams = schedule.arrivals().iter();
        Self {
            by_scenario: scenarios
                .map(|it| services(&mut [it].into_iter()))
                .collect(),
            by_stream: streams
                .map(|stream| services(&mut stream.played()))
                .collect(),
        }
    }

    fn of_user(&self, user: &UserSpan) -> &[&'a str] {
        match user.work {
            Work::Arrivals(stream) => &self.by_stream[stream],
            Work::UntilStop | Work::Iterations(_) => &self.by_scenario[user.scenario],
        }
    }
}

/// Host and port of a service; of the bookstore, which has free ports, the name of the service.
type Address = (String, u16);

/// The resources that a plan's users need at their peak.
#[derive(Debug, PartialEq, Eq)]
struct Needs {
    connections: u64,
    /// Of these, those to each address.
    to_each: BTreeMap<Address, u64>,
    /// Files that the generator must be able to open.
    files: u64,
    /// Files that each process of the bundled bookstore must be able to open; 0 where it is not the target.
    files_of_bookstore: u64,
}

impl Needs {
    /// A user holds one connection to each service of its scenario, from its first request there until it leaves.
    fn of(plan: &Plan, schedule: &Schedule, workers: usize) -> Self {
        let services = ServicesOfUsers::of(plan, schedule);
        let of_users = |counts: &dyn Fn(&str) -> bool| {
            let mut changes: Vec<_> = schedule
                .users()
                .iter()
                .flat_map(|span| {
                    let held = services.of_user(span).iter();
                    let count = held.filter(|it| counts(it)).count() as i64;
                    [(span.start, count), (span.stop, -count)]
                })
                .collect();
            // At equal times, stops come before starts.
            changes.sort_unstable();
            let mut held = 0;
            let most = changes.into_iter().map(|(_, change)| {
                held += change;
                held
            });
            most.max().unwrap_or(0).unsigned_abs()
        };
        // Services behind one gateway share its address.
        let address = |service: &str| match &plan.target {
            Target::Urls(urls) => urls
                .services
                .get(service)
                .map(|url| (url.host.clone(), url.port)),
            Target::Bookstore(_) => Some((service.to_owned(), 0)),
        };
        let addresses: BTreeSet<_> = services
            .by_scenario
            .iter()
            .flatten()
            .map(|it| address(it))
            .collect();
        let replicas = match &plan.target {
            Target::Urls(_) => 1,
            Target::Bookstore(bookstore) => bookstore.replicas.into(),
        };
        let to_each: BTreeMap<Address, u64> = addresses
            .into_iter()
            .flatten()
            .map(|wanted| {
                let held = of_users(&|service| address(service).as_ref() == Some(&wanted));
                (wanted, held.div_ceil(replicas))
            })
            .collect();
        let files_of_bookstore = match &plan.target {
            Target::Urls(_) => 0,
            Target::Bookstore(_) => {
                let most = to_each.values().max().copied().unwrap_or(0);
                BOOKSTORE_FILES_PER_CONNECTION * most + BOOKSTORE_FILES
            }
        };
        let connections = of_users(&|_| true);
        let workers = workers.min(schedule.users().len()) as u64;
        Self {
            connections,
            to_each,
            files: connections + OTHER_FILES + FILES_PER_WORKER * workers,
            files_of_bookstore,
        }
    }

    /// Connections to the address that has most.
    fn to_one_address(&self) -> u64 {
        self.to_each.values().max().copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests;
