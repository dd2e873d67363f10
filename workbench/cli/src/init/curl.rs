//! Converts curl commands to an experiment: each command is a request, in order.

mod body;
mod options;
mod shell;

use anyhow::Context;
use percent_encoding::percent_decode_str;
use std::path::Path;
use url::Url;

use super::draft::{Body, Draft, Part, Request, Scenario, Step, Target, name, time};
use super::template::is_marked;
use super::{HOLD, THINK_TIME, USERS, read, starter_load, thresholds};
use body::{Sent, body, data};
use options::Options;
use shell::Command;

/// Methods that the workbench can send.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// Redirects that are followed for `-L`; curl follows 50.
const REDIRECTS: u32 = 10;

/// `sources` are commands, names of files with commands, or `-` for standard input; `output` is the folder of the experiment.
pub(super) fn draft(sources: &[String], output: &Path) -> anyhow::Result<Draft> {
    let mut draft = Draft::default();
    let mut steps = Vec::new();
    for source in sources {
        // A single word is neither a command nor options.
        let is_word = !source.contains([' ', '\n', '\t']) && !source.contains("://");
        let is_file = source == "-" || is_word || Path::new(source).is_file();
        let (place, text) = match is_file {
            true => (
                source.as_str(),
                read(source).context("cannot read the curl commands")?,
            ),
            false => ("--curl", source.clone()),
        };
        steps.extend(steps_of(&mut draft, &text, place));
    }
    if steps.is_empty() {
        return Ok(draft);
    }
    if let Target::Urls { services, .. } = &draft.target {
        draft.name = name(&services[0].name);
    }
    draft.comment.push(match steps.len() {
        1 => "The request of a curl command.".to_owned(),
        _ => "The requests of curl commands, in their order.".to_owned(),
    });
    draft.load = Some(starter_load(USERS, HOLD));
    draft.scenarios.push(Scenario {
        name: "curl".to_owned(),
        think_time: Some(time(THINK_TIME)),
        steps,
        ..Scenario::default()
    });
    draft.thresholds = thresholds();
    draft.share();
    check_tls(&mut draft);
    if !output.as_os_str().is_empty() {
        move_files(&mut draft);
    }
    Ok(draft)
}

/// Takes out certificates that are of no use, or not there.
fn check_tls(draft: &mut Draft) {
    let Target::Urls { services, tls } = &mut draft.target else {
        return;
    };
    let mut left = Vec::new();
    if services
        .iter()
        .all(|service| !service.url.starts_with("https:"))
    {
        let files = [tls.ca.take(), tls.certificate.take(), tls.key.take()];
        if files.iter().any(Option::is_some) {
            left.push("certificates, as no address is an https URL".to_owned());
        }
    }
    for file in [&mut tls.ca, &mut tls.certificate, &mut tls.key] {
        if let Some(name) = file.take_if(|name| !Path::new(name).is_file()) {
            left.push(format!("the certificate or key {name}, which is not there"));
        }
    }
    if tls.certificate.is_none() || tls.key.is_none() {
        (tls.certificate, tls.key) = (None, None);
    }
    left.dedup();
    for what in left {
        draft.leave("tls", what);
    }
}

/// The files that a request sends and that are not there, as seen from the working folder.
fn missing(request: &Request) -> Vec<String> {
    let files: Vec<&String> = match &request.body {
        Some(Body::File(file)) => vec![file],
        Some(Body::Multipart(parts)) => {
            let parts = parts.iter();
            parts
                .filter_map(|(_, part)| match part {
                    Part::File { file, .. } => Some(file),
                    Part::Text(_) => None,
                })
                .collect()
        }
        _ => Vec::new(),
    };
    let missing = files.into_iter().filter(|file| !Path::new(file).is_file());
    missing.cloned().collect()
}

