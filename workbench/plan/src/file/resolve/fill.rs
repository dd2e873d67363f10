//! The canonical form of an experiment file: all defaults and derived values are written out. Stored files are compared
//! as text.

use super::step::in_order;
use crate::file::duration::canonical_limit;
use crate::file::format::{
    ArrivalsFile, Comparable, HttpFile, PerFile, PointsFile, RateFile, RowPickFile, ScenarioFile,
    StepFile, SweepFile,
};
use crate::file::request::parse_request;
use crate::plan::{Arrivals, Load, Monitor, Plan, Target};
use crate::sweep::Parameter;
use crate::template::canonical;

pub(super) fn fill(plan: &mut Plan) {
    let file = &mut plan.file;
    file.name = Some(plan.name.clone());
    file.title = Some(plan.title.clone());
    file.question.clone_from(&plan.question);
    if plan.monitor == Monitor::default() {
        file.monitor = None;
    }
    if let (Some(file), Some(Load::Arrivals(load))) = (&mut file.arrivals, &plan.load) {
        arrivals(file, load);
    }
    if let Some(iterations) = &mut file.iterations {
        iterations.spell_out();
    }
    if let Some(sweep) = &plan.sweep {
        let points = Some(PointsFile::List(sweep.values.clone()));
        let (users, replicas) = match sweep.parameter {
            Parameter::Users => (points, None),
            Parameter::Replicas => (None, points),
        };
        file.sweep = Some(SweepFile { users, replicas });
    }
    match &plan.target {
        Target::Bookstore(target) => {
            if let Some(file) = &mut file.target.bookstore {
                let faults = target.faults.iter();
                file.faults = faults.map(|fault| fault.as_str().to_owned()).collect();
            }
        }
        Target::Urls(target) => {
            let urls = target.services.iter();
            let urls = urls.map(|(name, url)| (name.clone(), url.to_string()));
            file.target.urls = Some(urls.collect());
            file.target.reset = target.reset.iter().map(ToString::to_string).collect();
        }
    }
    for data in file.data.values_mut() {
        data.per.get_or_insert(match data.pick {
            RowPickFile::Unique => PerFile::User,
            RowPickFile::Sequential | RowPickFile::Random => PerFile::Iteration,
        });
    }
    http(&mut file.http);
    for (file, resolved) in file.scenarios.iter_mut().zip(&plan.scenarios) {
        scenario(file, resolved.load.as_ref());
    }
}

fn arrivals(file: &mut ArrivalsFile, load: &Arrivals) {
    file.max_users = Some(load.max_users);
    match &mut file.stages {
        None => {
            file.ramp_up.get_or_insert_default();
            file.hold.get_or_insert_default();
        }
        Some(stages) => {
            let ramps = stages.iter_mut().zip(&load.stages);
            for (file, stage) in ramps.filter(|(_, stage)| !stage.ramp.is_zero()) {
                file.from = Some(RateFile(stage.from.to_string()));
            }
        }
    }
}

fn http(file: &mut HttpFile) {
    if file.version.0 == "1" {
        file.version = Comparable("1.1".to_owned());
    }
    let headers = std::mem::take(&mut file.headers).into_iter();
    file.headers = headers
        .map(|(name, text)| (name.to_ascii_lowercase(), canonical(&text)))
        .collect();
}

fn scenario(file: &mut ScenarioFile, load: Option<&Load>) {
    if load.is_none() {
        file.weight.get_or_insert(1);
    }
    if let (Some(file), Some(Load::Arrivals(load))) = (&mut file.arrivals, load) {
        arrivals(file, load);
    }
    if let Some(iterations) = &mut file.iterations {
        iterations.spell_out();
    }
    for steps in [&mut file.on_start, &mut file.steps, &mut file.on_stop] {
        steps.iter_mut().for_each(step);
    }
}

fn step(file: &mut StepFile) {
    file.steps.iter_mut().for_each(step);
    for choice in file.choose.iter_mut().flatten() {
        choice.steps.iter_mut().for_each(step);
    }
    if let Some(request) = &mut file.request {
        file.name.get_or_insert_with(|| request.clone());
        if let Ok(line) = parse_request(request) {
            *request = format!("{} {}{}", line.method, line.service, canonical(&line.path));
        }
    }
    file.set.0 = in_order(&file.set).into_iter().cloned().collect();
    let headers = std::mem::take(&mut file.headers).into_iter();
    file.headers = headers
        .map(|(name, text)| (name.to_ascii_lowercase(), canonical(&text)))
        .collect();
    if let Some(body) = &mut file.json {
        json(body);
    }
    if let Some(time) = file.expect.as_mut().and_then(|it| it.time.as_mut()) {
        *time = canonical_limit(time);
    }
}

fn json(value: &mut serde_yaml::Value) {
    match value {
        serde_yaml::Value::String(text) => *text = canonical(text),
        serde_yaml::Value::Sequence(values) => values.iter_mut().for_each(json),
        serde_yaml::Value::Mapping(entries) => {
            let before = std::mem::take(entries);
            for (key, mut value) in before {
                json(&mut value);
                let key = key.as_str().map(canonical).map_or(key.clone(), Into::into);
                entries.insert(key, value);
            }
        }
        _ => {}
    }
}
