//! Finds values of a page that a browser sends back: hidden fields and tokens.

use regex::Regex;

/// A value in a page, and where it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Hidden {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) selector: String,
    pub(super) attribute: &'static str,
}

/// The hidden fields of the forms in a page, and the tokens in its head.
pub(super) fn hidden(html: &str) -> Vec<Hidden> {
    let (Ok(tags), Ok(attributes)) = (
        Regex::new(r"(?is)<(input|meta)\b([^>]*)>"),
        Regex::new(r#"(?s)([A-Za-z_:][-A-Za-z0-9_:.]*)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))"#),
    ) else {
        return Vec::new();
    };
    let mut found: Vec<Hidden> = Vec::new();
    for tag in tags.captures_iter(html) {
        let get = |wanted: &str| {
            let mut all = attributes.captures_iter(&tag[2]);
            let found = all.find(|attribute| attribute[1].eq_ignore_ascii_case(wanted))?;
            let value = (2..=4).find_map(|group| found.get(group))?;
            Some(unescaped(value.as_str()))
        };
        let Some(name) = get("name").filter(|name| !name.is_empty() && !name.contains('"')) else {
            continue;
        };
        let is_input = tag[1].eq_ignore_ascii_case("input");
        let (value, attribute) = match is_input {
            true if get("type").is_some_and(|kind| kind.eq_ignore_ascii_case("hidden")) => {
                (get("value"), "value")
            }
            true => continue,
            false => (get("content"), "content"),
        };
        let tag = tag[1].to_ascii_lowercase();
        let is_word = name
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        let selector = match is_word {
            true => format!("{tag}[name={name}]"),
            false => format!("{tag}[name=\"{name}\"]"),
        };
        if let Some(value) = value.filter(|value| !value.is_empty())
            && workbench_plan::is_css_selector(&selector)
            && found.iter().all(|other| other.selector != selector)
        {
            found.push(Hidden {
                name,
                value,
                selector,
                attribute,
            });
        }
    }
    found
}

fn unescaped(text: &str) -> String {
    text.replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&#x2B;", "+")
        .replace("&#43;", "+")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_fields_and_tokens_of_a_page_are_found() {
        let html = "<head><meta name='csrf-token' content='a&amp;b'></head><form>\n<INPUT type=\"hidden\"\n name=\"form[token]\" \
                    value=\"12==\"/><input type=hidden name=next value=/home><input name=user value=ann></form>";
        let found = hidden(html);
        let all: Vec<_> = found
            .iter()
            .map(|it| (it.selector.as_str(), it.value.as_str(), it.attribute))
            .collect();
        assert_eq!(
            all,
            [
                ("meta[name=\"csrf-token\"]", "a&b", "content"),
                ("input[name=\"form[token]\"]", "12==", "value"),
                ("input[name=next]", "/home", "value"),
            ]
        );
    }
}
