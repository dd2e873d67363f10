//! Makes the runs of one block at the same time, each in its own process (see [`side`](crate::side)).
//!
//! Two loads in one process would share workers, the limit of open files, processor time and Goose's kill switch. In
//! its own process each run is made and judged like a single run. Each side knows the processes of the others, so that
//! they do not count as other load on the machine.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use anyhow::Context;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::mpsc;
use workbench_load::{Processes, Start, StopReason};
use workbench_plan::{Plan, Target};
use workbench_samples::{Manifest, SeriesRunState};

use super::OpenSeries;
use super::make::{Ended, begin, conclude, name_of, shown};
use crate::exit::Exit;
use crate::outcome;
use crate::progress::{self, Progress};
use crate::run::{Runner, remains};
use crate::side::{Failure, FromSide, Order, ToSide};

/// Time from the moment at which all sides are ready to the first start, and between starts. It is a few response
/// times, so that the first requests of the sides do not coincide, and short compared with any hold. Our choice.
const LEAD: Duration = Duration::from_millis(50);
const APART: Duration = Duration::from_millis(20);

/// Checks that this machine can run the plans at the same time, and warns of experiments that disturb each other.
pub(super) fn check(names: &[&str], plans: &[Plan]) -> anyhow::Result<()> {
    workbench_load::check_limits_together(&plans.iter().collect::<Vec<_>>())
        .context("cannot run the experiments at the same time")?;
    for warning in warnings(names, plans) {
        outcome::note(&format!("warning: {warning}"));
    }
    Ok(())
}

fn warnings(names: &[&str], plans: &[Plan]) -> Vec<String> {
    let mut warnings = Vec::new();
    let mut by_address: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for (name, plan) in names.iter().zip(plans) {
        let Target::Urls(urls) = &plan.target else {
            continue;
        };
        for url in urls.services.values() {
            let at = by_address.entry(format!("{}:{}", url.host, url.port));
            at.or_default().insert(name);
        }
    }
    for (address, names) in by_address.iter().filter(|(_, names)| names.len() > 1) {
        let names: Vec<&str> = names.iter().copied().collect();
        warnings.push(format!(
            "{} load the same service at {address}: each is measured under the load of all of them, and their reset requests are \
             sent to it before they start",
            names.join(" and ")
        ));
    }
    let ends: BTreeSet<Duration> = plans
        .iter()
        .map(|plan| plan.schedule().likely_end())
        .collect();
    if let (Some(first), Some(last)) = (ends.first(), ends.last())
        && first != last
    {
        warnings.push(format!(
            "the schedules are not of the same length: from {:.1} s to {:.1} s not all experiments are under load",
            first.as_secs_f64(),
            last.as_secs_f64()
        ));
    }
    warnings
}

/// The outcome of a side, as its process reports it.
type HowEnded = Result<Option<StopReason>, Failure>;

/// Makes the runs of one block, given by position in the record, and records their outcomes. An error of one stops all,
/// and ends the series.
pub(super) fn make_block(
    series: &mut OpenSeries,
    runs: &[usize],
    runner: &Runner,
) -> anyhow::Result<()> {
    let mut orders = Vec::new();
    let mut plans = Vec::new();
    for &run in runs {
        let plan = series.plan(run).repetition(series.record.runs[run].block);
        let (directory, place) = begin(series, run, &plan, runner)?;
        runner.copied.add(directory.path());
        orders.push(Order {
            plan: plan.to_yaml(),
            file: series.experiment(run).0.file.clone(),
            directory: directory.path().to_owned(),
            place,
            insecure: runner.insecure,
        });
        plans.push(plan);
    }
    series.save()?;
    let names: Vec<String> = orders
        .iter()
        .map(|it| it.place.experiment.clone())
        .collect();
    let named: Vec<(&str, &Plan)> = names.iter().map(String::as_str).zip(&plans).collect();
    let page = runner.live_page();
    let progress = progress::start_several(&named, shown(series, runs), page);
    let directories: Vec<PathBuf> = orders.iter().map(|it| it.directory.clone()).collect();
    let all = Block {
        names,
        runner,
        progress,
    };
    let ended = runner.runtime.block_on(all.make(orders))?;
    let mut failed = None;
    for ((&run, directory), ended) in runs.iter().zip(&directories).zip(ended) {
        let done = match ended {
            Ok(stopped) => {
                let done = finished(series, run, directory, stopped);
                let name = name_of(&series.record.runs[run]);
                runner.show_report(&name, directory);
                done
            }
            Err(failure) => {
                remains(failure.is_of_samples, directory);
                not_finished(series, run, directory, &failure)?;
                if failure.is_interrupted {
                    continue;
                }
                Err(failure.into())
            }
        };
        // The outcomes of the others are recorded, too.
        if let Err(error) = done {
            failed.get_or_insert(error);
        }
    }
    failed.map_or(Ok(()), Err)
}

