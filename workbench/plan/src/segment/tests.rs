use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::schedule::{Arrival, Phase, Schedule, UserSpan, Work};
use crate::{Lanes, parse};

/// A plan with one or several loads of random kinds and sizes, some shared by scenarios.
fn plans() -> impl Strategy<Value = Plan> {
    let row = (1..30_u32, 0..4_u32, 0..9_u32, 1..9_u32, 0..9_u32).prop_map(
        |(users, delay, startup, hold, shutdown)| {
            format!(
                "{{ start: {users}, initial_delay: {delay}s, startup: {startup}s, hold: {hold}s, shutdown: {shutdown}s }}"
            )
        },
    );
    let threads = prop::collection::vec(row, 1..4)
        .prop_map(|rows| format!("threads: [ {} ]", rows.join(", ")));
    let concurrency = (1..60_u32, 1..9_u32, 1..9_u32).prop_map(|(target, ramp_up, hold)| {
        format!("concurrency: {{ target: {target}, ramp_up: {ramp_up}s, hold: {hold}s }}")
    });
    let iterations = (1..30_u32, 0..100_u32).prop_map(|(users, more)| {
        format!("iterations: {{ total: {}, users: {users} }}", users + more)
    });
    let arrivals = (1..90_u32, 0..4_u32, 1..6_u32, 6..40_u32, any::<bool>()).prop_map(
        |(rate, ramp_up, hold, users, even)| {
            let gaps = if even { "even" } else { "exponential" };
            format!(
                "arrivals: {{ rate: {rate}/s, ramp_up: {ramp_up}s, hold: {hold}s, max_users: {users}, gaps: {gaps} }}"
            )
        },
    );
    let stage = (0..90_u32, 0..3_u32, 1..4_u32, prop::option::of(0..90_u32)).prop_map(
        |(rate, ramp, hold, from)| {
            let from = from.filter(|_| ramp > 0);
            let from = from.map_or_else(String::new, |from| format!(", from: {from}/s"));
            format!("{{ rate: {rate}/s, ramp: {ramp}s, hold: {hold}s{from} }}")
        },
    );
    let stages = (prop::collection::vec(stage, 0..4), 6..40_u32, any::<bool>()).prop_map(
        |(stages, users, even)| {
            let gaps = if even { "even" } else { "exponential" };
            let stages = stages.join(", ");
            format!(
                "arrivals: {{ stages: [ {{ rate: 9/s, hold: 1s }}, {stages} ], max_users: {users}, gaps: {gaps} }}"
            )
        },
    );
    let load = prop_oneof![threads, concurrency, iterations, arrivals, stages].boxed();
    let own = prop::option::of(load.clone());
    let weights = prop::collection::vec((1..9_u32, own), 0..3);
    (load, 1..9_u32, weights, any::<u32>()).prop_map(|(load, weight, scenarios, seed)| {
        let mut text = format!("seed: {seed}\ntarget: {{ bookstore: {{}} }}\n{load}\nscenarios:\n");
        let shared = (weight, None);
        for (number, (weight, own)) in [shared].into_iter().chain(scenarios).enumerate() {
            let load = own.unwrap_or_else(|| format!("weight: {weight}"));
            text.push_str(&format!(
                "- {{ name: s{number}, {load}, steps: [ request: GET catalog/products ] }}\n"
            ));
        }
        parse(&text, Path::new("random.yaml")).unwrap_or_else(|error| panic!("{text}\n{error}"))
    })
}

fn arrivals(plan: &Plan, schedule: &Schedule) -> Vec<(usize, Arrival)> {
    let streams = schedule.arrivals().iter().enumerate();
    streams
        .flat_map(|(stream, it)| it.times(plan.seed, stream).map(move |it| (stream, it)))
        .collect()
}

