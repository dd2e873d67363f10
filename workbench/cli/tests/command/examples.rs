//! Every file of `experiments/examples` is run with another target, shorter times, and without thresholds, which a busy
//! machine may miss. The tests check what reached the target. Long, because there is one test for each example.

mod service;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use assert_cmd::assert::OutputAssertExt;
use predicates::str::contains;
use serde_json::{Value, json};

use self::service::{Request, Service, call};
use crate::support::{Bench, OVER, json as read_json};

/// The experiments. Each has a test below.
const EXAMPLES: [&str; 9] = [
    "csv-users.yaml",
    "graphql.yaml",
    "list-then-detail.yaml",
    "login.yaml",
    "open-zipf.yaml",
    "probe.yaml",
    "rush.yaml",
    "storefront.yaml",
    "upload.yaml",
];

/// Files that the experiments read.
const FILES: [&str; 2] = ["cover.png", "users.csv"];

/// The placeholder for the reader's service.
const OWN_SERVICE: &str = "http://localhost:8080";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments/examples")
}

/// An experiment before its run.
struct Example {
    name: &'static str,
    text: String,
    bench: Bench,
}

impl Example {
    fn new(name: &'static str) -> Self {
        assert!(EXAMPLES.contains(&name), "{name} is no example");
        let bench = Bench::new();
        for file in FILES {
            std::fs::copy(folder().join(file), bench.path().join(file)).unwrap();
        }
        let text = std::fs::read_to_string(folder().join(name)).unwrap();
        let (text, _) = text.split_once("thresholds:").unwrap();
        Self {
            name,
            text: text.to_owned(),
            bench,
        }
    }

    /// Replaces a text.
    fn with(mut self, from: &str, to: &str) -> Self {
        assert!(self.text.contains(from), "{} has no {from}", self.name);
        self.text = self.text.replace(from, to);
        self
    }

    /// Makes it use a running shop.
    fn at(self, services: &[(&str, String)]) -> Self {
        let line = |text: &str| {
            text.lines()
                .find(|it| it.starts_with("target:"))
                .map(str::to_owned)
        };
        let target = line(&self.text).unwrap();
        let urls = services
            .iter()
            .map(|(name, url)| format!("{name}: \"{url}\""));
        let urls: Vec<String> = urls.collect();
        self.with(
            &target,
            &format!("target: {{ urls: {{ {} }} }}", urls.join(", ")),
        )
    }

    fn run(self) -> Ran {
        let path = self.bench.path().join(self.name);
        std::fs::write(&path, &self.text).unwrap();
        let mut command = self.bench.workbench();
        let command = command.arg("run").arg(&path);
        let ended = command.env("SHOP_PASSWORD", "correct horse").assert();
        ended.code(OVER);
        let experiment = self.name.strip_suffix(".yaml").unwrap();
        let [folder] = self.bench.runs(experiment).try_into().unwrap();
        Ran {
            analysis: read_json(&folder.join("analysis.json"))["runs"][0].clone(),
            manifest: read_json(&folder.join("manifest.json")),
            _bench: self.bench,
        }
    }
}

/// A finished run.
struct Ran {
    analysis: Value,
    manifest: Value,
    _bench: Bench,
}

impl Ran {
    /// Samples of a request by its name, or of `TOTAL`; none of them failed.
    fn samples(&self, request: &str) -> u64 {
        let errors = self.analysis["errors"].as_array().unwrap();
        assert_eq!(errors, &[] as &[Value]);
        self.counted(request)
    }

    fn counted(&self, request: &str) -> u64 {
        if request == "TOTAL" {
            return self.analysis["total"]["samples"].as_u64().unwrap();
        }
        let rows = self.analysis["requests"].as_array().unwrap();
        let row = rows.iter().find(|row| row["request"] == request);
        row.unwrap_or_else(|| panic!("no {request} in {rows:?}"))["samples"]
            .as_u64()
            .unwrap()
    }

    /// Arrivals that a busy machine did not start in time. There are no other failures.
    fn censored(&self) -> u64 {
        let errors = self.analysis["errors"].as_array().unwrap().iter();
        let censored = errors.map(|error| {
            assert_eq!(error["error"], "censored", "{error}");
            error["count"].as_u64().unwrap()
        });
        censored.sum()
    }
}

/// A bookstore of the test; it ends with the test.
struct Shop {
    process: Child,
    services: Value,
    internal: Value,
}

