//! Scenarios with all kinds of steps: the requests that reach a service, and the recorded samples. Long, because there
//! is one test for each part of the language.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use workbench_load::StopSignal;
use workbench_plan::{Plan, read};
use workbench_samples::{ErrorKind, Failures};

use crate::support::{numbers, one_run_at_a_time, run, samples, texts};

mod http;

/// A received request.
#[derive(Clone, Debug)]
struct Received {
    method: String,
    path: String,
    /// By name, in lower case.
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Received {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

type Respond = dyn Fn(&Received) -> String + Send + Sync;

/// A service that keeps received requests in order.
struct Service {
    address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Service {
    async fn start(respond: impl Fn(&Received) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let received = Arc::new(Mutex::new(Vec::new()));
        let (kept, respond): (_, Arc<Respond>) = (Arc::clone(&received), Arc::new(respond));
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, Arc::clone(&kept), Arc::clone(&respond)));
            }
        });
        Self { address, received }
    }

    fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    fn lines(&self) -> Vec<String> {
        self.received().iter().map(Received::line).collect()
    }
}

async fn serve(
    mut socket: TcpStream,
    kept: Arc<Mutex<Vec<Received>>>,
    respond: Arc<Respond>,
) -> Option<()> {
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(socket.read_u8().await.ok()?);
        }
        let head = String::from_utf8(head).unwrap();
        let mut lines = head.lines();
        let mut start = lines.next().unwrap().split(' ').map(str::to_owned);
        let headers = lines.filter_map(|line| line.split_once(": "));
        let mut received = Received {
            method: start.next().unwrap(),
            path: start.next().unwrap(),
            headers: headers
                .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
                .collect(),
            body: Vec::new(),
        };
        let length = received.header("content-length").parse().unwrap_or(0);
        received.body = vec![0; length];
        socket.read_exact(&mut received.body).await.ok()?;
        kept.lock().unwrap().push(received.clone());
        socket.write_all(respond(&received).as_bytes()).await.ok()?;
    }
}

fn response(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n{headers}\r\n{body}")
}

fn ok(body: &str) -> String {
    response("200 OK", "", body)
}

