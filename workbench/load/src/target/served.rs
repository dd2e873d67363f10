//! Reads the bookstore's own counts of requests.

use std::time::Duration;

use workbench_plan::BaseUrl;

/// Time limit of reading the counts.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// Requests of clients that a service has counted.
pub(super) async fn requests_served_at(url: &BaseUrl) -> reqwest::Result<u64> {
    let client = reqwest::Client::builder()
        // The bookstore is on this machine, so proxies are ignored.
        .no_proxy()
        .timeout(ANSWER_LIMIT)
        .build()?;
    let response = client.get(format!("{url}/metrics")).send().await?;
    let metrics = response.error_for_status()?.text().await?;
    Ok(client_requests(&metrics))
}

/// Sum of the requests that did not come from another service, in Prometheus' text format.
fn client_requests(metrics: &str) -> u64 {
    metrics
        .lines()
        .filter(|line| line.starts_with("bookstore_requests_total{"))
        .filter(|line| line.contains("caller=\"client\""))
        .filter_map(|line| line.rsplit_once(' '))
        .filter_map(|(_, count)| count.parse::<u64>().ok())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_requests_of_clients_are_counted() {
        let metrics = "# TYPE bookstore_requests_total counter\n\
            bookstore_requests_total{service=\"catalog\",route=\"/products\",status=\"200\",caller=\"client\"} 17\n\
            bookstore_requests_total{service=\"catalog\",route=\"/products\",status=\"200\",caller=\"service\"} 400\n\
            bookstore_requests_total{service=\"catalog\",route=\"unmatched\",status=\"404\",caller=\"client\"} 3\n\
            other_total{caller=\"client\"} 9\n";
        assert_eq!(client_requests(metrics), 20);
    }
}
