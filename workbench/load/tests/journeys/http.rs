//! The key `http` of an experiment.

use bytes::Bytes;
use workbench_samples::Failures;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_of_redirects_is_one_sample_and_takes_cookies_along() {
    let _turn = one_run_at_a_time().await;
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(|received| match received.path.as_str() {
        "/login" => response("302 Found", "location: /a\r\nset-cookie: sid=1\r\n", ""),
        "/a" => response("303 See Other", "location: home?x=y\r\n", "moved"),
        "/away" => response("302 Found", "location: http://other.test/\r\n", ""),
        _ => ok("{\"name\": \"ann\"}"),
    })
    .await;
    let plan = experiment(
        folder.path(),
        &service,
        "iterations: 1
http: { follow_redirects: 2 }
scenarios:
  - name: buyer
    steps:
      - { request: POST s/login, form: { user: ann }, capture: { name: { json: $.name } } }
      - { request: GET s/login, expect: { status: 302 } }
      - request: GET s/away
      - request: 'GET s/of/${name}'
",
    );
    let finished = run(&plan, folder.path(), &StopSignal::new()).await.unwrap();
    assert_eq!(
        service.lines(),
        [
            "POST /login",
            "GET /a",
            "GET /home?x=y",
            "GET /login",
            "GET /away",
            "GET /of/ann"
        ]
    );
    let received = service.received();
    let cookies: Vec<&str> = received.iter().map(|it| it.header("cookie")).collect();
    assert_eq!(cookies, ["", "sid=1", "sid=1", "sid=1", "sid=1", "sid=1"]);
    assert_eq!(received[1].header("content-type"), "");
    let samples = samples(&finished);
    assert_eq!(texts(&samples, "error"), ["-", "-", "status", "-"]);
    assert_eq!(numbers(&samples, "status"), [200, 302, 302, 200]);
    let failures = Failures::read(&finished.directory).unwrap().unwrap();
    let reasons = failures.reasons_of(ErrorKind::Status);
    let [(Some(reason), 1)] = reasons[..] else {
        panic!("{reasons:?}");
    };
    assert!(reason.contains("http://other.test"), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_cookies_and_redirects_each_response_stands_for_itself() {
    let _turn = one_run_at_a_time().await;
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(|_| {
        response(
            "302 Found",
            "location: /a\r\nset-cookie: sid=1; Path=/\r\n",
            "",
        )
    })
    .await;
    let plan = experiment(
        folder.path(),
        &service,
        "iterations: 2
http: { cookies: off }
scenarios:
  - name: one
    steps: [ { request: GET s/login, expect: { status: 302 }, capture: { sid: { cookie: sid } } }, request: 'GET s/${sid}' ]
",
    );
    run(&plan, folder.path(), &StopSignal::new()).await.unwrap();
    assert_eq!(service.lines(), ["GET /login", "GET /1"].repeat(2));
    let received = service.received();
    assert!(received.iter().all(|it| it.header("cookie").is_empty()));
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_renewed_with_each_iteration_where_that_is_asked_for() {
    let _turn = one_run_at_a_time().await;
    for (asked, expected) in [("never", 1), ("iteration", 3)] {
        let folder = tempfile::tempdir().unwrap();
        let service = Service::start(|_| ok("{}")).await;
        let text = format!(
            "iterations: 3\nhttp: {{ new_connections: {asked} }}\nscenarios:\n  - name: one\n    \
             steps: [ request: GET s/a, request: GET s/b ]\n"
        );
        let plan = experiment(folder.path(), &service, &text);
        let finished = run(&plan, folder.path(), &StopSignal::new()).await.unwrap();
        let connects = numbers(&samples(&finished), "connect_ns");
        assert_eq!(connects.len(), 6);
        let opened = connects.iter().filter(|time| **time > 0).count();
        assert_eq!(opened, expected, "{asked}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn http_2_with_prior_knowledge_needs_no_negotiation() {
    let _turn = one_run_at_a_time().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(async move {
                // Connections of the availability check are closed.
                let mut connection = h2::server::handshake(socket).await.ok()?;
                while let Some(accepted) = connection.accept().await {
                    let (request, mut respond) = accepted.ok()?;
                    let path = Bytes::from(request.uri().path().to_owned());
                    let response = ::http::Response::new(());
                    let mut body = respond.send_response(response, false).ok()?;
                    body.send_data(path, true).ok()?;
                }
                Some(())
            });
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journey.yaml");
    let text = format!(
        "name: journey\ntarget: {{ urls: {{ s: \"http://{address}\" }} }}\niterations: 2\n\
         http: {{ version: prior_knowledge }}\nscenarios:\n  - name: one\n    steps:\n      \
         - {{ request: GET s/a, expect: {{ body: {{ equals: /a }} }} }}\n"
    );
    std::fs::write(&path, text).unwrap();
    let plan = read(&path).unwrap_or_else(|error| panic!("{error}"));
    let finished = run(&plan, folder.path(), &StopSignal::new()).await.unwrap();
    assert_eq!(texts(&samples(&finished), "error"), ["-", "-"]);
}
