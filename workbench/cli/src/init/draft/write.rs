//! A draft as an experiment file.

use std::time::Duration;

use super::{
    Action, Auth, Body, Capture, Data, Draft, Expect, Http, Load, Part, Request, Scenario, Secret,
    Service, Source, Step, Target, ThreadRow, Tls, Variable, time,
};
use crate::init::template::Template;
use crate::init::yaml::{Item, Node, comment};

/// The entries of a map, as they come together.
#[derive(Default)]
struct Entries(Vec<(String, Item)>);

impl Entries {
    fn put(&mut self, key: &str, node: impl Into<Node>) {
        self.item(key, Item::from(node.into()));
    }

    fn put_some(&mut self, key: &str, node: Option<impl Into<Node>>) {
        if let Some(node) = node {
            self.put(key, node);
        }
    }

    fn item(&mut self, key: &str, item: Item) {
        self.0.push((key.to_owned(), item));
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn map(self) -> Node {
        Node::Map(self.0)
    }

    /// A map of a line for each of its entries.
    fn block(self) -> Node {
        self.map().block()
    }
}

impl Draft {
    /// The experiment file. `schema` is where editors find its schema, as seen from the file.
    pub(in crate::init) fn write(&self, schema: Option<&str>) -> String {
        let mut out = String::new();
        if let Some(schema) = schema {
            out.push_str(&format!("# yaml-language-server: $schema={schema}\n#\n"));
        }
        for line in self.head().iter().flat_map(|text| comment(text, 0)) {
            out.push_str(&line);
            out.push('\n');
        }
        out.push_str(&self.document());
        if !self.left.is_empty() {
            out.push_str("\n# Not taken over:\n");
        }
        for left in &self.left {
            let text = format!("- {}: {}", left.place, left.what.replace('\n', " "));
            for (at, line) in comment(&text, 2).iter().enumerate() {
                let line = line.trim_start_matches("# ");
                out.push_str(if at == 0 { "# " } else { "#   " });
                out.push_str(line);
                out.push('\n');
            }
        }
        out
    }

    /// The variables of the environment that a run needs: those of what is not commented out.
    pub(in crate::init) fn secrets(&self) -> Vec<&Secret> {
        let document = self.document();
        let lines = document.lines();
        let sent: Vec<&str> = lines
            .filter(|line| !line.trim_start().starts_with('#'))
            .collect();
        let used = |secret: &&Secret| {
            let variable = format!("${{env.{}}}", secret.name);
            sent.iter().any(|line| line.contains(&variable))
        };
        self.secrets.iter().filter(used).collect()
    }

    fn head(&self) -> Vec<String> {
        let mut head = self.comment.clone();
        let secrets = self.secrets();
        if !secrets.is_empty() {
            head.push("Secrets come from the environment. Before a run, export:".to_owned());
            head.extend(
                secrets
                    .iter()
                    .map(|it| format!("  {}: {}", it.name, it.what)),
            );
        }
        match self.left.len() {
            0 => {}
            1 => head.push("One thing was not taken over: see the end of this file.".to_owned()),
            some => head.push(format!(
                "{some} things were not taken over: see the end of this file."
            )),
        }
        head
    }

    fn document(&self) -> String {
        let groups = [
            "target",
            "http",
            "variables",
            "data",
            "threads",
            "concurrency",
            "arrivals",
            "iterations",
            "scenarios",
            "thresholds",
        ];
        self.entries().map().document(|key| groups.contains(&key))
    }

