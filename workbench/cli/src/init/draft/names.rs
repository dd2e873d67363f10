//! Derives names of services, experiments and variables.

use url::Url;

/// The URL of a service: without user, query, fragment and a slash at its end.
pub(super) fn base_url(base: &Url) -> String {
    let mut url = base.clone();
    url.set_query(None);
    url.set_fragment(None);
    // Only URLs without a host return an error.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.as_str().trim_end_matches('/').to_owned()
}

/// Names for the service at a URL, the best first, without end.
pub(super) fn service_names(url: &Url) -> impl Iterator<Item = String> {
    /// Generic first labels of hosts.
    const GENERIC: [&str; 10] = [
        "api", "app", "backend", "dev", "gateway", "rest", "staging", "test", "web", "www",
    ];
    /// Second-level labels of public suffixes, as in `shop.co.uk`.
    const SHARED: [&str; 8] = ["ac", "co", "com", "edu", "gov", "ne", "net", "org"];
    let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
    let (short, long) = match url.host() {
        Some(url::Host::Domain(_)) if host.contains('.') => {
            let mut labels: Vec<&str> = host.trim_end_matches('.').split('.').collect();
            labels.pop();
            if labels.len() > 1 && labels.last().is_some_and(|label| SHARED.contains(label)) {
                labels.pop();
            }
            let telling = labels.iter().find(|label| !GENERIC.contains(label));
            let short = telling.or(labels.first()).copied().unwrap_or_default();
            (short.to_owned(), labels.join("-"))
        }
        Some(url::Host::Domain(_)) if host != "localhost" => (host.clone(), host),
        _ => ("service".to_owned(), "service".to_owned()),
    };
    let port = url.port().map(|port| port.to_string());
    let path = name(url.path());
    let further = [
        port.as_deref(),
        Some(&path)
            .filter(|_| url.path() != "/")
            .map(String::as_str),
    ];
    let further: Vec<String> = further
        .into_iter()
        .flatten()
        .map(|more| format!("{short}-{more}"))
        .collect();
    let clean = |name: &str| -> String {
        let fits = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
        let name: String = name.chars().filter(|letter| fits(*letter)).collect();
        if name.is_empty() {
            "service".to_owned()
        } else {
            name
        }
    };
    let (short, long) = (clean(&short), clean(&long));
    let further = further.into_iter().map(move |name| clean(&name));
    let numbered = (2_u32..).map({
        let short = short.clone();
        move |number| format!("{short}-{number}")
    });
    [short, long].into_iter().chain(further).chain(numbered)
}

/// The name of an experiment or a scenario that is named after this: lower-case letters, digits and hyphens.
pub(in crate::init) fn name(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars().filter(|letter| *letter != '\'') {
        if letter.is_ascii_alphanumeric() {
            out.push(letter.to_ascii_lowercase());
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
        if out.len() >= 60 {
            break;
        }
    }
    let out = out.trim_end_matches('-');
    if out.is_empty() {
        "experiment".to_owned()
    } else {
        out.to_owned()
    }
}

/// The name of a variable that is named after this, none of the built-in ones.
pub(in crate::init) fn variable_name(text: &str) -> String {
    let mut out: String = text
        .chars()
        .map(|letter| match letter {
            letter if letter.is_ascii_alphanumeric() || letter == '_' => letter,
            _ => '_',
        })
        .collect();
    if !out.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') {
        out.insert(0, '_');
    }
    if ["user", "iteration", "env"].contains(&out.as_str()) {
        out.push('_');
    }
    out
}

pub(super) fn environment_name(hint: &str) -> String {
    let mut out = String::new();
    for letter in hint.chars() {
        if letter.is_ascii_alphanumeric() {
            out.push(letter.to_ascii_uppercase());
        } else if !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
    }
    let out = out.trim_end_matches('_');
    match out.chars().next() {
        None => "SECRET".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("_{out}"),
        Some(_) => out.to_owned(),
    }
}
