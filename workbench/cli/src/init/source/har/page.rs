//! Finds values of a page that a browser sends back: hidden fields and tokens.

use regex::Regex;

use crate::init::values::Source;

/// Names and values of the hidden fields of the forms in a page, and of the tokens in its head, with selector and attribute.
pub(super) fn hidden(html: &str) -> Vec<(String, String, Source)> {
    let (Ok(tags), Ok(attributes)) = (
        Regex::new(r"(?is)<(input|meta)\b([^>]*)>"),
        Regex::new(r#"(?s)([A-Za-z_:][-A-Za-z0-9_:.]*)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))"#),
    ) else {
        return Vec::new();
    };
    let mut found: Vec<(String, String, Source)> = Vec::new();
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
        let tag = tag[1].to_ascii_lowercase();
        let is_hidden = || get("type").is_some_and(|kind| kind.eq_ignore_ascii_case("hidden"));
        let attribute = match tag.as_str() {
            "meta" => "content",
            _ if is_hidden() => "value",
            _ => continue,
        };
        let is_word = name
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        let quote = if is_word { "" } else { "\"" };
        let selector = format!("{tag}[name={quote}{name}{quote}]");
        if let Some(value) = get(attribute).filter(|value| !value.is_empty())
            && workbench_plan::is_css_selector(&selector)
            && found.iter().all(|(.., source)| source[0].1 != selector)
        {
            let source = vec![("css", selector), ("attribute", attribute.to_owned())];
            found.push((name, value, source));
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
