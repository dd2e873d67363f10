//! A checked table as GitHub Markdown.

use workbench_analysis::PublishedCheck;

use super::{escaped, push_heading, push_list, push_table};
use crate::published;

/// A printed table that was checked against itself, as GitHub Markdown.
#[must_use]
pub fn published_markdown(check: &PublishedCheck) -> String {
    let mut text = String::new();
    push_heading(&mut text, 2, &check.title);
    if !check.source.is_empty() {
        text.push_str(&format!("{}\n\n", escaped(&check.source)));
    }
    push_heading(&mut text, 3, "What can be reproduced, and what cannot");
    push_list(&mut text, &published::findings(check));
    push_heading(&mut text, 3, "As printed");
    push_table(&mut text, &published::groups(check));
    push_heading(&mut text, 3, "Tests");
    push_table(&mut text, &published::tests(check));
    text.push_str(&published::method(check));
    text.push('\n');
    text
}
