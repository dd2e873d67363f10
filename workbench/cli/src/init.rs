//! `workbench init`: writes an experiment file from another source.
//!
//! Each source is a module that reads it into a [`Draft`], which says what such a module fills in and writes the file.
//! Parts without a counterpart are listed. Secrets become environment variables. Requests that change data are sent
//! only if the source sends them.

mod browser_headers;
mod curl;
mod draft;
mod har;
mod http;
mod jmx;
mod openapi;
mod starter;
mod template;
mod url;
mod yaml;

use std::fs::OpenOptions;
use std::io::{IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};

use crate::exit::Exit;
use crate::outcome::{note, print};
use crate::run::wrong_usage;
use draft::{Action, Draft, Load, Request, Scenario, Step, Target, ThreadRow};
use template::Template;

/// Bytes of the largest document that is read.
const LONGEST_DOCUMENT: usize = 256 << 20;

/// Name of the schema file that `workbench schema` writes for editors.
const SCHEMA: &str = "experiment.schema.json";

/// Write an experiment file from a URL, curl commands, an OpenAPI description, a recording, or a test plan of JMeter.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  workbench init                                     ask a few questions
  workbench init --url http://localhost:8080/items
  workbench init --curl \"curl -H 'accept: application/json' https://shop.test/items\"
  workbench init --curl commands.sh                  every curl command of a file; - reads standard input
  workbench init --openapi openapi.yaml -o shop.yaml
  workbench init --har shop.har                      a recording of a browser (devtools: Save all as HAR)
  workbench init --jmx plan.jmx                      a test plan of JMeter

Without a source, and with --yes or no terminal, it writes a starter for the bundled bookstore. Only --url sends \
anything: one GET, to see whether the service answers.

Whatever has no counterpart is listed, on the terminal and at the end of the file. Passwords, tokens and cookies are not \
written: the file names environment variables instead, to be exported before a run.")]
pub(crate) struct Arguments {
    /// A GET of this URL.
    #[arg(long, value_name = "URL", group = "source")]
    url: Option<String>,
    /// The requests of curl: a command in quotes, a file with commands, or -; may be repeated.
    #[arg(
        long,
        value_name = "COMMAND",
        group = "source",
        allow_hyphen_values = true
    )]
    curl: Vec<String>,
    /// The operations of an OpenAPI description (2.0, 3.0, 3.1; YAML or JSON), without those that may change data.
    #[arg(long, value_name = "FILE|URL", group = "source")]
    openapi: Option<String>,
    /// The requests of an HTTP Archive that a browser or a proxy has recorded.
    #[arg(long, value_name = "FILE", group = "source")]
    har: Option<String>,
    /// The thread groups of a JMeter test plan.
    #[arg(long, value_name = "FILE", group = "source")]
    jmx: Option<String>,
    /// Scripts of these tools are programs, which cannot be read as experiments: it is said what to do instead.
    #[arg(long, value_name = "FILE", group = "source", hide = true, aliases = ["gatling", "locust"])]
    k6: Option<String>,
    /// File to write; - prints it [default: NAME.yaml].
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Name of the experiment [default: from the source].
    #[arg(long)]
    name: Option<String>,
    /// Overwrite the file if it exists.
    #[arg(long)]
    force: bool,
    /// Do not check whether the service of --url answers.
    #[arg(long)]
    offline: bool,
    /// Do not ask questions.
    #[arg(long, short)]
    yes: bool,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    if arguments.k6.is_some() {
        wrong_usage(
            "scripts of k6, Gatling and Locust are programs and are not converted: docs/from-other-tools.md has what to write \
             for each part of them, and --har takes a recording of the same requests",
        );
    }
    let mut draft = draft_of(arguments)?;
    if let Some(name) = &arguments.name {
        draft.name = draft::name(name);
    }
    if draft.scenarios.is_empty() {
        for left in draft.left() {
            note(&format!("{}: {}", left.place, left.what));
        }
        bail!("there is no request that an experiment could send");
    }
    stand_in(&mut draft);
    let to_stdout = arguments.output.as_deref() == Some(Path::new("-"));
    if to_stdout {
        print(&draft.write(None))?;
        print_notes(&draft);
        return Ok(Exit::Pass);
    }
    let path = match &arguments.output {
        Some(path) => path.clone(),
        None => PathBuf::from(format!("{}.yaml", draft.name)),
    };
    let has_schema = path.with_file_name(SCHEMA).is_file();
    write(
        &path,
        &draft.write(has_schema.then_some(SCHEMA)),
        arguments.force,
    )?;
    print_notes(&draft);
    print(&next_steps(&draft, &path))?;
    Ok(Exit::Pass)
}

/// Gives scenarios whose requests are all comments one to begin with, as none without a request is valid.
fn stand_in(draft: &mut Draft) {
    let Target::Urls { services, .. } = &draft.target else {
        return;
    };
    let Some(service) = services.first().map(|service| service.name.clone()) else {
        return;
    };
    let is_empty = |scenario: &&mut Scenario| !scenario.disabled && requests(&scenario.steps) == 0;
    for scenario in draft.scenarios.iter_mut().filter(is_empty) {
        let address = (service.clone(), Template::literal("/"));
        let mut step = Step::from(Request::new("GET", address));
        step.comment.push(
            "Stands here until the requests below can be sent: take the comment signs off of them then."
                .to_owned(),
        );
        scenario.steps.insert(0, step);
    }
}

