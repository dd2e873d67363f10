//! An experiment from nothing: questions at a terminal, else a starter for the bundled bookstore.

use super::draft::{self, Body, Draft, Request, Scenario, Step, Target, time, uniform};
use super::template::Template;
use super::yaml::Node;
use super::{HOLD, THINK_TIME, USERS, starter_load, thresholds, url};
use std::io::{BufRead, Write};

/// Asks on stderr, and reads answers from stdin. An empty answer means the default in brackets.
pub(super) fn ask(offline: bool) -> anyhow::Result<Draft> {
    let address = question(
        "URL to load, or nothing for the bundled bookstore",
        "",
        |text| match text {
            "" => Ok(None),
            text => url::parse(text)
                .map(Some)
                .map_err(|error| error.to_string()),
        },
    )?;
    let users = question(
        "Users at the same time",
        &USERS.to_string(),
        |text| match text.parse() {
            Ok(users @ 1..=1_000_000) => Ok(users),
            _ => Err("a whole number from 1 to 1000000 is needed".to_owned()),
        },
    )?;
    let hold = question("For how long", "10s", |text| {
        workbench_plan::parse_duration(text).map_err(|error| error.to_string())
    })?;
    let mut draft = match &address {
        Some(url) if offline => url::of(url, users, hold, None),
        Some(url) => url::looked_at(url, users, hold, None)?,
        None => bookstore(),
    };
    draft.load = Some(starter_load(users, hold));
    let proposal = draft.name.clone();
    draft.name = question("Name of the experiment", &proposal, |text| {
        Ok(draft::name(text))
    })?;
    Ok(draft)
}

fn question<T>(
    text: &str,
    proposal: &str,
    read: impl Fn(&str) -> Result<T, String>,
) -> anyhow::Result<T> {
    let mut input = std::io::stdin().lock();
    loop {
        let shown = if proposal.is_empty() {
            String::new()
        } else {
            format!(" [{proposal}]")
        };
        let mut stderr = std::io::stderr();
        write!(stderr, "{text}{shown}: ")?;
        stderr.flush()?;
        let mut answer = String::new();
        let ended = input.read_line(&mut answer)? == 0;
        let answer = answer.trim();
        match read(if answer.is_empty() { proposal } else { answer }) {
            Ok(value) => return Ok(value),
            Err(reason) if ended => anyhow::bail!(reason),
            Err(reason) => writeln!(stderr, "{reason}")?,
        }
    }
}

/// Customers who browse, look at a book, put it into the cart and order it.
pub(super) fn bookstore() -> Draft {
    let mut draft = Draft::new("bookstore");
    draft.target = Target::Bookstore;
    draft.load = Some(starter_load(USERS, HOLD));
    draft.thresholds = thresholds();
    draft.comment = vec![
        "A start: the bundled bookstore, which is started for the run and stopped after it. For a service of your own, \
         put target: { urls: { shop: \"http://localhost:8080\" } } in its place, and its requests into the steps."
            .to_owned(),
    ];
    draft.scenarios.push(Scenario {
        name: "shopper".to_owned(),
        think_time: Some(time(THINK_TIME)),
        steps: steps(),
        ..Scenario::default()
    });
    draft
}

fn steps() -> Vec<Step> {
    let request = |method: &str, service: &str, path: Template| {
        Request::new(method, (service.to_owned(), path))
    };
    let mut book = request(
        "GET",
        "catalog",
        Template::literal("/products/").and_variable("product"),
    );
    book.set = vec![("product".to_owned(), uniform(1, 100))];
    let mut add = request(
        "POST",
        "cart",
        Template::literal("/carts/").and_variable("user"),
    );
    let product = Node::from(&Template::variable("product"));
    add.body = Some(Body::Json(Node::map([
        ("product_id", product),
        ("quantity", Node::from(1_u64)),
    ])));
    add.expect.status = vec![201];
    let mut order = request(
        "POST",
        "orders",
        Template::literal("/orders/").and_variable("user"),
    );
    order.expect.status = vec![201];
    vec![
        request("GET", "catalog", Template::literal("/products")).into(),
        Step {
            comment: vec!["A book at random: drawn anew before each request.".to_owned()],
            ..book.into()
        },
        add.into(),
        order.into(),
    ]
}
