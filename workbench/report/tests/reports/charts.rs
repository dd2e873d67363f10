//! The data of the charts of a page, and their pictures for readers without scripts.

use std::path::Path;

use serde_json::Value;
use workbench_analysis::Analysis;
use workbench_report::page;

use crate::document::page_of;
use crate::fixture;

/// What is between two texts, wherever these follow each other.
fn between<'a>(page: &'a str, from: &str, to: &str) -> Vec<&'a str> {
    let parts = page.split(from).skip(1);
    parts.map(|rest| rest.split(to).next().unwrap()).collect()
}

fn data(page: &str) -> Vec<&str> {
    between(page, "<script type=\"application/json\">", "</script>")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

#[test]
fn no_name_can_end_the_script_that_holds_the_data() {
    let mut analysis = fixture::five_runs();
    analysis.runs[0].experiment = "</script><!--".to_owned();
    let page = page(&analysis, Path::new("/tmp/r/comparisons/1")).unwrap();
    let data = data(&page);
    assert!(data.iter().all(|json| !json.contains('<')));
    let named = |json: &&&str| json.contains("\\u003c/script>\\u003c!--");
    assert_eq!(data.iter().filter(named).count(), 2);
}

#[test]
fn all_sets_of_a_chart_have_the_same_lines_and_as_many_values_as_points() {
    let lines = |set: &Value| -> Vec<(Value, Value)> {
        let lines = list(&set["lines"]).iter();
        lines
            .map(|it| (it["name"].clone(), it["colour"].clone()))
            .collect()
    };
    let check = |analysis: &Analysis, groups: usize| {
        let page = page_of(analysis);
        let data = data(&page);
        assert_eq!(data.len(), groups);
        for charts in data {
            let charts: Value = serde_json::from_str(charts).unwrap();
            for chart in list(&charts["charts"]) {
                let sets = list(&chart["sets"]);
                for set in sets {
                    let title = &chart["title"];
                    assert_eq!(lines(set), lines(&sets[0]), "{title}");
                    let choosers = list(&charts["choosers"]).len();
                    assert_eq!(list(&set["chosen"]).len(), choosers, "{title}");
                    for line in list(&set["lines"]) {
                        let values = list(&line["values"]).len();
                        assert_eq!(values, list(&set["x"]).len(), "{title}: {line}");
                    }
                }
            }
        }
    };
    check(&fixture::single(), 2);
    // Two of all runs together, and two of each.
    check(&fixture::five_runs(), 2 + 2 * 5);
}

#[test]
fn every_chart_of_a_run_has_a_picture_with_its_lines() {
    let page = page_of(&fixture::single());
    let charts = data(&page).into_iter().map(|json| {
        let charts: Value = serde_json::from_str(json).unwrap();
        list(&charts["charts"]).len()
    });
    let stills = between(&page, "<figure class=\"still\">", "</figure>");
    assert_eq!(stills.len(), charts.sum::<usize>());
    for still in stills {
        assert_eq!(still.matches("<text ").count(), 6, "{still}");
        // The axes, and at least one line.
        assert!(still.matches(" d=\"M").count() > 1, "{still}");
    }
}