/// Makes paths of files, which are relative to the working folder, absolute or relative to the experiment.
fn move_files(draft: &mut Draft) {
    let absolute = |file: &mut String| {
        if let Ok(path) = std::path::absolute(&*file) {
            *file = path.display().to_string();
        }
    };
    if let Target::Urls { tls, .. } = &mut draft.target {
        let files = [&mut tls.ca, &mut tls.certificate, &mut tls.key];
        files.into_iter().flatten().for_each(absolute);
    }
    for request in draft.requests_mut() {
        match &mut request.body {
            Some(Body::File(file)) => absolute(file),
            Some(Body::Multipart(parts)) => {
                for (_, part) in parts {
                    if let Part::File { file, .. } = part {
                        absolute(file);
                    }
                }
            }
            _ => {}
        }
    }
}

fn steps_of(draft: &mut Draft, text: &str, place: &str) -> Vec<Step> {
    let script = shell::read(text);
    for name in &script.variables {
        draft.environment(name, "a variable of the shell");
    }
    for (line, what) in script.left {
        draft.leave(format!("{place}:{line}"), what);
    }
    let mut steps = Vec::new();
    for command in &script.commands {
        let place = format!("{place}:{}", command.line);
        let Some(words) = arguments(command) else {
            let program = command
                .words
                .first()
                .map(String::as_str)
                .unwrap_or_default();
            draft.leave(place, format!("the command {program}, which is not curl"));
            continue;
        };
        for options in Options::read(words, &mut |what| draft.leave(&place, what)) {
            for url in &options.urls {
                steps.extend(step(draft, &options, url, command.input.as_deref(), &place));
            }
            if options.urls.is_empty() {
                draft.leave(&place, "a curl command without a URL");
            }
        }
    }
    steps
}

/// The arguments of curl, if the command is one, without prompts and prefixes such as `time` and `sudo`.
fn arguments(command: &Command) -> Option<&[String]> {
    const BEFORE: [&str; 14] = [
        "$", "#", "%", ">", "!", "{", "command", "do", "else", "if", "sudo", "then", "time",
        "while",
    ];
    let is_curl = |word: &String| {
        let file = word.rsplit(['/', '\\']).next().unwrap_or_default();
        ["curl", "curl.exe"].contains(&file)
    };
    let first = command
        .words
        .iter()
        .position(|word| !BEFORE.contains(&word.as_str()))?;
    let word = &command.words[first];
    if is_curl(word) {
        return Some(&command.words[first + 1..]);
    }
    let is_url = word.starts_with("http://") || word.starts_with("https://");
    (word.starts_with('-') || is_url).then_some(&command.words[first..])
}

fn step(
    draft: &mut Draft,
    options: &Options,
    url: &str,
    input: Option<&str>,
    place: &str,
) -> Option<Step> {
    let mut url = parse(draft, options, url, place)?;
    // curl puts a file under its own name where the URL names none.
    if let Some(file) = &options.upload
        && file != "-"
        && !is_marked(file)
        && url.path().ends_with('/')
    {
        let name = file.rsplit(['/', '\\']).next().unwrap_or_default();
        let path = format!("{}{name}", url.path());
        url.set_path(&path);
    }
    let mut query: Vec<String> = url.query().map(str::to_owned).into_iter().collect();
    for part in &options.queries {
        // `+` says that nothing is left to encode.
        match part.strip_prefix('+') {
            Some(plain) => query.push(plain.to_owned()),
            None => match body::encoded(part) {
                Some(part) => query.push(part),
                None => draft.leave(place, "a part of the query that comes from a file"),
            },
        }
    }
    if options.get {
        let data = data(draft, options, input, place);
        if let Sent::Text(text) = data {
            query.push(text);
        }
    }
    if !query.is_empty() {
        url.set_query(Some(&query.join("&")));
    }
    let method = options.method().to_ascii_uppercase();
    if !METHODS.contains(&method.as_str()) {
        draft.leave(place, format!("a request with the method {method}"));
        return None;
    }
    let address = draft.address(&url);
    let mut request = Request::new(&method, address);
    settings(draft, options, &mut request, &url, place);
    headers(draft, options, &mut request, &url, place);
    body(draft, options, &mut request, input, place);
    let writes = !["GET", "HEAD", "OPTIONS"].contains(&method.as_str());
    let missing = missing(&request);
    let mut step = Step::from(request);
    for file in &missing {
        draft.leave(
            place,
            format!("a request that sends the file {file}, which is not there; it is a comment"),
        );
        step.comment.push(format!("The file {file} is not there."));
    }
    step.disabled = !missing.is_empty();
    if writes {
        step.comment
            .push("Changes data: every user sends it, again and again.".to_owned());
    }
    Some(step)
}

