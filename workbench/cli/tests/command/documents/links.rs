//! Relative links of all pages lead to existing files and headings.

use std::path::{Component, Path, PathBuf};

use super::markdown::{Page, pages, repository};

/// The targets of a line's links outside of code spans.
fn links(line: &str) -> Vec<&str> {
    let in_code = |at: usize| line[..at].matches('`').count() % 2 == 1;
    line.match_indices("](")
        .filter(|(at, _)| !in_code(*at))
        .filter_map(|(at, _)| line[at + 2..].split_once(')'))
        .map(|(target, _)| target)
        .collect()
}

/// The names by which GitHub links to a page's headings.
fn anchors(page: &Page) -> Vec<String> {
    let mut anchors: Vec<String> = Vec::new();
    for (_, line) in page.prose() {
        let title = line.trim_start_matches('#');
        if title.len() == line.len() || !title.starts_with(' ') {
            continue;
        }
        let mut title = title.trim().to_lowercase();
        while let Some((before, after)) = title.split_once("](") {
            let (_, after) = after.split_once(')').unwrap_or_default();
            title = format!("{before}{after}");
        }
        let name: String = title
            .chars()
            .filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter))
            .map(|letter| if letter == ' ' { '-' } else { letter })
            .collect();
        let same = anchors
            .iter()
            .filter(|other| {
                let rest = other.strip_prefix(&name);
                rest.is_some_and(|rest| {
                    rest.is_empty()
                        || rest
                            .strip_prefix('-')
                            .is_some_and(|it| it.parse::<u32>().is_ok())
                })
            })
            .count();
        anchors.push(match same {
            0 => name,
            more => format!("{name}-{more}"),
        });
    }
    anchors
}

/// Where a link of a page leads, in the repository; `None` where it leaves the repository.
fn resolve(page: &Page, target: &str) -> Option<String> {
    let folder = Path::new(&page.path).parent()?;
    let mut path = PathBuf::new();
    for component in folder.join(target).components() {
        match component {
            Component::ParentDir => path.pop().then_some(())?,
            Component::CurDir => {}
            other => path.push(other),
        }
    }
    Some(path.to_str()?.replace('\\', "/"))
}

/// Why a link is broken.
fn objection(page: &Page, pages: &[Page], link: &str) -> Option<String> {
    let (target, anchor) = link.split_once('#').unwrap_or((link, ""));
    let path = match target {
        "" => page.path.clone(),
        target => match resolve(page, target) {
            Some(path) => path,
            None => return Some("leaves the repository".to_owned()),
        },
    };
    if !repository().join(&path).exists() {
        return Some(format!("there is no {path}"));
    }
    if anchor.is_empty() {
        return None;
    }
    let Some(other) = pages.iter().find(|page| page.path == path) else {
        return Some(format!("{path} is no page with headings"));
    };
    (!anchors(other).iter().any(|heading| heading == anchor))
        .then(|| format!("{path} has no heading #{anchor}"))
}

#[test]
fn every_relative_link_leads_to_a_file_and_a_heading_that_are_there() {
    let pages = pages();
    let mut checked = 0;
    let mut wrong = Vec::new();
    for page in &pages {
        for (number, line) in page.prose() {
            for link in links(line) {
                if link.contains("://") || link.starts_with("mailto:") {
                    continue;
                }
                checked += 1;
                if let Some(why) = objection(page, &pages, link) {
                    wrong.push(format!("{}:{number}: {link}: {why}", page.path));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked > 100, "{checked} links");
}

fn page(path: &str, text: &str) -> Page {
    Page {
        path: path.to_owned(),
        text: text.to_owned(),
    }
}

#[test]
fn links_to_files_headings_and_places_that_are_not_there_are_found() {
    let text = "# One\n## `run`: two [links](x.md), *three*\n## One\n\n```\n# no heading\n```\n";
    let pages = [page("README.md", text), page("docs/gate.md", "# Gate")];
    assert_eq!(anchors(&pages[0]), ["one", "run-two-links-three", "one-1"]);
    let wrong = |link| objection(&pages[1], &pages, link);
    assert_eq!(wrong("../README.md#run-two-links-three"), None);
    assert_eq!(wrong("#gate"), None);
    assert_eq!(
        wrong("../README.md#no-heading").unwrap(),
        "README.md has no heading #no-heading"
    );
    assert_eq!(wrong("nowhere.md").unwrap(), "there is no docs/nowhere.md");
    assert_eq!(wrong("../../x.md").unwrap(), "leaves the repository");
    let code = "in `[code](a.md)` none, [`two`](b.md) and [three](c.md#x)";
    assert_eq!(links(code), ["b.md", "c.md#x"]);
}
