//! Reads the repository's pages: their fenced blocks, and their text without them.

use std::path::{Path, PathBuf};

/// Folders of build outputs and results.
const NOT_OURS: [&str; 3] = ["node_modules", "results", "target"];

/// The line above a script that no test executes; the reason follows.
const MARK: &str = "<!-- not executed: ";

pub(super) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub(super) struct Page {
    /// In the repository, with `/`.
    pub(super) path: String,
    pub(super) text: String,
}

/// A fenced block.
pub(super) struct Block<'a> {
    /// For messages: `docs/gate.md:7`.
    pub(super) place: String,
    pub(super) language: &'a str,
    pub(super) text: String,
    /// Why it is not executed, where it says so.
    pub(super) not_executed: Option<&'a str>,
}

/// All pages, in the order of their paths.
pub(super) fn pages() -> Vec<Page> {
    let mut pages = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(repository().join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            let path = format!("{folder}{name}");
            if entry.file_type().unwrap().is_dir() {
                if !name.starts_with('.') && !NOT_OURS.contains(&name.as_str()) {
                    folders.push(format!("{path}/"));
                }
            } else if name.ends_with(".md") {
                let text = std::fs::read_to_string(entry.path()).unwrap();
                pages.push(Page { path, text });
            }
        }
    }
    pages.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(pages.len() > 10, "{} pages", pages.len());
    pages
}

/// Whether every command of the page is executed or marked.
pub(super) fn is_guide(page: &Page) -> bool {
    page.path == "README.md" || page.path.starts_with("docs/")
}

fn is_fence(line: &str) -> bool {
    line.trim_start().starts_with("```")
}

impl Page {
    pub(super) fn blocks(&self) -> Vec<Block<'_>> {
        let mut blocks = Vec::new();
        let mut lines = self.text.lines().enumerate();
        let mut above = "";
        while let Some((number, line)) = lines.next() {
            if is_fence(line) {
                let indent = line.len() - line.trim_start().len();
                let text: Vec<&str> = lines
                    .by_ref()
                    .map(|(_, line)| line)
                    .take_while(|line| !is_fence(line))
                    .map(|line| line.get(indent..).unwrap_or_default())
                    .collect();
                blocks.push(Block {
                    place: format!("{}:{}", self.path, number + 1),
                    language: line.trim().trim_start_matches('`'),
                    text: text.join("\n"),
                    not_executed: above
                        .strip_prefix(MARK)
                        .and_then(|mark| mark.strip_suffix(" -->")),
                });
            }
            if !line.trim().is_empty() {
                above = line.trim();
            }
        }
        blocks
    }

    /// The lines outside of blocks, with their numbers.
    pub(super) fn prose(&self) -> Vec<(usize, &str)> {
        let mut within = false;
        let outside = self.text.lines().enumerate().filter(|(_, line)| {
            if is_fence(line) {
                within = !within;
                return false;
            }
            !within
        });
        outside.map(|(at, line)| (at + 1, line)).collect()
    }
}

impl Block<'_> {
    pub(super) fn is_script(&self) -> bool {
        ["sh", "bash", "console"].contains(&self.language)
    }
}

/// The code spans of a line of prose.
pub(super) fn code_spans(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}
