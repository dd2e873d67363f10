//! The monitored sources, and their processes at a moment.

use std::collections::HashSet;
use std::fs;
use std::net::ToSocketAddrs;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use workbench_plan::{Database, Monitor, Target, WatchedProcess};

use crate::error::LoadError;
use crate::host;
use crate::simultaneous::Processes;

/// Database servers by the names of their processes; one has many processes, which are counted together.
const DATABASES: [&str; 9] = [
    "postgres",
    "mysqld",
    "mariadbd",
    "mongod",
    "redis-server",
    "valkey-server",
    "cockroach",
    "yb-tserver",
    "memcached",
];
/// Load balancers and proxies by the names of their processes.
const BALANCERS: [&str; 5] = ["haproxy", "nginx", "envoy", "traefik", "caddy"];

/// The role of a source in the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Generator,
    Application,
    Balancer,
    Database,
    /// The generator of a simultaneous run.
    GeneratorBeside,
    TargetBeside,
}

/// A process with the source that it is counted under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) pid: u32,
    pub(super) source: String,
    pub(super) role: Role,
}

/// The monitored sources of a run.
#[derive(Clone, Debug)]
pub(crate) struct Sources {
    /// Processes that the workbench started, with their names.
    started: Vec<(u32, String)>,
    /// Processes that the workbench did not start, searched at every snapshot.
    others: Vec<WatchedProcess>,
    /// Processes of simultaneous runs.
    beside: Beside,
}

/// The processes of simultaneous runs, set when this run starts. Never set without such runs.
pub(crate) type Beside = Arc<OnceLock<Processes>>;

impl Sources {
    /// `started` are the processes of the target that the workbench started, with their names.
    ///
    /// # Errors
    /// A process that the experiment monitors does not exist.
    pub(crate) fn new(
        started: Vec<(u32, String)>,
        target: &Target,
        monitor: &Monitor,
    ) -> Result<Self, LoadError> {
        let mut sources = Self {
            started,
            others: monitor.processes.clone(),
            beside: Beside::default(),
        };
        if let Some(missing) = sources.find().1.first() {
            return Err(LoadError::NotWatched(missing.to_string()));
        }
        if let Target::Bookstore(bookstore) = target
            && let Database::Postgres(url) = &bookstore.database
            && is_here(url)
        {
            let server = WatchedProcess::Name("postgres".to_owned());
            // Without one, the server runs in a container or under another name.
            if !sources.others.contains(&server) && !find(&server).is_empty() {
                sources.others.push(server);
            }
        }
        Ok(sources)
    }

    /// Must be set before the run starts.
    pub(crate) fn beside(&self) -> Beside {
        Arc::clone(&self.beside)
    }

    /// The current processes of this run; `others` says whether its target may have more.
    pub(crate) fn processes(&self, others: bool) -> Processes {
        let (members, _) = self.find();
        let of = |is_generator: bool| {
            let wanted = |it: &&Member| (it.role == Role::Generator) == is_generator;
            members.iter().filter(wanted).map(|it| it.pid).collect()
        };
        Processes {
            generators: of(true),
            targets: of(false),
            others,
        }
    }

    pub(super) fn others(&self) -> &[WatchedProcess] {
        &self.others
    }

    /// Whether every process of the target is known.
    pub(crate) fn is_whole_target(&self, target: &Target) -> bool {
        match target {
            Target::Bookstore(bookstore) => {
                bookstore.database == Database::Sqlite || !self.others.is_empty()
            }
            Target::Urls(_) => !self.others.is_empty(),
        }
    }

    /// Every current process, the generator first, each once; and the named processes that were not found.
    pub(super) fn find(&self) -> (Vec<Member>, Vec<&WatchedProcess>) {
        let generator = Member {
            pid: std::process::id(),
            source: "generator".to_owned(),
            role: Role::Generator,
        };
        let started = self.started.iter().map(|(pid, name)| Member {
            pid: *pid,
            source: format!("target/{name}"),
            role: Role::Application,
        });
        let mut members: Vec<Member> = [generator].into_iter().chain(started).collect();
        let mut missing = Vec::new();
        for wanted in &self.others {
            let found = find(wanted);
            if found.is_empty() {
                missing.push(wanted);
            }
            members.extend(found.into_iter().map(member));
        }
        if let Some(beside) = self.beside.get() {
            let of = |pids: &[u32], source: &str, role| {
                let member = |pid: &u32| Member {
                    pid: *pid,
                    source: source.to_owned(),
                    role,
                };
                pids.iter().map(member).collect::<Vec<_>>()
            };
            let generators = of(
                &beside.generators,
                "beside/generator",
                Role::GeneratorBeside,
            );
            members.extend(generators);
            members.extend(of(&beside.targets, "beside/target", Role::TargetBeside));
        }
        // A process that both runs monitor counts for this one.
        let mut seen = HashSet::new();
        members.retain(|member| seen.insert(member.pid));
        (members, missing)
    }
}