fn draft_of(arguments: &Arguments) -> anyhow::Result<Draft> {
    if let Some(url) = &arguments.url {
        return url::draft(url, arguments.offline, name_of(arguments.output.as_deref()));
    }
    let output = arguments.output.as_deref().and_then(Path::parent);
    let output = output.unwrap_or(Path::new(""));
    if !arguments.curl.is_empty() {
        return curl::draft(&arguments.curl, output);
    }
    if let Some(source) = &arguments.openapi {
        return openapi::draft(source);
    }
    if let Some(file) = &arguments.har {
        let output = arguments.output.as_deref().and_then(Path::parent);
        return har::draft(file, output.unwrap_or(Path::new("")));
    }
    if let Some(file) = &arguments.jmx {
        return jmx::draft(file, output);
    }
    let asks = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    if asks && !arguments.yes {
        starter::ask(arguments.offline)
    } else {
        Ok(starter::bookstore())
    }
}

/// The name of the file that is written.
fn name_of(output: Option<&Path>) -> Option<String> {
    let stem = output?.file_stem()?.to_str()?;
    (stem != "-").then(|| draft::name(stem))
}

/// The text of a source that is a file, or standard input where it is `-`.
fn read(path: &str) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    if path == "-" {
        let limit = u64::try_from(LONGEST_DOCUMENT).unwrap_or(u64::MAX);
        let input = std::io::stdin().lock().take(limit).read_to_end(&mut bytes);
        input.context("cannot read standard input")?;
    } else {
        bytes = std::fs::read(path).with_context(|| format!("cannot read {path}"))?;
    }
    let text = String::from_utf8(bytes).with_context(|| format!("{path} is not UTF-8"))?;
    Ok(text.trim_start_matches('\u{FEFF}').to_owned())
}

fn write(path: &Path, text: &str, force: bool) -> anyhow::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true);
    match force {
        true => options.create(true).truncate(true),
        false => options.create_new(true),
    };
    let mut file = match options.open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => bail!(
            "{} exists; --force overwrites it, -o FILE writes another",
            path.display()
        ),
        opened => opened.with_context(|| format!("cannot write {}", path.display()))?,
    };
    file.write_all(text.as_bytes())
        .with_context(|| format!("cannot write {}", path.display()))
}

/// Prints notes to stderr, so that they do not mix with a file on stdout.
fn print_notes(draft: &Draft) {
    if !draft.left().is_empty() {
        note("Not taken over (also at the end of the file):");
        for left in draft.left() {
            note(&format!("  {}: {}", left.place, left.what));
        }
    }
    if !draft.secrets().is_empty() {
        note("Not in the file, because they are secret. Export before a run:");
        for secret in draft.secrets() {
            note(&format!("  {}  {}", secret.name, secret.what));
        }
    }
}

fn next_steps(draft: &Draft, path: &Path) -> String {
    let (sent, commented): (Vec<_>, Vec<_>) = draft
        .scenarios
        .iter()
        .partition(|scenario| !scenario.disabled);
    let count = |scenarios: &[&Scenario]| -> usize {
        scenarios
            .iter()
            .map(|scenario| requests(&scenario.steps))
            .sum()
    };
    let plural = |count: usize, what: &str| match count {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    };
    let comments = match count(&commented) {
        0 => String::new(),
        more => format!("; {} as comments", plural(more, "request")),
    };
    let file = in_shell(&path.display().to_string());
    let compare = match &draft.target {
        Target::Urls { services, .. } if services.len() == 1 => format!(
            "  workbench compare {file} --baseline {} --candidate URL    judge a new revision, at a URL of its own\n",
            in_shell(&services[0].url)
        ),
        _ => String::new(),
    };
    format!(
        "{}: {} in {}{comments}\nNext:\n  \
         workbench validate {file}    check it and print its schedule; sends nothing\n  \
         workbench try {file}         send every request once and look at the responses\n  \
         workbench run {file}         run it\n{compare}",
        path.display(),
        plural(count(&sent), "request"),
        plural(sent.len(), "scenario"),
    )
}

/// Requests in these steps and those within, without those that are comments.
fn requests(steps: &[Step]) -> usize {
    let count = |step: &Step| match &step.action {
        Action::Request(_) => 1,
        Action::Think(_) => 0,
        Action::Repeat { steps, .. } | Action::When { steps, .. } => requests(steps),
        Action::Choose(choices) => choices.iter().map(|(_, steps)| requests(steps)).sum(),
    };
    steps.iter().filter(|step| !step.disabled).map(count).sum()
}

/// A word as the shell takes it.
fn in_shell(word: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "-_./:@%+=,".contains(letter);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

/// Users of the load for sources that have none.
const USERS: u64 = 10;

/// How long it is held.
const HOLD: Duration = Duration::from_secs(10);

/// Pause after each of its requests.
const THINK_TIME: Duration = Duration::from_millis(100);

/// A load that most services bear, for sources that have none. With [`USERS`], [`HOLD`] and [`THINK_TIME`] five runs have the requests
/// that the gate's default policy takes, if the service answers within 10 ms.
fn starter_load(users: u64, hold: Duration) -> Load {
    Load::Threads(vec![ThreadRow {
        start: users,
        startup: Duration::from_secs(1),
        hold,
        comment: vec![
            "Users start one after another, stay, and each repeats its scenario until the end."
                .to_owned(),
        ],
        ..ThreadRow::default()
    }])
}

/// Thresholds to begin with.
fn thresholds() -> Vec<String> {
    ["error_rate < 1%", "p95 < 1s"].map(str::to_owned).to_vec()
}
