//! A run by intervals of time, with statistics computed by hand.

use workbench_analysis::{IntervalTimes, PercentileCurve, analyze_run};

use crate::support::{manifest, samples, write_run};

#[test]
fn every_request_is_in_an_interval_of_its_label_of_its_status_and_of_the_heat_map() {
    let results = tempfile::tempdir().unwrap();
    let manifest = manifest("tiny", "20261118T110640Z-4f2a");
    let run = analyze_run(&write_run(results.path(), &manifest, &samples())).unwrap();

    let over_time = &run.over_time;
    let [total, order, browse] = &over_time.response_times[..] else {
        panic!("{over_time:?}")
    };
    let names = [&total.request, &order.request, &browse.request];
    assert_eq!(names, ["TOTAL", "order", "browse"]);
    assert_eq!(total.interval_s, 1);
    let requests = |times: &Option<IntervalTimes>| times.as_ref().map(|it| it.requests.clone());
    assert_eq!(total.all.requests, [3, 2, 0, 2]);
    assert_eq!(total.all.max_ns[2], None);
    assert_eq!(total.all.max_ns[3], Some(500e6));
    assert_eq!(requests(&order.successful), Some(vec![1, 0, 0, 0]));
    assert_eq!(requests(&order.failed), Some(vec![0, 1, 0, 1]));
    assert_eq!(browse.all.requests, [2, 1, 0, 1]);
    assert_eq!(requests(&browse.failed), None);

    let responses = &over_time.responses;
    let statuses = responses.statuses.iter();
    let statuses: Vec<_> = statuses.map(|it| (it.status, &it.requests[..])).collect();
    let expected: [(Option<u16>, &[u64]); 4] = [
        (Some(200), &[2, 1, 0, 1]),
        (None, &[0, 0, 0, 1]),
        (Some(201), &[1, 0, 0, 0]),
        (Some(503), &[0, 1, 0, 0]),
    ];
    assert_eq!(statuses, expected);
    assert_eq!(responses.first_byte_ns[1], Some(165e6));
    assert_eq!(responses.first_byte_ns[2], None);
    assert_eq!(responses.connect_ns, [None; 4], "connections were reused");

    let heatmap = &over_time.heatmap;
    let counted: Vec<u64> = heatmap.counts.iter().map(|it| it.iter().sum()).collect();
    assert_eq!(counted, [3, 2, 0, 2]);
    assert!(heatmap.bounds_ns[0] <= 10_000_000);
    assert!(heatmap.bounds_ns.last().is_some_and(|it| *it > 500_000_000));
}

#[test]
fn a_label_has_a_curve_of_as_many_percentiles_as_its_requests_support() {
    let results = tempfile::tempdir().unwrap();
    let manifest = manifest("tiny", "20261118T110640Z-4f2a");
    let run = analyze_run(&write_run(results.path(), &manifest, &samples())).unwrap();

    let lengths: Vec<(&str, usize)> = run
        .percentile_curves
        .iter()
        .map(|it| (&*it.request, it.quantiles_ns.len()))
        .collect();
    // Ten points a decade of 1/(1−p), up to the number of requests: 7, 3 and 4.
    assert_eq!(lengths, [("TOTAL", 9), ("order", 5), ("browse", 7)]);
    let shortest = run.percentile_curves[0].quantiles_ns[0];
    assert!((9.99e6..=10e6).contains(&shortest), "{shortest}");
    assert_eq!(PercentileCurve::tail(20), 100.0);
}