fn finished(
    series: &mut OpenSeries,
    run: usize,
    directory: &std::path::Path,
    stopped: Option<StopReason>,
) -> anyhow::Result<()> {
    let manifest = Manifest::read(directory)?;
    conclude(
        series,
        run,
        Ended {
            directory,
            outcome: &manifest.outcome,
            validity: manifest.validity.as_ref(),
            interrupted_by: match stopped {
                Some(StopReason::OtherEnded(why)) => Some(why),
                _ => None,
            },
        },
    )
}

/// Records a run that could not be made or completed.
fn not_finished(
    series: &mut OpenSeries,
    run: usize,
    directory: &std::path::Path,
    failure: &Failure,
) -> anyhow::Result<()> {
    let entry = &mut series.record.runs[run];
    // A run that never began has no folder.
    entry.run.take_if(|_| !directory.exists());
    if failure.is_interrupted {
        entry.state = SeriesRunState::Interrupted;
    } else {
        entry.state = SeriesRunState::Failed;
        entry.reason = Some(failure.why.clone());
    }
    series.save()
}

/// The runs of a block.
struct Block<'a> {
    /// Of the experiments, in the order of their start.
    names: Vec<String>,
    runner: &'a Runner,
    progress: Progress,
}

/// The process of one run.
struct Side {
    stdin: ChildStdin,
    ready: Option<Processes>,
    ended: Option<HowEnded>,
}

impl Side {
    /// Sends a message. Errors are ignored: `listen` reports the end of a process.
    async fn send(&mut self, message: &ToSide) {
        if let Ok(line) = serde_json::to_string(message) {
            let _ = self.stdin.write_all(format!("{line}\n").as_bytes()).await;
        }
    }
}

/// A message of a side, or how its process ended.
type Received = (usize, Result<FromSide, String>);

impl Block<'_> {
    /// Makes every run. Returns the outcomes.
    async fn make(self, orders: Vec<Order>) -> anyhow::Result<Vec<HowEnded>> {
        let (hear, mut received) = mpsc::unbounded_channel();
        let mut sides = Vec::new();
        for (side, order) in orders.into_iter().enumerate() {
            // After an error, sides that were started before end with their stdin.
            let mut child = spawn().context("cannot start a process for each run")?;
            let stdin = child.stdin.take().expect("stdin was asked to be piped");
            tokio::spawn(listen(side, child, hear.clone()));
            let mut new = Side {
                stdin,
                ready: None,
                ended: None,
            };
            new.send(&ToSide::Run(Box::new(order))).await;
            sides.push(new);
        }
        let stop = self.runner.stop.clone();
        let mut is_stopping = false;
        let mut running = sides.len();
        while running > 0 {
            let received = tokio::select! {
                () = stop.stopped(), if !is_stopping => {
                    is_stopping = true;
                    for side in &mut sides {
                        side.send(&ToSide::Stop(StopReason::Interrupted)).await;
                    }
                    continue;
                }
                received = received.recv() => received,
            };
            let Some((side, message)) = received else {
                break;
            };
            match message {
                Ok(FromSide::Ready(processes)) => {
                    sides[side].ready = Some(processes);
                    start(&mut sides).await;
                }
                Ok(FromSide::Live(live)) => self.progress.observe(side, &live),
                Ok(FromSide::Finished(reason)) => sides[side].ended = Some(Ok(reason)),
                Ok(FromSide::Failed(failure)) => sides[side].ended = Some(Err(failure)),
                Err(how) => {
                    running -= 1;
                    let ended = sides[side].ended.get_or_insert_with(|| {
                        Err(Failure {
                            why: format!("the process of the run ended early: {how}"),
                            exit: Exit::Failure,
                            is_interrupted: false,
                            is_of_samples: false,
                        })
                    });
                    if let (Some(why), false) = (early_end(ended), is_stopping) {
                        is_stopping = true;
                        if let Ok(Some(reason)) = ended {
                            // The series ends, too.
                            stop.stop(reason.clone());
                        }
                        let why = format!("stopped with {}: {why}", self.names[side]);
                        for other in sides.iter_mut().filter(|it| it.ended.is_none()) {
                            other
                                .send(&ToSide::Stop(StopReason::OtherEnded(why.clone())))
                                .await;
                        }
                    }
                }
            }
        }
        self.progress.finish();
        let ended = sides.into_iter().map(|side| side.ended);
        Ok(ended
            .map(|it| it.expect("every process has ended"))
            .collect())
    }
}

