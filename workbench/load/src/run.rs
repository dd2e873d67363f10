//! One run from the plan to its folder: target, users, samples, manifest. Long, so that the order in which the parts of
//! a run start and end can be read in one place.

mod outcome;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use workbench_plan::{Database, Plan, Schedule, Segment, Target};
use workbench_samples::{
    ELAPSED, Labels, MANIFEST_VERSION, Manifest, Outcome, RESPONSE, ResourceWriter, RunLock,
    SAMPLES_FOLDER, SampleWriter, SegmentPlace, SeriesPlace, Tool, Validity,
};

use crate::attack::{self, Attack};
use crate::client::{self, Endpoint};
use crate::directory::RunDirectory;
use crate::error::{LoadError, with_causes};
use crate::exchange::{ExchangeObserver, Exchanges, Keeper};
use crate::host;
use crate::limits::Limits;
use crate::live::{Live, LiveTimes};
use crate::monitor::{self, Sources, Watch};
use crate::recorder::{self, Recorded, Recorder, Standstill};
use crate::reset;
use crate::simultaneous::{self, SimultaneousStart};
use crate::start_at::{self, utc_ns};
use crate::stop::{StopReason, StopSignal};
use crate::target::{BookstoreCommand, RunningTarget};
use crate::time_sync;
use crate::validity::{LiveChecks, Moment};
use crate::variables::Variables;
use crate::workers::Workers;

/// Options of a run besides its plan.
pub struct RunOptions {
    /// The run's folder.
    pub directory: RunDirectory,
    /// The position of the run in its series, if any.
    pub series: Option<SeriesPlace>,
    /// The program that is the bundled bookstore.
    pub bookstore: BookstoreCommand,
    /// The tool's version, for the manifest.
    pub tool: Tool,
    /// Accepts whatever certificate a service presents; recorded in the manifest.
    pub insecure: bool,
    /// Starts the run at the same time as others.
    pub together: Option<SimultaneousStart>,
    /// When the schedule starts. If `None` or too early, it starts as soon as all is ready.
    pub start_at: Option<SystemTime>,
    /// The segment of the plan that this run executes; `None` for all of it.
    pub segment: Option<Segment>,
    /// Ends the run early.
    pub stop: StopSignal,
    /// Called once a second with live values, in a thread without users.
    pub observer: Box<dyn Fn(&Live) + Send>,
    /// Called with every exchange, in the threads of the users: for runs with few requests.
    pub exchanges: Option<ExchangeObserver>,
}

/// A run that is over, with its results on disk.
#[derive(Clone, Debug, PartialEq)]
pub struct FinishedRun {
    /// The run's folder.
    pub directory: PathBuf,
    /// How it ended.
    pub outcome: Outcome,
    /// The validity checks.
    pub validity: Validity,
}

/// Runs a plan and stores every sample in its folder.
///
/// # Errors
///
/// The run cannot begin (then its folder is removed), or its results cannot be written. A run that was stopped, or that
/// lost its target, is not an error.
pub async fn run(plan: &Plan, options: RunOptions) -> Result<FinishedRun, LoadError> {
    let limits = Limits::of_this_machine();
    let prepared = prepare(plan, &options, &limits).await;
    let prepared = prepared.inspect_err(|_| options.directory.remove())?;
    let (target, ready) = prepared;
    let directory = options.directory.path().to_owned();
    // Without locks in the file system, a running run looks like a killed one.
    let _lock = RunLock::hold(&directory);
    let finished = load(plan, options, &target, ready, limits.open_files).await;
    if let Err(error) = &finished {
        note_failure(&directory, error);
    }
    // In any case, so that the bookstore removes its databases.
    target.stop().await;
    finished
}

