//! The document as GitHub Markdown, with every text escaped.

use super::{Block, Depth, Document, Finding};
use crate::table::{Table, one_line};

/// A comment on GitHub holds 65,536 characters: so many rows has a table that is open, and one that is folded.
const ROWS: usize = 20;
const ROWS_FOLDED: usize = 100;

pub(super) fn text(document: &Document) -> String {
    let mut text = String::new();
    match document.mark {
        Some(mark) => push_heading(&mut text, 2, &format!("{mark} {}", document.title)),
        None => push_heading(&mut text, 2, &document.title),
    }
    if let Some(conclusion) = &document.conclusion {
        push_finding(&mut text, conclusion);
        text.push('\n');
    }
    if !document.facts.is_empty() {
        push_paragraph(&mut text, &document.facts);
    }
    if !document.key_figures.is_empty() {
        let figures = document.key_figures.iter().map(|it| {
            let beside = if it.beside.is_empty() { "" } else { " " };
            let value = escaped(&it.value);
            format!("{} **{value}**{beside}{}", it.name, escaped(&it.beside))
        });
        text.push_str(&figures.collect::<Vec<_>>().join(" · "));
        text.push_str("\n\n");
    }
    for section in &document.sections {
        if matches!(section.depth, Depth::TerminalOnly | Depth::StudyIfAsked)
            || !Block::any_text(&section.blocks, true)
        {
            continue;
        }
        if section.depth == Depth::Study {
            push_folded(&mut text, &section.title, &section.blocks);
        } else {
            push_heading(&mut text, 3, &section.title);
            push_blocks(&mut text, &section.blocks, ROWS);
        }
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

fn push_blocks(text: &mut String, blocks: &[Block], rows: usize) {
    for (place, block) in blocks.iter().enumerate() {
        match block {
            Block::Heading(heading) => push_heading(text, 4, heading),
            Block::Paragraph(paragraph) => push_paragraph(text, paragraph),
            Block::Finding(finding) => {
                push_item(text, finding);
                // A list ends before whatever is no item of it.
                if !matches!(blocks.get(place + 1), Some(Block::Finding(_))) {
                    text.push('\n');
                }
            }
            Block::Table(_, table) => push_table(text, &table.clone().first(rows)),
            Block::Notes(notes) => {
                let lines: Vec<String> = notes.iter().map(super::Note::line).collect();
                push_list(text, &lines);
            }
            Block::Command(command) => push_code(text, command),
            Block::Text(name, code) => {
                push_paragraph(text, &format!("{name}:"));
                push_code(text, code);
            }
            Block::Facts(facts) => {
                let facts = facts.iter().map(|(name, value)| format!("{name}: {value}"));
                push_list(text, &facts.collect::<Vec<_>>());
            }
            Block::Details(summary, inner) if block.is_text(true) => {
                push_folded(text, summary, inner);
            }
            _ => {}
        }
    }
}

/// Blocks that open on demand, which GitHub takes from HTML.
fn push_folded(text: &mut String, summary: &str, blocks: &[Block]) {
    text.push_str(&format!(
        "<details><summary>{}</summary>\n\n",
        escaped(summary)
    ));
    push_blocks(text, blocks, ROWS_FOLDED);
    text.push_str("</details>\n\n");
}

fn push_finding(text: &mut String, finding: &Finding) {
    let word = escaped(&finding.word);
    let separator = if word.is_empty() { "" } else { ": " };
    let word = if word.is_empty() {
        word
    } else {
        format!("**{word}**")
    };
    text.push_str(&format!("{word}{separator}{}\n", escaped(&finding.text)));
}

fn push_item(text: &mut String, finding: &Finding) {
    let separator = if finding.word.is_empty() { "" } else { ": " };
    text.push_str(&format!(
        "- {}{separator}{}\n",
        escaped(&finding.word),
        escaped(&finding.text)
    ));
}

/// Lines as they are, within a fence that none of them can close.
fn push_code(text: &mut String, code: &str) {
    let mut fence = "```".to_owned();
    while code.contains(&fence) {
        fence.push('`');
    }
    text.push_str(&format!("{fence}text\n{}\n{fence}\n\n", code.trim_end()));
}

pub(crate) fn push_heading(text: &mut String, level: usize, heading: &str) {
    text.push_str(&format!("{} {}\n\n", "#".repeat(level), escaped(heading)));
}

fn push_paragraph(text: &mut String, paragraph: &str) {
    text.push_str(&format!("{}\n\n", escaped(paragraph.trim())));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_mention_nobody_and_strike_nothing() {
        assert_eq!(
            escaped("GET /~~@octocat~~"),
            "GET /\\~\\~@&#8203;octocat\\~\\~"
        );
    }

    #[test]
    fn no_line_closes_the_fence_around_it() {
        let mut text = String::new();
        push_code(&mut text, "a\n````\nb");
        assert_eq!(text, "`````text\na\n````\nb\n`````\n\n");
    }
}