/// Why a run ended before its schedule did, if it did.
fn early_end(ended: &HowEnded) -> Option<String> {
    match ended {
        Ok(None) => None,
        Ok(Some(StopReason::Interrupted)) => Some("interrupted".to_owned()),
        Ok(Some(
            StopReason::TargetEnded(why)
            | StopReason::SamplesNotWritten(why)
            | StopReason::DataNotRead(why)
            | StopReason::OtherEnded(why),
        )) => Some(why.clone()),
        Err(failure) => Some(failure.why.clone()),
    }
}

/// Starts all sides once all are ready, [`LEAD`] apart, in order.
async fn start(sides: &mut [Side]) {
    let ready: Option<Vec<Processes>> = sides.iter().map(|side| side.ready.clone()).collect();
    let Some(processes) = ready else { return };
    let mut at = SystemTime::now() + LEAD;
    for (position, side) in sides.iter_mut().enumerate() {
        let others = processes.iter().enumerate();
        let others = others.filter(|(other, _)| *other != position);
        let beside = others.fold(Processes::default(), |sum, (_, it)| sum.and(it));
        side.send(&ToSide::Start(Start { at, beside })).await;
        at += APART;
    }
}

/// A process of this program for one run.
fn spawn() -> anyhow::Result<Child> {
    let program = std::env::current_exe().context("cannot find this program's own file")?;
    let mut command = Command::new(program);
    command
        .arg("side")
        // Held open until the end: the run stops when it closes, even if we are killed.
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // Ctrl-C must not reach the sides; this process stops them.
        .process_group(0);
    Ok(command.spawn()?)
}

/// Passes on the messages of a side, and last how its process ended.
async fn listen(side: usize, mut child: Child, hear: mpsc::UnboundedSender<Received>) {
    if let Some(stdout) = child.stdout.take() {
        let mut lines = BufReader::new(stdout).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            if let Ok(message) = serde_json::from_str(&line) {
                let _ = hear.send((side, Ok(message)));
            }
        }
    }
    let how = match child.wait().await {
        Ok(status) => status.to_string(),
        Err(error) => error.to_string(),
    };
    let _ = hear.send((side, Err(how)));
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn plan(name: &str, url: &str, hold: &str) -> Plan {
        let text = format!(
            "name: {name}\ntarget: {{ urls: {{ shop: '{url}' }} }}\nconcurrency: {{ target: 1, hold: {hold} }}\n\
             scenarios: [ {{ name: one, steps: [ {{ request: GET shop/ }} ] }} ]\n"
        );
        workbench_plan::parse(&text, Path::new("x.yaml")).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn experiments_that_share_a_target_are_a_warning() {
        let one = plan("a", "http://127.0.0.1:8001/v1", "1s");
        let same = plan("b", "http://127.0.0.1:8001/v2", "1s");
        let other = plan("b", "http://127.0.0.1:8002", "2s");
        let beside = plan("b", "http://127.0.0.1:8002", "1s");
        let warnings = |with: &Plan| warnings(&["a", "b"], &[one.clone(), with.clone()]);
        let [address] = warnings(&same).try_into().unwrap();
        assert!(
            address.starts_with("a and b load the same service at 127.0.0.1:8001"),
            "{address}"
        );
        let [length] = warnings(&other).try_into().unwrap();
        assert!(length.contains("from 1.0 s to 2.0 s"), "{length}");
        assert!(warnings(&beside).is_empty());
    }
}