/// An experiment in a folder, against a service called `s`.
fn experiment(folder: &Path, service: &Service, text: &str) -> Plan {
    let path = folder.join("journey.yaml");
    let address = service.address;
    let text = format!("name: journey\ntarget: {{ urls: {{ s: \"http://{address}\" }} }}\n{text}");
    std::fs::write(&path, text).unwrap();
    read(&path).unwrap_or_else(|error| panic!("{error}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_runs_on_start_its_flow_and_on_stop() {
    let _turn = one_run_at_a_time().await;
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(|_| ok("{\"n\": 3}")).await;
    let plan = experiment(
        folder.path(),
        &service,
        "iterations: 2
scenarios:
  - name: flow
    on_start: [ { request: GET s/start } ]
    steps:
      - { request: 'GET s/first/${iteration}', capture: { n: { json: $.n } } }
      - repeat: 2
        steps:
          - request: GET s/outer
          - repeat: 2
            steps: [ request: GET s/inner ]
      - { when: '${n} > 2', steps: [ request: GET s/more ] }
      - { when: '${n} > 3', steps: [ request: GET s/never ] }
      - choose: [ { weight: 1, steps: [ request: GET s/chosen ] } ]
    on_stop: [ { request: GET s/stop } ]
",
    );
    let finished = run(&plan, folder.path(), &StopSignal::new()).await.unwrap();
    let iteration = |number: u32| {
        let lines =
            format!("/first/{number} /outer /inner /inner /outer /inner /inner /more /chosen");
        lines
            .split(' ')
            .map(|path| format!("GET {path}"))
            .collect::<Vec<_>>()
    };
    let expected = [
        vec!["GET /start".to_owned()],
        iteration(1),
        iteration(2),
        vec!["GET /stop".to_owned()],
    ];
    assert_eq!(service.lines(), expected.concat());
    let phases = texts(&samples(&finished), "phase");
    assert_eq!(phases.iter().filter(|it| *it == "on_start").count(), 1);
    assert_eq!(phases.iter().filter(|it| *it == "on_stop").count(), 1);
    assert!(finished.validity.valid, "{:?}", finished.validity);
}

#[tokio::test(flavor = "multi_thread")]
async fn captured_values_are_sent_with_later_requests() {
    let _turn = one_run_at_a_time().await;
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(|received| match received.path.as_str() {
        "/login" => response(
            "200 OK",
            "location: /home/7\r\nset-cookie: sid=s-1; Path=/\r\n",
            "{\"token\": \"a/b c\", \"price\": 1.5, \"ids\": [4, 5], \"text\": \"id=42;\"}",
        ),
        "/page" => ok("<form><input name=csrf value=\"t&amp;1\"></form><b> hi </b>"),
        _ => ok("{}"),
    })
    .await;
    let plan = experiment(
        folder.path(),
        &service,
        "iterations: 1
scenarios:
  - name: captures
    steps:
      - request: POST s/login
        capture:
          token: { json: $.token }
          price: { json: $.price }
          ids: { json: '$.ids[*]', pick: all }
          last: { json: '$.ids[*]', pick: last }
          id: { regex: 'id=(\\d+)' }
          where: { header: location }
          sid: { cookie: sid }
          none: { json: $.none, default: nothing }
      - request: GET s/page
        capture:
          csrf: { css: 'input[name=csrf]', attribute: value }
          bold: { css: b }
      - request: POST s/buy/${token}/${id}
        headers: { x-where: '${where}', x-sid: '${sid}', x-bold: '${bold}' }
        auth: { bearer: '${csrf}' }
        json: { price: '${price}', ids: '${ids}', last: '${last}', none: '${none}', text: 'n ${price}' }
",
    );
    let finished = run(&plan, folder.path(), &StopSignal::new()).await.unwrap();
    let errors = texts(&samples(&finished), "error");
    assert_eq!(errors, ["-", "-", "-"]);
    let bought = service.received().pop().unwrap();
    assert_eq!(bought.line(), "POST /buy/a%2Fb%20c/42");
    assert_eq!(bought.header("x-where"), "/home/7");
    assert_eq!(bought.header("x-sid"), "s-1");
    assert_eq!(bought.header("x-bold"), "hi");
    assert_eq!(bought.header("authorization"), "Bearer t&1");
    assert_eq!(
        String::from_utf8(bought.body).unwrap(),
        "{\"price\":1.5,\"ids\":[4,5],\"last\":5,\"none\":\"nothing\",\"text\":\"n 1.5\"}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_are_sent_as_they_are_written() {
    let _turn = one_run_at_a_time().await;
    let folder = tempfile::tempdir().unwrap();
    let picture: Vec<u8> = (0..=255).collect();
    std::fs::write(folder.path().join("a b.png"), &picture).unwrap();
    let service = Service::start(|_| ok("")).await;
    let plan = experiment(
        folder.path(),
        &service,
        "iterations: 1
variables: { name: 'é &', key: '${user}' }
http: { headers: { x-key: 'k${key}', accept: text/html } }
scenarios:
  - name: bodies
    steps:
      - { request: POST s/form, form: { 'a b': '${name}', tags: [x, 2] } }
      - { request: POST s/text, text: 'hi ${name}', headers: { accept: text/plain } }
      - { request: PUT s/file, file: 'a b.png', headers: { content-type: image/x-own } }
      - { request: POST s/parts, multipart: { title: 'v ${name}', picture: { file: 'a b.png' } } }
      - { request: GET s/basic, auth: { basic: { user: ann, password: 'p:${name}' } } }
",
    );
    let finished = run(&plan, folder.path(), &StopSignal::new()).await.unwrap();
    assert_eq!(texts(&samples(&finished), "error"), ["-"; 5]);
    let [form, text, file, parts, basic]: [Received; 5] = service.received().try_into().unwrap();
    assert_eq!(
        form.header("content-type"),
        "application/x-www-form-urlencoded"
    );
    assert_eq!(form.body, b"a+b=%C3%A9+%26&tags=x&tags=2");
    assert_eq!(form.header("x-key"), "k1");
    assert_eq!(form.header("accept"), "text/html");
    assert_eq!(text.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(text.body, "hi é &".as_bytes());
    assert_eq!(text.header("accept"), "text/plain");
    assert_eq!(file.header("content-type"), "image/x-own");
    assert_eq!(file.body, picture);
    let kind = parts.header("content-type");
    let boundary = kind.strip_prefix("multipart/form-data; boundary=").unwrap();
    let expected = [
        format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nv é &\r\n\
             --{boundary}\r\nContent-Disposition: form-data; name=\"picture\"; filename=\"a b.png\"\r\n\
             Content-Type: image/png\r\n\r\n"
        )
        .into_bytes(),
        picture,
        format!("\r\n--{boundary}--\r\n").into_bytes(),
    ];
    assert_eq!(parts.body, expected.concat());
    // `ann:p:é &` in base64.
    assert_eq!(basic.header("authorization"), "Basic YW5uOnA6w6kgJg==");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_capture_ends_the_iteration_and_a_failed_on_start_is_repeated() {
    let _turn = one_run_at_a_time().await;
    let folder = tempfile::tempdir().unwrap();
    let logins = Mutex::new(0);
    let service = Service::start(move |received| match received.path.as_str() {
        "/login" => {
            let mut logins = logins.lock().unwrap();
            *logins += 1;
            if *logins == 1 {
                response("503 Service Unavailable", "", "{}")
            } else {
                ok("{\"token\": \"t\"}")
            }
        }
        _ => ok("{\"total\": 3}"),
    })
    .await;
    let plan = experiment(
        folder.path(),
        &service,
        "iterations: 2
scenarios:
  - name: broken
    on_start: [ { request: POST s/login, capture: { token: { json: $.token } } } ]
    steps:
      - { request: GET s/list, expect: { json: { $.total: '> 10' } }, capture: { item: { json: '$.items[0]' } } }
      - request: GET s/item/${item}
",
    );
    let finished = run(&plan, folder.path(), &StopSignal::new()).await.unwrap();
    let lines = service.lines();
    assert_eq!(
        lines,
        ["POST /login", "POST /login", "GET /list", "GET /list"]
    );
    let errors = texts(&samples(&finished), "error");
    assert_eq!(errors, ["status", "-", "expect", "expect"]);
    let failures = Failures::read(&finished.directory).unwrap().unwrap();
    let reasons: Vec<_> = failures
        .reasons
        .iter()
        .map(|it| (it.kind, it.reason.as_deref().unwrap(), it.count))
        .collect();
    assert_eq!(
        reasons,
        [
            (ErrorKind::Status, "status 503", 1),
            (ErrorKind::Expect, "$.total is 3, expected > 10", 2)
        ]
    );
}

const PEOPLE: &str = "name,age\nann,1\nbob,2\neve,3\n";

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_given_to_users_iterations_and_arrivals() {
    let _turn = one_run_at_a_time().await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("people.csv"), PEOPLE).unwrap();
    let scenario = "scenarios: [ { name: one, steps: [ { request: 'GET s/${p.name}', json: { age: '${p.age}' } } ] } ]";
    for (load, pick, expected) in [
        (
            "iterations: { total: 6, users: 3 }",
            "pick: unique",
            "ann ann bob bob eve eve",
        ),
        (
            "iterations: { total: 4, users: 2 }",
            "numbers: [age]",
            "ann ann bob eve",
        ),
        (
            "iterations: { total: 3, users: 1 }",
            "pick: unique, per: iteration",
            "ann bob eve",
        ),
        (
            "arrivals: { rate: 30/s, hold: 100ms }",
            "pick: unique",
            "ann bob eve",
        ),
    ] {
        let service = Service::start(|_| ok("")).await;
        let text = format!("data: {{ p: {{ csv: people.csv, {pick} }} }}\n{load}\n{scenario}\n");
        let plan = experiment(folder.path(), &service, &text);
        run(&plan, folder.path(), &StopSignal::new()).await.unwrap();
        let received = service.received();
        let mut names: Vec<&str> = received.iter().map(|it| &it.path[1..]).collect();
        names.sort_unstable();
        assert_eq!(names.join(" "), expected, "{load} {pick}");
        let body = String::from_utf8(received[0].body.clone()).unwrap();
        let is_number = !body.contains("\"age\":\"");
        assert_eq!(is_number, pick.contains("numbers"), "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_arrival_is_a_user_of_its_own() {
    let _turn = one_run_at_a_time().await;
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(|received| {
        let cookie = format!("set-cookie: who={}; Path=/\r\n", &received.path[1..]);
        response("200 OK", &cookie, "{\"v\": \"x\"}")
    })
    .await;
    let plan = experiment(
        folder.path(),
        &service,
        "arrivals: { rate: 20/s, hold: 200ms, max_users: 1 }
variables: { n: { sequence: { from: 10, step: 5 } } }
scenarios:
  - name: one
    on_start: [ { request: 'GET s/start-${n}' } ]
    steps: [ { request: 'GET s/step-${n}-${v}', set: { v: y } }, { request: 'GET s/end-${v}', capture: { v: { json: $.v } } } ]
    on_stop: [ { request: 'GET s/stop-${v}' } ]
",
    );
    run(&plan, folder.path(), &StopSignal::new()).await.unwrap();
    let expected = [10, 15, 20, 25].map(|n| {
        [
            format!("GET /start-{n}"),
            format!("GET /step-{n}-y"),
            "GET /end-y".to_owned(),
            "GET /stop-x".to_owned(),
        ]
    });
    assert_eq!(service.lines(), expected.concat());
    let received = service.received();
    let cookies: Vec<&str> = received.iter().map(|it| it.header("cookie")).collect();
    assert_eq!(
        cookies[..5],
        ["", "who=start-10", "who=step-10-y", "who=end-y", ""]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_iteration_is_cut_or_goes_on_to_its_end() {
    let _turn = one_run_at_a_time().await;
    for (stop, last) in [("at_once", "GET /a"), ("after_iteration", "GET /b")] {
        let folder = tempfile::tempdir().unwrap();
        let service = Service::start(|_| ok("")).await;
        let plan = experiment(
            folder.path(),
            &service,
            &format!(
                "concurrency: {{ target: 1, hold: 300ms }}
scenarios: [ {{ name: one, stop: {stop}, steps: [ request: GET s/a, think: 1s, request: GET s/b ] }} ]
"
            )
            .replace("[ request: GET s/a, think: 1s, request: GET s/b ]", "[ { request: GET s/a }, { think: 1s }, { request: GET s/b } ]"),
        );
        let finished = run(&plan, folder.path(), &StopSignal::new()).await.unwrap();
        assert_eq!(service.lines().last().unwrap(), last);
        let failed = finished.validity.checks.iter();
        let failed: Vec<_> = failed
            .filter(|check| check.status == workbench_samples::CheckStatus::Failed)
            .collect();
        assert!(failed.is_empty(), "{failed:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn iterations_are_paced_from_beginning_to_beginning() {
    let _turn = one_run_at_a_time().await;
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(|_| ok("")).await;
    let plan = experiment(
        folder.path(),
        &service,
        "iterations: 4
scenarios: [ { name: one, pacing: 100ms, steps: [ { request: GET s/a }, { think: 30ms } ] } ]
",
    );
    let finished = run(&plan, folder.path(), &StopSignal::new()).await.unwrap();
    let mut started = numbers(&samples(&finished), "started_at");
    started.sort_unstable();
    let gaps: Vec<Duration> = started
        .windows(2)
        .map(|two| Duration::from_nanos(two[1] - two[0]))
        .collect();
    // They can be longer on a busy machine, never shorter.
    assert!(
        gaps.iter().all(|gap| *gap >= Duration::from_millis(99)),
        "{gaps:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_file_of_a_run_contains_a_secret() {
    let _turn = one_run_at_a_time().await;
    let folder = tempfile::tempdir().unwrap();
    let secrets = ["pä ss/wo\"rd+1", "file-secret-88", "column-secret-99"];
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("other.txt", &format!("{}\n", secrets[0]));
    write("secret.txt", &format!("{}\n", secrets[1]));
    write("lines.txt", "first-line-55\nsecond-line-66\n");
    write(
        "people.csv",
        &format!("name,pin\nann,{}\nbob,another-pin-44\n", secrets[2]),
    );
    // The service echoes the request.
    let service = Service::start(|received| {
        let body = format!(
            "{} {:?} {}",
            received.path,
            received.headers,
            String::from_utf8_lossy(&received.body)
        );
        response("500 Internal Server Error", "x-echo: echo\r\n", &body)
    })
    .await;
    let plan = experiment(
        folder.path(),
        &service,
        "iterations: 2
variables:
  other: { secret_file: other.txt }
  secret: { secret_file: secret.txt }
  lines: { secret_file: lines.txt }
  made: 'tag-${p.pin}'
data: { p: { csv: people.csv, secret: [pin] } }
scenarios:
  - name: one
    steps:
      - { request: 'GET s/a/${other}?b=${other}', headers: { x-s: '${secret}', authorization: literal-secret-77 } }
      - { request: POST s/b, json: { some: '${other}', more: 'x${secret}', pin: '${p.pin}' } }
      - { request: POST s/c, form: { some: '${other}', x: '${p.pin}' }, expect: { body: { contains: '${secret}!' }, status: 500 } }
      - { request: GET s/d, auth: { basic: { user: ann, password: '${other}' } }, expect: { status: 500 } }
      - { request: 'GET s/e/${made}' }
      - { request: GET s/f, expect: { status: 500, body: { contains: 'before ${lines}' } } }
",
    );
    let results = folder.path().join("results");
    let finished = run(&plan, &results, &StopSignal::new()).await.unwrap();
    assert_eq!(service.received().len(), 12);
    let failures = Failures::read(&finished.directory).unwrap().unwrap();
    assert!(failures.exchanges.len() > 6, "{:?}", failures.exchanges);
    let mut looked_at = 0;
    let mut folders = vec![results];
    let forms = [
        secrets[0].to_owned(),
        secrets[1].to_owned(),
        secrets[2].to_owned(),
        "literal-secret-77".to_owned(),
        "another-pin-44".to_owned(),
        "first-line-55".to_owned(),
        "second-line-66".to_owned(),
        // In a path, in a form, in JSON, twice in JSON, and in base64.
        "p%C3%A4%20ss%2Fwo%22rd%2B1".to_owned(),
        "p%C3%A4+ss%2Fwo%22rd%2B1".to_owned(),
        "pä ss/wo\\\"rd+1".to_owned(),
        "pä ss/wo\\\\\\\"rd+1".to_owned(),
        "YW5uOnDDpCBzcy93byJyZCsx".to_owned(),
    ];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            looked_at += 1;
            let bytes = std::fs::read(&path).unwrap();
            for form in &forms {
                let found = bytes
                    .windows(form.len())
                    .any(|part| part == form.as_bytes());
                assert!(!found, "{form} is in {}", path.display());
            }
        }
    }
    assert!(looked_at >= 4, "{looked_at}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_secret_ends_the_run_before_any_request() {
    let _turn = one_run_at_a_time().await;
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(|_| ok("")).await;
    let plan = experiment(
        folder.path(),
        &service,
        "iterations: 1
scenarios: [ { name: one, steps: [ { request: GET s/a, auth: { bearer: '${env.WORKBENCH_TEST_NOT_SET}' } } ] } ]
",
    );
    let results = folder.path().join("results");
    let error = run(&plan, &results, &StopSignal::new()).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("WORKBENCH_TEST_NOT_SET is not set"),
        "{error}"
    );
    assert!(service.received().is_empty());
    let left = std::fs::read_dir(results.join("journey"));
    assert_eq!(left.map_or(0, Iterator::count), 0);
}