    fn entries(&self) -> Entries {
        let mut root = Entries::default();
        root.put("name", self.name.as_str());
        root.put_some("title", self.title.as_deref().map(one_line).as_deref());
        root.put_some(
            "question",
            self.question.as_deref().map(one_line).as_deref(),
        );
        root.put("target", target(&self.target));
        let http = http(&self.http);
        if !http.is_empty() {
            root.put("http", http.block());
        }
        if !self.variables.is_empty() {
            let mut variables = Entries::default();
            for Variable {
                name,
                value,
                comment,
            } in &self.variables
            {
                variables.item(name, commented(value.clone(), comment));
            }
            root.put("variables", variables.block());
        }
        if !self.data.is_empty() {
            let mut sets = Entries::default();
            for set in &self.data {
                sets.item(&set.name, commented(data(set), &set.comment));
            }
            root.put("data", sets.block());
        }
        if let Some(load) = &self.load {
            put_load(&mut root, load);
        }
        root.put_some("timeout", self.timeout.map(time));
        let scenarios = self.scenarios.iter().map(|it| Item {
            comment: it.comment.clone(),
            disabled: it.disabled,
            node: scenario(it).block(),
        });
        root.put("scenarios", Node::List(scenarios.collect()).block());
        if !self.thresholds.is_empty() {
            let thresholds = self.thresholds.iter().map(|text| Node::from(text.as_str()));
            root.put("thresholds", Node::list(thresholds).block());
        }
        root
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn commented(node: Node, comment: &[String]) -> Item {
    Item {
        comment: comment.to_vec(),
        disabled: false,
        node,
    }
}

fn target(target: &Target) -> Node {
    let Target::Urls { services, tls } = target else {
        return Node::map([("bookstore", Node::map::<String>([]))]);
    };
    let mut urls = Entries::default();
    for Service { name, url, comment } in services {
        urls.item(name, commented(Node::from(url.as_str()), comment));
    }
    let mut target = Entries::default();
    target.put("urls", urls.block());
    let Tls {
        ca,
        certificate,
        key,
    } = tls;
    let mut tls = Entries::default();
    tls.put_some("ca", ca.as_deref());
    tls.put_some("certificate", certificate.as_deref());
    tls.put_some("key", key.as_deref());
    if !tls.is_empty() {
        target.put("tls", tls.map());
    }
    target.block()
}

fn http(http: &Http) -> Entries {
    let mut entries = Entries::default();
    entries.put_some("follow_redirects", http.follow_redirects.map(u64::from));
    entries.put_some("accept_encoding", http.accept_encoding.as_deref());
    if !http.headers.is_empty() {
        entries.put("headers", texts(&http.headers).block());
    }
    if http.cookies_off {
        entries.put("cookies", Node::Plain("off".to_owned()));
    }
    entries.put_some("version", http.version);
    entries.put_some(
        "new_connections",
        http.new_connections.then_some("iteration"),
    );
    entries
}

fn texts(entries: &[(String, Template)]) -> Node {
    Node::map(entries.iter().map(|(key, text)| (key, Node::from(text))))
}

fn data(data: &Data) -> Node {
    let mut entries = Entries::default();
    entries.put("csv", data.csv.as_str());
    entries.put_some("pick", data.pick);
    entries.put_some("per", data.per);
    entries.map()
}

fn put_load(entries: &mut Entries, load: &Load) {
    let put_time = |entries: &mut Entries, key: &str, duration: Duration| {
        if !duration.is_zero() {
            entries.put(key, time(duration));
        }
    };
    let mut parts = Entries::default();
    let (key, above) = match load {
        Load::Threads(rows) => {
            let rows = rows
                .iter()
                .map(|row| commented(thread_row(row), &row.comment));
            return entries.put("threads", Node::List(rows.collect()).block());
        }
        Load::Concurrency {
            target,
            ramp_up,
            steps,
            hold,
            comment,
        } => {
            parts.put("target", *target);
            put_time(&mut parts, "ramp_up", *ramp_up);
            parts.put_some("steps", *steps);
            parts.put("hold", time(*hold));
            ("concurrency", comment)
        }
        Load::Arrivals {
            rate,
            ramp_up,
            hold,
            max_users,
            comment,
        } => {
            parts.put("rate", rate.as_str());
            put_time(&mut parts, "ramp_up", *ramp_up);
            parts.put("hold", time(*hold));
            parts.put_some("max_users", *max_users);
            ("arrivals", comment)
        }
        Load::Iterations {
            total,
            users,
            max_duration,
            comment,
        } => {
            parts.put("total", *total);
            parts.put("users", *users);
            parts.put_some("max_duration", max_duration.map(time));
            ("iterations", comment)
        }
    };
    entries.item(key, commented(parts.map(), above));
}

fn thread_row(row: &ThreadRow) -> Node {
    let mut entries = Entries::default();
    entries.put("start", row.start);
    for (key, duration) in [
        ("initial_delay", row.initial_delay),
        ("startup", row.startup),
    ] {
        if !duration.is_zero() {
            entries.put(key, time(duration));
        }
    }
    entries.put("hold", time(row.hold));
    if !row.shutdown.is_zero() {
        entries.put("shutdown", time(row.shutdown));
    }
    entries.map()
}

fn scenario(scenario: &Scenario) -> Node {
    let mut entries = Entries::default();
    entries.put("name", scenario.name.as_str());
    entries.put_some("weight", scenario.weight);
    if let Some(load) = &scenario.load {
        put_load(&mut entries, load);
    }
    entries.put_some("think_time", scenario.think_time.clone());
    entries.put_some("pacing", scenario.pacing.map(time));
    if !scenario.on_start.is_empty() {
        entries.put("on_start", steps(&scenario.on_start));
    }
    entries.put("steps", steps(&scenario.steps));
    if !scenario.on_stop.is_empty() {
        entries.put("on_stop", steps(&scenario.on_stop));
    }
    entries.map()
}

fn steps(steps: &[Step]) -> Node {
    let steps = steps.iter().map(|step| Item {
        comment: step.comment.clone(),
        disabled: step.disabled,
        node: action(&step.action).block(),
    });
    Node::List(steps.collect()).block()
}

fn action(action: &Action) -> Node {
    let mut entries = Entries::default();
    match action {
        Action::Request(request) => return self::request(request),
        Action::Think(time) => entries.put("think", time.clone()),
        Action::Repeat {
            times,
            steps: inner,
        } => {
            entries.put("repeat", *times);
            entries.put("steps", steps(inner));
        }
        Action::When {
            condition,
            steps: inner,
        } => {
            entries.put("when", condition);
            entries.put("steps", steps(inner));
        }
        Action::Choose(choices) => {
            let choices = choices.iter().map(|(weight, inner)| {
                Node::map([("weight", Node::from(*weight)), ("steps", steps(inner))]).block()
            });
            entries.put("choose", Node::list(choices).block());
        }
    }
    entries.map()
}

fn request(request: &Request) -> Node {
    let mut entries = Entries::default();
    let path = request.path.source();
    let line = format!("{} {}{path}", request.method, request.service);
    entries.put("request", line.as_str());
    entries.put_some("name", request.name.as_deref().map(one_line).as_deref());
    if !request.set.is_empty() {
        entries.put("set", Node::map(request.set.iter().cloned()));
    }
    if !request.headers.is_empty() {
        entries.put("headers", texts(&request.headers));
    }
    entries.put_some("auth", request.auth.as_ref().map(auth));
    if let Some(body) = &request.body {
        put_body(&mut entries, body);
    }
    entries.put_some("timeout", request.timeout.map(time));
    if !request.captures.is_empty() {
        let captures = request.captures.iter();
        let captures = captures.map(|it| (it.variable.as_str(), capture(it)));
        entries.put("capture", Node::map(captures));
    }
    let expect = expect(&request.expect);
    if !expect.is_empty() {
        entries.put("expect", expect.map());
    }
    entries.map()
}

fn auth(auth: &Auth) -> Node {
    match auth {
        Auth::Bearer(token) => Node::map([("bearer", Node::from(token))]),
        Auth::Basic { user, password } => {
            let basic = [
                ("user", Node::from(user)),
                ("password", Node::from(password)),
            ];
            Node::map([("basic", Node::map(basic))])
        }
    }
}

fn put_body(entries: &mut Entries, body: &Body) {
    match body {
        Body::Json(json) => entries.put("json", json.clone()),
        Body::Form(fields) => entries.put("form", fields_of(fields, |text| Node::from(text))),
        Body::Multipart(fields) => entries.put("multipart", fields_of(fields, part)),
        Body::File(file) => entries.put("file", file.as_str()),
        Body::Text(text) => entries.put("text", text),
    }
}

/// Fields by name; those of one name are a list.
fn fields_of<T>(fields: &[(String, T)], node: impl Fn(&T) -> Node) -> Node {
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in fields {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    Node::map(names.into_iter().map(|name| {
        let same = fields.iter().filter(|(other, _)| other == name);
        let mut nodes: Vec<Node> = same.map(|(_, value)| node(value)).collect();
        let node = match nodes.len() {
            1 => nodes.remove(0),
            _ => Node::list(nodes),
        };
        (name, node)
    }))
}

fn part(part: &Part) -> Node {
    match part {
        Part::Text(text) => Node::from(text),
        Part::File {
            file,
            content_type,
            filename,
        } => {
            let mut entries = Entries::default();
            entries.put("file", file.as_str());
            entries.put_some("content_type", content_type.as_deref());
            entries.put_some("filename", filename.as_deref());
            entries.map()
        }
    }
}

fn capture(capture: &Capture) -> Node {
    let mut entries = Entries::default();
    match &capture.from {
        Source::Json(path) => entries.put("json", path.as_str()),
        Source::Css {
            selector,
            attribute,
        } => {
            entries.put("css", selector.as_str());
            entries.put_some("attribute", attribute.as_deref());
        }
        Source::Header(name) => entries.put("header", name.as_str()),
        Source::Cookie(name) => entries.put("cookie", name.as_str()),
        Source::Regex(pattern) => entries.put("regex", pattern.as_str()),
    }
    entries.put_some("pick", capture.pick);
    entries.put_some("default", capture.default.as_ref());
    entries.map()
}

fn expect(expect: &Expect) -> Entries {
    let one_or_list = |mut nodes: Vec<Node>| match nodes.len() {
        1 => nodes.remove(0),
        _ => Node::list(nodes),
    };
    let mut entries = Entries::default();
    if !expect.status.is_empty() {
        let statuses = expect.status.iter();
        let statuses = statuses.map(|status| Node::from(u64::from(*status)));
        entries.put("status", one_or_list(statuses.collect()));
    }
    let mut body = Entries::default();
    for (key, texts) in [
        ("contains", &expect.contains),
        ("matches", &expect.matches),
        ("equals", &expect.equals),
    ] {
        if !texts.is_empty() {
            body.put(key, one_or_list(texts.iter().map(Node::from).collect()));
        }
    }
    if !body.is_empty() {
        entries.put("body", body.map());
    }
    if !expect.headers.is_empty() {
        entries.put("header", texts(&expect.headers));
    }
    if !expect.json.is_empty() {
        entries.put("json", texts(&expect.json));
    }
    if let Some(limit) = expect.time {
        let limit = format!("< {}", workbench_plan::format_duration(limit));
        entries.put("time", limit.as_str());
    }
    entries
}