fn parse(draft: &mut Draft, options: &Options, text: &str, place: &str) -> Option<Url> {
    let Ok(url) = super::url::parse(text) else {
        draft.leave(place, "an address that is not an http or https URL with a known host; give the shell's variable in it a value on a line before, as in BASE=http://localhost:8080");
        return None;
    };
    if !options.literal_url && text.contains(['{', '[']) && !text.contains("://[") {
        draft.leave(place, "the braces or brackets of the URL, which curl expands to several requests; they are sent as they are");
    }
    Some(url)
}

/// Connection settings and credentials.
fn settings(draft: &mut Draft, options: &Options, request: &mut Request, url: &Url, place: &str) {
    let service = request.service.clone();
    let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let in_url = (!url.username().is_empty() || url.password().is_some())
        .then(|| (decode(url.username()), url.password().map(decode)));
    let given = options
        .user
        .as_ref()
        .map(|given| match given.split_once(':') {
            Some((user, password)) => (user.to_owned(), Some(password.to_owned())),
            None => (given.clone(), None),
        });
    // A given header replaces curl's own.
    let own = options
        .headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    if let Some((user, password)) = given.or(in_url).filter(|_| !own) {
        request.auth = Some(match password {
            Some(password) => draft.basic(&service, &user, &password),
            None => draft.basic_asked(&service, &user),
        });
    }
    if let Some(token) = &options.bearer {
        draft.add_header(request, "authorization", &format!("Bearer {token}"), place);
    }
    request.timeout = options.timeout;
    if options.location {
        draft.http.follow_redirects = Some(options.redirects.unwrap_or(REDIRECTS));
    }
    if options.version.is_some() {
        draft.http.version = options.version;
    }
    if let Target::Urls { tls, .. } = &mut draft.target {
        tls.ca = options.ca.clone().or(tls.ca.take());
        tls.certificate = options.certificate.clone().or(tls.certificate.take());
        // One file may hold certificate and key.
        tls.key = options
            .key
            .clone()
            .or(tls.key.take())
            .or(tls.certificate.clone());
    }
}

fn headers(draft: &mut Draft, options: &Options, request: &mut Request, url: &Url, place: &str) {
    for (name, value) in &options.headers {
        let own_host = name.eq_ignore_ascii_case("host") && url.host_str() == Some(value.trim());
        let boundary = name.eq_ignore_ascii_case("content-type") && !options.parts.is_empty();
        // The content type goes with the body.
        let typed =
            name.eq_ignore_ascii_case("content-type") && !options.data.is_empty() && !options.get;
        if !own_host && !boundary && !typed {
            draft.add_header(request, name, value, place);
        }
    }
    let named = |name: &str| {
        options
            .headers
            .iter()
            .any(|(known, _)| known.eq_ignore_ascii_case(name))
    };
    let more = [
        ("user-agent", options.agent.as_deref()),
        ("referer", options.referer.as_deref()),
        ("range", options.range.as_deref()),
        ("accept", options.json.then_some("application/json")),
        (
            "accept-encoding",
            options.compressed.then_some("gzip, br, zstd"),
        ),
        ("cookie", options.cookie.as_deref()),
    ];
    for (name, value) in more {
        if let Some(value) = value.filter(|_| !named(name)) {
            draft.add_header(request, name, value, place);
        }
    }
}
