//! A checked table for a terminal.

use workbench_analysis::PublishedCheck;

use super::TextOptions;
use super::page::{Page, Tone};
use crate::published;

/// A printed table that was checked against itself, as text of at most `options.width` columns.
#[must_use]
pub fn published_text(check: &PublishedCheck, options: TextOptions) -> String {
    let mut page = Page::new(options);
    page.title(&check.title);
    if !check.source.is_empty() {
        page.paragraph(&check.source);
    }
    page.heading("What can be reproduced, and what cannot");
    for (finding, follows) in published::findings(check).iter().zip(follows(check)) {
        let (word, tone) = if follows {
            ("yes", Tone::Good)
        } else {
            ("no", Tone::Bad)
        };
        page.item(word, tone, finding);
    }
    page.heading("As printed");
    page.table(&published::groups(check));
    page.heading("Tests");
    page.table(&published::tests(check));
    page.paragraph(&published::method(check));
    page.into_text()
}

/// Whether what each finding speaks of follows; the last one speaks of all that do not.
fn follows(check: &PublishedCheck) -> impl Iterator<Item = bool> {
    let of_tests = check
        .tests
        .iter()
        .map(|test| test.t.reproducible == Some(true));
    of_tests.chain([false])
}
