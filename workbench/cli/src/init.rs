//! `workbench init`: writes an experiment file from another source.
//!
//! `source` reads one kind of source into a `draft`, which is the same for all; `write` makes the file of it. Parts without a
//! counterpart are listed. Secrets become environment variables. Requests that change data are sent only if the source sends
//! them.

mod draft;
mod source;
mod template;
mod values;
mod write;
mod yaml;

use std::fs::OpenOptions;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::exit::Exit;
use crate::outcome::{note, print};
use crate::run::wrong_usage;
use draft::{Action, Draft, Request, Scenario, Step};
use source::{curl, har, jmx, openapi, starter, url};
use template::Template;

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
        for (place, what) in &draft.left {
            note(&format!("{place}: {what}"));
        }
        bail!("there is no request that an experiment could send");
    }
    stand_in(&mut draft);
    if arguments.output.as_deref() == Some(Path::new("-")) {
        print(&draft.write(None))?;
        print_notes(&draft);
        return Ok(Exit::Pass);
    }
    let named = || PathBuf::from(format!("{}.yaml", draft.name));
    let path = arguments.output.clone().unwrap_or_else(named);
    let has_schema = path.with_file_name(SCHEMA).is_file();
    let text = draft.write(has_schema.then_some(SCHEMA));
    write(&path, &text, arguments.force)?;
    print_notes(&draft);
    print(&next_steps(&draft, &path))?;
    Ok(Exit::Pass)
}

/// Gives scenarios whose requests are all comments one to begin with, as none without a request is valid.
fn stand_in(draft: &mut Draft) {
    let Some(service) = draft.services.first() else {
        return;
    };
    let is_empty = |scenario: &&mut Scenario| !scenario.disabled && requests(&scenario.steps) == 0;
    for scenario in draft.scenarios.iter_mut().filter(is_empty) {
        let address = (service.name.clone(), Template::literal("/"));
        let mut step = Step::from(Request::new("GET", address));
        step.comment.push(
            "Stands here until the requests below can be sent: take the comment signs off of them then."
                .to_owned(),
        );
        scenario.steps.insert(0, step);
    }
}

fn draft_of(arguments: &Arguments) -> anyhow::Result<Draft> {
    let output = arguments.output.as_deref();
    let folder = output.and_then(Path::parent).unwrap_or(Path::new(""));
    if let Some(url) = &arguments.url {
        return url::draft(url, arguments.offline, name_of(output));
    }
    if !arguments.curl.is_empty() {
        return curl::draft(&arguments.curl, folder);
    }
    if let Some(source) = &arguments.openapi {
        return openapi::draft(source);
    }
    if let Some(file) = &arguments.har {
        return har::draft(file, folder);
    }
    if let Some(file) = &arguments.jmx {
        return jmx::draft(file, folder);
    }
    let asks = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    match asks && !arguments.yes {
        true => starter::ask(arguments.offline),
        false => Ok(starter::bookstore()),
    }
}

/// The name of the file that is written.
fn name_of(output: Option<&Path>) -> Option<String> {
    let stem = output?.file_stem()?.to_str()?;
    (stem != "-").then(|| draft::name(stem))
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
    if !draft.left.is_empty() {
        note("Not taken over (also at the end of the file):");
    }
    for (place, what) in &draft.left {
        note(&format!("  {place}: {what}"));
    }
    let secrets = draft.secrets();
    if !secrets.is_empty() {
        note("Not in the file, because they are secret. Export before a run:");
    }
    for secret in secrets {
        note(&format!("  {}  {}", secret.name, secret.what));
    }
}

fn next_steps(draft: &Draft, path: &Path) -> String {
    let count = |disabled: bool| -> usize {
        let own = draft
            .scenarios
            .iter()
            .filter(|scenario| scenario.disabled == disabled);
        own.map(|scenario| requests(&scenario.steps)).sum()
    };
    let plural = |count: usize, what: &str| match count {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    };
    let comments = match count(true) {
        0 => String::new(),
        more => format!("; {} as comments", plural(more, "request")),
    };
    let scenarios = draft
        .scenarios
        .iter()
        .filter(|scenario| !scenario.disabled)
        .count();
    let file = in_shell(&path.display().to_string());
    let compare = match draft.services.as_slice() {
        [service] => format!(
            "  workbench compare {file} --baseline {} --candidate URL    judge a new revision, at a URL of its own\n",
            in_shell(&service.url)
        ),
        _ => String::new(),
    };
    format!(
        "{}: {} in {}{comments}\nNext:\n  \
         workbench validate {file}    check it and print its schedule; sends nothing\n  \
         workbench try {file}         send every request once and look at the responses\n  \
         workbench run {file}         run it\n{compare}",
        path.display(),
        plural(count(false), "request"),
        plural(scenarios, "scenario"),
    )
}

/// Requests in these steps and those within, without those that are comments.
fn requests(steps: &[Step]) -> usize {
    let count = |step: &Step| match &step.action {
        Action::Request(_) => 1,
        action => action.within().into_iter().map(requests).sum(),
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