impl Shop {
    fn start() -> Self {
        let mut process = Command::new(assert_cmd::cargo::cargo_bin!("workbench"))
            .args(["bookstore", "all", "--ephemeral", "--free-ports"])
            .args([
                "--products",
                "100",
                "--stock",
                "1000000",
                "--exit-with-stdin",
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = process.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let announcement: Value = serde_json::from_str(&line).unwrap();
        Self {
            process,
            services: announcement["services"].clone(),
            internal: announcement["internal"].clone(),
        }
    }

    fn url(&self, service: &str) -> String {
        self.services[service].as_str().unwrap().to_owned()
    }

    fn get(&self, service: &str, path: &str) -> Value {
        call("GET", &format!("{}{path}", self.url(service)))
    }

    /// The result of the orders service's audit of the whole shop.
    fn audit(&self) -> Value {
        let url = self.internal["orders"].as_str().unwrap();
        call("GET", &format!("{url}/audit/shop"))
    }

    /// The audit once no event is pending.
    fn settled_audit(&self) -> Value {
        let deadline = Instant::now() + Duration::from_secs(120);
        loop {
            let audit = self.audit();
            if audit["unfinished"] == 0 {
                assert_eq!(audit["clean"], true, "{audit}");
                return audit;
            }
            assert!(Instant::now() < deadline, "{audit}");
        }
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

#[test]
fn every_file_among_the_examples_is_known_here() {
    let entries = std::fs::read_dir(folder()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let names: BTreeSet<String> = names.collect();
    let known = EXAMPLES.iter().chain(&FILES).map(|it| (*it).to_owned());
    assert_eq!(names, known.collect());
}

#[test]
fn every_example_is_short_and_valid_and_begins_with_what_it_shows() {
    for name in EXAMPLES {
        let text = std::fs::read_to_string(folder().join(name)).unwrap();
        assert!(text.lines().count() <= 40, "{name} is long");
        let first = text.lines().next().unwrap();
        assert!(first.starts_with("# ") && first.ends_with('.'), "{first}");
        let bench = Bench::new();
        let mut command = bench.workbench();
        command.arg("validate").arg(folder().join(name));
        let question = text
            .lines()
            .find_map(|line| line.strip_prefix("question: "));
        command.assert().code(0).stdout(contains(question.unwrap()));
    }
}

#[test]
fn login_sends_the_token_that_its_user_was_given() {
    let given = |name: &str| format!("token-of-{name}");
    let service = Service::answering(move |request| {
        if request.line == "POST /login" {
            let login = request.json();
            assert_eq!(login["password"], "correct horse");
            return (
                200,
                json!({ "token": given(login["name"].as_str().unwrap()) }),
            );
        }
        let known = request
            .header("authorization")
            .is_some_and(|it| it.starts_with("Bearer token-of-user-"));
        (if known { 200 } else { 401 }, json!({}))
    });
    let ran = Example::new("login.yaml")
        .with(OWN_SERVICE, &service.url())
        .with("hold: 5s", "hold: 2s")
        .run();
    let requests = service.requests();
    let logins = requests.iter().filter(|it| it.line == "POST /login");
    let mut given: Vec<String> = logins
        .map(|it| format!("Bearer {}", given(it.json()["name"].as_str().unwrap())))
        .collect();
    given.sort();
    let users: BTreeSet<String> = (1..=10)
        .map(|user| format!("Bearer token-of-user-{user}"))
        .collect();
    assert_eq!(
        given,
        Vec::from_iter(users.clone()),
        "each user logs in once"
    );
    let accounts = requests.iter().filter(|it| it.line == "GET /account");
    let used: Vec<&str> = accounts
        .map(|it| it.header("authorization").unwrap())
        .collect();
    assert_eq!(
        used.iter()
            .map(|it| (*it).to_owned())
            .collect::<BTreeSet<_>>(),
        users
    );
    assert_eq!(ran.samples("account"), used.len() as u64);
}

#[test]
fn list_then_detail_requests_elements_of_the_list() {
    let shop = Shop::start();
    let kept = [17_u64, 40, 93];
    for id in (1..=100).filter(|id| !kept.contains(id)) {
        call("DELETE", &format!("{}/products/{id}", shop.url("catalog")));
    }
    let catalog = Service::in_front_of(&shop.url("catalog"));
    let ran = Example::new("list-then-detail.yaml")
        .at(&[("catalog", catalog.url())])
        .with("hold: 5s", "hold: 2s")
        .run();
    let requests = catalog.requests();
    let ids = requests
        .iter()
        .filter_map(|it| it.line.strip_prefix("GET /products/"));
    let ids: Vec<u64> = ids.map(|id| id.parse().unwrap()).collect();
    assert_eq!(BTreeSet::from_iter(ids.iter().copied()), kept.into());
    assert_eq!(ran.samples("a book"), ids.len() as u64);
}

#[test]
fn storefront_runs_on_the_bundled_bookstore_which_counts_the_redirects_too() {
    let ran = Example::new("storefront.yaml")
        .with("hold: 5s", "hold: 1s")
        .run();
    // Each form leads to a page.
    let expected = ran.samples("TOTAL") + ran.samples("add to cart") + ran.samples("order");
    assert_eq!(
        ran.manifest["target"]["requests_served"]["storefront"],
        expected
    );
    let checks = ran.manifest["validity"]["checks"].as_array().unwrap();
    let check = checks
        .iter()
        .find(|it| it["name"] == "requests accounted for");
    assert_eq!(check.unwrap()["status"], "passed", "{check:?}");
}

#[test]
fn fifty_visitors_buy_in_the_storefront_and_every_purchase_is_in_the_audit() {
    let shop = Shop::start();
    let storefront = Service::in_front_of(&shop.url("storefront"));
    let ran = Example::new("storefront.yaml")
        .at(&[("storefront", storefront.url())])
        .with("start: 10", "start: 50")
        .with("hold: 5s", "hold: 6s")
        .run();
    let bought = ran.samples("order");
    assert!(bought > 0);
    let audit = shop.settled_audit();
    assert_eq!(audit["checked"]["orders"], bought);
    let orders = shop.get("orders", "/orders");
    let orders = orders["orders"].as_array().unwrap();
    assert_eq!(orders.len() as u64, bought);
    assert!(orders.iter().all(|order| order["status"] == "Ordered"));

    // Each visitor is one session, by its cookie, and one customer.
    let requests = storefront.requests();
    let cookies = requests.iter().filter_map(|it| it.header("cookie"));
    let cookies: BTreeSet<&str> = cookies.collect();
    assert_eq!(cookies.len(), 50);
    let without = requests.iter().filter(|it| it.header("cookie").is_none());
    let without: Vec<&str> = without.map(|it| it.line.as_str()).collect();
    assert_eq!(without, ["GET /"; 50]);
    let customers = orders
        .iter()
        .map(|order| order["customer_id"].as_u64().unwrap());
    assert!(BTreeSet::from_iter(customers).len() <= 50);
    // A page after each form: the redirects were followed.
    let after = |form: &str, page: &str| {
        let count = |line: &str| requests.iter().filter(|it| it.line == line).count();
        (count(form), count(page))
    };
    assert_eq!(
        after("POST /orders", "GET /orders"),
        (bought as usize, bought as usize)
    );
}

#[test]
fn csv_users_has_each_customer_of_the_file_buy_once() {
    let shop = Shop::start();
    let ran = Example::new("csv-users.yaml")
        .at(&[("cart", shop.url("cart")), ("orders", shop.url("orders"))])
        .run();
    let file = std::fs::read_to_string(folder().join("users.csv")).unwrap();
    let rows = file.lines().skip(1).map(|line| {
        let numbers = line.split(',').map(|it| it.parse().unwrap());
        let [customer, book, copies]: [u64; 3] = numbers.collect::<Vec<_>>().try_into().unwrap();
        (customer, (book, copies))
    });
    let expected: BTreeMap<u64, (u64, u64)> = rows.collect();
    assert_eq!(ran.samples("order"), expected.len() as u64);

    let number = |row: &Value, key: &str| row[key].as_u64().unwrap();
    let orders = shop.get("orders", "/orders");
    let customers: BTreeMap<u64, u64> = orders["orders"]
        .as_array()
        .unwrap()
        .iter()
        .map(|order| (number(order, "id"), number(order, "customer_id")))
        .collect();
    let items = shop.get("orders", "/order_items");
    let items = items["items"].as_array().unwrap();
    assert_eq!(items.len(), expected.len());
    let bought = items.iter().map(|item| {
        let customer = customers[&number(item, "order_id")];
        (
            customer,
            (number(item, "product_id"), number(item, "quantity")),
        )
    });
    assert_eq!(BTreeMap::from_iter(bought), expected);
}

#[test]
fn open_zipf_asks_ten_times_a_second_and_for_the_first_book_most_often() {
    let shop = Shop::start();
    let catalog = Service::in_front_of(&shop.url("catalog"));
    let ran = Example::new("open-zipf.yaml")
        .at(&[("catalog", catalog.url())])
        .with("hold: 6s", "hold: 4s")
        .run();
    let requests = catalog.requests();
    let books = requests
        .iter()
        .filter_map(|it| it.line.strip_prefix("GET /products/"));
    let books: Vec<u64> = books.map(|id| id.parse().unwrap()).collect();
    assert_eq!(ran.counted("a book"), 40);
    assert_eq!(books.len() as u64 + ran.censored(), 40);
    assert!(books.iter().all(|id| (1..=100).contains(id)));
    let mut times = BTreeMap::<u64, usize>::new();
    books
        .iter()
        .for_each(|id| *times.entry(*id).or_default() += 1);
    let most = times.iter().max_by_key(|(_, times)| **times);
    assert_eq!(most.map(|(id, _)| *id), Some(1), "{times:?}");
}

/// 20 in the first second, 60 in a ramp to 100, 100 in the hold and 20 at the end.
#[test]
fn rush_has_as_many_requests_as_the_integral_of_its_rates() {
    let shop = Shop::start();
    let catalog = Service::in_front_of(&shop.url("catalog"));
    let ran = Example::new("rush.yaml")
        .at(&[("catalog", catalog.url())])
        .with("hold: 3s }\n    #", "hold: 1s }\n    #")
        .with("ramp: 4s, hold: 8s", "ramp: 1s, hold: 1s")
        .with("ramp: 2s, hold: 3s", "hold: 1s")
        .run();
    assert_eq!(ran.counted("a book"), 200);
    assert_eq!(catalog.requests().len() as u64 + ran.censored(), 200);
}

/// What is between the boundaries of a form with files.
fn parts(request: &Request) -> Vec<(String, Vec<u8>)> {
    let boundary = request.header("content-type").unwrap();
    let boundary = boundary
        .strip_prefix("multipart/form-data; boundary=")
        .unwrap();
    // Latin-1 keeps every byte as one character.
    let body: String = request.body.iter().map(|byte| char::from(*byte)).collect();
    let body = body.strip_suffix("--\r\n").unwrap();
    let mut parts = Vec::new();
    for part in body
        .split(&format!("--{boundary}"))
        .filter(|it| !it.is_empty())
    {
        let part = part
            .strip_prefix("\r\n")
            .unwrap()
            .strip_suffix("\r\n")
            .unwrap();
        let (head, content) = part.split_once("\r\n\r\n").unwrap();
        let content = content
            .chars()
            .map(|it| u8::try_from(it).unwrap())
            .collect();
        parts.push((head.to_owned(), content));
    }
    parts
}

#[test]
fn upload_sends_the_bytes_of_its_file() {
    let service = Service::answering(|request| {
        let bytes = parts(request).last().unwrap().1.len();
        (201, json!({ "bytes": bytes }))
    });
    let ran = Example::new("upload.yaml")
        .with(OWN_SERVICE, &service.url())
        .with("hold: 5s", "hold: 1s")
        .run();
    let requests = service.requests();
    assert_eq!(ran.samples("upload"), requests.len() as u64);
    let cover = std::fs::read(folder().join("cover.png")).unwrap();
    let mut titles = BTreeSet::new();
    for request in &requests {
        let [(head, title), (file_head, file)] = parts(request).try_into().unwrap();
        assert!(head.contains("name=\"title\""), "{head}");
        assert!(titles.insert(title), "a title was sent twice");
        assert!(
            file_head.contains("name=\"cover\"; filename=\"cover.png\""),
            "{file_head}"
        );
        assert!(file_head.contains("image/png"), "{file_head}");
        assert!(file == cover);
    }
    assert!(titles.contains(b"cover 1 of user 5".as_slice()));
}

#[test]
fn graphql_sends_its_query_with_a_number_as_its_variable() {
    let service = Service::answering(|request| {
        let id = &request.json()["variables"]["id"];
        (
            200,
            json!({ "data": { "book": { "id": id, "name": "The Silent River" } } }),
        )
    });
    let ran = Example::new("graphql.yaml")
        .with(OWN_SERVICE, &service.url())
        .with("hold: 5s", "hold: 1s")
        .run();
    let requests = service.requests();
    assert_eq!(ran.samples("book"), requests.len() as u64);
    for request in &requests {
        assert_eq!(request.line, "POST /graphql");
        let body = request.json();
        assert_eq!(
            body["query"],
            "query Book($id: Int!) { book(id: $id) { id name } }"
        );
        let id = body["variables"]["id"].as_u64();
        assert!(id.is_some_and(|id| (1..=100).contains(&id)), "{body}");
    }
}

#[test]
fn the_probe_scenario_has_its_own_rate_beside_buyers() {
    let shop = Shop::start();
    let orders = Service::in_front_of(&shop.url("orders"));
    let ran = Example::new("probe.yaml")
        .at(&[("cart", shop.url("cart")), ("orders", orders.url())])
        .with("hold: 5s", "hold: 2s")
        .with("hold: 6s", "hold: 3s")
        .run();
    assert_eq!(ran.counted("probe"), 30);
    let requests = orders.requests();
    let is_probe = |request: &Request| request.line == "GET /health";
    let probes = requests.iter().filter(|it| is_probe(it)).count() as u64;
    assert_eq!(probes + ran.censored(), 30);
    let buys = requests.iter().position(|it| !is_probe(it));
    let last = requests.iter().rposition(|it| !is_probe(it));
    let during = &requests[buys.unwrap()..last.unwrap()];
    assert!(during.iter().any(is_probe));
    assert_eq!(ran.counted("order"), requests.len() as u64 - probes);
}
