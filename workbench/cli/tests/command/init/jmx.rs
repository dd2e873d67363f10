//! Test plans of JMeter. Long, because there is one test for each kind of element.

use assert_cmd::assert::OutputAssertExt;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;

use super::{Made, init};
use crate::support::Bench;

/// Scenario 3 of the published study, built from its figures.
const SCENARIO_3: &str = include_str!("scenario3.jmx");

/// A test plan of these elements.
fn plan(elements: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<jmeterTestPlan version="1.2" properties="5.0" jmeter="5.6.3"><hashTree>
<TestPlan guiclass="TestPlanGui" testclass="TestPlan" testname="Shop" enabled="true"/>
<hashTree>{elements}</hashTree>
</hashTree></jmeterTestPlan>"#
    )
}

fn property(name: &str, value: &str) -> String {
    let value = value
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;");
    format!(r#"<stringProp name="{name}">{value}</stringProp>"#)
}

/// An element of this class, name and properties, with the elements below it.
fn element(class: &str, name: &str, properties: &[(&str, &str)], below: &str) -> String {
    let properties: String = properties
        .iter()
        .map(|(name, value)| property(name, value))
        .collect();
    format!(
        r#"<{class} testclass="{class}" testname="{name}" enabled="true">{properties}</{class}><hashTree>{below}</hashTree>"#
    )
}

/// A group of 10 threads for a minute.
fn group(below: &str) -> String {
    let load = [
        ("ThreadGroup.num_threads", "10"),
        ("ThreadGroup.ramp_time", "5"),
        ("ThreadGroup.scheduler", "true"),
        ("ThreadGroup.duration", "60"),
    ];
    element("ThreadGroup", "Users", &load, below)
}

/// A request to `shop.test`.
fn request(method: &str, path: &str, below: &str) -> String {
    request_with(method, path, "", below)
}

fn request_with(method: &str, path: &str, more: &str, below: &str) -> String {
    let properties = [
        ("HTTPSampler.domain", "shop.test"),
        ("HTTPSampler.protocol", "https"),
        ("HTTPSampler.method", method),
        ("HTTPSampler.path", path),
    ];
    let properties: String = properties
        .iter()
        .map(|(name, value)| property(name, value))
        .collect();
    format!(
        r#"<HTTPSamplerProxy testclass="HTTPSamplerProxy" testname="HTTP Request" enabled="true">{properties}{more}</HTTPSamplerProxy><hashTree>{below}</hashTree>"#
    )
}

fn arguments(arguments: &[(&str, &str)]) -> String {
    let arguments: String = arguments
        .iter()
        .map(|(name, value)| {
            let pair = [property("Argument.name", name), property("Argument.value", value)].concat();
            format!(
                r#"<elementProp name="{name}" elementType="HTTPArgument"><boolProp name="HTTPArgument.always_encode">true</boolProp>{pair}</elementProp>"#
            )
        })
        .collect();
    format!(
        r#"<elementProp name="HTTPsampler.Arguments" elementType="Arguments"><collectionProp name="Arguments.arguments">{arguments}</collectionProp></elementProp>"#
    )
}

fn raw(body: &str) -> String {
    let body = arguments(&[("", body)]);
    format!(r#"<boolProp name="HTTPSampler.postBodyRaw">true</boolProp>{body}"#)
}

fn headers(headers: &[(&str, &str)]) -> String {
    let headers: String = headers
        .iter()
        .map(|(name, value)| {
            let pair = [
                property("Header.name", name),
                property("Header.value", value),
            ]
            .concat();
            format!(r#"<elementProp name="" elementType="Header">{pair}</elementProp>"#)
        })
        .collect();
    format!(
        r#"<HeaderManager testclass="HeaderManager" testname="Headers" enabled="true"><collectionProp name="HeaderManager.headers">{headers}</collectionProp></HeaderManager><hashTree/>"#
    )
}

fn variables(variables: &[(&str, &str)]) -> String {
    let arguments: String = variables
        .iter()
        .map(|(name, value)| {
            let pair = [
                property("Argument.name", name),
                property("Argument.value", value),
            ]
            .concat();
            format!(r#"<elementProp name="{name}" elementType="Argument">{pair}</elementProp>"#)
        })
        .collect();
    format!(
        r#"<Arguments testclass="Arguments" testname="Variables" enabled="true"><collectionProp name="Arguments.arguments">{arguments}</collectionProp></Arguments><hashTree/>"#
    )
}

fn made(elements: &str) -> Made {
    let bench = Bench::new();
    made_in(&bench, elements)
}

fn made_in(bench: &Bench, elements: &str) -> Made {
    std::fs::write(bench.path().join("plan.jmx"), plan(elements)).unwrap();
    init(bench, &["--jmx", "plan.jmx"])
}

/// The written lines that contain a text, without indentation.
fn line<'a>(text: &'a str, part: &str) -> &'a str {
    text.lines()
        .find(|line| line.contains(part))
        .unwrap_or_else(|| panic!("no {part} in\n{text}"))
        .trim()
}

#[test]
fn the_scenarios_of_the_study_have_the_schedules_of_its_experiments() {
    let experiments = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments");
    for (scenario, users) in [
        ("scenario1", "10"),
        ("scenario2", "50"),
        ("scenario3", "100"),
    ] {
        let bench = Bench::new();
        let own = SCENARIO_3.replace(">100</stringProp>", &format!(">{users}</stringProp>"));
        std::fs::write(bench.path().join("study.jmx"), own).unwrap();
        let made = init(&bench, &["--jmx", "study.jmx"]);
        let spans = |path: &std::path::Path| -> Vec<_> {
            let plan = workbench_plan::read(path).unwrap();
            let schedule = plan.schedule();
            schedule
                .users()
                .iter()
                .map(|user| (user.start, user.stop))
                .collect()
        };
        let spans_made = spans(&bench.path().join("made.yaml"));
        assert_eq!(
            spans_made,
            spans(&experiments.join(format!("{scenario}.yaml")))
        );
        assert_eq!(spans_made.len(), users.parse::<usize>().unwrap());
        assert!(
            made.text
                .contains("set: { product: { uniform: [1, 100] } }"),
            "{}",
            made.text
        );
        assert!(
            made.text
                .contains("json: { product_id: \"${product}\", quantity: 1 }")
        );
        assert!(made.text.contains("/orders/${user}"));
    }
}

#[test]
fn loads_of_thread_groups_become_loads() {
    let get = request("GET", "/", "");
    let threads = |properties: &[(&str, &str)]| element("ThreadGroup", "g", properties, &get);
    let users = ("ThreadGroup.num_threads", "${__P(users,20)}");
    let timed = threads(&[
        users,
        ("ThreadGroup.ramp_time", "10"),
        ("ThreadGroup.scheduler", "true"),
        ("ThreadGroup.duration", "60"),
        ("ThreadGroup.delay", "3"),
    ]);
    let text = made(&timed).text;
    assert!(
        text.contains("- { start: 20, initial_delay: 3s, startup: 10s, hold: 50s }"),
        "{text}"
    );
    assert!(
        text.contains("(-Jname=value) have their defaults: users=20"),
        "{text}"
    );
    let loops = format!(
        r#"<ThreadGroup testname="g" enabled="true"><elementProp name="ThreadGroup.main_controller"><stringProp name="LoopController.loops">5</stringProp></elementProp>{}</ThreadGroup><hashTree>{get}</hashTree>"#,
        property("ThreadGroup.num_threads", "4")
    );
    assert!(
        made(&loops)
            .text
            .contains("iterations: { total: 20, users: 4 }")
    );
    let concurrency = element(
        "com.blazemeter.jmeter.threads.concurrency.ConcurrencyThreadGroup",
        "c",
        &[
            ("TargetLevel", "100"),
            ("RampUp", "100"),
            ("Steps", "50"),
            ("Hold", "30"),
            ("Unit", "S"),
        ],
        &get,
    );
    assert!(
        made(&concurrency)
            .text
            .contains("concurrency: { target: 100, ramp_up: 100s, steps: 50, hold: 30s }")
    );
    let arrivals = element(
        "com.blazemeter.jmeter.threads.arrivals.ArrivalsThreadGroup",
        "a",
        &[
            ("TargetLevel", "12"),
            ("RampUp", "1"),
            ("Hold", "2"),
            ("Unit", "M"),
            ("ConcurrencyLimit", "50"),
        ],
        &get,
    );
    assert!(
        made(&arrivals)
            .text
            .contains("arrivals: { rate: 12/m, ramp_up: 60s, hold: 120s, max_users: 50 }")
    );
    let row = |start: &str, end: &str, seconds: &str| {
        let cells = [start, end, seconds].map(|it| property("0", it)).concat();
        format!(r#"<collectionProp name="0">{cells}</collectionProp>"#)
    };
    let rows = [
        row("0", "50", "10"),
        row("50", "50", "60"),
        row("20", "100", "30"),
    ];
    let free_form = format!(
        r#"<com.blazemeter.jmeter.threads.arrivals.FreeFormArrivalsThreadGroup testname="f" enabled="true"><collectionProp name="Schedule">{}</collectionProp>{}{}</com.blazemeter.jmeter.threads.arrivals.FreeFormArrivalsThreadGroup><hashTree>{get}</hashTree>"#,
        rows.concat(),
        property("Unit", "S"),
        property("ConcurrencyLimit", "200"),
    );
    let text = made(&free_form).text;
    for stage in [
        "- { rate: 50/s, ramp: 10s }",
        "- { rate: 50/s, hold: 60s }",
        "- { from: 20/s, rate: 100/s, ramp: 30s }",
        "max_users: 200",
    ] {
        assert!(text.contains(stage), "{stage}: {text}");
    }
    let stepping = element(
        "kg.apc.jmeter.threads.SteppingThreadGroup",
        "s",
        &[
            ("ThreadGroup.num_threads", "20"),
            ("Threads initial delay", "0"),
            ("Start users count", "10"),
            ("Start users period", "30"),
            ("Stop users count", "20"),
            ("Stop users period", "1"),
            ("flighttime", "60"),
            ("rampUp", "5"),
        ],
        &get,
    );
    let text = made(&stepping).text;
    assert!(
        text.contains("- { start: 10, startup: 5s, hold: 95s }"),
        "{text}"
    );
    assert!(
        text.contains("- { start: 10, initial_delay: 35s, startup: 5s, hold: 60s }"),
        "{text}"
    );
}

#[test]
fn elements_beside_a_request_and_its_controllers_apply_to_it() {
    let login = request_with(
        "POST",
        "/login",
        &raw(r#"{"user":"ann","password":"s3cret"}"#),
        &element(
            "JSONPostProcessor",
            "token",
            &[
                ("JSONPostProcessor.referenceNames", "token"),
                ("JSONPostProcessor.jsonPathExprs", "$.token"),
                ("JSONPostProcessor.match_numbers", "1"),
            ],
            "",
        ),
    );
    let once = element("OnceOnlyController", "Once", &[], &login);
    let own = headers(&[("X-Own", "2")]);
    let inner = element(
        "GenericController",
        "Signed in",
        &[],
        &format!(
            "{}{}",
            headers(&[("Authorization", "Bearer ${token}"), ("X-All", "inner")]),
            request("GET", "/mine", &own)
        ),
    );
    let timer = element(
        "UniformRandomTimer",
        "t",
        &[
            ("ConstantTimer.delay", "500"),
            ("RandomTimer.range", "1000"),
        ],
        "",
    );
    let manager = headers(&[
        ("Content-Type", "application/json"),
        ("X-All", "1"),
        ("User-Agent", "Mozilla"),
    ]);
    let defaults = format!(
        r#"<ConfigTestElement guiclass="HttpDefaultsGui" testname="Defaults" enabled="true">{}</ConfigTestElement><hashTree/>"#,
        property("HTTPSampler.response_timeout", "2000")
    );
    let cookies = element("CookieManager", "Cookies", &[], "");
    let made = made(&format!(
        "{defaults}{cookies}{manager}{}",
        group(&format!(
            "{timer}{once}{inner}{}",
            request("GET", "/open", "")
        ))
    ));
    let text = &made.text;
    assert_eq!(
        &text[text.find("scenarios:").unwrap()..text.find("\n# Not").unwrap()],
        r#"scenarios:
  - name: Users
    think_time: { uniform: [500ms, 1500ms] }
    on_start:
      - request: POST shop/login
        headers: { x-all: "1" }
        json: { user: ann, password: "${env.SHOP_PASSWORD}" }
        timeout: 2s
        capture: { token: { json: $.token } }
    steps:
      - request: GET shop/mine
        headers: { x-all: inner, x-own: "2" }
        auth: { bearer: "${token}" }
        timeout: 2s
      - request: GET shop/open
        headers: { x-all: "1" }
        timeout: 2s
"#
    );
    assert!(!text.contains("cookies: off"));
    assert!(!text.contains("s3cret") && !made.stderr.contains("s3cret"));
    assert!(made.stderr.contains("user-agent"));
}

#[test]
fn addresses_and_bodies_are_sent_as_jmeter_sends_them() {
    let known = variables(&[
        ("HOST", "api.shop.test"),
        ("BASE", "https://${HOST}:8443/v1"),
        ("page", "a/b"),
    ]);
    let query = request_with(
        "GET",
        "${BASE}/items/${page}",
        &arguments(&[("q", "a b&c"), ("n", "${__Random(1,9)}")]),
        "",
    );
    let form = request_with(
        "POST",
        "/form",
        &arguments(&[("name", "Ann"), ("tag", "x"), ("tag", "z")]),
        "",
    );
    let text_number = request_with(
        "POST",
        "/json",
        &raw(r#"{"id": "${__Random(1,9,id)}", "when": ${__time()}}"#),
        &headers(&[("Content-Type", "application/json")]),
    );
    let text = made(&format!(
        "{known}{}",
        group(&format!("{query}{form}{text_number}"))
    ))
    .text;
    assert_eq!(
        line(&text, "GET"),
        "- request: GET shop/v1/items/a/b?q=a%20b%26c&n=${random}",
        "{text}"
    );
    assert!(
        text.contains("set: { random: { uniform: [1, 9] } }"),
        "{text}"
    );
    assert!(text.contains("form: { name: Ann, tag: [x, z] }"), "{text}");
    // Quoted numbers stay quoted.
    assert!(
        line(&text, "text:").contains(r#"{\"id\": \"${id}\", \"when\": ${now}}"#),
        "{text}"
    );
    assert!(
        text.contains("headers: { content-type: application/json }"),
        "{text}"
    );
}

#[test]
fn a_missing_file_is_reported_and_its_request_becomes_a_comment() {
    let file = format!(
        r#"<elementProp name="HTTPsampler.Files" elementType="HTTPFileArgs"><collectionProp name="HTTPFileArgs.files"><elementProp name="a" elementType="HTTPFileArg">{}{}{}</elementProp></collectionProp></elementProp>"#,
        property("File.path", "a.png"),
        property("File.paramname", "picture"),
        property("File.mimetype", "image/png")
    );
    let elements = group(&format!(
        "{}{}",
        request("GET", "/", ""),
        request_with("POST", "/upload", &file, "")
    ));
    let bench = Bench::new();
    let text = made_in(&bench, &elements).text;
    assert!(line(&text, "POST").starts_with("# - request"), "{text}");
    let bench = Bench::new();
    std::fs::write(bench.path().join("a.png"), "x").unwrap();
    let text = made_in(&bench, &elements).text;
    assert!(line(&text, "POST").starts_with("- request"), "{text}");
    assert!(
        text.contains("multipart: { picture: { file: a.png, content_type: image/png } }"),
        "{text}"
    );
}

#[test]
fn rows_of_a_file_become_data() {
    let csv = element(
        "CSVDataSet",
        "People",
        &[
            ("filename", "people.csv"),
            ("variableNames", "usr,pwd"),
            ("ignoreFirstLine", "true"),
            ("delimiter", ","),
        ],
        "",
    );
    let elements = format!(
        "{csv}{}",
        group(&request_with(
            "POST",
            "/login",
            &arguments(&[("u", "${usr}"), ("p", "${pwd}")]),
            ""
        ))
    );
    let bench = Bench::new();
    std::fs::write(bench.path().join("people.csv"), "name,password\nann,x\n").unwrap();
    let text = made_in(&bench, &elements).text;
    assert!(text.contains("people: { csv: people.csv }"), "{text}");
    assert!(
        text.contains("form: { u: \"${people.name}\", p: \"${people.password}\" }"),
        "{text}"
    );
    let without = made(&elements);
    assert!(
        without.stderr.contains("the file people.csv is not there"),
        "{}",
        without.stderr
    );
    assert!(without.text.contains("usr: \"\""), "{}", without.text);
}

#[test]
fn controllers_become_flow() {
    let get = |path: &str| request("GET", path, "");
    let loops = element(
        "LoopController",
        "l",
        &[("LoopController.loops", "3")],
        &get("/loop"),
    );
    let condition = element(
        "IfController",
        "i",
        &[(
            "IfController.condition",
            r#"${__jexl3("${mode}" == "full",)}"#,
        )],
        &get("/if"),
    );
    let hard = element(
        "IfController",
        "h",
        &[(
            "IfController.condition",
            r#"${__groovy(vars.get("a") && vars.get("b"))}"#,
        )],
        &get("/hard"),
    );
    let random = element(
        "RandomController",
        "r",
        &[],
        &format!("{}{}", get("/one"), get("/two")),
    );
    let percent = element(
        "ThroughputController",
        "p",
        &[
            ("ThroughputController.style", "1"),
            ("ThroughputController.percentThroughput", "25.0"),
        ],
        &get("/rare"),
    );
    let switch = element(
        "SwitchController",
        "s",
        &[("SwitchController.value", "${which}")],
        &format!("{}{}", get("/first"), get("/second")),
    );
    let looping = element(
        "WhileController",
        "w",
        &[("WhileController.condition", "${x}")],
        &get("/while"),
    );
    let pause = element(
        "TestAction",
        "Pause",
        &[
            ("ActionProcessor.action", "1"),
            ("ActionProcessor.duration", "1500"),
        ],
        "",
    );
    let off = r#"<HTTPSamplerProxy testname="Off" enabled="false"/><hashTree/>"#;
    let made = made(&format!(
        "{}{}",
        variables(&[("mode", "full"), ("which", "0")]),
        group(&format!(
            "{loops}{condition}{hard}{random}{percent}{pause}{looping}{switch}{off}"
        ))
    ));
    let text = &made.text;
    for part in [
        "- repeat: 3",
        "- when: ${mode} == full",
        "- weight: 1\n            steps:\n              - request: GET shop/rare",
        "- weight: 3\n            steps: []",
        "- think: 1500ms",
        "- request: GET shop/while",
        "request: GET shop/first",
    ] {
        assert!(text.contains(part), "no {part} in\n{text}");
    }
    assert!(!text.contains("GET shop/second"), "{text}");
    assert!(
        made.stderr.contains("Users/h: the condition"),
        "{}",
        made.stderr
    );
    assert!(made.stderr.contains("WhileController"), "{}", made.stderr);
    assert!(
        made.stderr
            .contains("disabled: one element, as in JMeter: Off"),
        "{}",
        made.stderr
    );
}

#[test]
fn a_text_with_a_sign_in_it_stays_in_quotes() {
    let condition = [("IfController.condition", r#""${mode}" == "a > b""#)];
    let below = request("GET", "/if", "");
    let made = made(&group(&element("IfController", "i", &condition, &below)));
    assert!(made.text.contains("${mode} == 'a > b'"), "{}", made.text);
}

#[test]
fn a_constant_condition_is_evaluated_during_conversion() {
    let conditional = |condition: &str, path: &str| {
        let below = request("GET", path, "");
        element(
            "IfController",
            "i",
            &[("IfController.condition", condition)],
            &below,
        )
    };
    let made = made(&group(&format!(
        "{}{}",
        conditional("${__jexl3(true)}", "/always"),
        conditional("1 == 2", "/never")
    )));
    assert!(
        made.text.contains("GET shop/always") && !made.text.contains("when:"),
        "{}",
        made.text
    );
    assert!(!made.text.contains("GET shop/never"), "{}", made.text);
    assert!(made.stderr.contains("never holds"), "{}", made.stderr);
}

#[test]
fn extractors_become_captures_and_assertions_expectations() {
    let regex = element(
        "RegexExtractor",
        "x",
        &[
            ("RegexExtractor.refname", "second"),
            ("RegexExtractor.regex", r#"(a)=(\d+)"#),
            ("RegexExtractor.template", "$2$"),
            ("RegexExtractor.match_number", "0"),
            ("RegexExtractor.default", "0"),
        ],
        "",
    );
    let header = element(
        "RegexExtractor",
        "y",
        &[
            ("RegexExtractor.useHeaders", "true"),
            ("RegexExtractor.refname", "where"),
            ("RegexExtractor.regex", "Location: (.+)"),
            ("RegexExtractor.template", "$1$"),
        ],
        "",
    );
    let boundary = element(
        "BoundaryExtractor",
        "b",
        &[
            ("BoundaryExtractor.refname", "between"),
            ("BoundaryExtractor.lboundary", "<b>"),
            ("BoundaryExtractor.rboundary", "</b>"),
            ("BoundaryExtractor.match_number", "1"),
        ],
        "",
    );
    let css = element(
        "HtmlExtractor",
        "c",
        &[
            ("HtmlExtractor.refname", "csrf"),
            ("HtmlExtractor.expr", "input[name=token]"),
            ("HtmlExtractor.attribute", "value"),
            ("HtmlExtractor.match_number", "1"),
        ],
        "",
    );
    let xpath = element(
        "XPathExtractor",
        "xp",
        &[("XPathExtractor.refname", "node")],
        "",
    );
    let asserted = |field: &str, kind: &str, text: &str| {
        format!(
            r#"<ResponseAssertion testname="a" enabled="true"><collectionProp name="Asserion.test_strings">{}</collectionProp>{}{}</ResponseAssertion><hashTree/>"#,
            property("1", text),
            property("Assertion.test_field", field),
            property("Assertion.test_type", kind)
        )
    };
    let json = element(
        "JSONPathAssertion",
        "j",
        &[
            ("JSON_PATH", "$.name"),
            ("EXPECTED_VALUE", "ann"),
            ("JSONVALIDATION", "true"),
            ("ISREGEX", "true"),
        ],
        "",
    );
    let below = [
        regex,
        header,
        boundary,
        css,
        xpath,
        json,
        asserted("Assertion.response_code", "8", "201"),
        asserted("Assertion.response_data", "16", "it works"),
        asserted("Assertion.response_data", "2", "^\\{"),
        asserted(
            "Assertion.response_headers",
            "16",
            "Content-Type: text/html",
        ),
        asserted("Assertion.response_data", "20", "oops"),
        element(
            "DurationAssertion",
            "d",
            &[("DurationAssertion.duration", "800")],
            "",
        ),
        element("SizeAssertion", "z", &[], ""),
    ]
    .concat();
    let made = made(&group(&format!(
        "{}{}",
        request("GET", "/", &below),
        request("GET", "/${between}/${node}", "")
    )));
    let text = &made.text;
    for part in [
        r#"second: { regex: "(?:a)=(\\d+)", pick: random, default: "0" }"#,
        "where: { header: location }",
        "between: { regex: (?s)<b>(.*?)</b> }",
        "css: \"input[name=token]\", attribute: value",
        "status: 201",
        "contains: it works",
        r#"matches: "^\\{""#,
        "content-type: text/html",
        "$.name: ann",
        "time: < 800ms",
        "node: \"\"",
    ] {
        assert!(text.contains(part), "no {part} in\n{text}");
    }
    for left in [
        "XPathExtractor",
        "SizeAssertion",
        "does not have oops",
        "variable node",
    ] {
        assert!(made.stderr.contains(left), "no {left} in\n{}", made.stderr);
    }
}

#[test]
fn timers_of_throughput_become_pacing() {
    let timer = element(
        "ConstantThroughputTimer",
        "t",
        &[("throughput", "600.0"), ("calcMode", "2")],
        "",
    );
    let text = made(&group(&format!(
        "{timer}{}{}",
        request("GET", "/a", ""),
        request("GET", "/b", "")
    )))
    .text;
    // 10 users, 2 requests each, 10 requests a second.
    assert!(text.contains("pacing: 2s"), "{text}");
}

#[test]
fn unsupported_elements_are_listed_with_their_positions() {
    let strange = element("com.example.StrangeThing", "odd", &[], "");
    let script = element(
        "JSR223PreProcessor",
        "script",
        &[("script", "vars.put('a', '1')")],
        "",
    );
    let function = request("GET", "/x?y=${__groovy(1 + 1)}&z=${nothing}", &script);
    let made = made(&group(&format!("{strange}\n{function}")));
    for left in [
        "Users/odd: StrangeThing has no counterpart",
        "Users/HTTP Request/script: JSR223PreProcessor has no counterpart",
        "${__groovy(1 + 1)} has no counterpart",
        "sets the variable nothing",
    ] {
        assert!(made.stderr.contains(left), "no {left} in\n{}", made.stderr);
    }
    let place = made
        .stderr
        .lines()
        .find(|line| line.contains("script"))
        .unwrap();
    assert!(place.trim().starts_with("line 5, "), "{place}");
}

#[test]
fn an_invalid_test_plan_is_refused_with_its_position() {
    let deep = format!("<jmeterTestPlan>{}", "<hashTree>".repeat(5_000));
    let bomb = "<!DOCTYPE a [<!ENTITY b \"&b;&b;\">]><jmeterTestPlan>&b;</jmeterTestPlan>";
    for (text, reason) in [
        ("".as_bytes(), "no XML element"),
        (b"{\"log\": {}}", "no XML element"),
        (b"<html>\n<p>\n</html>", "line 3"),
        (b"<html></html>", "begins with <jmeterTestPlan>"),
        (
            b"<jmeterTestPlan><hashTree/></jmeterTestPlan>",
            "no test plan",
        ),
        (bomb.as_bytes(), "no document type"),
        (deep.as_bytes(), "stand within each other"),
        (b"\xff\xfe<\0a\0", "UTF-8"),
        (plan(&group("")).as_bytes(), "no request"),
    ] {
        let bench = Bench::new();
        std::fs::write(bench.path().join("bad.jmx"), text).unwrap();
        bench
            .workbench()
            .args(["init", "--jmx", "bad.jmx", "-o", "made.yaml"])
            .assert()
            .code(1)
            .stderr(contains(reason).and(contains("panicked").not()));
        assert!(!bench.path().join("made.yaml").exists());
    }
}

/// The step of a request with this body, as it is written.
fn body(text: &str) -> Made {
    made(&group(&request_with("POST", "/", &raw(text), "")))
}

#[test]
fn texts_are_literals_variables_and_calls() {
    for (text, expected) in [
        ("costs $5 {x}", "text: costs $5 {x}"),
        ("id ${id} ${__Random(1,10,n)}", "text: id ${id} ${n}"),
        ("u ${__UUID} ${__UUID()}", "text: u ${uuid} ${uuid_2}"),
        (
            "h ${__P(host,${__env(HOST,,a\\,b)})}",
            "text: h ${env.HOST}",
        ),
        // Backslashes escape only where there are variables.
        ("a\\$b\\,c", "text: a\\$b\\,c"),
        ("x \\${a},${b}", "text: x $${a},${b}"),
        // Unclosed references are literal.
        ("x ${a", "text: x $${a"),
        ("x ${__P(a,b", "text: x $${__P(a,b"),
        ("é${", "text: é$${"),
    ] {
        let made = body(text);
        assert_eq!(line(&made.text, "text:"), expected, "{}", made.text);
    }
    let made = body("${__groovy(vars.get(\"a\") ? {1} : 2)}");
    let left = "${__groovy(vars.get(\"a\") ? {1} : 2)} has no counterpart";
    assert!(made.stderr.contains(left), "{}", made.stderr);
}

#[test]
fn dates_and_durations_are_written_in_the_same_format() {
    let set = |text: &str| line(&body(text).text, "set:").replace('"', "");
    for (java, own) in [
        ("yyyy-MM-dd", "%Y-%m-%d"),
        ("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", "%Y-%m-%dT%H:%M:%S.%3fZ"),
        ("d MMM ''yy 'at' 100%", "%-d %b '%y at 100%%"),
    ] {
        let expected = format!("set: {{ now: {{ now: {{ format: {own} }} }} }}");
        assert_eq!(set(&format!("${{__time({java},)}}")), expected);
    }
    for (iso, own) in [
        ("", ""),
        ("P1D", ", offset: 1d"),
        ("-P7D", ", offset: -7d"),
        ("PT2H30M", ", offset: 2h30m"),
        ("P1DT1S", ", offset: 24h1s"),
    ] {
        let expected = format!("set: {{ date: {{ now: {{ format: %Y{own} }} }} }}");
        assert_eq!(set(&format!("${{__timeShift(yyyy,,{iso},,)}}")), expected);
    }
    for text in [
        "${__time(YYYY-ww,)}",
        "${__timeShift(yyyy,,P1M,,)}",
        "${__timeShift(yyyy,,1d,,)}",
    ] {
        let left = format!("{text} has no counterpart");
        assert!(body(text).stderr.contains(&left), "{text}");
    }
}

#[test]
fn a_hash_tree_after_an_element_holds_its_children() {
    let inner = "\n<x.y.B testname=\"b\"/>\n<hashTree/>";
    let below = format!("<x.y.A testname=\"a &amp; b\"/>\n<hashTree>{inner}</hashTree>");
    let more = "<doubleProp><name>HTTPSampler.response_timeout</name><value>2500</value></doubleProp>\
                <stringProp name=\"TestPlan.comments\">1&#x41;&lt;</stringProp>";
    let made = made(&group(&request_with("GET", "/", more, &below)));
    for left in ["line 4, ", "Users/HTTP Request/a & b: A has no counterpart"] {
        assert!(made.stderr.contains(left), "no {left} in\n{}", made.stderr);
    }
    assert!(!made.stderr.contains("B has no"), "{}", made.stderr);
    for part in ["# 1A<\n", "timeout: 2500ms\n"] {
        assert!(made.text.contains(part), "no {part} in\n{}", made.text);
    }
}

#[test]
fn invalid_xml_is_refused_with_its_line() {
    for (text, reason) in [
        ("hello", "no XML element"),
        ("<a>\n<b>\n</a>", "line 3: "),
        ("<a>\n<b>", "<b> is never closed"),
        ("<a>\n<b c=1/></a>", "line 2: "),
        ("<a/>\n<b/>", "second root"),
        ("<a>\n&b;</a>", "line 2: &b; stands for nothing"),
    ] {
        let bench = Bench::new();
        std::fs::write(bench.path().join("bad.jmx"), text).unwrap();
        let mut command = bench.workbench();
        let refused = command.args(["init", "--jmx", "bad.jmx"]).assert();
        refused.code(1).stderr(contains(reason));
    }
}

#[test]
fn the_innermost_column_of_a_name_is_taken() {
    let csv = |file: &str| element("CSVDataSet", file, &[("filename", file)], "");
    let post = request_with("POST", "/", &raw("to ${name}, ${other}"), "");
    let bench = Bench::new();
    for file in ["all.csv", "users.csv"] {
        std::fs::write(bench.path().join(file), "name\nann\n").unwrap();
    }
    let elements = format!("{}{}", csv("all.csv"), group(&(csv("users.csv") + &post)));
    let text = made_in(&bench, &elements).text;
    assert_eq!(line(&text, "text:"), "text: to ${users.name}, ${other}");
}

#[test]
fn conditions_without_variables_compare_numbers_and_texts() {
    let conditional = |condition: &str| {
        let below = request("GET", "/conditional", "");
        let condition = condition.replace('"', "'");
        let properties = [("IfController.condition", condition.as_str())];
        let made = made(&group(&format!(
            "{}{}",
            request("GET", "/", ""),
            element("IfController", "i", &properties, &below)
        )));
        assert!(!made.text.contains("when:"), "{condition}\n{}", made.text);
        made.text.contains("/conditional")
    };
    for holds in [
        "true",
        "1 == 1.0",
        "\"a\" != \"b\"",
        "2 < 10",
        "\"x\" >= \"x\"",
    ] {
        assert!(conditional(holds), "{holds}");
    }
    for fails in ["false", "0", "1 == \"TRUE\"", "\"a\" == \"\"", "10 < 2"] {
        assert!(!conditional(fails), "{fails}");
    }
}
