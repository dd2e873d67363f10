//! `workbench calibrate`: the report, compared with what the server did.

use crate::support::Bench;

/// On a busy machine, aims may be missed.
const JUDGED: &[i32] = &[0, 11, 14];

#[test]
fn measured_times_exceed_those_of_the_server_slightly() {
    let bench = Bench::new();
    let output = bench
        .workbench()
        .args(["calibrate", "--quick", "--format", "json"])
        .output()
        .unwrap();
    let code = output.status.code().unwrap();
    assert!(
        JUDGED.contains(&code),
        "{code}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let calibration: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(calibration["schema_version"], 1);
    let loads = calibration["loads"].as_array().unwrap();
    assert_eq!(loads.len(), 3);
    let number = |value: &serde_json::Value| value.as_f64().unwrap();
    for point in loads.iter().chain([&calibration["capacity"]]) {
        assert!(number(&point["requests"]) > 10.0, "{point}");
        for quantile in ["mean_ns", "p50_ns", "p95_ns", "p99_ns", "p999_ns", "max_ns"] {
            // The server's clock runs within the client's: no request is measured shorter than it was.
            assert!(number(&point["request_error"][quantile]) > 0.0, "{point}");
            let (truth, measured) = (&point["truth"][quantile], &point["measured"][quantile]);
            assert!(number(measured) > number(truth), "{point}");
        }
    }
    for point in loads {
        // Responses are delayed by the configured median of 2 ms, or by more on a slow machine.
        assert!(number(&point["truth"]["p50_ns"]) > 1.5e6, "{point}");
        let arrivals = &point["arrivals"];
        assert!(number(&arrivals["lateness"]["p50_ns"]) >= 0.0, "{point}");
        // The intended load does not depend on how busy the machine is.
        assert!(number(&arrivals["intended"]["p_value"]) > 1e-4, "{point}");
    }
    let freeze = &calibration["freeze"];
    assert_eq!(number(&freeze["frozen_ns"]), 1e9);
    assert_eq!(freeze["arrivals"], 1_500);
    assert!(number(&freeze["service_ns"]) >= 20e6, "{freeze}");
    // Arrivals wait at least for the queue. Users of the closed model see little of the standstill.
    let (exact, measured) = (&freeze["exact"]["p90_ns"], &freeze["measured"]["p90_ns"]);
    assert!(number(exact) > 500e6, "{freeze}");
    assert!(number(measured) > 0.9 * number(exact), "{freeze}");
}
