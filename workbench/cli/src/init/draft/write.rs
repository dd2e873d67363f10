//! Writes a draft as an experiment file.

mod step;

use std::time::Duration;

use super::{
    Data, Draft, Http, Load, Scenario, Secret, Service, Target, ThreadRow, Tls, Variable, time,
};
use crate::init::template::Template;
use crate::init::yaml::{Item, Node, comment};
use step::steps;

/// The entries of a map under construction.
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

    /// A map with one line for each of its entries.
    fn block(self) -> Node {
        self.map().block()
    }
}

impl Draft {
    /// The experiment file. `schema` is the schema's path relative to the file.
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

    /// The environment variables that a run needs: those outside of comments.
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
        Load::Stages {
            stages,
            max_users,
            comment,
        } => {
            let stages = stages.iter().map(|stage| {
                let mut entries = Entries::default();
                entries.put_some("from", stage.from.as_deref());
                entries.put("rate", stage.rate.as_str());
                put_time(&mut entries, "ramp", stage.ramp);
                put_time(&mut entries, "hold", stage.hold);
                entries.map()
            });
            parts.put("stages", Node::list(stages).block());
            parts.put_some("max_users", *max_users);
            return entries.item("arrivals", commented(parts.block(), comment));
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