/// Stores the reason of the failure in a manifest that still says that the run is running.
fn note_failure(directory: &Path, error: &LoadError) {
    // If the manifest cannot be read or written, the error is reported anyway.
    if let Ok(manifest) = Manifest::read(directory)
        && manifest.outcome == Outcome::Running
    {
        let failed = Manifest {
            outcome: Outcome::Failed(with_causes(error)),
            ..manifest
        };
        let _ = failed
            .write(directory)
            .or_else(|_| failed.overwrite(directory));
    }
}

/// The prepared parts of a run: the target's endpoints, the monitored sources, and the variables.
type Ready = (Vec<Vec<Arc<Endpoint>>>, Sources, Variables);

/// Prepares the target, and checks that its services can be reached.
async fn prepare(
    plan: &Plan,
    options: &RunOptions,
    limits: &Limits,
) -> Result<(RunningTarget, Ready), LoadError> {
    limits.check(plan, &schedule_of(plan, options.segment))?;
    // Missing inputs are reported before the target is touched.
    let variables = Variables::open(plan, &plan.schedule())?;
    let directory = options.directory.path();
    let resolved = plan.stored();
    write(&directory.join("experiment.yaml"), &resolved)?;
    let target = RunningTarget::start(
        &plan.target,
        plan.seed,
        &options.bookstore,
        directory,
        &options.stop,
        options.insecure,
    )
    .await?;
    // Sent once, before any segment begins.
    let resets = options.segment.is_none_or(|segment| segment.number() == 1);
    let ready = tokio::select! {
        ready = make_ready(plan, &target, options.insecure, resets) => ready,
        () = options.stop.stopped() => Err(LoadError::Interrupted),
    };
    match ready {
        Ok((endpoints, sources)) => Ok((target, (endpoints, sources, variables))),
        Err(error) => {
            target.stop().await;
            Err(error)
        }
    }
}

/// Resolves the target's services and processes, and resets the target.
async fn make_ready(
    plan: &Plan,
    target: &RunningTarget,
    insecure: bool,
    resets: bool,
) -> Result<(Vec<Vec<Arc<Endpoint>>>, Sources), LoadError> {
    let sources = Sources::new(target.processes(), &plan.target, &plan.monitor)?;
    let (tls, reset) = match &plan.target {
        Target::Urls(urls) if resets => (urls.tls.as_ref(), urls.reset.as_slice()),
        Target::Urls(urls) => (urls.tls.as_ref(), [].as_slice()),
        Target::Bookstore(_) => (None, [].as_slice()),
    };
    let mut replicas = Vec::new();
    for urls in target.replicas() {
        let endpoints = client::resolve(urls, tls, insecure, plan.http.version).await?;
        reset::reset(reset, &endpoints).await?;
        replicas.push(endpoints);
    }
    Ok((replicas, sources))
}

