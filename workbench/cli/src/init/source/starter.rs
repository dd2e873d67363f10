//! An experiment from nothing: questions at a terminal, else a starter for the bundled bookstore.

use std::io::{BufRead, Write};

use super::url;
use crate::init::draft::{self, Body, Draft, Load, Request, Scenario, Step};
use crate::init::template::Template;
use crate::init::values::uniform;
use crate::init::yaml::Node;

/// Asks on stderr, and reads answers from stdin. An empty answer means the default in brackets.
pub(crate) fn ask(offline: bool) -> anyhow::Result<Draft> {
    let which = "URL to load, or nothing for the bundled bookstore";
    let address = question(which, "", |text| match text {
        "" => Ok(None),
        text => url::parse(text)
            .map(Some)
            .map_err(|error| error.to_string()),
    })?;
    let proposal = Load::USERS.to_string();
    let users = question("Users at the same time", &proposal, |text| {
        match text.parse() {
            Ok(users @ 1..=1_000_000) => Ok(users),
            _ => Err("a whole number from 1 to 1000000 is needed".to_owned()),
        }
    })?;
    let hold = question("For how long", "10s", |text| {
        workbench_plan::parse_duration(text).map_err(|error| error.to_string())
    })?;
    let mut draft = match &address {
        Some(url) => url::of(url, (users, hold), offline, None)?,
        None => bookstore(),
    };
    draft.load = Some(Load::starter(users, hold));
    draft.name = question("Name of the experiment", &draft.name, |text| {
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
    let mut stderr = std::io::stderr();
    loop {
        match proposal {
            "" => write!(stderr, "{text}: ")?,
            proposal => write!(stderr, "{text} [{proposal}]: ")?,
        }
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
pub(crate) fn bookstore() -> Draft {
    let mut draft = Draft::new("bookstore");
    draft.comment = vec![
        "A start: the bundled bookstore, which is started for the run and stopped after it. For a service of your own, \
         put target: { urls: { shop: \"http://localhost:8080\" } } in its place, and its requests into the steps."
            .to_owned(),
    ];
    draft.scenarios.push(Scenario::starter("shopper", steps()));
    draft.start(Load::USERS, Load::HOLD);
    draft
}

fn steps() -> Vec<Step> {
    let request = |method: &str, service: &str, path: &str, variable: &str| {
        let path = Template::literal(path).and_variable(variable);
        Request::new(method, (service.to_owned(), path))
    };
    let all = ("catalog".to_owned(), Template::literal("/products"));
    let all = Request::new("GET", all);
    let mut book = request("GET", "catalog", "/products/", "product");
    book.set = vec![("product".to_owned(), uniform(1, 100))];
    let mut add = request("POST", "cart", "/carts/", "user");
    let product = Node::from(&Template::variable("product"));
    let body = [("product_id", product), ("quantity", Node::from(1_u64))];
    add.body = Some(Body::Json(Node::map(body)));
    add.expect.status = vec![201];
    let mut order = request("POST", "orders", "/orders/", "user");
    order.expect.status = vec![201];
    let comment = vec!["A book at random: drawn anew before each request.".to_owned()];
    let book = Step::request(book, comment, false);
    vec![all.into(), book, add.into(), order.into()]
}
