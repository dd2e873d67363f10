//! Checks of the documents: their commands run or parse, and their links have targets.

mod commands;
mod links;
mod markdown;
mod notebooks;
mod scripts;

use markdown::{is_guide, pages};

#[test]
fn the_readme_has_at_most_120_lines() {
    let pages = pages();
    let readme = pages.iter().find(|page| page.path == "README.md").unwrap();
    let lines = readme.text.lines().count();
    assert!(lines <= 120, "{lines} lines");
}

#[test]
fn the_guide_s_first_page_leads_to_every_page_of_the_guide() {
    let pages = pages();
    let first = pages.iter().find(|page| page.path == "docs/README.md");
    for page in pages.iter().filter(|page| is_guide(page)) {
        let Some(name) = page.path.strip_prefix("docs/") else {
            continue;
        };
        let link = format!("]({name}");
        assert!(
            name == "README.md" || first.unwrap().text.contains(&link),
            "{name}"
        );
    }
}
