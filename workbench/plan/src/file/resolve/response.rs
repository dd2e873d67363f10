//! Expectations and captures of steps.

use regex::Regex;
use scraper::Selector;

use super::Check;
use super::names::{Known, Names};
use super::step::{check_variable, is_token};
use super::values::fixed;
use crate::condition::Relation;
use crate::diagnostic::Diagnostic;
use crate::file::duration::parse_duration;
use crate::file::format::{
    BodyTestFile, CaptureFile, Comparable, ExpectationFile, OneOrMany, Ordered, PickFile, Scalar,
    Statuses, TextTestFile, ValueOr,
};
use crate::file::source::Node;
use crate::response::{Capture, Expectation, HeaderTest, JsonPath, Pick, Place, TextTest};
use crate::template::{Template, without_variables};

pub(super) fn captures(
    check: &mut Check<'_>,
    file: &Ordered<CaptureFile>,
    names: &Names<'_>,
    node: &Node,
) -> Option<Vec<Capture>> {
    let captures: Vec<_> = file
        .0
        .iter()
        .map(|(name, file)| {
            let is_right = check_variable(check, name, node);
            let node = node.get(name);
            let default = match &file.default {
                None => Some(None),
                Some(file) => fixed(check, file, "a \"default\"", node.get("default")).map(Some),
            };
            let known = default.iter().flatten().cloned().collect::<Vec<_>>();
            // Also if the capture is wrong, so that uses of the variable are not reported.
            let position = names.set(name, Known::of(&known));
            let place = placed(check, file, node);
            is_right?;
            Some(Capture {
                position,
                place: place?,
                pick: match file.pick {
                    PickFile::First => Pick::First,
                    PickFile::Last => Pick::Last,
                    PickFile::Random => Pick::Random,
                    PickFile::All => Pick::All,
                },
                default: default?,
            })
        })
        .collect();
    captures.into_iter().collect()
}

/// The place in the response that a capture reads.
fn placed(check: &mut Check<'_>, file: &CaptureFile, node: &Node) -> Option<Place> {
    let given: Vec<(&str, &String)> = [
        ("json", &file.json),
        ("header", &file.header),
        ("cookie", &file.cookie),
        ("regex", &file.regex),
        ("css", &file.css),
    ]
    .into_iter()
    .filter_map(|(key, text)| Some((key, text.as_ref()?)))
    .collect();
    let (key, text) = match given[..] {
        [only] => only,
        [] => {
            let message = "missing key: where it stands, one of \"json\", \"header\", \"cookie\", \"regex\" and \"css\"";
            return check.note(node.place(), message);
        }
        [(first, _), (second, _), ..] => {
            let message = format!("it stands in one place: either \"{first}\" or \"{second}\"");
            return check.note(node.key_place(second), message);
        }
    };
    if file.attribute.is_some() && key != "css" {
        let message = "an \"attribute\" is that of an element, which \"css\" finds";
        return check.note(node.key_place("attribute"), message);
    }
    check.resolved(place(key, text, file.attribute.as_deref()), node.get(key))
}

fn place(key: &str, text: &str, attribute: Option<&str>) -> Result<Place, Diagnostic> {
    if text.trim().is_empty() {
        return Err(Diagnostic::new("there is nothing in it"));
    }
    if key != "regex" {
        without_variables(text, "what says where a value stands")?;
    }
    Ok(match key {
        "json" => Place::Json(JsonPath::parse(text)?),
        "header" if !is_token(text.trim()) => {
            return Err(Diagnostic::new(format!("\"{text}\" cannot name a header")));
        }
        "header" => Place::Header(text.trim().to_ascii_lowercase()),
        "cookie" => Place::Cookie(text.to_owned()),
        "regex" => Place::Regex(regex(text)?),
        _ => Place::Css {
            // What the parser says of mistakes is for those who wrote it.
            selector: Selector::parse(text).map_err(|_| {
                Diagnostic::new(format!(
                    "\"{text}\" is no CSS selector of elements: write input[name=token], #total or ul.books > li"
                ))
            })?,
            text: text.to_owned(),
            attribute: attribute.map(str::to_owned),
        },
    })
}

fn regex(text: &str) -> Result<Regex, Diagnostic> {
    without_variables(text, "a regular expression")?;
    Regex::new(text).map_err(|error| {
        // The last line has the message; the lines before show the position.
        let message = error.to_string();
        let reason = message.lines().last().unwrap_or_default();
        let reason = reason.trim_start_matches("error: ");
        Diagnostic::new(format!("\"{text}\" is no regular expression: {reason}"))
    })
}