/// Executes the schedule against a prepared target.
async fn load(
    plan: &Plan,
    options: RunOptions,
    target: &RunningTarget,
    (endpoints, sources, variables): Ready,
    open_files: Option<u64>,
) -> Result<FinishedRun, LoadError> {
    let directory = options.directory;
    let labels = labels(plan);
    let mut manifest = Manifest {
        schema_version: MANIFEST_VERSION,
        run_id: directory.run_id.clone(),
        experiment: plan.name.clone(),
        series: options.series,
        tool: options.tool,
        elapsed: if plan.schedule().arrivals().is_empty() {
            ELAPSED.to_owned()
        } else {
            RESPONSE.to_owned()
        },
        seed: plan.seed,
        started_at: None,
        ended_at: None,
        host: host::describe(),
        target: target.record(BTreeMap::new()),
        limits: [
            (
                "open_files".to_owned(),
                open_files.map_or_else(|| "unlimited".to_owned(), |limit| limit.to_string()),
            ),
            (
                "request_timeout".to_owned(),
                format!("{:?}", plan.request_timeout),
            ),
        ]
        .into(),
        outcome: Outcome::Running,
        validity: None,
        users: Vec::new(),
        arrivals: Vec::new(),
        origin: None,
        segment: match options.segment {
            Some(segment) => Some(SegmentPlace {
                number: segment.number(),
                of: segment.of(),
                host: host::describe().name,
                start_at: options.start_at.map(utc_ns),
                started_at: None,
                clock: time_sync::read().await,
            }),
            None => None,
        },
        segments: Vec::new(),
    };
    let writer = manifest
        .write(&directory.path)
        .and_then(|()| SampleWriter::create(&directory.path.join(SAMPLES_FOLDER), labels.clone()))
        .inspect_err(|_| directory.remove())?;
    let schedule = schedule_of(plan, options.segment);
    let slots = recorder::slots(Workers::useful(schedule.users().len()));
    let target_among_others =
        !sources.is_whole_target(&plan.target) && among_others(&plan.target, &endpoints);
    let exchanges = Exchanges::new(
        labels.clone(),
        plan.seed,
        variables.secrets(),
        options.exchanges,
    );
    let attack = Arc::new(Attack::new(
        plan.clone(),
        schedule,
        endpoints,
        &labels,
        (Arc::clone(&slots), variables, exchanges),
        options.stop.clone(),
        options.together.is_some() || options.start_at.is_some(),
    )?);
    let observer = observe(
        Arc::clone(&attack),
        manifest.clone(),
        directory.path.clone(),
        options.observer,
    );
    let begun = {
        let attack = Arc::clone(&attack);
        move || attack.begun().copied()
    };
    let beside = sources.beside();
    if let Some(together) = options.together {
        let own = sources.processes(target_among_others);
        let begin = simultaneous::begin(together, Arc::clone(&attack), own, Arc::clone(&beside));
        tokio::spawn(begin);
    }
    if let Some(at) = options.start_at {
        let own = sources.processes(target_among_others);
        let neighbours = options.segment.map(|_| directory.path.clone());
        let begin = start_at::begin(
            at,
            Arc::clone(&attack),
            own,
            neighbours,
            Arc::clone(&beside),
        );
        tokio::spawn(begin);
    }
    let watch = Watch::start(sources, &plan.monitor, &directory.path, begun);
    let watch = watch.map_err(LoadError::Watch)?;
    let keeper = Keeper::start(Arc::clone(&attack), directory.path.clone());
    let recorder = Recorder::start(slots, writer, options.stop, observer);
    let executed = attack::execute(&attack).await;
    let (ended, panicked) = *executed.as_ref().unwrap_or(&(Instant::now(), 0));
    let complete = attack.is_complete(ended);
    // A stop after the end of the schedule does not count.
    let stopped = attack.stop.reason().filter(|reason| {
        let asked = matches!(reason, StopReason::Interrupted | StopReason::OtherEnded(_));
        !complete || !asked
    });
    let arrivals = attack.finish_arrivals(|sample| recorder.keep(sample));
    // Recorded samples are written before any error is returned.
    let (recorded, standstills) = recorder.finish()?;
    let watched = watch.finish();
    let kept = keeper.finish();
    executed?;
    kept?;
    // The run was stopped while it waited for the others.
    if attack.begun().is_none() {
        directory.remove();
        return Err(LoadError::Interrupted);
    }
    manifest.target = target.record(target.requests_served().await);
    manifest.ended_at = Some(attack.clock().utc_ns(ended));
    manifest.arrivals = arrivals
        .as_ref()
        .map_or_else(Vec::new, |record| record.seconds.clone());
    manifest.outcome = outcome::judge(
        &mut manifest,
        &attack,
        recorded,
        arrivals.as_ref(),
        (ended, stopped, panicked),
        (&watched.processors, &standstills),
        target_among_others || beside.get().is_some_and(|beside| beside.others),
    );
    if let Some(validity) = &mut manifest.validity {
        if options.segment.is_some() {
            outcome::leave_users_to_the_whole(validity);
        }
        validity.checks.extend(
            options
                .start_at
                .map(|at| start_at::check(at, attack.clock().start_utc_ns())),
        );
        validity.checks.extend(watched.checks);
        let stored = watched
            .writer
            .map(|writer| writer.and_then(ResourceWriter::finish));
        if let Some(Err(error)) = stored {
            validity
                .checks
                .push(monitor::not_stored(&with_causes(&error)));
        }
    }
    manifest.write(&directory.path)?;
    Ok(FinishedRun {
        directory: directory.path,
        outcome: manifest.outcome,
        validity: manifest.validity.expect("a concluded run has been judged"),
    })
}

