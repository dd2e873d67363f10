//! Keys of other tools (k6, JMeter, Gatling, Locust, Artillery, Hurl), and the keys to use instead. Longer than other
//! files: it is a table.

mod values;

pub(super) use values::{Around, duration, placeholder, rate, threshold};

/// A key of another tool.
pub(super) struct ForeignKey {
    /// What to write instead.
    pub(super) message: &'static str,
    /// The key that it stands for, and alternatives to that key.
    pub(super) meant: &'static [&'static str],
    /// Its value holds keys that belong to the enclosing mapping here.
    pub(super) holds_keys: bool,
}

/// Keys of other tools in one kind of mapping.
struct Place {
    /// Keys that only this kind of mapping has.
    marks: &'static [&'static str],
    /// Words in lower case, without hyphens and underscores; what to write instead; what they stand for.
    words: &'static [(
        &'static [&'static str],
        &'static str,
        &'static [&'static str],
    )],
}

const LOADS: &[&str] = &["concurrency", "threads", "arrivals", "iterations"];
const STEP: &[&str] = &["request", "think", "repeat", "when", "choose"];
const BODY: &[&str] = &["json", "form", "multipart", "file", "text"];

const VUS: &str = "k6's vus are users here: concurrency: { target: 10, hold: 1m }";
const MAX_USERS: &str = "the most users at once are max_users of the arrivals: arrivals: { rate: 50/s, hold: 1m, max_users: 100 }";
const USERS: &str = "a number of users is a load: concurrency: { target: 10, hold: 1m }";
const DURATION: &str =
    "how long it takes is the \"hold\" of a load: concurrency: { target: 10, hold: 1m }";
const STAGES: &str = "k6's stages are a ramp, or rows that add up: concurrency: { target: 100, ramp_up: 30s, hold: 1m }";
const RATE: &str = "a rate of iterations is \"arrivals\" here: arrivals: { rate: 50/s, hold: 1m }";
const RAMP: &str =
    "a ramp is a part of the load: concurrency: { target: 100, ramp_up: 10s, hold: 1m }";
const LOOPS: &str = "a number of iterations is a load: iterations: { total: 1000, users: 10 }";
const FLOW: &str = "what users do stands in \"steps\": steps: [ { request: GET shop/items } ]";
const BASE_URL: &str =
    "services are named by their URLs: target: { urls: { shop: \"https://shop.test\" } }";
const REQUEST: &str = "method, service and path stand in one line: request: GET shop/items";
const CSV: &str = "files of rows are \"data\" here: data: { customers: { csv: customers.csv } }";
const THRESHOLDS: &str = "limits for the whole run are \"thresholds\": thresholds: [ \"p95 < 500ms\", \"error_rate < 1%\" ]";
const MERGE: &str = "merge keys are not read; an alias stands for a whole value: headers: *headers";

/// Keys of whole files that hold others: k6's and Artillery's.
const HOLDERS: [&str; 2] = ["options", "config"];

