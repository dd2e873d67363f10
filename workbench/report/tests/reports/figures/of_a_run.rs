//! Figures of a single run.

use workbench_analysis::{Bin, ResourceSeries, ResourceSource, RunAnalysis, Scope};

use super::{described, figure, find, height, of_run, svg, texts};
use crate::fixture;

/// Higher than this no figure fits onto a page.
const PAGE: u32 = 1_357;

fn first_seconds() -> workbench_analysis::Analysis {
    let run = fixture::first_seconds(3);
    workbench_analysis::Analysis {
        runs: vec![run],
        ..fixture::single()
    }
}

#[test]
fn each_label_has_a_line_and_their_total_comes_last() {
    let aggregate = figure(&fixture::single(), "aggregate");
    insta::assert_snapshot!(described(&aggregate));
}

#[test]
fn of_many_labels_the_slowest_are_drawn_and_the_rest_is_a_sentence() {
    let mut analysis = fixture::single();
    analysis.runs[0].requests = (1..=3_000_u32)
        .map(|number| fixture::statistics(&format!("GET /{number}"), 10, 0, f64::from(number)))
        .collect();
    let aggregate = figure(&analysis, "aggregate");
    let svg = aggregate.svg().unwrap();
    let labels = texts(&svg).into_iter();
    let labels: Vec<_> = labels
        .filter(|text| text.starts_with("GET /") || *text == "TOTAL")
        .collect();
    assert_eq!(labels.len(), 21);
    assert_eq!(
        (labels[0], labels[19], labels[20]),
        ("GET /3000", "GET /2981", "TOTAL")
    );
    let caption = aggregate.caption();
    assert!(
        caption.ends_with(
            "Drawn are the 20 slowest of 3,000 named requests by their 95% line; 2,980 others have 95% lines from 2.71 ms to 8.08 s."
        ),
        "{caption}"
    );
    assert!(height(&svg) <= PAGE);
}

#[test]
fn a_single_label_is_not_repeated_as_a_total() {
    let mut analysis = fixture::single();
    analysis.runs[0].requests.truncate(1);
    let svg = svg(&analysis, "aggregate");
    assert!(svg.contains("GET catalog/products") && !svg.contains("TOTAL"));
}

#[test]
fn empty_bins_at_the_ends_are_left_out_and_those_between_kept() {
    let mut analysis = fixture::single();
    analysis.runs[0].histogram = [0, 3, 0, 7, 0]
        .into_iter()
        .zip([1e6, 2e6, 4e6, 8e6, 16e6])
        .map(|(count, from_ns)| Bin {
            from_ns,
            to_ns: from_ns * 2.0,
            count,
        })
        .collect();
    insta::assert_snapshot!(described(&figure(&analysis, "histogram")));
}

#[test]
fn seconds_lie_at_their_middle_above_their_users() {
    insta::assert_snapshot!(described(&figure(&first_seconds(), "response-time")));
}

#[test]
fn far_apart_times_get_a_logarithmic_axis() {
    let mut analysis = first_seconds();
    assert!(!svg(&analysis, "response-time").contains("logarithmic"));
    analysis.runs[0].per_second[1].p99_ns = Some(9e9);
    assert!(svg(&analysis, "response-time").contains("Response time, logarithmic scale"));
}

#[test]
fn the_difference_is_what_was_achieved_less_what_was_planned() {
    insta::assert_snapshot!(described(&figure(&first_seconds(), "users")));
}

#[test]
fn users_as_planned_are_said_to_be_so() {
    let mut analysis = first_seconds();
    for users in &mut analysis.runs[0].users {
        users.achieved = users.planned.unwrap();
    }
    assert_eq!(
        figure(&analysis, "users").caption(),
        "At most 25.0 users, in every second as many as planned."
    );
}

