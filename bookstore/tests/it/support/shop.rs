//! The binary as a child process, and HTTP calls to its services.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
};

use reqwest::Method;
use serde_json::{Value, json};

use super::ends_in_a_clean_audit;

/// A running `bookstore` command; ends with this value, which checks that it ended well.
pub(crate) struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    /// What it announced on standard output.
    pub(crate) announcement: Value,
    /// Whether it was killed.
    killed: bool,
}

impl Process {
    /// Starts the command and waits until it is ready.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::launch(&mut command(arguments))
    }

    /// Starts a prepared command and waits until it is ready.
    pub(crate) fn launch(command: &mut Command) -> Self {
        let mut child = command
            .arg("--exit-with-stdin")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let announcement =
            serde_json::from_str(&line).unwrap_or_else(|_| panic!("{command:?} is not ready"));
        // The one line is all that it ever says there.
        std::thread::spawn(move || {
            let mut rest = String::new();
            stdout.read_to_string(&mut rest).unwrap();
            assert_eq!(rest, "");
        });
        Self {
            child,
            stdin,
            announcement,
            killed: false,
        }
    }

    /// Runs a command that is expected to fail; its exit code and standard error.
    pub(crate) fn fail(arguments: &[&str]) -> (i32, String) {
        let output = command(arguments).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.stdout, b"", "{stderr}");
        (output.status.code().expect("no panic, no signal"), stderr)
    }

    /// One of its services.
    pub(crate) fn service(&self, name: &str) -> Service {
        let url = |port: &str| {
            let url = self.announcement[port][name].as_str();
            url.unwrap_or_else(|| panic!("no {name} in {}", self.announcement))
                .to_owned()
        };
        Service {
            url: url("services"),
            internal_url: url("internal"),
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
        }
    }

    /// Sends SIGTERM.
    pub(crate) fn terminate(&self) {
        let pid = self.child.id().to_string();
        let status = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(status.unwrap().success());
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kills it, if nobody has, and waits for its end.
    pub(crate) fn kill(mut self) {
        self.killed = true;
        // Fails when it is gone already.
        let _ = self.child.kill();
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// Ends its standard input and waits for its end.
    pub(crate) fn close(&mut self) -> ExitStatus {
        drop(self.stdin.take());
        self.wait()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let status = self.close();
        if !std::thread::panicking() && !self.killed {
            assert!(status.success(), "the bookstore ended with {status}");
        }
    }
}

/// The password of the storefront's administrator, wherever a story says nothing else.
pub(crate) const ADMIN_PASSWORD: &str = "correct horse battery staple";

/// The binary with these arguments, away from the settings of whoever runs the tests.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bookstore"));
    command.args(arguments).env("RUST_LOG", "off");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("BOOKSTORE_") {
            command.env_remove(name);
        }
    }
    command.env("BOOKSTORE_ADMIN_PASSWORD", ADMIN_PASSWORD);
    command
}

/// The command in a shell that does this first.
pub(crate) fn in_shell(first: &str, command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{first} && exec \"$0\" \"$@\"")]);
    shell.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell
}

/// A whole shop with fresh databases and an empty catalog.
pub(crate) struct Shop {
    pub(crate) catalog: Service,
    pub(crate) cart: Service,
    pub(crate) orders: Service,
    pub(crate) storefront: Service,
    _process: Process,
}

impl Shop {
    /// Opens a shop on a database.
    pub(crate) fn open(database: &str) -> Self {
        let process =
            Process::start(&["all", "--free-ports", "--ephemeral", "--database", database]);
        Self {
            catalog: process.service("catalog"),
            cart: process.service("cart"),
            orders: process.service("orders"),
            storefront: process.service("storefront"),
            _process: process,
        }
    }

    /// Adds a book with this many copies; its id.
    pub(crate) async fn add_book(&self, copies: i64) -> i64 {
        self.catalog.add_book(copies).await
    }

    /// Copies of a book in stock.
    pub(crate) async fn stock(&self, book: i64) -> i64 {
        self.catalog.stock(book).await
    }

    /// Puts copies of a book into a customer's cart.
    pub(crate) async fn put_in_cart(&self, customer: i64, book: i64, copies: i64) {
        self.cart.put_in_cart(customer, book, copies).await;
    }

    /// Waits until nothing is unfinished, and checks that nothing is oversold, leaked, lost or
    /// doubled.
    pub(crate) async fn ends_in_a_clean_audit(&self) {
        ends_in_a_clean_audit(&self.catalog, &self.cart, &self.orders).await;
    }
}

/// A service to talk to. Answers are a status and a JSON body (`null` where there is none).
#[derive(Clone)]
pub(crate) struct Service {
    pub(crate) url: String,
    /// Where all calls are, those for everybody too.
    pub(crate) internal_url: String,
    pub(crate) client: reqwest::Client,
}

