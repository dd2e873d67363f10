use super::*;

const PLENTY: Limits = Limits {
    open_files: Some(1 << 20),
    ports: Some(28_232),
    memory: Some(1 << 34),
    workers: 64,
};

/// 100 users on two services. Half of them use one service only.
fn plan() -> Plan {
    plan_at("http://127.0.0.1:1", "http://127.0.0.1:2")
}

fn plan_at(a: &str, b: &str) -> Plan {
    let text = format!(
        "name: limits\ntarget: {{ urls: {{ a: '{a}', b: '{b}' }} }}\n\
         threads:\n  - {{ start: 100, startup: 1s, hold: 1s, shutdown: 0s }}\n  \
         - {{ start: 100, initial_delay: 3s, startup: 0s, hold: 1s, shutdown: 0s }}\n\
         scenarios:\n  - {{ name: one, steps: [ {{ request: GET a/x }}, {{ request: GET a/y }} ] }}\n  \
         - {{ name: both, steps: [ {{ request: GET a/x }}, {{ request: GET b/x }} ] }}\n"
    );
    workbench_plan::parse(&text, std::path::Path::new("limits.yaml")).expect("it is valid")
}

fn refusal(limits: Limits) -> String {
    let plan = plan();
    let refused = limits.check(&plan, &plan.schedule());
    refused.expect_err("the plan needs more").to_string()
}

#[test]
fn a_plan_within_the_limits_is_run() {
    let plan = plan();
    let schedule = plan.schedule();
    let needs = Needs::of(&plan, &schedule, PLENTY.workers);
    assert_eq!(
        needs,
        Needs {
            connections: 150,
            to_each: [("127.0.0.1".to_owned(), 1), ("127.0.0.1".to_owned(), 2)]
                .into_iter()
                .zip([100, 50])
                .collect(),
            // 150 connections, 64 workers with 4 files each, and 64 for the rest.
            files: 470,
            files_of_bookstore: 0
        }
    );
    PLENTY.check(&plan, &schedule).expect("there is plenty");
    let unknown = Limits {
        open_files: None,
        ports: None,
        memory: None,
        workers: 64,
    };
    unknown
        .check(&plan, &schedule)
        .expect("nothing speaks against it");
}

#[test]
fn too_few_files_ports_or_bytes_are_named_before_the_run() {
    let files = refusal(Limits {
        open_files: Some(469),
        ..PLENTY
    });
    assert!(files.contains("ulimit -n 470"), "{files}");
    let ports = refusal(Limits {
        ports: Some(99),
        ..PLENTY
    });
    assert!(ports.contains("100 connections to one address"), "{ports}");
    let memory = refusal(Limits {
        memory: Some(1 << 20),
        ..PLENTY
    });
    assert!(memory.contains("1 MiB are free"), "{memory}");
}

#[test]
fn services_at_one_address_share_its_ports() {
    let to_one_address = |a, b| {
        let plan = plan_at(a, b);
        Needs::of(&plan, &plan.schedule(), 1).to_one_address()
    };
    let gateway = to_one_address("http://gateway.test:81/a", "http://gateway.test:81/b");
    assert_eq!(gateway, 150);
    assert_eq!(
        to_one_address("http://gateway.test:81", "http://gateway.test:82"),
        100
    );
    assert_eq!(to_one_address("http://a.test", "http://b.test"), 100);
}

#[test]
fn runs_at_the_same_time_share_memory_and_the_ports_to_an_address() {
    let (plan, other) = (plan(), plan_at("http://127.0.0.1:3", "http://127.0.0.1:4"));
    let ports = Limits {
        ports: Some(199),
        ..PLENTY
    };
    ports.check_together(&[&plan]).expect("it needs 100");
    ports
        .check_together(&[&plan, &other])
        .expect("they need 100 each, to addresses of their own");
    let refused = ports.check_together(&[&plan, &plan]).unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("200 connections to one address"),
        "{refused}"
    );
    let memory = Limits {
        memory: Some(150 * BYTES_PER_USER),
        ..PLENTY
    };
    memory.check_together(&[&plan]).expect("it needs less");
    let refused = memory.check_together(&[&plan, &other]).unwrap_err();
    assert!(refused.to_string().contains("200 users take"), "{refused}");
}

#[test]
fn one_user_is_not_several() {
    let text = "target: { urls: { a: 'http://127.0.0.1:1' } }\nconcurrency: { target: 1, hold: 1s }\n\
        scenarios: [ { name: one, steps: [ request: GET a/x ] } ]\n";
    let plan = workbench_plan::parse(text, std::path::Path::new("one.yaml")).unwrap();
    let refused = |limits: Limits| {
        let refused = limits.check(&plan, &plan.schedule());
        refused.unwrap_err().to_string()
    };
    let files = refused(Limits {
        open_files: Some(1),
        ..PLENTY
    });
    assert!(
        files.contains("1 user holds up to 1 connection at once"),
        "{files}"
    );
    let ports = refused(Limits {
        ports: Some(0),
        ..PLENTY
    });
    assert!(
        ports.contains("1 user holds up to 1 connection to one address"),
        "{ports}"
    );
    let memory = refused(Limits {
        memory: Some(0),
        ..PLENTY
    });
    assert!(memory.contains("1 user takes"), "{memory}");
}