const PLACES: &[Place] = &[
    Place {
        marks: &["scenarios"],
        words: &[
            (&["vus", "maxvus"], VUS, LOADS),
            (&["preallocatedvus"], MAX_USERS, &["arrivals"]),
            (&["users", "numthreads", "threadcount"], USERS, LOADS),
            (&["duration", "runtime", "testduration"], DURATION, LOADS),
            (&["stages"], STAGES, LOADS),
            (
                &["phases"],
                "Artillery's phases are loads here: arrivals: { rate: 20/s, ramp_up: 10s, hold: 60s }",
                &["arrivals", "concurrency", "threads", "iterations"],
            ),
            (
                &["rps", "qps", "rate", "arrivalrate", "throughput"],
                RATE,
                &["arrivals", "concurrency", "threads", "iterations"],
            ),
            (
                &["spawnrate", "rampup", "ramptime", "rampusers"],
                RAMP,
                LOADS,
            ),
            (
                &["loops", "loopcount", "iterationscount"],
                LOOPS,
                &["iterations", "concurrency", "threads", "arrivals"],
            ),
            (
                &["tests", "flow", "steps", "requests", "tasks", "entries"],
                "what users do stands in scenarios: scenarios: [ { name: browse, steps: [ { request: GET shop/items } ] } ]",
                &["scenarios"],
            ),
            (
                &["url", "urls", "host", "hosts", "baseurl", "bookstore"],
                BASE_URL,
                &["target"],
            ),
            (
                &["thinktime", "sleep", "pause", "waittime"],
                "users pause within their scenario: scenarios: [ { name: browse, think_time: 1s, steps: […] } ]",
                &[],
            ),
            (
                &["checks", "check", "assert", "assertions", "ensure", "slo"],
                THRESHOLDS,
                &[],
            ),
            (
                &["headers", "cookies", "followredirects", "maxredirects"],
                "what all requests have in common stands in \"http\": http: { headers: { accept: application/json } }",
                &[],
            ),
            (&["payload", "feeders", "feeder", "csv"], CSV, &[]),
            (
                &["env", "environment"],
                "the environment is used where it is needed: variables: { token: \"${env.TOKEN}\" }",
                &[],
            ),
            (
                &["setup", "before", "onstart", "teardown", "after", "onstop"],
                "what a user does first and last stands in its scenario: scenarios: [ { name: buyer, on_start: […], steps: […], on_stop: […] } ]",
                &[],
            ),
            (
                &["options", "config"],
                "its keys stand at the top of the experiment: target, variables, concurrency, thresholds",
                &[],
            ),
        ],
    },
    Place {
        marks: &["think_time", "pacing"],
        words: &[
            (&["vus", "startvus"], VUS, LOADS),
            (&["preallocatedvus", "maxvus"], MAX_USERS, &["arrivals"]),
            (&["users", "numthreads"], USERS, LOADS),
            (&["duration", "runtime"], DURATION, LOADS),
            (&["stages"], STAGES, LOADS),
            (
                &["rps", "qps", "rate", "arrivalrate", "phases"],
                RATE,
                &["arrivals", "concurrency", "threads", "iterations"],
            ),
            (&["spawnrate", "rampup", "ramptime"], RAMP, LOADS),
            (
                &["loops", "loop", "loopcount", "iterationscount"],
                LOOPS,
                &["iterations", "concurrency", "threads", "arrivals"],
            ),
            (
                &["executor"],
                "an executor of k6 is a kind of load here: concurrency, threads, arrivals or iterations",
                LOADS,
            ),
            (
                &[
                    "flow", "tests", "requests", "tasks", "exec", "entries", "request", "url",
                ],
                FLOW,
                &["steps"],
            ),
            (
                &["sleep", "pause", "wait", "waittime", "delay"],
                "a pause after every request is a think time: think_time: 1s",
                &["think_time"],
            ),
            (
                &["setup", "before", "beforescenario", "login"],
                "what a user does first is on_start: on_start: [ { request: POST shop/login } ]",
                &["on_start"],
            ),
            (
                &["teardown", "after", "afterscenario"],
                "what a user does last is on_stop: on_stop: [ { request: POST shop/logout } ]",
                &["on_stop"],
            ),
            (&["csv", "feed", "feeder", "data"], CSV, &[]),
            (&["thresholds"], THRESHOLDS, &[]),
        ],
    },
    Place {
        marks: &["request", "capture"],
        words: &[
            (
                &[
                    "url", "uri", "path", "endpoint", "method", "verb", "get", "post", "put",
                    "patch", "delete", "head", "http",
                ],
                REQUEST,
                STEP,
            ),
            (
                &["body", "payload", "data", "content"],
                "a body says what it is: json: { id: 1 }, or \"form\", \"multipart\", \"file\", \"text\"",
                BODY,
            ),
            (
                &["formdata", "formparams", "formparam"],
                "a form is a body: form: { user: ann }",
                BODY,
            ),
            (
                &[
                    "params",
                    "query",
                    "querystring",
                    "qs",
                    "queryparams",
                    "querystringparams",
                ],
                "a query stands in the address: request: GET shop/items?page=2",
                &[],
            ),
            (
                &[
                    "extract",
                    "extractor",
                    "extractors",
                    "captures",
                    "save",
                    "saveas",
                    "postprocessors",
                ],
                "what later steps use of a response is captured: capture: { token: { json: $.token } }",
                &["capture"],
            ),
            (
                &[
                    "assert",
                    "asserts",
                    "assertion",
                    "assertions",
                    "check",
                    "checks",
                    "tests",
                    "validate",
                    "verify",
                ],
                "what counts as a success is expected: expect: { status: 200, body: { contains: ok } }",
                &["expect"],
            ),
            (
                &["status", "statuscode"],
                "the status is expected: expect: { status: 200 }",
                &["expect"],
            ),
            (
                &["sleep", "pause", "wait", "delay", "thinktime"],
                "a pause is a step of its own: - think: 1s",
                &["think", "request", "repeat", "when", "choose"],
            ),
            (
                &["loop", "loops", "count", "foreach", "for", "while", "times"],
                "steps are repeated together: { repeat: 3, steps: [ { request: GET shop/items } ] }",
                &["repeat", "request", "think", "when", "choose"],
            ),
            (
                &["if", "iftrue", "condition", "doif"],
                "steps can have a condition: { when: \"${total} > 10\", steps: [ { request: POST shop/order } ] }",
                &["when", "request", "think", "repeat", "choose"],
            ),
            (
                &["random", "randomswitch", "switch", "oneof"],
                "one of several groups is chosen: { choose: [ { weight: 3, steps: […] }, { weight: 1, steps: […] } ] }",
                &["choose", "request", "think", "repeat", "when"],
            ),
            (
                &["label", "title"],
                "what tables call the request is its name: name: log in",
                &["name"],
            ),
            (
                &["tag", "tags"],
                "requests have no tags: tables and thresholds know them by their name: name: log in",
                &["name"],
            ),
            (
                &["group", "transaction"],
                "there are no groups of steps: each request has a row of its own, by its name: { request: POST shop/login, name: log in }",
                STEP,
            ),
            (
                &["cookies", "cookie"],
                "a user keeps the cookies that it gets; another one is a header: headers: { cookie: \"a=b\" }",
                &[],
            ),
            (
                &[
                    "authorization",
                    "basicauth",
                    "username",
                    "password",
                    "token",
                ],
                "who the user is stands in \"auth\": auth: { bearer: \"${token}\" }",
                &["auth"],
            ),
            (
                &[
                    "followredirects",
                    "followredirect",
                    "redirects",
                    "maxredirects",
                ],
                "redirects are followed for all requests alike: http: { follow_redirects: 5 }",
                &[],
            ),
            (
                &["variables", "vars", "let"],
                "variables of a step are set: set: { n: { uniform: [1, 9] } }",
                &["set"],
            ),
        ],
    },
    Place {
        marks: &["target", "ramp_up", "steps"],
        words: &[
            (
                &["vus", "users", "numthreads", "count", "start", "startvus"],
                "the number of users is the target: { target: 10, hold: 1m }",
                &["target"],
            ),
            (
                &["duration", "runtime", "time"],
                "how long users stay is the hold: { target: 10, hold: 1m }",
                &["hold"],
            ),
            (
                &["ramptime", "spawnrate", "startup", "rampduration"],
                "the time in which users start is the ramp_up: { target: 100, ramp_up: 10s, hold: 1m }",
                &["ramp_up"],
            ),
            (&["stages"], STAGES, &["target"]),
            (&["rate", "rps", "arrivalrate"], RATE, &["target"]),
        ],
    },
    Place {
        marks: &["initial_delay"],
        words: &[
            (
                &["users", "vus", "count", "target", "numthreads", "threads"],
                "the number of users is the start of a row: { start: 10, hold: 60s }",
                &["start"],
            ),
            (
                &["duration", "runtime"],
                "how long users stay is the hold: { start: 10, hold: 60s }",
                &["hold"],
            ),
            (
                &["rampup", "ramptime"],
                "the time in which users start is the startup: { start: 10, startup: 10s, hold: 60s }",
                &["startup"],
            ),
            (
                &["rampdown"],
                "the time in which users stop is the shutdown: { start: 10, hold: 60s, shutdown: 10s }",
                &["shutdown"],
            ),
            (
                &["delay", "startafter", "starttime"],
                "the time before a row is its initial_delay: { start: 10, initial_delay: 5s, hold: 60s }",
                &["initial_delay"],
            ),
        ],
    },
    Place {
        marks: &["rate", "gaps"],
        words: &[
            (
                &["rps", "qps", "arrivalrate", "arrivalcount", "target"],
                "how many arrive is the rate: { rate: 50/s, hold: 1m }",
                &["rate"],
            ),
            (
                &["duration", "runtime"],
                "how long the rate stays is the hold: { rate: 50/s, hold: 1m }",
                &["hold"],
            ),
            (
                &["timeunit"],
                "the unit stands in the rate: { rate: 50/s, hold: 1m }",
                &[],
            ),
            (
                &["vus", "maxvus", "preallocatedvus", "maxvusers", "users"],
                "the most users at once are max_users: { rate: 50/s, hold: 1m, max_users: 100 }",
                &["max_users"],
            ),
            (
                &["rampto", "startrate"],
                "rates that change are stages: { stages: [ { from: 10/s, rate: 50/s, ramp: 10s, hold: 1m } ] }",
                &[],
            ),
        ],
    },
    Place {
        marks: &["rate", "ramp"],
        words: &[
            (
                &["target", "rampto", "to", "rps", "arrivalrate", "endvalue"],
                "the rate that a stage reaches is its rate: { rate: 50/s, ramp: 10s, hold: 1m }",
                &["rate"],
            ),
            (
                &["duration"],
                "a stage takes the time of its ramp, in which the rate changes, and of its hold, in which it stays: { rate: 50/s, ramp: 10s, hold: 1m }",
                &["ramp"],
            ),
            (
                &["rampup", "rampdown", "ramptime", "startup"],
                "the time in which the rate of a stage changes, up or down, is its ramp: { rate: 50/s, ramp: 10s, hold: 1m }",
                &["ramp"],
            ),
            (
                &["startrate", "startvalue"],
                "the rate that a ramp begins at is from: { from: 10/s, rate: 50/s, ramp: 10s }",
                &["from"],
            ),
        ],
    },
    Place {
        marks: &["total", "max_duration"],
        words: &[
            (
                &["iterations", "count", "loops"],
                "iterations of all users together are the total: { total: 1000, users: 10 }",
                &["total"],
            ),
            (
                &["vus", "threads", "numthreads"],
                "who does them are the users: { total: 1000, users: 10 }",
                &["users"],
            ),
            (
                &["duration", "timeout"],
                "the longest time is max_duration: { total: 1000, users: 10, max_duration: 10m }",
                &["max_duration"],
            ),
        ],
    },
    Place {
        marks: &["status", "body"],
        words: &[
            (
                &["statuscode", "code", "statuses"],
                "write status: 200",
                &["status"],
            ),
            (
                &[
                    "contains",
                    "text",
                    "bodycontains",
                    "matches",
                    "equals",
                    "regex",
                ],
                "what the body is like stands in \"body\": body: { contains: ok }",
                &["body"],
            ),
            (
                &["jsonpath"],
                "values of a JSON body stand in \"json\": json: { $.total: \"> 0\" }",
                &["json"],
            ),
            (
                &[
                    "responsetime",
                    "duration",
                    "latency",
                    "maxresponsetime",
                    "timeout",
                ],
                "how long it may take is the time: time: < 500ms",
                &["time"],
            ),
        ],
    },
    Place {
        marks: &["css", "attribute"],
        words: &[
            (
                &["jsonpath", "path", "jmespath"],
                "a JSONPath stands in \"json\": { json: $.token }",
                &["json", "header", "cookie", "regex", "css"],
            ),
            (
                &["xpath", "selector", "html"],
                "elements are found by CSS: { css: \"input[name=token]\", attribute: value }",
                &["css", "json", "header", "cookie", "regex"],
            ),
            (
                &["as", "name", "var", "variable", "saveas", "referencename"],
                "the name of the variable comes first: capture: { token: { json: $.token } }",
                &[],
            ),
            (
                &["index", "matchnumber", "ordinal", "find", "strategy"],
                "which one of several is picked: { json: \"$.items[*].id\", pick: random }",
                &["pick"],
            ),
            (
                &["body"],
                "a part of the body is found by { json: $.token }, regex or css",
                &["json"],
            ),
        ],
    },
    Place {
        marks: &["csv", "per"],
        words: &[
            (
                &["path", "file", "filename", "source"],
                "the file is csv: { csv: customers.csv }",
                &["csv"],
            ),
            (
                &["order", "strategy", "mode", "sharing"],
                "which row is picked: { csv: customers.csv, pick: unique }",
                &["pick"],
            ),
            (
                &[
                    "fields",
                    "columns",
                    "variables",
                    "variablenames",
                    "delimiter",
                    "header",
                ],
                "columns are called as in the first line of the file, which has commas between them",
                &[],
            ),
        ],
    },
    Place {
        marks: &["bookstore", "urls"],
        words: &[(
            &["url", "baseurl", "host", "hosts", "services", "address"],
            "services are named by their URLs: urls: { shop: \"https://shop.test\" }",
            &["urls", "bookstore"],
        )],
    },
    Place {
        marks: &["follow_redirects"],
        words: &[
            (
                &["redirects", "maxredirects", "followredirect"],
                "how many redirects are followed: follow_redirects: 5",
                &["follow_redirects"],
            ),
            (&["url", "baseurl", "host"], BASE_URL, &[]),
            (
                &["timeout"],
                "the timeout stands at the top: timeout: 30s",
                &[],
            ),
            (&["http2"], "write version: \"2\"", &["version"]),
            (
                &["keepalive", "noconnectionreuse", "novuconnectionreuse"],
                "users keep their connections unless each iteration has its own: new_connections: iteration",
                &["new_connections"],
            ),
            (
                &["cookiejar", "cookie"],
                "write cookies: on or cookies: off",
                &["cookies"],
            ),
        ],
    },
    Place {
        marks: &["uniform", "zipf"],
        words: &[
            (
                &[
                    "min",
                    "max",
                    "from",
                    "to",
                    "random",
                    "randomint",
                    "range",
                    "between",
                ],
                "numbers between two are uniform: { uniform: [1, 100] }",
                &["uniform"],
            ),
            (
                &["oneof", "list", "values", "pick"],
                "one of several values is a choice: { choice: [a, b] }",
                &["choice"],
            ),
            (&["guid"], "write { uuid: v4 }", &["uuid"]),
            (
                &["counter"],
                "write { sequence: { from: 1, step: 1 } }",
                &["sequence"],
            ),
        ],
    },
    Place {
        marks: &["uniform", "lognormal"],
        words: &[
            (
                &["min", "max", "from", "to", "random", "range", "between"],
                "times between two are uniform: { uniform: [1s, 3s] }",
                &["uniform"],
            ),
            (
                &["constant", "fixed", "duration"],
                "a time that is always the same stands by itself: think: 1s",
                &["uniform"],
            ),
            (
                &["gaussian", "mean", "deviation"],
                "write { normal: { mean: 1s, sd: 300ms } }",
                &["normal", "exponential", "uniform"],
            ),
            (&["poisson"], "write { exponential: 1s }", &["exponential"]),
        ],
    },
];