proptest! {
    #[test]
    fn all_segments_together_are_the_undivided_plan(plan in plans(), of in 1..=12_u32) {
        let whole = plan.schedule();
        let segments: Vec<Schedule> = Segment::all(of).map(|it| whole.segment(it)).collect();

        let mut users: Vec<UserSpan> = segments.iter().flat_map(|it| it.users()).copied().collect();
        users.sort_by_key(|user| user.position);
        prop_assert_eq!(&users, whole.users());
        let mut together: Vec<_> = segments.iter().flat_map(|it| arrivals(&plan, it)).collect();
        together.sort_by_key(|(stream, arrival)| (*stream, arrival.number));
        prop_assert_eq!(together, arrivals(&plan, &whole));

        for millis in (0..20_000).step_by(250) {
            let time = Duration::from_millis(millis);
            let count: usize = segments.iter().map(|it| it.users_at(time)).sum();
            prop_assert_eq!(count, whole.users_at(time));
            let rate: f64 = segments.iter().map(|it| it.arrival_rate_at(time)).sum();
            prop_assert!((rate - whole.arrival_rate_at(time)).abs() < 1e-6);
            let phases: Vec<Phase> = segments.iter().map(|it| it.phase_at(time)).collect();
            prop_assert!(phases.iter().all(|it| *it == whole.phase_at(time)));
        }
        let serving: usize = segments.iter().map(Schedule::most_users).sum();
        prop_assert!(serving >= whole.most_users());
    }

    #[test]
    fn every_segment_has_its_share_of_every_scenario_at_any_moment(plan in plans(), of in 1..=12_u32) {
        let whole = plan.schedule();
        for scenario in 0..plan.scenarios.len() {
            let counts = |until: usize| {
                let of_segment = |it| {
                    let segment = whole.segment(it);
                    let users = segment.users().iter();
                    users.filter(|it| it.scenario == scenario && it.position < until).count()
                };
                Segment::all(of).map(of_segment).collect::<Vec<_>>()
            };
            for until in [1, whole.users().len() / 2, whole.users().len()] {
                let counts = counts(until);
                prop_assert!(counts.iter().max() <= counts.iter().min().map(|it| it + 1).as_ref(), "{counts:?}");
            }
            let of_scenario = |it| {
                let arrivals = arrivals(&plan, &whole.segment(it));
                arrivals.iter().filter(|(_, it)| it.scenario == scenario).count()
            };
            let counts: Vec<usize> = Segment::all(of).map(of_scenario).collect();
            prop_assert!(counts.iter().max() <= counts.iter().min().map(|it| it + 1).as_ref(), "{counts:?}");
        }
    }

    #[test]
    fn no_two_segments_take_the_same_turn_where_rows_are_unique(plan in plans(), of in 2..=6_u32) {
        let whole = plan.schedule();
        let lanes = Lanes::of(&whole, |_| true);
        let mut turns = Vec::new();
        for segment in Segment::all(of).map(|it| whole.segment(it)) {
            for user in segment.users() {
                let iterations = match user.work {
                    Work::UntilStop => 5,
                    Work::Iterations(iterations) => iterations,
                    Work::Arrivals(_) => continue,
                };
                turns.extend((1..=iterations).map(|it| lanes.iteration(user.position, it)));
            }
            let arrivals = arrivals(&plan, &segment);
            turns.extend(arrivals.iter().map(|(stream, it)| lanes.arrival(*stream, it.number)));
        }
        let count = turns.len();
        turns.sort_unstable();
        turns.dedup();
        prop_assert_eq!(turns.len(), count);
    }
}

fn plan(load: &str) -> Plan {
    let text = format!(
        "target: {{ urls: {{ catalog: \"http://127.0.0.1:1\" }} }}\n{load}\nscenarios:\n\
         - {{ name: a, steps: [ request: GET catalog/ ] }}\n- {{ name: b, steps: [ request: GET catalog/ ] }}\n"
    );
    parse(&text, Path::new("plan.yaml")).unwrap()
}

#[test]
fn a_plan_with_too_few_users_names_the_segment_that_would_have_none() {
    let few = plan("concurrency: { target: 4, hold: 1s }");
    assert_eq!(few.check_segments(4), Ok(()));
    let refused = few.check_segments(5).unwrap_err().to_string();
    assert_eq!(
        refused,
        "there are too few users: segment 5/5 would have none"
    );
    let few = plan("arrivals: { rate: 9/s, hold: 1s, max_users: 3 }");
    assert!(few.check_segments(3).is_ok() && few.check_segments(4).is_err());
}

#[test]
fn a_bookstore_on_one_shared_database_cannot_be_run_in_segments() {
    let text = "target: { bookstore: { database: \"postgres://localhost/shop\" } }\n\
        concurrency: { target: 4, hold: 1s }\n\
        scenarios: [ { name: a, steps: [ request: GET catalog/products ] } ]\n";
    let plan = parse(text, Path::new("plan.yaml")).unwrap();
    assert_eq!(plan.check_segments(1), Ok(()));
    assert_eq!(plan.check_segments(2), Err(SegmentError::SharedDatabase));
}

#[test]
fn a_segment_is_written_with_its_number_and_how_many_there_are() {
    let segment: Segment = "3/10".parse().unwrap();
    assert_eq!((segment.number(), segment.of()), (3, 10));
    assert_eq!(segment.to_string(), "3/10");
    for wrong in [
        "", "3", "3/", "0/10", "11/10", "1/0", "-1/2", "1/1001", "a/b", "1/2/3",
    ] {
        assert!(wrong.parse::<Segment>().is_err(), "{wrong}");
    }
}
