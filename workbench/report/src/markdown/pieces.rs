//! What Markdown is put together from: headings, paragraphs, lists and tables, with every text escaped.

use crate::table::{Table, one_line};

pub(crate) fn push_heading(text: &mut String, level: usize, heading: &str) {
    text.push_str(&format!("{} {}\n\n", "#".repeat(level), escaped(heading)));
}

pub(super) fn push_paragraph(text: &mut String, paragraph: &str) {
    text.push_str(&format!("{}\n\n", escaped(paragraph.trim())));
}

/// More rows of labels would not fit into a comment on GitHub.
const ROWS: usize = 100;

/// A table that opens on demand, which GitHub takes from HTML.
pub(super) fn push_folded(text: &mut String, summary: &str, table: Option<Table>) {
    if let Some(table) = table.map(|table| table.first(ROWS)) {
        text.push_str(&format!(
            "<details><summary>{}</summary>\n\n",
            escaped(summary)
        ));
        push_table(text, &table);
        text.push_str("</details>\n\n");
    }
}

pub(crate) fn push_list(text: &mut String, items: &[String]) {
    for item in items {
        text.push_str(&format!("- {}\n", escaped(item)));
    }
    text.push('\n');
}

pub(crate) fn push_table(text: &mut String, table: &Table) {
    let header: Vec<_> = table
        .columns
        .iter()
        .map(|column| match column.unit {
            "" => escaped(&column.name),
            unit => format!("{} ({unit})", escaped(&column.name)),
        })
        .collect();
    push_row(text, header);
    push_row(
        text,
        table
            .columns
            .iter()
            .map(|column| if column.is_number() { "---:" } else { "---" }.to_owned()),
    );
    for row in &table.rows {
        push_row(text, row.cells.iter().map(|cell| escaped(&cell.line())));
    }
    text.push('\n');
    if let Some(left_out) = &table.left_out {
        push_paragraph(text, left_out);
    }
}

fn push_row(text: &mut String, cells: impl IntoIterator<Item = String>) {
    let cells: Vec<_> = cells.into_iter().collect();
    text.push_str(&format!("| {} |\n", cells.join(" | ")));
}

/// The text without what Markdown, or the HTML within it, would take for its own.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for letter in one_line(text).chars() {
        match letter {
            '<' => escaped.push_str("&lt;"),
            '&' => escaped.push_str("&amp;"),
            // A space of no width after it keeps GitHub from telling whoever is called so; a backslash would not.
            '@' => escaped.push_str("@&#8203;"),
            '|' | '*' | '_' | '`' | '[' | ']' | '~' | '\\' => {
                escaped.push('\\');
                escaped.push(letter);
            }
            _ => escaped.push(letter),
        }
    }
    escaped
}
