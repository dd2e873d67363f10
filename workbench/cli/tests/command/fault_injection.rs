//! Injected faults of the bundled bookstore: the samples show what the experiment asks for.

use assert_cmd::assert::OutputAssertExt;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;

use crate::support::{Bench, OVER, json};

/// Every form of a fault. None of them takes effect in the first hour.
const LATER: [&str; 7] = [
    "GET catalog/products latency=constant(1s) from=1h",
    "POST orders/orders/{customer_id} latency=uniform(1us,1m30s) from=1h for=1.5s",
    "PUT */* latency=exponential(0.5s) from=1h seed=18446744073709551615",
    "* catalog/* latency=lognormal(20ms,0.5) from=1h",
    "DELETE cart/* latency=pareto(10ms,2.5) from=1h",
    "* */* errors=0.1% status=503 from=1h",
    "HEAD orders/orders errors=100% stall=2s@1h from=1h",
];

#[test]
fn latency_on_one_route_is_found_in_its_samples_and_not_in_others() {
    let bench = Bench::new();
    let file = bench.shopping("faulted", 2, "1s", "");
    let mut faults = vec!["GET catalog/products/{product_id} latency=constant(20ms)"];
    faults.extend(LATER);
    let faults: String = faults
        .iter()
        .map(|it| format!("\n      - \"{it}\""))
        .collect();
    let text = std::fs::read_to_string(&file).unwrap().replace(
        "bookstore: { database: sqlite, products: 10 }",
        &format!("bookstore:\n    products: 10\n    faults:{faults}"),
    );
    assert!(text.contains("latency"), "{text}");
    std::fs::write(&file, text).unwrap();
    let described = contains("fault: GET catalog/products/{product_id} latency=constant(20ms)");
    bench
        .workbench()
        .arg("validate")
        .arg(&file)
        .assert()
        .code(0)
        .stdout(described);
    bench.workbench().arg("run").arg(&file).assert().code(OVER);

    let [run] = bench.runs("faulted").try_into().unwrap();
    let manifest = json(&run.join("manifest.json"));
    let recorded = manifest["target"]["details"]["faults"].as_str().unwrap();
    assert!(
        recorded.contains("constant(20ms) seed=1; GET catalog/products latency"),
        "{recorded}"
    );
    let analysis = json(&run.join("analysis.json"));
    let requests = analysis["runs"][0]["requests"].as_array().unwrap();
    let fastest = |label: &str| {
        let row = requests.iter().find(|row| row["request"] == label);
        row.unwrap_or_else(|| panic!("no {label} in {requests:?}"))["min_ns"]
            .as_f64()
            .unwrap()
    };
    let added = 20e6;
    assert!(fastest("GET catalog/products/${product}") >= added);
    assert!(fastest("GET catalog/products") < added);
    // The cart asks the catalog for the book.
    assert!(fastest("POST cart/carts/${user}") >= added);
}

#[test]
fn an_unknown_route_of_a_fault_is_reported_by_the_bookstore() {
    let bench = Bench::new();
    let file = bench.shopping("nowhere", 1, "1s", "");
    let text = std::fs::read_to_string(&file).unwrap().replace(
        "products: 10 }",
        "products: 10, faults: [ \"GET catalog/book errors=1%\" ] }",
    );
    std::fs::write(&file, text).unwrap();
    bench
        .workbench()
        .arg("run")
        .arg(&file)
        .assert()
        .code(13)
        .stderr(contains("catalog has no route /book").and(contains("/products/{product_id}")));
}
