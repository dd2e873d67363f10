//! One run from the plan to its folder: target, users, samples, manifest. Long, for the order of all that begins and ends with a run
//! is to be seen in one place.

mod judgement;

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
use crate::given;
use crate::host;
use crate::limits::Limits;
use crate::live::{Live, LiveTimes};
use crate::recorder::{self, Recorded, Recorder, Standstill};
use crate::reset;
use crate::start_at::{self, utc_ns};
use crate::stop::{StopReason, StopSignal};
use crate::target::{BookstoreCommand, RunningTarget};
use crate::time_sync;
use crate::together::{self, Together};
use crate::validity::{Moment, SoFar};
use crate::watch::{self, Sources, Watch};
use crate::workers::Workers;

/// What a run needs besides its plan.
pub struct RunOptions {
    /// Where the run is kept.
    pub directory: RunDirectory,
    /// Where the run stands in its series, if it is part of one.
    pub series: Option<SeriesPlace>,
    /// The program that is the bundled bookstore.
    pub bookstore: BookstoreCommand,
    /// What makes the run, for the manifest.
    pub tool: Tool,
    /// Accepts whatever certificate a service presents; recorded in the manifest.
    pub insecure: bool,
    /// Has the run begin at the same time as others.
    pub together: Option<Together>,
    /// When the schedule starts; as soon as all is ready where that is later, or where it is not given.
    pub start_at: Option<SystemTime>,
    /// What of the plan's load this run makes; all of it where it is not given.
    pub segment: Option<Segment>,
    /// Ends the run early.
    pub stop: StopSignal,
    /// Is told once a second how the run goes; runs beside the load, never in its way.
    pub observer: Box<dyn Fn(&Live) + Send>,
    /// Is given every exchange, for runs of a few; in the way of the load.
    pub exchanges: Option<ExchangeObserver>,
}

/// A run that is over, with its results on disk.
#[derive(Clone, Debug, PartialEq)]
pub struct FinishedRun {
    /// The run's folder.
    pub directory: PathBuf,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether it can be believed.
    pub validity: Validity,
}

/// Runs a plan and keeps every sample in the folder made for it.
///
/// # Errors
///
/// When the run cannot begin (nothing is left behind then), or when its results cannot be
/// written. A run that was stopped, or that lost its target, is finished, not an error.
pub async fn run(plan: &Plan, options: RunOptions) -> Result<FinishedRun, LoadError> {
    let limits = Limits::of_this_machine();
    let prepared = prepare(plan, &options, &limits).await;
    let prepared = prepared.inspect_err(|_| options.directory.remove())?;
    let (target, ready) = prepared;
    let directory = options.directory.path().to_owned();
    // Where the file system knows no locks, a run that goes on is taken for one that was killed.
    let _lock = RunLock::hold(&directory);
    let finished = load(plan, options, &target, ready, limits.open_files).await;
    if let Err(error) = &finished {
        note_failure(&directory, error);
    }
    // Whatever became of the run: the bookstore removes its databases.
    target.stop().await;
    finished
}

/// A manifest that still says that the run goes on says why it does not.
fn note_failure(directory: &Path, error: &LoadError) {
    // Where the manifest cannot be read or written either, the error says why.
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

/// What a run is made with: the services of the target, what is watched of it, and what variables are.
type Ready = (Vec<Vec<Arc<Endpoint>>>, Sources, given::Sources);

/// Makes the target ready, and sure that its services can be reached.
async fn prepare(
    plan: &Plan,
    options: &RunOptions,
    limits: &Limits,
) -> Result<(RunningTarget, Ready), LoadError> {
    limits.check(plan, &schedule_of(plan, options.segment))?;
    // Whatever is missing is said before the target is touched.
    let given = given::Sources::open(plan, &plan.schedule())?;
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
        Ok((endpoints, sources)) => Ok((target, (endpoints, sources, given))),
        Err(error) => {
            target.stop().await;
            Err(error)
        }
    }
}

/// Finds the services of the target and its processes, and puts it back to where every run begins.
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

/// Follows the schedule against a target that is ready.
async fn load(
    plan: &Plan,
    options: RunOptions,
    target: &RunningTarget,
    (endpoints, sources, given): Ready,
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
        given.secrets(),
        options.exchanges,
    );
    let attack = Arc::new(Attack::new(
        plan.clone(),
        schedule,
        endpoints,
        &labels,
        (Arc::clone(&slots), given, exchanges),
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
        let begin = together::begin(together, Arc::clone(&attack), own, Arc::clone(&beside));
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
    // Asked to stop when it was over anyway, a run is complete.
    let stopped = attack.stop.reason().filter(|reason| {
        let asked = matches!(reason, StopReason::Interrupted | StopReason::OtherEnded(_));
        !complete || !asked
    });
    let arrivals = attack.finish_arrivals(|sample| recorder.keep(sample));
    // Whatever went wrong, what was recorded is written first.
    let (recorded, standstills) = recorder.finish()?;
    let watched = watch.finish();
    let kept = keeper.finish();
    executed?;
    kept?;
    // Stopped while it waited for the others.
    if attack.begun().is_none() {
        directory.remove();
        return Err(LoadError::Interrupted);
    }
    manifest.target = target.record(target.requests_served().await);
    manifest.ended_at = Some(attack.clock().utc_ns(ended));
    manifest.arrivals = arrivals
        .as_ref()
        .map_or_else(Vec::new, |record| record.seconds.clone());
    manifest.outcome = judgement::judge(
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
            judgement::leave_users_to_the_whole(validity);
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
                .push(watch::not_stored(&with_causes(&error)));
        }
    }
    manifest.write(&directory.path)?;
    Ok(FinishedRun {
        directory: directory.path,
        outcome: manifest.outcome,
        validity: manifest.validity.expect("a concluded run has been judged"),
    })
}

/// What of the plan's load is made.
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

/// What the collector does each second besides collecting: it renews the live view, and notes
/// the start of the schedule in the manifest as soon as there is one.
fn observe(
    attack: Arc<Attack>,
    mut manifest: Manifest,
    directory: PathBuf,
    observer: Box<dyn Fn(&Live) + Send>,
) -> impl FnMut(&LiveTimes, &Recorded, &[Standstill]) + Send + 'static {
    let steady = judgement::steady(&attack.plan, &attack.schedule);
    let mut so_far = SoFar::new(&attack.schedule, steady, watch::available());
    let mut errors_before = 0;
    move |times, recorded, standstills| {
        let Some(clock) = attack.begun() else {
            return;
        };
        if manifest.started_at.is_none() {
            manifest.started_at = Some(clock.start_utc_ns());
            // The end of the run writes it again, and reports what keeps it from being written.
            let _ = manifest.write(&directory);
        }
        let elapsed = clock.elapsed();
        let planned_users = attack.schedule.users_at(elapsed);
        let users = attack.presences.active();
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

/// Whether the target's processes may be among this machine's others: whoever did not start them cannot know which
/// they are, only that they listen at an address of this machine.
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