impl Service {
    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        self.call(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.call(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn post_nothing(&self, path: &str) -> (u16, Value) {
        self.call(Method::POST, path, None).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> (u16, Value) {
        self.call(Method::PUT, path, Some(body)).await
    }

    pub(crate) async fn put_nothing(&self, path: &str) -> (u16, Value) {
        self.call(Method::PUT, path, None).await
    }

    pub(crate) async fn delete(&self, path: &str) -> (u16, Value) {
        self.call(Method::DELETE, path, None).await
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let mut request = self.request(method, path);
        if let Some(body) = body {
            request = request.json(&body);
        }
        answer(request).await
    }

    /// A request to be finished by the story, to the port that the call is meant for.
    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = match is_internal(path) {
            true => &self.internal_url,
            false => &self.url,
        };
        let request = self.client.request(method, format!("{url}{path}"));
        match path.starts_with("/audit") {
            // Not one that was begun before what the story has just done.
            true => request.header("cache-control", "no-cache"),
            false => request,
        }
    }

    /// Places an order under an idempotency key, for the cart or for the items in the body.
    pub(crate) async fn order(
        &self,
        customer: i64,
        key: &str,
        body: Option<Value>,
    ) -> (u16, Value) {
        self.post_as(&format!("/orders/{customer}"), Some(key), body)
            .await
    }

    /// Posts, maybe under an idempotency key.
    pub(crate) async fn post_as(
        &self,
        path: &str,
        key: Option<&str>,
        body: Option<Value>,
    ) -> (u16, Value) {
        let mut request = self.request(Method::POST, path);
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        answer(request).await
    }

    /// Adds a book with this many copies to the catalog; its id.
    pub(crate) async fn add_book(&self, copies: i64) -> i64 {
        let book = json!({"name": "Grand Design", "price": 12, "quantity": copies});
        let (status, answer) = self.post("/products", book).await;
        assert_eq!(status, 201, "{answer}");
        answer["data"]["id"].as_i64().unwrap()
    }

    /// Copies of a book in the catalog's stock.
    pub(crate) async fn stock(&self, book: i64) -> i64 {
        let (_, answer) = self.get(&format!("/products/{book}")).await;
        answer["product_detail"]["quantity"].as_i64().unwrap()
    }

    /// Puts copies of a book into a customer's cart.
    pub(crate) async fn put_in_cart(&self, customer: i64, book: i64, copies: i64) {
        let item = json!({"product_id": book, "quantity": copies});
        let (status, answer) = self.post(&format!("/carts/{customer}"), item).await;
        assert_eq!(status, 201, "{answer}");
    }

    /// Returns books of an order under an idempotency key: everything, or the items in the body.
    pub(crate) async fn take_back(
        &self,
        customer: i64,
        order: i64,
        key: &str,
        body: Option<Value>,
    ) -> (u16, Value) {
        let path = format!("/orders/{customer}/{order}/returns");
        self.post_as(&path, Some(key), body).await
    }

    /// What the service tells about itself.
    pub(crate) async fn metrics(&self) -> String {
        let request = self.request(Method::GET, "/metrics");
        request.send().await.unwrap().text().await.unwrap()
    }

    /// One of its metrics, by name and labels but the service's own.
    pub(crate) async fn metric(&self, name: &str, labels: &str) -> Option<f64> {
        let page = self.metrics().await;
        page.lines().find_map(|line| {
            let (sample, value) = line.rsplit_once(' ')?;
            let (found, rest) = sample.split_once("{service=\"").unwrap_or((sample, "\"}"));
            let (_, rest) = rest.split_once('"')?;
            let rest = rest.trim_start_matches(',').trim_end_matches('}');
            (found == name && rest == labels).then(|| value.parse().unwrap())
        })
    }

    /// The service's own counts, line by line, sorted.
    pub(crate) async fn counts(&self) -> Vec<String> {
        let text = self.metrics().await;
        let counts = text
            .lines()
            .filter(|line| line.starts_with("bookstore_requests_total"));
        let mut counts: Vec<_> = counts.map(str::to_owned).collect();
        counts.sort();
        counts
    }
}

/// What the paths of internal calls begin with.
const INTERNAL: [&str; 12] = [
    "/admin/faults",
    "/admin/reset",
    "/audit",
    "/checkouts",
    "/failing_settlements",
    "/held_reservations",
    "/locked_checkouts",
    "/metrics",
    "/missing_",
    "/order_history",
    "/reservations",
    "/returns",
];

fn is_internal(path: &str) -> bool {
    INTERNAL.iter().any(|internal| path.starts_with(internal))
}

async fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let body = response.bytes().await.unwrap();
    let body = match body.len() {
        0 => Value::Null,
        _ => serde_json::from_slice(&body).unwrap(),
    };
    (status, body)
}
