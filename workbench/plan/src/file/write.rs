//! [`Plan`] to YAML: the experiment as resolved, with every default filled in.

use std::time::Duration;

use super::duration::format_duration;
use super::resolve::WireLoad;
use super::url::without_password;
use super::wire::{
    NumberOr, OneOrMany, ValueOr, WireArrivals, WireBookstore, WireConcurrency, WireDuration,
    WireExpectation, WireGaps, WireIterations, WirePlan, WirePoints, WireRate, WireScenario,
    WireStep, WireSweep, WireTarget, WireThreadRow, WireTimes, WireValue, WireValues,
};
use crate::distribution::Distribution;
use crate::plan::{
    Arrivals, Concurrency, Database, Gaps, Load, Plan, Scenario, Step, Target, ThreadRow,
};
use crate::sweep::{Parameter, Sweep};
use crate::template::Value;

impl Plan {
    /// The experiment file as resolved; [`crate::parse`] of it gives the same plan.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        serde_yaml::to_string(&wire(self))
            .expect("a plan consists of text, numbers, lists and mappings")
    }

    /// The same plan with the database's password taken out, to be kept beside results.
    #[must_use]
    pub fn without_password(&self) -> Self {
        let mut plan = self.clone();
        if let Target::Bookstore(bookstore) = &mut plan.target
            && let Database::Postgres(url) = &mut bookstore.database
        {
            *url = without_password(url);
        }
        plan
    }
}

fn wire(plan: &Plan) -> WirePlan {
    let load = wire_load(plan.load.as_ref());
    WirePlan {
        name: Some(plan.name.clone()),
        title: Some(plan.title.clone()),
        question: plan.question.clone(),
        seed: plan.seed,
        target: target(&plan.target),
        threads: load.threads,
        concurrency: load.concurrency,
        arrivals: load.arrivals,
        iterations: load.iterations,
        sweep: plan.sweep.as_ref().map(sweep),
        warm_up: duration(plan.warm_up),
        timeout: duration(plan.request_timeout),
        scenarios: plan.scenarios.iter().map(scenario).collect(),
        thresholds: plan
            .thresholds
            .iter()
            .map(|threshold| threshold.text.clone())
            .collect(),
    }
}

fn wire_load(load: Option<&Load>) -> WireLoad {
    let mut wire = WireLoad {
        threads: None,
        concurrency: None,
        arrivals: None,
        iterations: None,
    };
    match load {
        Some(Load::Threads(rows)) => wire.threads = Some(rows.iter().map(thread_row).collect()),
        Some(Load::Concurrency(load)) => wire.concurrency = Some(concurrency(load)),
        Some(Load::Arrivals(load)) => wire.arrivals = Some(arrivals(load)),
        Some(Load::Iterations(load)) => {
            wire.iterations = Some(NumberOr::More(WireIterations {
                total: load.total,
                users: load.users,
                max_duration: duration(load.max_duration),
            }));
        }
        None => {}
    }
    wire
}

fn arrivals(load: &Arrivals) -> WireArrivals {
    WireArrivals {
        rate: WireRate(load.rate.to_string()),
        ramp_up: duration(load.ramp_up),
        steps: load.steps,
        hold: duration(load.hold),
        gaps: match load.gaps {
            Gaps::Even => WireGaps::Even,
            Gaps::Exponential => WireGaps::Exponential,
        },
        max_users: Some(load.max_users),
    }
}

fn sweep(sweep: &Sweep) -> WireSweep {
    let points = Some(WirePoints::List(sweep.values.clone()));
    match sweep.parameter {
        Parameter::Users => WireSweep {
            users: points,
            replicas: None,
        },
        Parameter::Replicas => WireSweep {
            users: None,
            replicas: points,
        },
    }
}

fn duration(duration: Duration) -> WireDuration {
    WireDuration(format_duration(duration))
}

