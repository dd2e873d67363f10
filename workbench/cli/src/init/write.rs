//! Writes a draft as an experiment file.

mod step;

use std::fmt::Write as _;

use super::draft::{Draft, Http, Load, Scenario, Secret};
use super::template::Template;
use super::yaml::{Entries, Item, Node, comment};
use step::steps;

impl Draft {
    /// The experiment file. `schema` is the schema's path relative to the file.
    pub(crate) fn write(&self, schema: Option<&str>) -> String {
        let mut out = String::new();
        if let Some(schema) = schema {
            let _infallible = writeln!(out, "# yaml-language-server: $schema={schema}\n#");
        }
        for line in self.head().iter().flat_map(|text| comment(text, 0)) {
            out.push_str(&line);
            out.push('\n');
        }
        out.push_str(&self.document());
        if !self.left.is_empty() {
            out.push_str("\n# Not taken over:\n");
        }
        for (place, what) in &self.left {
            let text = format!("- {place}: {}", what.replace('\n', " "));
            for (at, line) in comment(&text, 2).iter().enumerate() {
                let sign = if at == 0 { "#" } else { "#  " };
                let _infallible = writeln!(out, "{sign} {}", line.trim_start_matches("# "));
            }
        }
        out
    }

    /// The environment variables that a run needs: those outside of comments.
    pub(crate) fn secrets(&self) -> Vec<&Secret> {
        let document = self.document();
        let lines = document.lines();
        let sent = lines.filter(|line| !line.trim_start().starts_with('#'));
        let sent: Vec<&str> = sent.collect();
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
            let secrets = secrets.iter();
            head.extend(secrets.map(|it| format!("  {}: {}", it.name, it.what)));
        }
        let left = match self.left.len() {
            0 => return head,
            1 => "One thing was".to_owned(),
            some => format!("{some} things were"),
        };
        head.push(format!("{left} not taken over: see the end of this file."));
        head
    }

    fn document(&self) -> String {
        const GROUPS: &str = "target http variables data threads concurrency arrivals iterations scenarios thresholds";
        self.entries()
            .document(|key| GROUPS.split(' ').any(|group| group == key))
    }

    fn entries(&self) -> Entries {
        let mut root = Entries::default();
        root.put("name", self.name.as_str());
        root.put_some("title", self.title.as_deref().map(one_line).as_deref());
        root.put("target", self.target());
        root.put_all("http", http(&self.http));
        let mut variables = Entries::default();
        for (name, value) in &self.variables {
            variables.put(name, value.clone());
        }
        root.put_all("variables", variables.block());
        let mut data = Entries::default();
        for (name, csv) in &self.data {
            data.put(name, Node::map([("csv", Node::from(csv.as_str()))]));
        }
        root.put_all("data", data.block());
        put_load(&mut root, self.load.as_ref());
        let scenarios = self.scenarios.iter().map(|it| Item {
            disabled: it.disabled,
            ..Item::commented(scenario(it).block(), it.comment.clone())
        });
        root.put("scenarios", Node::List(scenarios.collect()).block());
        let thresholds = self.thresholds.iter().map(|text| Node::from(*text));
        root.put_all("thresholds", Node::list(thresholds).block());
        root
    }

    fn target(&self) -> Node {
        let mut urls = Entries::default();
        for it in &self.services {
            let url = Item::commented(it.url.as_str(), it.comment.clone());
            urls.put(&it.name, url);
        }
        if self.services.is_empty() {
            return Node::map([("bookstore", urls.into())]);
        }
        let mut tls = Entries::default();
        tls.put_some("ca", self.tls.ca.as_deref());
        tls.put_some("certificate", self.tls.certificate.as_deref());
        tls.put_some("key", self.tls.key.as_deref());
        let mut target = Entries::default();
        target.put("urls", urls.block());
        target.put_all("tls", tls.into());
        target.block()
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn http(http: &Http) -> Node {
    let encodings = http.accept_encoding.join(", ");
    let encodings = Some(encodings.as_str()).filter(|it| !it.is_empty());
    let mut entries = Entries::default();
    entries.put_some("follow_redirects", http.follow_redirects.map(u64::from));
    entries.put_some("accept_encoding", encodings);
    entries.put_all("headers", texts(&http.headers).block());
    let off = http.cookies_off.then(|| Node::Plain("off".to_owned()));
    entries.put_some("cookies", off);
    entries.put_some("version", http.version);
    entries.block()
}

fn texts(entries: &[(String, Template)]) -> Node {
    Node::map(entries.iter().map(|(key, text)| (key, Node::from(text))))
}

fn put_load(entries: &mut Entries, load: Option<&Load>) {
    if let Some(load) = load {
        entries.put(load.key, load.value.clone());
    }
}

fn scenario(scenario: &Scenario) -> Entries {
    let mut entries = Entries::default();
    entries.put("name", scenario.name.as_str());
    put_load(&mut entries, scenario.load.as_ref());
    entries.put_some("think_time", scenario.think_time.clone());
    entries.put_some("pacing", scenario.pacing);
    entries.put_all("on_start", steps(&scenario.on_start));
    entries.put("steps", steps(&scenario.steps));
    entries.put_all("on_stop", steps(&scenario.on_stop));
    entries
}
