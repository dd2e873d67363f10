//! The page in headless Chromium: no obstacles, no errors, no requests, at every width, in light and dark.

#[path = "../../../../bookstore/tests/it/support/browser.rs"]
#[expect(dead_code, reason = "the storefront is clicked through with the rest")]
mod browser;

use std::fs;

use browser::Browser;
use serde_json::json;
use tempfile::TempDir;
use workbench_report::gate::{page, write_verdict};
use workbench_report::write_index;

use crate::document::page_of;
use crate::fixture::{self, gate};
use crate::gate::made;

/// Keeps what goes wrong in a page.
const WATCH: &str = "window.wrong = [];
    addEventListener('error', (event) => wrong.push(String(event.message)));
    addEventListener('unhandledrejection', (event) => wrong.push(String(event.reason)));
    for (const kind of ['error', 'warn'])
        console[kind] = (...said) => wrong.push(said.join(' '));
    addEventListener('securitypolicyviolation', (event) => wrong.push(event.blockedURI));";

/// Opens every fold, and draws what is in it.
const UNFOLD: &str = "for (const fold of document.querySelectorAll('details')) fold.open = true;
    dispatchEvent(new Event('resize'));";

/// What the page has asked for besides itself.
const REQUESTS: &str =
    "return performance.getEntriesByType('resource').map((entry) => entry.name).join();";

const PAGES: [&str; 7] = [
    "run", "hostile", "runs", "groups", "failed", "invalid", "index",
];

/// A page of each kind in a folder, and a browser that looks there.
async fn pages() -> Option<(TempDir, Browser)> {
    let folder = tempfile::tempdir().unwrap();
    let analyses = [
        fixture::single(),
        fixture::hostile(),
        fixture::five_runs(),
        fixture::two_groups(),
    ];
    for (name, analysis) in PAGES.iter().zip(&analyses) {
        let page = folder.path().join(format!("{name}.html"));
        fs::write(page, page_of(analysis)).unwrap();
    }
    let verdicts = [gate::failed(), gate::with_an_invalid_run()];
    for (name, report) in PAGES[analyses.len()..].iter().zip(&verdicts) {
        let page = page(report, &made(None)).unwrap();
        fs::write(folder.path().join(format!("{name}.html")), page).unwrap();
    }
    let series = folder.path().join("series/20261123T101400Z-4f2a");
    gate::series(&series);
    write_verdict(&gate::of_series(), &made(Some(&series))).unwrap();
    write_index(folder.path()).unwrap();
    let browser = Browser::start(&format!("file://{}/", folder.path().display())).await?;
    let before_others = json!({"source": WATCH});
    browser
        .devtools("Page.addScriptToEvaluateOnNewDocument", before_others)
        .await;
    Some((folder, browser))
}

async fn assert_nothing_is_wrong(browser: &Browser, what: &str) {
    let wrong = browser.evaluate("return window.wrong.join();").await;
    assert_eq!(wrong, "", "{what}");
    assert_eq!(browser.evaluate(REQUESTS).await, "", "{what}");
}

#[tokio::test]
async fn no_page_has_obstacles_logs_an_error_or_asks_for_anything() {
    let Some((_folder, browser)) = pages().await else {
        return;
    };
    for (scheme, width) in [
        ("light", 400),
        ("dark", 1600),
        ("dark", 400),
        ("light", 1600),
    ] {
        browser.look_at(width, 900, width < 600).await;
        browser.prefer(scheme).await;
        for name in PAGES {
            let what = format!("{name}, {width} pixels, {scheme}");
            browser.open(&format!("{name}.html")).await;
            browser.evaluate(UNFOLD).await;
            assert_eq!(browser.obstacles().await, [""; 0], "{what}");
            assert_nothing_is_wrong(&browser, &what).await;
            let needed = "return document.documentElement.scrollWidth;";
            let needed = browser.evaluate(needed).await.as_u64().unwrap();
            assert!(needed <= u64::from(width), "{what}: {needed}");
        }
    }
    browser.close().await;
}

#[tokio::test]
async fn charts_are_chosen_from_zoomed_and_read_by_keyboard() {
    let Some((_folder, browser)) = pages().await else {
        return;
    };
    browser.open("run.html").await;
    browser
        .choose(".choosers label:nth-child(1) option:nth-child(3)")
        .await;
    browser
        .choose(".choosers label:nth-child(2) option:nth-child(2)")
        .await;
    assert!(
        !browser.has(".timed .chart.empty").await,
        "each label has successful requests"
    );
    browser
        .choose(".choosers label:nth-child(2) option:nth-child(3)")
        .await;
    assert!(
        browser.has(".timed .chart.empty").await,
        "this label has no failed ones"
    );
    browser
        .choose(".choosers label:nth-child(1) option:nth-child(1)")
        .await;

    browser
        .evaluate("document.querySelector('.canvas').focus();")
        .await;
    // WebDriver's names of the right arrow and of Escape.
    browser.press("\u{e014}").await;
    browser.press("\u{e014}").await;
    // Heard, not seen.
    let said = "return document.querySelector(\".chart [role='status']\").textContent;";
    let said = browser.evaluate(said).await;
    let said = said.as_str().unwrap();
    assert!(said.starts_with("1 s") && said.contains("p95"), "{said}");
    let others = "return [...document.querySelectorAll('.timed .legend .at')].slice(2)
        .every((it) => it.textContent.startsWith('1 s'));";
    assert_eq!(
        browser.evaluate(others).await,
        true,
        "the cursors move together"
    );
    let is_zoomed = "return !document.querySelector('.choosers button').hidden;";
    browser.press("+").await;
    assert_eq!(browser.evaluate(is_zoomed).await, true);
    browser.press("\u{e00c}").await;
    assert_eq!(browser.evaluate(is_zoomed).await, false);
    assert_nothing_is_wrong(&browser, "run").await;
    browser.close().await;
}

#[tokio::test]
async fn without_scripts_the_page_has_a_picture_of_each_chart() {
    let Some((_folder, browser)) = pages().await else {
        return;
    };
    browser.without_javascript().await;
    browser.open("run.html").await;
    let titles =
        "return [...document.querySelectorAll('.still h3')].map((it) => it.textContent).join();";
    let titles = browser.evaluate(titles).await;
    for title in [
        "Response time, ms",
        "Response time by percentile",
        "Responses by status",
    ] {
        assert!(titles.as_str().unwrap().contains(title), "{titles}");
    }
    assert!(!browser.text("main").await.contains("Drag to zoom"));
    browser.close().await;
}
