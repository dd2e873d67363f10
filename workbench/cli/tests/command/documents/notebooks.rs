//! The pages of `docs/notebooks` have the code cells of their notebooks. `just notebook-pages` writes them.

use serde_json::Value;

use super::markdown::{Page, pages, repository};

/// Bytes of all pictures together.
const PICTURES: u64 = 600_000;

/// The source of each code cell.
fn code_cells(notebook: &Value) -> Vec<String> {
    let cells = notebook["cells"].as_array().unwrap();
    let code = cells.iter().filter(|cell| cell["cell_type"] == "code");
    code.map(|cell| {
        let lines = cell["source"].as_array().unwrap();
        lines.iter().map(|line| line.as_str().unwrap()).collect()
    })
    .collect()
}

/// Which code cell of a page differs from the notebook's.
fn difference(page: &Page, notebook: &Value) -> Option<String> {
    let rendered: Vec<String> = page
        .blocks()
        .into_iter()
        .filter(|block| block.language == "python")
        .map(|block| block.text)
        .collect();
    let cells = code_cells(notebook);
    if rendered.len() != cells.len() {
        return Some(format!(
            "{}: {} code cells, the notebook has {}",
            page.path,
            rendered.len(),
            cells.len()
        ));
    }
    let at = (0..cells.len()).find(|at| rendered[*at] != cells[*at])?;
    Some(format!("{}: code cell {} differs", page.path, at + 1))
}

#[test]
fn rendered_notebooks_have_the_code_cells_of_the_notebooks() {
    let pages = pages();
    let mut checked = 0;
    for entry in std::fs::read_dir(repository().join("notebooks")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "ipynb") {
            continue;
        }
        let name = path.file_stem().unwrap().to_str().unwrap();
        let rendered = format!("docs/notebooks/{name}.md");
        let Some(page) = pages.iter().find(|page| page.path == rendered) else {
            panic!("{rendered} is missing: `just notebook-pages` writes it");
        };
        let notebook = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        if let Some(difference) = difference(page, &notebook) {
            panic!("{difference}: `just notebook-pages` renders the notebooks again");
        }
        checked += 1;
    }
    assert!(checked >= 3, "{checked} notebooks");
}

#[test]
fn rendered_notebooks_show_all_of_their_pictures_and_no_more_than_600_kb() {
    let pages = pages();
    let mut bytes = 0;
    for entry in std::fs::read_dir(repository().join("docs/notebooks")).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if name.ends_with(".png") {
            let link = format!("]({name})");
            assert!(pages.iter().any(|page| page.text.contains(&link)), "{name}");
            bytes += entry.metadata().unwrap().len();
        }
    }
    assert!((1..PICTURES).contains(&bytes), "{bytes} bytes");
}

#[test]
fn a_changed_or_missing_code_cell_is_found() {
    let notebook = serde_json::json!({ "cells": [
        { "cell_type": "markdown", "source": ["# A"] },
        { "cell_type": "code", "source": ["a = 1\n", "a"] },
    ] });
    let page = |text: &str| Page {
        path: "docs/notebooks/a.md".to_owned(),
        text: text.to_owned(),
    };
    let same = page("# A\n\n```python\na = 1\na\n```\n\n```text\n1\n```\n");
    assert_eq!(difference(&same, &notebook), None);
    let changed = page("```python\na = 2\na\n```\n");
    let message = "docs/notebooks/a.md: code cell 1 differs";
    assert_eq!(difference(&changed, &notebook).unwrap(), message);
    let message = "docs/notebooks/a.md: 0 code cells, the notebook has 1";
    assert_eq!(difference(&page("# A\n"), &notebook).unwrap(), message);
}
