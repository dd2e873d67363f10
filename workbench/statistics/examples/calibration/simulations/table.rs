//! Markdown tables.

use std::fmt::Write;

use super::trials::Share;

/// A heading, an explanation, and the head of a table; `columns` are separated by `|`.
pub(crate) fn head(text: &mut String, title: &str, explanation: &str, columns: &str) {
    let rule = "---|".repeat(columns.split('|').count());
    let explanation = if explanation.is_empty() {
        String::new()
    } else {
        format!("{explanation}\n\n")
    };
    write!(
        text,
        "\n### {title}\n\n{explanation}| {columns} |\n|{rule}\n"
    )
    .expect("a string takes what is written");
}

/// A row; `cells` are separated by `|`.
pub(crate) fn row(text: &mut String, cells: std::fmt::Arguments) {
    writeln!(text, "| {cells} |").expect("a string takes what is written");
}

/// A row of shares behind what they are the shares of.
pub(crate) fn row_of_shares(text: &mut String, name: &str, shares: &[Share]) {
    let shares: Vec<String> = shares.iter().map(Share::to_string).collect();
    row(text, format_args!("{name} | {}", shares.join(" | ")));
}