#[test]
fn only_seconds_with_failures_have_a_bar() {
    let mut analysis = first_seconds();
    analysis.runs[0].per_second[0].errors = 0;
    analysis.runs[0].per_second[1].errors = 0;
    analysis.runs[0].per_second[2].errors = 4;
    insta::assert_snapshot!(described(&figure(&analysis, "throughput")));
}

#[test]
fn the_beginning_has_a_shade_where_there_is_one() {
    let mut run = fixture::single().runs.remove(0);
    let shades = |run: &RunAnalysis| -> Vec<String> {
        let svg = of_run(run.clone())[0].svg().unwrap();
        let texts = texts(&svg).into_iter();
        let names = [
            "ramp-up and warm-up",
            "warm-up",
            "steady part",
            "all that is analysed",
        ];
        texts
            .filter(|text| names.contains(text))
            .map(str::to_owned)
            .collect()
    };
    let steady = run.steady.as_mut().unwrap();
    (steady.scope, steady.from_s) = (Scope::Hold, 10.0);
    assert_eq!(shades(&run), ["ramp-up and warm-up", "steady part"]);
    run.steady.as_mut().unwrap().scope = Scope::WholeRun;
    assert_eq!(shades(&run), ["warm-up", "all that is analysed"]);
    let steady = run.steady.as_mut().unwrap();
    (steady.scope, steady.from_s) = (Scope::Hold, 0.01);
    assert_eq!(shades(&run), ["steady part"]);
    run.steady = None;
    assert!(shades(&run).is_empty());
}

#[test]
fn seconds_without_a_reading_are_gaps_and_not_zeros() {
    let analysis = fixture::single();
    assert!(described(&figure(&analysis, "cpu")).contains("(40.5, None)"));
    let svg = svg(&analysis, "cpu");
    let stretches = |colour: &str| svg.matches(&format!("stroke=\"{colour}\"")).count();
    // Each line is in two stretches, and stands in the legend.
    assert_eq!(stretches("#0072B2"), 3);
    assert_eq!(stretches("#009E73"), 3);
}

#[test]
fn all_sources_have_their_place_in_the_legend() {
    let mut analysis = fixture::single();
    let processors = &mut analysis.runs[0].resources.as_mut().unwrap().processors;
    let balancer = ResourceSeries {
        source: ResourceSource::Balancer,
        ..processors[0].clone()
    };
    processors.push(balancer);
    let svg = svg(&analysis, "cpu");
    for source in [
        "application",
        "balancer",
        "database",
        "load generator",
        "other processes",
        "steal",
    ] {
        assert!(texts(&svg).contains(&source), "{source}");
    }
}

#[test]
fn a_source_without_readings_has_no_line_and_no_steal_is_not_drawn() {
    let mut analysis = fixture::single();
    let resources = analysis.runs[0].resources.as_mut().unwrap();
    resources.bytes_out_per_s.clear();
    resources.processors[4].values.fill(Some(0.0));
    resources.embedded_database = true;
    assert!(find(&analysis, "bytes-out").is_none());
    let cpu = figure(&analysis, "cpu");
    assert!(!cpu.svg().unwrap().contains("steal"));
    assert!(!cpu.caption().contains("Steal"));
    assert!(cpu.caption().ends_with("works within the application."));
    for series in &mut analysis.runs[0].resources.as_mut().unwrap().processors {
        series.values.fill(None);
    }
    assert!(find(&analysis, "cpu").is_none());
    analysis.runs[0].resources = None;
    assert!(find(&analysis, "cpu").is_none() && find(&analysis, "bytes-out").is_none());
}

#[test]
fn a_picture_has_twice_the_pixels_of_its_drawing() {
    let figure = figure(&fixture::single(), "histogram");
    let png = figure.png().unwrap();
    assert!(png.starts_with(b"\x89PNG"));
    // Width and height are the first two numbers of the header.
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    assert_eq!(
        (number(16), number(20)),
        (1_920, 2 * height(&figure.svg().unwrap()))
    );
}