pub(super) fn expectation(
    check: &mut Check<'_>,
    file: &ExpectationFile,
    names: &Names<'_>,
    node: &Node,
) -> Option<Expectation> {
    let ExpectationFile {
        status,
        body: of_body,
        header: of_headers,
        json,
        time: limit,
    } = file;
    if status.is_none()
        && of_body.is_none()
        && of_headers.is_empty()
        && json.is_empty()
        && limit.is_none()
    {
        return check.note(
            node.place(),
            "nothing is expected; leave \"expect\" out for a status from 200 to 299",
        );
    }
    let statuses = match &file.status {
        None => Some(Vec::new()),
        Some(file) => statuses(check, file, node.get("status")),
    };
    let body = match &file.body {
        None => Some(Vec::new()),
        Some(file) => body(check, file, names, node.get("body")),
    };
    let headers: Vec<_> = file
        .header
        .iter()
        .map(|(name, file)| {
            let of_headers = node.get("header");
            let test = header(check, file, names, of_headers.get(name));
            let name = name.trim().to_ascii_lowercase();
            if !is_token(&name) {
                let place = of_headers.key_place(&name);
                return check.note(place, format!("\"{name}\" cannot name a header"));
            }
            Some(HeaderTest { name, test: test? })
        })
        .collect();
    let of_json = node.get("json");
    let json: Vec<_> = file
        .json
        .0
        .iter()
        .map(|(path, Comparable(expected))| {
            let parsed = without_variables(path, "a JSONPath").and_then(|()| JsonPath::parse(path));
            let path = check.resolved(parsed, of_json.key(path))?;
            let node = of_json.get(path.as_str());
            let compared = check.resolved(Relation::prefix(expected), node)?;
            let (relation, expected) = compared.unwrap_or((Relation::Equal, expected));
            let expected = template(check, expected, names, node)?;
            Some((path, relation, expected))
        })
        .collect();
    let time = match &file.time {
        None => Some(None),
        Some(text) => check.resolved(time(text), node.get("time")).map(Some),
    };
    Some(Expectation {
        statuses: statuses?,
        body: body?,
        headers: headers.into_iter().collect::<Option<_>>()?,
        json: json.into_iter().collect::<Option<_>>()?,
        time: time?,
    })
}

fn template(check: &mut Check<'_>, text: &str, names: &Names<'_>, node: &Node) -> Option<Template> {
    check.resolved(Template::plain(text, &|name| names.position(name)), node)
}

fn statuses(check: &mut Check<'_>, file: &Statuses, node: &Node) -> Option<Vec<u16>> {
    if file.0.is_empty() {
        return check.note(
            node.place(),
            "at least one status is needed; leave \"status\" out for 200 to 299",
        );
    }
    let is_final = |status: &u16| (200..=599).contains(status);
    if let Some(wrong) = file.0.iter().position(|status| !is_final(status)) {
        let message = "a final HTTP status lies between 200 and 599";
        return check.note(node.index(wrong).place(), message);
    }
    Some(file.0.clone())
}

fn body(
    check: &mut Check<'_>,
    file: &BodyTestFile,
    names: &Names<'_>,
    node: &Node,
) -> Option<Vec<TextTest>> {
    if file.contains.is_none() && file.matches.is_none() && file.equals.is_none() {
        return check.note(
            node.place(),
            "missing key \"contains\", \"matches\" or \"equals\": what the body is like",
        );
    }
    let mut tests = Vec::new();
    for (index, text) in listed(file.contains.as_ref()) {
        let node = node.get("contains").index(index);
        tests.push(template(check, text, names, node).map(TextTest::Contains));
    }
    for (index, text) in listed(file.matches.as_ref()) {
        let node = node.get("matches").index(index);
        tests.push(check.resolved(regex(text), node).map(TextTest::Matches));
    }
    if let Some(Scalar(text)) = &file.equals {
        tests.push(template(check, text, names, node.get("equals")).map(TextTest::Equals));
    }
    tests.into_iter().collect()
}

fn listed(texts: Option<&OneOrMany<Scalar>>) -> impl Iterator<Item = (usize, &str)> {
    let texts = texts.map(|texts| texts.0.as_slice()).unwrap_or_default();
    texts.iter().map(|text| text.0.as_str()).enumerate()
}

fn header(
    check: &mut Check<'_>,
    file: &ValueOr<Scalar, TextTestFile>,
    names: &Names<'_>,
    node: &Node,
) -> Option<TextTest> {
    match file {
        ValueOr::Value(Scalar(text)) => template(check, text, names, node).map(TextTest::Contains),
        ValueOr::Drawn(test) => match (&test.matches, &test.equals) {
            (Some(text), None) => {
                let regex = check.resolved(regex(text), node.get("matches"));
                regex.map(TextTest::Matches)
            }
            (None, Some(Scalar(text))) => {
                template(check, text, names, node.get("equals")).map(TextTest::Equals)
            }
            _ => check.note(
                node.place(),
                "a header is compared in one way: a text that it contains, or \"matches\", or \"equals\"",
            ),
        },
    }
}

/// `< 500ms`.
fn time(text: &str) -> Result<(Relation, std::time::Duration), Diagnostic> {
    let Some((relation, limit)) = Relation::prefix(text)? else {
        return Err(Diagnostic::new(format!(
            "\"{text}\" is no limit of a time; write it as < 500ms"
        )));
    };
    if matches!(relation, Relation::Equal | Relation::NotEqual) {
        return Err(Diagnostic::new(
            "no two times are equal; write it as < 500ms",
        ));
    }
    Ok((relation, parse_duration(limit)?))
}