/// The schedule of the plan, or of its segment.
fn schedule_of(plan: &Plan, segment: Option<Segment>) -> Schedule {
    let whole = plan.schedule();
    match segment {
        Some(segment) => whole.segment(segment),
        None => whole,
    }
}

/// Labels and scenarios in the order of the file; equal labels count as one.
fn labels(plan: &Plan) -> Labels {
    let mut requests: Vec<String> = Vec::new();
    for step in plan.scenarios.iter().flat_map(|scenario| &scenario.steps) {
        if !requests.contains(&step.label) {
            requests.push(step.label.clone());
        }
    }
    Labels {
        requests,
        scenarios: plan
            .scenarios
            .iter()
            .map(|scenario| scenario.name.clone())
            .collect(),
    }
}

/// The collector's callback, once a second: updates the live view, and writes the start of the schedule to the manifest
/// as soon as it is known.
fn observe(
    attack: Arc<Attack>,
    mut manifest: Manifest,
    directory: PathBuf,
    observer: Box<dyn Fn(&Live) + Send>,
) -> impl FnMut(&LiveTimes, &Recorded, &[Standstill]) + Send + 'static {
    let steady = outcome::steady(&attack.plan, &attack.schedule);
    let mut so_far = LiveChecks::new(&attack.schedule, steady, monitor::available());
    let mut errors_before = 0;
    move |times, recorded, standstills| {
        let Some(clock) = attack.begun() else {
            return;
        };
        if manifest.started_at.is_none() {
            manifest.started_at = Some(clock.start_utc_ns());
            // The end of the run writes it again, and reports errors.
            let _ = manifest.write(&directory);
        }
        let elapsed = clock.elapsed();
        let planned_users = attack.schedule.users_at(elapsed);
        let users = attack.active_users.active();
        let waiting: u64 = attack.pools.iter().map(|pool| pool.waiting(elapsed)).sum();
        let checks = so_far.look(&Moment {
            clock,
            elapsed,
            users,
            planned_users,
            waiting,
            recorded,
            standstills,
        });
        observer(&Live {
            elapsed,
            planned: attack.schedule.likely_end(),
            users,
            planned_users: u32::try_from(planned_users).unwrap_or(u32::MAX),
            planned_arrivals: (!attack.pools.is_empty())
                .then(|| attack.schedule.arrival_rate_at(elapsed)),
            waiting_arrivals: (!attack.pools.is_empty()).then_some(waiting),
            requests: times.requests(),
            errors: recorded.errors - errors_before,
            total_requests: recorded.samples,
            total_errors: recorded.errors,
            latency: times.latency(),
            checks,
        });
        errors_before = recorded.errors;
    }
}

/// Whether unknown processes on this machine may belong to the target: it was not started by the workbench, and an
/// endpoint has an address of this machine.
fn among_others(target: &Target, endpoints: &[Vec<Arc<Endpoint>>]) -> bool {
    match target {
        Target::Bookstore(bookstore) => bookstore.database != Database::Sqlite,
        Target::Urls(_) => endpoints
            .iter()
            .flatten()
            .flat_map(|endpoint| &endpoint.addresses)
            .any(|address| host::has_address(*address)),
    }
}

fn write(path: &Path, text: &str) -> Result<(), LoadError> {
    std::fs::write(path, text).map_err(|source| LoadError::Results {
        path: path.to_owned(),
        source,
    })
}
