//! Headless Chromium, driven through its driver.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use reqwest::Method;
use serde_json::{Value, json};

/// How `WebDriver` names an element in an answer.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// axe-core 4.14.1 by Deque Systems (MPL 2.0), which looks for obstacles to people with
/// disabilities.
const AXE: &str = include_str!("../vendor/axe.min.js");

/// A browser with a fresh profile; ends with this value.
pub(crate) struct Browser {
    driver: Child,
    /// The session at the driver.
    url: String,
    /// Where paths lead.
    pub(crate) site: String,
    client: reqwest::Client,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts a browser, or says in plain sight that there is none.
    pub(crate) async fn start(site: &str) -> Option<Self> {
        // Drivers that start at the same moment may choose the same port, and all but one end.
        let mut started = None;
        for _ in 0..5 {
            let driver = Command::new("chromedriver")
                .arg("--port=0")
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn();
            let Ok(mut driver) = driver else {
                skip();
                return None;
            };
            if let Some(port) = port(&mut driver) {
                started = Some((driver, port));
                break;
            }
            let _ = driver.wait();
        }
        let (driver, port) = started.expect("the driver starts");
        let profile = tempfile::tempdir().unwrap();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut browser = Self {
            driver,
            url: format!("http://127.0.0.1:{port}/session"),
            site: site.to_owned(),
            client,
            _profile: profile,
        };
        let profile = format!("--user-data-dir={}", browser._profile.path().display());
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--no-proxy-server",
            &profile,
        ];
        let options = json!({"goog:chromeOptions": {"args": arguments}});
        let wanted = json!({"capabilities": {"alwaysMatch": options}});
        let session = browser.call(Method::POST, "", Some(wanted)).await;
        let id = session["sessionId"].as_str().unwrap();
        browser.url = format!("{}/{id}", browser.url);
        browser.look_at(1280, 860, false).await;
        Some(browser)
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let mut request = self.client.request(method, format!("{}{path}", self.url));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        let succeeded = response.status().is_success();
        let mut answer: Value = response.json().await.unwrap();
        let value = answer["value"].take();
        assert!(succeeded, "{path}: {value}");
        value
    }

    /// A command of the `DevTools` protocol.
    pub(crate) async fn devtools(&self, command: &str, parameters: Value) {
        let body = json!({"cmd": command, "params": parameters});
        self.call(Method::POST, "/goog/cdp/execute", Some(body))
            .await;
    }

    /// Opens a page of the site.
    pub(crate) async fn open(&self, path: &str) {
        let url = json!({"url": format!("{}{path}", self.site)});
        self.call(Method::POST, "/url", Some(url)).await;
    }

    /// The path of the page that is open.
    pub(crate) async fn path(&self) -> String {
        let url = self.call(Method::GET, "/url", None).await;
        let url = reqwest::Url::parse(url.as_str().unwrap()).unwrap();
        url.path().to_owned()
    }

    async fn element(&self, selector: &str) -> String {
        let by = json!({"using": "css selector", "value": selector});
        let element = self.call(Method::POST, "/element", Some(by)).await;
        format!("/element/{}", element[ELEMENT].as_str().unwrap())
    }

    /// Whether there is such an element.
    pub(crate) async fn has(&self, selector: &str) -> bool {
        let by = json!({"using": "css selector", "value": selector});
        let elements = self.call(Method::POST, "/elements", Some(by)).await;
        !elements.as_array().unwrap().is_empty()
    }

    /// Clicks, and waits for the page that comes of it.
    pub(crate) async fn click(&self, selector: &str) {
        let page = self.element("html").await;
        let element = self.element(selector).await;
        let path = format!("{element}/click");
        self.call(Method::POST, &path, Some(json!({}))).await;
        self.leave(&page).await;
    }

    /// Chooses an option.
    pub(crate) async fn choose(&self, option: &str) {
        let path = format!("{}/click", self.element(option).await);
        self.call(Method::POST, &path, Some(json!({}))).await;
    }

    /// Presses a key, and waits for the page that comes of it.
    pub(crate) async fn press_and_go_on(&self, key: &str) {
        let page = self.element("html").await;
        self.press(key).await;
        self.leave(&page).await;
    }

    /// Waits until a page is gone; the driver itself waits until the next one is there.
    async fn leave(&self, page: &str) {
        let deadline = Instant::now() + Duration::from_secs(30);
        let url = format!("{}{page}/name", self.url);
        while self
            .client
            .get(&url)
            .send()
            .await
            .unwrap()
            .status()
            .is_success()
        {
            assert!(Instant::now() < deadline, "the page does not change");
        }
    }

    /// Types into an empty field.
    pub(crate) async fn type_into(&self, selector: &str, text: &str) {
        let element = self.element(selector).await;
        let (clear, value) = (format!("{element}/clear"), format!("{element}/value"));
        self.call(Method::POST, &clear, Some(json!({}))).await;
        self.call(Method::POST, &value, Some(json!({"text": text})))
            .await;
    }

    /// Presses a key where the focus is.
    pub(crate) async fn press(&self, key: &str) {
        let strokes = json!([{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]);
        let keyboard = json!({"type": "key", "id": "keyboard", "actions": strokes});
        let body = json!({"actions": [keyboard]});
        self.call(Method::POST, "/actions", Some(body)).await;
    }

    /// What a reader sees of an element.
    pub(crate) async fn text(&self, selector: &str) -> String {
        let path = format!("{}/text", self.element(selector).await);
        let text = self.call(Method::GET, &path, None).await;
        text.as_str().unwrap().to_owned()
    }

    /// Runs a function's body in the page, whatever the page allows itself.
    pub(crate) async fn evaluate(&self, script: &str) -> Value {
        let body = json!({"script": script, "args": []});
        self.call(Method::POST, "/execute/sync", Some(body)).await
    }

    /// The same with a callback for its outcome.
    pub(crate) async fn evaluate_async(&self, script: &str) -> Value {
        let body = json!({"script": script, "args": []});
        self.call(Method::POST, "/execute/async", Some(body)).await
    }

    /// What axe finds on the page that is open.
    pub(crate) async fn obstacles(&self) -> Vec<String> {
        self.evaluate(AXE).await;
        let found = self
            .evaluate_async(
                "const done = arguments[arguments.length - 1];
                 axe.run({resultTypes: ['violations']}).then(result => done(result.violations
                     .flatMap(violation => violation.nodes.map(node =>
                         `${violation.id}: ${node.html} ${node.failureSummary}`))));",
            )
            .await;
        let texts = found.as_array().unwrap().iter().map(Value::to_string);
        texts.collect()
    }

    /// Looks through a window or a phone of this size.
    pub(crate) async fn look_at(&self, width: u32, height: u32, mobile: bool) {
        let size =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile});
        self.devtools("Emulation.setDeviceMetricsOverride", size)
            .await;
    }

    /// Prefers `light` or `dark`.
    pub(crate) async fn prefer(&self, scheme: &str) {
        let scheme = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.devtools("Emulation.setEmulatedMedia", scheme).await;
    }

    /// Runs no scripts of pages any more.
    pub(crate) async fn without_javascript(&self) {
        let off = json!({"value": true});
        self.devtools("Emulation.setScriptExecutionDisabled", off)
            .await;
    }

    /// Ends the browser; without it, it ends with the driver.
    pub(crate) async fn close(self) {
        self.call(Method::DELETE, "", None).await;
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Gone already is as good.
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// The port that the driver says that it has chosen; `None` if it ended without one.
fn port(driver: &mut Child) -> Option<u16> {
    let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
    let said = lines
        .by_ref()
        .map(Result::unwrap)
        .find(|line| line.contains("started successfully on port"));
    let said = said?;
    // Read on, so that it never waits for us.
    std::thread::spawn(move || lines.for_each(drop));
    let digits: String = said.chars().filter(char::is_ascii_digit).collect();
    Some(digits.parse().unwrap())
}

fn skip() {
    let in_ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(!in_ci, "no Chromium: CI must test in it");
    // Not `eprintln!`, which is kept from the reader's eyes when a test passes.
    let test = std::thread::current();
    let name = test.name().unwrap_or_default();
    let skipped = format!("skipped: no Chromium ({name})\n");
    std::io::stderr().write_all(skipped.as_bytes()).unwrap();
}
