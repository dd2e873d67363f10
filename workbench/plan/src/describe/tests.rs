use std::path::Path;

use super::*;

fn shipped(name: &str) -> Plan {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments");
    crate::read(&folder.join(name)).unwrap()
}

#[test]
fn scenario_3_is_described_with_its_curve() {
    insta::assert_snapshot!(describe(&shipped("scenario3.yaml")));
}

#[test]
fn the_study_of_five_steps_is_described_step_by_step() {
    insta::assert_snapshot!(describe(&shipped("rampup-5-steps.yaml")));
}

#[test]
fn everything_in_a_plan_is_described_without_passwords() {
    let text = r#"
name: everything
title: All at once
target: { bookstore: { database: "postgres://me:secret@db:5432/shop", products: 1, stock: 1, faults: ["*  */* errors=1%  seed=7"] } }
monitor: { processes: [nginx, 4711], prometheus: ["https://node:9100/metrics"] }
threads:
  - { start: 4, startup: 2s, hold: 3s, shutdown: 1s }
  - { start: 1, initial_delay: 1500ms, hold: 1s }
scenarios:
  - name: reader
    weight: 2
    think_time: { exponential: 200ms }
    steps:
      - request: GET catalog/products/${product}
        name: a book
        set: { product: { choice: [1, "x y"] } }
        expect: { status: [200, 404] }
  - name: visitor
    think_time: 1s
    steps: [ request: GET catalog/products ]
"#;
    let described = describe(&crate::parse(text, Path::new("x.yaml")).unwrap());
    assert!(!described.contains("secret"));
    let plan = crate::parse(text, Path::new("x.yaml")).unwrap();
    let kept = plan.stored();
    assert!(!kept.contains("secret"));
    assert_eq!(
        describe(&crate::parse(&kept, Path::new("x.yaml")).unwrap()),
        described
    );
    insta::assert_snapshot!(described);
}

#[test]
fn running_services_are_listed() {
    let text = "
target:
  urls: { catalog: 'http://localhost:8001', cart: 'https://shop.example/cart/' }
  reset: [POST cart/admin/reset, POST catalog/admin/reset?hard=1]
concurrency: { target: 1, hold: 5s }
scenarios: [ { name: one, steps: [ request: GET cart/carts ] } ]
thresholds: ['p95 < 1s']
";
    let plan = crate::parse(text, Path::new("services.yaml")).unwrap();
    insta::assert_snapshot!(describe(&plan));
}

#[test]
fn a_sweep_is_described_by_its_points_and_the_largest_of_them() {
    let text = "
target: { bookstore: {} }
threads: [ { start: 1, startup: 1s, hold: 9s } ]
sweep: { users: [4, 1, 8, 2] }
scenarios: [ { name: one, steps: [ request: GET catalog/products ] } ]
";
    let plan = crate::parse(text, Path::new("sweep.yaml")).unwrap();
    insta::assert_snapshot!(describe(&plan));
}

#[test]
fn a_warm_up_is_described_with_the_steady_part() {
    let line = |load: &str| {
        let text = format!(
            "target: {{ bookstore: {{}} }}\n{load}\n\
             scenarios: [ {{ name: one, steps: [ request: GET catalog/products ] }} ]\n"
        );
        let plan = crate::parse(&text, Path::new("warm.yaml")).unwrap();
        let described = describe(&plan);
        let line = described.lines().find(|line| line.contains("steady"));
        line.map(|line| line.trim().to_owned())
    };
    let held = "concurrency: { target: 4, hold: 30s }";
    let ramp = "concurrency: { target: 4, ramp_up: 30s }";
    assert_eq!(line(held), None);
    assert_eq!(
        line(&format!("{held}\nwarm_up: 1500ms")).unwrap(),
        "analysed as steady: the hold after a warm-up of 1500ms"
    );
    assert_eq!(
        line(ramp).unwrap(),
        "analysed as steady: the whole run, for nothing is held"
    );
    assert_eq!(
        line(&format!("{ramp}\nwarm_up: 5s")).unwrap(),
        "analysed as steady: the whole run after a warm-up of 5s, for nothing is held"
    );
}

#[test]
fn even_arrivals_are_counted_as_they_are_made() {
    for (rate, hold, count) in [
        ("0.01/s", "2s", 1),
        ("10/s", "1240ms", 13),
        ("10/s", "2s", 20),
    ] {
        let text = format!(
            "
target: {{ bookstore: {{}} }}
arrivals: {{ rate: {rate}, hold: {hold}, gaps: even }}
scenarios: [ {{ name: one, steps: [ request: GET catalog/products ] }} ]
"
        );
        let plan = crate::parse(&text, Path::new("even.yaml")).unwrap();
        let described = describe(&plan);
        assert!(
            described.contains(&format!(" {count} in all")),
            "{described}"
        );
        assert_eq!(plan.schedule().arrivals()[0].times(1, 0).count(), count);
    }
}

#[test]
fn stages_of_arrivals_are_described_one_by_one() {
    let text = "
target: { bookstore: {} }
arrivals:
  stages:
    - { rate: 100/s, ramp: 10s, hold: 20s }
    - { rate: 300/s, ramp: 30s, hold: 1m }
    - { from: 200/s, rate: 50/s, ramp: 20s, steps: 2 }
    - { rate: 0/s, hold: 5s }
  gaps: exponential
scenarios: [ { name: one, steps: [ request: GET catalog/products ] } ]
";
    let plan = crate::parse(text, Path::new("stages.yaml")).unwrap();
    insta::assert_snapshot!(describe(&plan), @r"
stages

Target: the bundled bookstore on SQLite, 100 products, 1000000 copies of each

Schedule: 145s in all
  arrivals at 100/s, reached over 10s evenly, hold 20s
  arrivals at 300/s, reached from 100/s over 30s evenly, hold 60s
  arrivals at 50/s, reached from 200/s over 20s in 2 steps, hold 0s
  arrivals at 0/s, hold 5s
  arrivals with exponential gaps, about 28250 in all, by 300 users at most
  ramp-up          0s to 60s
  hold            60s to 120s
  ramp-down      120s to 145s

  ▁▁▂▃▃▃▃▃▃▃▃▃▃▄▄▄▅▅▆▆▇▇▇██████████████████████████▇▄▄▄▃▂▂▂▂
  time     arrivals/s
  0s              0.0
  10s           100.0
  30s           100.0
  60s           300.0
  120s          125.0
  130s           50.0
  140s            0.0
  145s            0.0

Scenarios
  one: weight 1, no think time
    GET catalog/products

Thresholds: none
Each request may take 30s; random choices derive from seed 1.
");
    let kept = plan.stored();
    assert!(kept.contains("from: 100/s"), "{kept}");
    let again = crate::parse(&kept, Path::new("stages.yaml")).unwrap();
    assert_eq!(again.stored(), kept);
    assert_eq!(again.load, plan.load);
}

#[test]
fn many_points_are_wrapped() {
    let text = "
target: { bookstore: {} }
concurrency: { target: 1, hold: 30s }
sweep: { users: { from: 1, to: 60, step: 1 } }
scenarios: [ { name: one, steps: [ request: GET catalog/products ] } ]
";
    let plan = crate::parse(text, Path::new("sweep.yaml")).unwrap();
    let described = describe(&plan);
    assert!(described.lines().all(|line| line.chars().count() <= 90));
    assert!(described.contains("\n  21, 22, 23, "), "{described}");
    assert!(
        described.contains("  60 runs in random order, 30m in all for one repetition"),
        "{described}"
    );
}
