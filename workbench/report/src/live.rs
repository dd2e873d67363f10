//! The page that shows runs while they go on. What it shows comes from the server that it is fetched from.

use askama::Template;

#[derive(Template)]
#[template(path = "live.html")]
struct LiveView {
    style: &'static str,
    charts_style: &'static str,
    library: &'static str,
    script: &'static str,
}

/// The page, complete with its styles and scripts. It fetches `events`, server-sent events by the names `state`, `second`,
/// `reports` and `end`, and the reports that these name, from `reports/NUMBER`.
#[must_use]
pub fn live_page() -> String {
    let view = LiveView {
        style: include_str!("../templates/report.css"),
        charts_style: include_str!("../templates/assets/uPlot.min.css"),
        library: include_str!("../templates/assets/uPlot.iife.min.js"),
        script: concat!(
            include_str!("../templates/charts.js"),
            include_str!("../templates/live.js")
        ),
    };
    view.render().expect("nothing in it can fail to be written")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_needs_nothing_from_elsewhere() {
        let page = live_page();
        assert!(page.starts_with("<!DOCTYPE html>"));
        assert!(page.contains("new EventSource(\"events\")"));
        for outside in [" src=", " href=", "@import", "url("] {
            assert!(!page.contains(outside), "{outside}");
        }
    }
}
