//! Merges the manifests of all segments.

use std::collections::BTreeMap;
use std::time::Duration;

use workbench_plan::Schedule;
use workbench_samples::{
    ArrivalsInSecond, Host, MANIFEST_VERSION, Manifest, Outcome, TargetRecord, UsersInSecond,
};

use super::{Part, judge};
use crate::occurrence::grouped;

/// `schedule` is that of the whole plan, `samples` how many all segments have.
pub(super) fn manifest(parts: &[Part], schedule: &Schedule, samples: usize) -> Manifest {
    let (target, users) = (target(parts), users(parts, schedule));
    let whole = judge::Whole {
        schedule,
        users: &users,
        served: target.requests_served.values().sum(),
        samples,
    };
    let validity = judge::validity(parts, &whole);
    let first = &parts[0].manifest;
    let manifests = || parts.iter().map(|part| &part.manifest);
    Manifest {
        schema_version: MANIFEST_VERSION,
        run_id: first.run_id.clone(),
        experiment: first.experiment.clone(),
        series: None,
        tool: first.tool.clone(),
        elapsed: first.elapsed.clone(),
        seed: first.seed,
        started_at: manifests().filter_map(|it| it.started_at).min(),
        ended_at: manifests().filter_map(|it| it.ended_at).max(),
        host: host(parts),
        target,
        limits: first.limits.clone(),
        outcome: outcome(parts),
        validity: Some(validity),
        users,
        arrivals: arrivals(parts),
        origin: None,
        segment: None,
        segments: parts.iter().map(|part| part.place.clone()).collect(),
    }
}

/// The outcome of the first segment that did not complete, if any.
fn outcome(parts: &[Part]) -> Outcome {
    let failed = parts.iter().find_map(|part| {
        let name = judge::name(&part.place);
        match &part.manifest.outcome {
            Outcome::Running => Some(Outcome::Failed(format!("{name} was killed"))),
            Outcome::Failed(why) => Some(Outcome::Failed(format!("{name}: {why}"))),
            Outcome::Completed | Outcome::Interrupted => None,
        }
    });
    let mut outcomes = parts.iter().map(|part| &part.manifest.outcome);
    failed.unwrap_or(if outcomes.any(|it| *it == Outcome::Interrupted) {
        Outcome::Interrupted
    } else {
        Outcome::Completed
    })
}

/// All machines that made segments, as one.
fn host(parts: &[Part]) -> Host {
    let hosts = parts.iter().map(|part| &part.manifest.host);
    let hosts = grouped(hosts.map(|host| (&host.name, host)));
    let hosts: Vec<&Host> = hosts.into_iter().map(|(_, of)| of[0]).collect();
    let each = |text: fn(&Host) -> &str| {
        let mut texts: Vec<&str> = hosts.iter().map(|host| text(host)).collect();
        texts.dedup();
        texts.join(", ")
    };
    Host {
        name: each(|host| &host.name),
        kernel: each(|host| &host.kernel),
        cpu: each(|host| &host.cpu),
        cpus: hosts.iter().map(|host| host.cpus).sum(),
        memory_bytes: hosts.iter().map(|host| host.memory_bytes).sum(),
    }
}

/// One target for all segments, or the bookstores that they started.
fn target(parts: &[Part]) -> TargetRecord {
    let mut target = parts[0].manifest.target.clone();
    for part in &parts[1..] {
        for (service, count) in &part.manifest.target.requests_served {
            *target.requests_served.entry(service.clone()).or_default() += count;
        }
    }
    if target.kind == "bookstore" && parts.len() > 1 {
        let several = format!("{}, one for each segment", parts.len());
        target.details.insert("bookstores".to_owned(), several);
        target.urls = BTreeMap::new();
        for part in parts {
            let urls = part.manifest.target.urls.iter();
            let number = part.place.number;
            let urls =
                urls.map(|(service, url)| (format!("{service} of segment {number}"), url.clone()));
            target.urls.extend(urls);
        }
    }
    target
}

/// Planned and achieved users of all segments together. If a segment has no counts, its planned users still count.
fn users(parts: &[Part], schedule: &Schedule) -> Vec<UsersInSecond> {
    let mut seconds: BTreeMap<u32, UsersInSecond> = BTreeMap::new();
    for user in parts.iter().flat_map(|part| &part.manifest.users) {
        let sum = seconds.entry(user.second).or_insert(UsersInSecond {
            second: user.second,
            planned: None,
            achieved: 0.0,
        });
        if let Some(planned) = user.planned {
            *sum.planned.get_or_insert(0.0) += planned;
        }
        sum.achieved += user.achieved;
    }
    let with_users = parts.iter().filter(|part| !part.manifest.users.is_empty());
    if with_users.count() < parts[0].place.of as usize {
        for (second, users) in &mut seconds {
            let from = Duration::from_secs((*second).into());
            users.planned = Some(schedule.mean_users(from, from + Duration::from_secs(1)));
        }
    }
    seconds.into_values().collect()
}

/// Arrivals of all segments together.
fn arrivals(parts: &[Part]) -> Vec<ArrivalsInSecond> {
    let mut seconds: BTreeMap<u32, ArrivalsInSecond> = BTreeMap::new();
    for arrivals in parts.iter().flat_map(|part| &part.manifest.arrivals) {
        let sum = seconds.entry(arrivals.second).or_insert(ArrivalsInSecond {
            second: arrivals.second,
            planned: 0,
            started: 0,
            waited: 0,
        });
        sum.planned += arrivals.planned;
        sum.started += arrivals.started;
        sum.waited += arrivals.waited;
    }
    seconds.into_values().collect()
}