fn target(target: &Target) -> WireTarget {
    match target {
        Target::Bookstore(bookstore) => WireTarget {
            bookstore: Some(WireBookstore {
                database: match &bookstore.database {
                    Database::Sqlite => "sqlite".to_owned(),
                    Database::Postgres(url) => url.clone(),
                },
                products: bookstore.products,
                stock: bookstore.stock,
                faults: bookstore
                    .faults
                    .iter()
                    .map(|fault| fault.as_str().to_owned())
                    .collect(),
                replicas: bookstore.replicas,
            }),
            urls: None,
            reset: Vec::new(),
        },
        Target::Urls(urls) => WireTarget {
            bookstore: None,
            urls: Some(
                urls.services
                    .iter()
                    .map(|(name, url)| (name.clone(), url.to_string()))
                    .collect(),
            ),
            reset: urls.reset.iter().map(ToString::to_string).collect(),
        },
    }
}

fn thread_row(row: &ThreadRow) -> WireThreadRow {
    WireThreadRow {
        start: row.users,
        initial_delay: duration(row.initial_delay),
        startup: duration(row.startup),
        hold: duration(row.hold),
        shutdown: duration(row.shutdown),
    }
}

fn concurrency(concurrency: &Concurrency) -> WireConcurrency {
    WireConcurrency {
        target: concurrency.target,
        ramp_up: duration(concurrency.ramp_up),
        steps: concurrency.steps,
        hold: duration(concurrency.hold),
    }
}

fn scenario(scenario: &Scenario) -> WireScenario {
    let load = wire_load(scenario.load.as_ref());
    WireScenario {
        name: scenario.name.clone(),
        weight: scenario.load.is_none().then_some(scenario.weight),
        threads: load.threads,
        concurrency: load.concurrency,
        arrivals: load.arrivals,
        iterations: load.iterations,
        think_time: scenario.think_time.as_ref().map(times),
        steps: scenario
            .steps
            .iter()
            .map(|step| self::step(step, &scenario.variables))
            .collect(),
    }
}

fn step(step: &Step, names: &[String]) -> WireStep {
    let path = step.path.source(names);
    WireStep {
        request: format!("{} {}{path}", step.method, step.service),
        name: Some(step.label.clone()),
        set: step
            .set
            .iter()
            .map(|(position, distribution)| (names[*position].clone(), values(distribution)))
            .collect(),
        headers: step
            .headers
            .iter()
            .map(|(name, template)| (name.clone(), template.source(names)))
            .collect(),
        json: step.json.as_ref().map(|template| template.source(names)),
        expect: (!step.expect_status.is_empty()).then(|| WireExpectation {
            status: OneOrMany(step.expect_status.clone()),
        }),
    }
}

fn times(distribution: &Distribution<Duration>) -> ValueOr<WireDuration, WireTimes> {
    let (uniform, choice, exponential) = match distribution {
        Distribution::Constant(time) => return ValueOr::Value(duration(*time)),
        Distribution::Uniform(from, to) => (Some([duration(*from), duration(*to)]), None, None),
        Distribution::Choice(times) => (
            None,
            Some(times.iter().copied().map(duration).collect()),
            None,
        ),
        Distribution::Exponential(mean) => (None, None, Some(duration(*mean))),
    };
    ValueOr::Drawn(WireTimes {
        uniform,
        choice,
        exponential,
    })
}

fn values(distribution: &Distribution<Value>) -> ValueOr<WireValue, WireValues> {
    let value = |value: &Value| match value {
        Value::Integer(integer) => WireValue::Integer(*integer),
        Value::Text(text) => WireValue::Text(text.clone()),
    };
    let (uniform, choice) = match distribution {
        Distribution::Constant(constant) => return ValueOr::Value(value(constant)),
        Distribution::Uniform(Value::Integer(from), Value::Integer(to)) => {
            (Some([*from, *to]), None)
        }
        Distribution::Choice(values) => (None, Some(values.iter().map(value).collect())),
        Distribution::Uniform(..) | Distribution::Exponential(_) => {
            unreachable!(
                "a plan's uniform values are whole numbers, and only times are exponential"
            )
        }
    };
    ValueOr::Drawn(WireValues { uniform, choice })
}