/// The replacement of another tool's key in a mapping whose valid keys are `right`.
pub(super) fn key(key: &str, right: &[&str]) -> Option<ForeignKey> {
    let is_here = |place: &&Place| place.marks.iter().all(|mark| right.contains(mark));
    let place = PLACES.iter().find(is_here)?;
    if key == "<<" {
        return Some(ForeignKey {
            message: MERGE,
            meant: &[],
            holds_keys: false,
        });
    }
    let word: String = key
        .chars()
        .filter(|letter| !matches!(letter, '-' | '_' | ' '))
        .flat_map(char::to_lowercase)
        .collect();
    // The right word in another spelling is found as the nearest one.
    let is_right = |right: &&str| right.replace('_', "") == word;
    if right.iter().any(is_right) {
        return None;
    }
    let found = place
        .words
        .iter()
        .find(|(words, ..)| words.contains(&word.as_str()));
    found.map(|(_, message, meant)| ForeignKey {
        message,
        meant,
        holds_keys: HOLDERS.contains(&word.as_str()),
    })
}

/// The expected form of a value whose type differs between tools.
pub(super) fn shape(key: &str) -> Option<&'static str> {
    match key {
        "thresholds" => Some("thresholds: [ \"p95 < 500ms\", \"error_rate < 1%\" ]"),
        "scenarios" => {
            Some("scenarios: [ { name: browse, steps: [ { request: GET shop/items } ] } ]")
        }
        "steps" => Some("steps: [ { request: GET shop/items } ]"),
        "capture" => Some("capture: { token: { json: $.token } }"),
        _ => None,
    }
}
