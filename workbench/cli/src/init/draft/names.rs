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
    let path = (url.path() != "/").then(|| name(url.path()));
    let further = [port, path].into_iter().flatten();
    let further: Vec<String> = further.map(|more| format!("{short}-{more}")).collect();
    let clean = |name: String| {
        let fits = |letter: &char| letter.is_ascii_alphanumeric() || "-_".contains(*letter);
        let name: String = name.chars().filter(fits).collect();
        if name.is_empty() {
            "service".to_owned()
        } else {
            name
        }
    };
    let short = clean(short);
    let base = short.clone();
    let numbered = (2_u32..).map(move |number| format!("{base}-{number}"));
    let named = [short, clean(long)].into_iter();
    let named = named.chain(further.into_iter().map(clean));
    named.chain(numbered)
}

/// The first of these that is not taken: `base`, and `base` with a number after the separator.
pub(crate) fn free(base: &str, separator: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut name = base.to_owned();
    let mut number = 2;
    while taken(&name) {
        name = format!("{base}{separator}{number}");
        number += 1;
    }
    name
}

/// The ASCII letters and digits of a text, with one separator in place of each run of others in between.
fn joined(text: &str, separator: char) -> String {
    let parts = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    parts.join(&separator.to_string())
}

/// The name of an experiment or a scenario that is named after this: lower-case letters, digits and hyphens.
pub(crate) fn name(text: &str) -> String {
    let mut out = joined(&text.replace('\'', ""), '-').to_ascii_lowercase();
    out.truncate(60);
    match out.trim_end_matches('-') {
        "" => "experiment".to_owned(),
        name => name.to_owned(),
    }
}

/// Whether a text is a name without special characters: of a variable of a shell, of a field.
pub(crate) fn is_word(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// The name of a variable that is named after this, none of the built-in ones.
pub(crate) fn variable_name(text: &str) -> String {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let mut out = text.replace(|letter| !fits(letter), "_");
    if !is_word(&out) {
        out.insert(0, '_');
    }
    if ["user", "iteration", "env"].contains(&out.as_str()) {
        out.push('_');
    }
    out
}

pub(super) fn environment_name(hint: &str) -> String {
    match joined(hint, '_').to_ascii_uppercase() {
        name if name.is_empty() => "SECRET".to_owned(),
        name if name.starts_with(|first: char| first.is_ascii_digit()) => format!("_{name}"),
        name => name,
    }
}
