//! Removes from texts what must not be stored: values of secrets, and credentials by name.

mod fields;
mod secrets;

use std::sync::Arc;

use fields::{is_credential, without_credentials, without_named_quotes};
use secrets::Secrets;

/// Replaces removed text.
pub(crate) const REDACTED: &str = "[redacted]";

/// Characters of a captured credential that are shown, and no more than a quarter of it. Our choice.
const SHOWN_OF_CREDENTIALS: usize = 4;
/// The same of other values.
const SHOWN_OF_VALUES: usize = 200;

/// Removes values of secrets, and credentials, from texts.
///
/// A secret is found raw and in the encodings in which clients and servers pass it on: percent- and form-encoded,
/// escaped in JSON or HTML, and in base64, as in Basic auth. A secret of fewer than 4 bytes is removed only if it is a
/// whole value (in a path, query, form, header or JSON), because it is too likely to occur by chance.
#[derive(Debug)]
pub(super) struct Redactor {
    secrets: Vec<Arc<Secrets>>,
}

impl Redactor {
    pub(super) fn new<S: AsRef<[u8]>>(secrets: &[S]) -> Self {
        Self {
            secrets: vec![Arc::new(Secrets::new(secrets.iter().map(AsRef::as_ref)))],
        }
    }

    /// The same with more secrets.
    pub(super) fn with<S: AsRef<[u8]>>(&self, more: &[S]) -> Self {
        let mut secrets = self.secrets.clone();
        if !more.is_empty() {
            secrets.push(Arc::new(Secrets::new(more.iter().map(AsRef::as_ref))));
        }
        Self { secrets }
    }

    /// The most bytes at the end of a text that was cut which may be the beginning of a secret.
    pub(super) fn longest(&self) -> usize {
        let longest = self.secrets.iter().map(|secrets| secrets.longest());
        longest.max().unwrap_or_default()
    }

    /// A body, a line or a header's value without secrets and credentials by name.
    pub(super) fn text(&self, text: &[u8]) -> Vec<u8> {
        let mut text = text.to_owned();
        for secrets in &self.secrets {
            text = secrets.redact(text);
        }
        without_credentials(&text)
    }

    pub(super) fn line(&self, line: &str) -> String {
        String::from_utf8_lossy(&self.text(line.as_bytes())).into_owned()
    }

    /// A header's value: of credentials only the scheme, of cookies only the names.
    pub(super) fn header(&self, name: &str, value: &str) -> String {
        match name.to_ascii_lowercase().as_str() {
            "cookie" => {
                let pairs: Vec<String> = value.split(';').map(|it| self.cookie(it)).collect();
                pairs.join(";")
            }
            "set-cookie" => {
                let (pair, attributes) = value.split_at(value.find(';').unwrap_or(value.len()));
                self.cookie(pair) + &self.line(attributes)
            }
            "authorization" | "proxy-authorization" => match value.trim_start().split_once(' ') {
                Some((scheme, _)) => format!("{} {REDACTED}", self.line(scheme)),
                None => REDACTED.to_owned(),
            },
            name if is_credential(name) => REDACTED.to_owned(),
            _ => self.line(value),
        }
    }

    /// The value of a variable; of a credential only its beginning.
    pub(super) fn value(&self, name: &str, value: &str) -> String {
        let length = value.chars().count();
        let most = if is_credential(&name.to_ascii_lowercase()) {
            SHOWN_OF_CREDENTIALS.min(length / 4)
        } else {
            SHOWN_OF_VALUES
        };
        let value = self.line(value);
        if length <= most {
            return value;
        }
        let shown: String = value.chars().take(most).collect();
        format!("{shown}… ({length} characters)")
    }

    fn cookie(&self, pair: &str) -> String {
        match pair.split_once('=') {
            Some((name, _)) => format!("{}={REDACTED}", self.line(name)),
            None => REDACTED.to_owned(),
        }
    }

    /// The reason of a failure, without quoted values of credentials and without beginnings of secrets where a value
    /// was cut.
    pub(super) fn reason(&self, reason: &str) -> String {
        let mut reason = without_named_quotes(&self.line(reason));
        for secrets in &self.secrets {
            reason = secrets.redact_cut(&reason);
        }
        shortened(&reason)
    }
}

/// Characters that are shown of a text in quotes. Our choice.
const LONGEST_QUOTED: usize = 60;

/// A reason whose long quoted texts are shown in part. Quotes within them are escaped.
fn shortened(reason: &str) -> String {
    let mut out = String::with_capacity(reason.len());
    let mut quoted = None;
    let mut is_escaped = false;
    for letter in reason.chars() {
        let is_quote = letter == '"' && !is_escaped;
        is_escaped = letter == '\\' && !is_escaped;
        quoted = match quoted {
            _ if is_quote => {
                out.push('"');
                if quoted.is_none() { Some(0) } else { None }
            }
            Some(length) => {
                match length {
                    0..LONGEST_QUOTED => out.push(letter),
                    LONGEST_QUOTED => out.push('…'),
                    _ => {}
                }
                Some(length + 1)
            }
            None => {
                out.push(letter);
                None
            }
        };
    }
    out
}

#[cfg(test)]
mod tests;