/// Numbers and names of the matching processes, without our own.
fn find(wanted: &WatchedProcess) -> Vec<(u32, String)> {
    let own = std::process::id();
    match wanted {
        WatchedProcess::Pid(pid) => name_of(*pid)
            .filter(|_| *pid != own)
            .map(|name| (*pid, name))
            .into_iter()
            .collect(),
        WatchedProcess::Name(name) => {
            let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
            let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
            let meant = |pid: &u32| *pid != own && has_name(*pid, name);
            let mut found: Vec<_> = pids.filter(meant).map(|pid| (pid, name.clone())).collect();
            found.sort_unstable();
            found
        }
    }
}

fn name_of(pid: u32) -> Option<String> {
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    Some(name.trim_end().to_owned())
}

/// By the kernel's name of the process, or by the file name of its first argument.
fn has_name(pid: u32, wanted: &str) -> bool {
    let Some(name) = name_of(pid) else {
        return false;
    };
    if name == wanted {
        return true;
    }
    // Linux cuts names after 15 bytes, and a process may have given itself another.
    let Ok(arguments) = fs::read(format!("/proc/{pid}/cmdline")) else {
        return false;
    };
    let first = arguments.split(|byte| *byte == 0).next();
    first
        .and_then(|first| std::str::from_utf8(first).ok())
        .and_then(|first| Path::new(first).file_name())
        .is_some_and(|first| first == wanted)
}

fn member((pid, name): (u32, String)) -> Member {
    let is = |known: &[&str]| known.contains(&name.as_str());
    let (source, role) = if is(&DATABASES) {
        (format!("database/{name}"), Role::Database)
    } else if is(&BALANCERS) {
        (format!("balancer/{name}[{pid}]"), Role::Balancer)
    } else {
        (format!("target/{name}[{pid}]"), Role::Application)
    };
    Member { pid, source, role }
}

/// Whether a PostgreSQL server of this URL is on this machine.
fn is_here(url: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(url) else {
        return false;
    };
    let parameter = url.query_pairs().find(|(key, _)| key == "host");
    let host = parameter.map_or_else(
        || url.host_str().unwrap_or_default().to_owned(),
        |(_, host)| host.into_owned(),
    );
    // A folder of Unix-domain sockets, or PostgreSQL's default, which is one.
    if host.is_empty() || host.starts_with('/') {
        return true;
    }
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let addresses = (host, 0).to_socket_addrs().into_iter().flatten();
    addresses.into_iter().any(host::has_address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_database_is_distinguished_from_a_remote_one() {
        for url in [
            "postgres://ann@localhost:5433/shop",
            "postgres://127.0.0.1",
            "postgres://[::1]/",
            "postgres:///shop?host=/run/postgresql",
            "postgresql:///shop",
        ] {
            assert!(is_here(url), "{url}");
        }
        // RFC 5737: of documentation, nobody's.
        for url in [
            "postgres://192.0.2.1/shop",
            "postgres:///shop?host=192.0.2.1",
        ] {
            assert!(!is_here(url), "{url}");
        }
    }

    #[test]
    fn known_servers_are_sources_of_their_own() {
        let source = |name: &str| member((7, name.to_owned())).source;
        assert_eq!(source("postgres"), "database/postgres");
        assert_eq!(source("haproxy"), "balancer/haproxy[7]");
        assert_eq!(source("java"), "target/java[7]");
        assert_eq!(source("postgresql-proxy"), "target/postgresql-proxy[7]");
    }

    #[test]
    fn the_generator_is_never_found_by_its_name_or_number() {
        let own = std::process::id();
        let name = name_of(own).unwrap();
        let found = |wanted| find(&wanted).iter().any(|(pid, _)| *pid == own);
        assert!(has_name(own, &name));
        assert!(!found(WatchedProcess::Pid(own)) && !found(WatchedProcess::Name(name)));
    }
}
