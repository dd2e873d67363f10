//! Converts curl commands to an experiment: each command is a request, in order.

mod body;
mod options;
mod shell;

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use url::Url;

use super::read;
use crate::init::draft::{Draft, Load, METHODS, Request, Scenario, Service, Step, file_name, name};
use crate::init::template::is_marked;
use body::{Sent, body, data};
use options::{Options, key_password};
use shell::Command;

/// Redirects that are followed for `-L`; curl follows 50.
const REDIRECTS: u32 = 10;

/// `sources` are commands, names of files with commands, or `-` for standard input; `output` is the folder of the experiment.
pub(crate) fn draft(sources: &[String], output: &Path) -> anyhow::Result<Draft> {
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
    draft.name = name(&draft.services[0].name);
    draft.comment.push(match steps.len() {
        1 => "The request of a curl command.".to_owned(),
        _ => "The requests of curl commands, in their order.".to_owned(),
    });
    draft.scenarios.push(Scenario::starter("curl", steps));
    draft.start(Load::USERS, Load::HOLD);
    check_tls(&mut draft);
    if !output.as_os_str().is_empty() {
        move_files(&mut draft);
    }
    Ok(draft)
}

/// Takes out certificates that are of no use, or not there.
fn check_tls(draft: &mut Draft) {
    let tls = &mut draft.tls;
    let mut left = Vec::new();
    let is_secure = |service: &Service| service.url.starts_with("https:");
    if !draft.services.iter().any(is_secure) {
        let files = std::mem::take(tls);
        if files.ca.or(files.certificate).or(files.key).is_some() {
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
    left.into_iter()
        .for_each(|what| draft.leave_at("tls", what));
}

/// Makes paths of files absolute, which are relative to the working folder.
fn move_files(draft: &mut Draft) {
    let absolute = |file: &mut String| {
        if let Ok(path) = std::path::absolute(&*file) {
            *file = path.display().to_string();
        }
    };
    let tls = &mut draft.tls;
    let files = [&mut tls.ca, &mut tls.certificate, &mut tls.key];
    files.into_iter().flatten().for_each(absolute);
    let requests = draft.requests_mut().into_iter();
    requests.flat_map(Request::files).for_each(absolute);
}

fn steps_of(draft: &mut Draft, text: &str, place: &str) -> Vec<Step> {
    let script = shell::read(text);
    for name in &script.variables {
        draft.environment(name, "a variable of the shell");
    }
    for (line, what) in script.left {
        draft.leave_at(&format!("{place}:{line}"), what);
    }
    let mut steps = Vec::new();
    for command in &script.commands {
        draft.at = format!("{place}:{}", command.line);
        let Some(words) = arguments(command) else {
            let program = command.words.first().map_or("", String::as_str);
            draft.leave(format!("the command {program}, which is not curl"));
            continue;
        };
        for options in Options::read(words, &mut |what| draft.leave(what)) {
            for url in &options.urls {
                steps.extend(step(draft, &options, url, command.input.as_deref()));
            }
            if options.urls.is_empty() {
                draft.leave("a curl command without a URL");
            }
        }
    }
    steps
}

/// The arguments of curl, if the command is one, without prompts and prefixes such as `time` and `sudo`.
fn arguments(command: &Command) -> Option<&[String]> {
    const BEFORE: &str = "$ # % > ! { command do else if sudo then time while";
    let is_before = |word: &str| BEFORE.split(' ').any(|known| known == word);
    let first = command.words.iter().position(|word| !is_before(word))?;
    let word = &command.words[first];
    if ["curl", "curl.exe"].contains(&file_name(word)) {
        return Some(&command.words[first + 1..]);
    }
    let mut is_own = ["-", "http://", "https://"].iter();
    let is_own = is_own.any(|start| word.starts_with(start));
    is_own.then_some(&command.words[first..])
}

fn step(draft: &mut Draft, options: &Options, url: &str, input: Option<&str>) -> Option<Step> {
    let mut url = parse(draft, options, url)?;
    // curl puts a file under its own name where the URL names none.
    if let Some(file) = options.last("upload-file")
        && file != "-"
        && !is_marked(file)
        && url.path().ends_with('/')
    {
        let path = format!("{}{}", url.path(), file_name(file));
        url.set_path(&path);
    }
    let mut query: Vec<String> = url.query().map(str::to_owned).into_iter().collect();
    for (_, part) in options.all(&["url-query"]) {
        // `+` says that nothing is left to encode.
        let plain = part.strip_prefix('+').map(str::to_owned);
        match plain.or_else(|| body::encoded(part)) {
            Some(part) => query.push(part),
            None => draft.leave("a part of the query that comes from a file"),
        }
    }
    if options.has("get")
        && let Sent::Text(text) = data(draft, options, input)
    {
        query.push(text);
    }
    if !query.is_empty() {
        url.set_query(Some(&query.join("&")));
    }
    let method = options.method().to_ascii_uppercase();
    if !METHODS.contains(&method.as_str()) {
        draft.leave(format!("a request with the method {method}"));
        return None;
    }
    let address = draft.address(&url);
    let mut request = Request::new(&method, address);
    settings(draft, options, &mut request, &url);
    headers(draft, options, &mut request, &url);
    body(draft, options, &mut request, input);
    let mut missing = request.files();
    missing.retain(|file| !Path::new(file).is_file());
    let mut comment = Vec::new();
    for file in missing {
        let what =
            format!("a request that sends the file {file}, which is not there; it is a comment");
        draft.leave(what);
        comment.push(format!("The file {file} is not there."));
    }
    let disabled = !comment.is_empty();
    if !["GET", "HEAD", "OPTIONS"].contains(&method.as_str()) {
        comment.push("Changes data: every user sends it, again and again.".to_owned());
    }
    Some(Step::request(request, comment, disabled))
}

fn parse(draft: &mut Draft, options: &Options, text: &str) -> Option<Url> {
    let Ok(url) = super::url::parse(text) else {
        draft.leave("an address that is not an http or https URL with a known host; give the shell's variable in it a value on a line before, as in BASE=http://localhost:8080");
        return None;
    };
    if !options.has("globoff") && text.contains(['{', '[']) && !text.contains("://[") {
        draft.leave("the braces or brackets of the URL, which curl expands to several requests; they are sent as they are");
    }
    Some(url)
}

/// Connection settings and credentials.
fn settings(draft: &mut Draft, options: &Options, request: &mut Request, url: &Url) {
    let given = options
        .last("user")
        .map(|given| match given.split_once(':') {
            Some((user, password)) => (user.to_owned(), Some(password.to_owned())),
            None => (given.to_owned(), None),
        });
    // A given header replaces curl's own.
    let own = options.header("authorization").is_some();
    let given = given.or_else(|| super::url::credentials(url));
    let given = given.filter(|_| !own);
    if let Some((user, password)) = given {
        request.auth = Some(draft.basic(&request.service, &user, password.as_deref()));
    }
    if let Some(token) = options.last("oauth2-bearer") {
        draft.add_header(request, "authorization", &format!("Bearer {token}"));
    }
    let timeout = options.last("max-time");
    let timeout = timeout.and_then(|seconds| seconds.parse().ok());
    let timeout = timeout.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    request.timeout = timeout.filter(|timeout| !timeout.is_zero());
    let mut follow = options.all(&["location", "follow", "location-trusted"]);
    if follow.next().is_some() {
        let redirects = options.last("max-redirs");
        let redirects = redirects.and_then(|redirects| redirects.parse().ok());
        draft.http.follow_redirects = Some(redirects.unwrap_or(REDIRECTS));
    }
    match options.all(&["http2", "http2-prior-knowledge"]).last() {
        Some(("http2", _)) => draft.http.version = Some("2"),
        Some(_) => draft.http.version = Some("prior_knowledge"),
        None => {}
    }
    let certificate = options.last("cert");
    let certificate = certificate.map(|it| key_password(it).map_or(it, |(file, _)| file));
    let own =
        |given: Option<&str>, known: &mut Option<String>| given.map(str::to_owned).or(known.take());
    let tls = &mut draft.tls;
    tls.ca = own(options.last("cacert"), &mut tls.ca);
    tls.certificate = own(certificate, &mut tls.certificate);
    // One file may hold certificate and key.
    tls.key = own(options.last("key"), &mut tls.key).or(tls.certificate.clone());
}

fn headers(draft: &mut Draft, options: &Options, request: &mut Request, url: &Url) {
    // The content type goes with the body.
    let has_data = options.data().next().is_some() && !options.has("get");
    let is_typed = has_data || options.parts().next().is_some();
    for (name, value) in &options.headers {
        let own_host = name.eq_ignore_ascii_case("host") && url.host_str() == Some(value.trim());
        let typed = is_typed && name.eq_ignore_ascii_case("content-type");
        if !own_host && !typed {
            draft.add_header(request, name, value);
        }
    }
    let referer = options.last("referer");
    let referer = referer.map(|referer| referer.trim_end_matches(";auto"));
    // A number alone is where the rest begins.
    let range = options.last("range").map(|range| {
        let dash = if range.contains('-') { "" } else { "-" };
        format!("bytes={range}{dash}")
    });
    let cookies: Vec<&str> = options.all(&["cookie"]).map(|(_, cookie)| cookie).collect();
    let cookies = Some(cookies.join("; ")).filter(|cookies| !cookies.is_empty());
    let compressed = options.has("compressed");
    let more = [
        ("user-agent", options.last("user-agent")),
        ("referer", referer.filter(|referer| !referer.is_empty())),
        ("range", range.as_deref()),
        ("accept", options.has("json").then_some("application/json")),
        ("accept-encoding", compressed.then_some("gzip, br, zstd")),
        ("cookie", cookies.as_deref()),
    ];
    for (name, value) in more {
        if let Some(value) = value.filter(|_| options.header(name).is_none()) {
            draft.add_header(request, name, value);
        }
    }
}
