//! Scrapes the Prometheus endpoints of an experiment.

use std::time::{Duration, Instant};

use futures::future::join_all;
use workbench_samples::{Check, CheckStatus};

use super::prometheus::{Exposition, parse};
use crate::error::with_causes;

/// Time limit of a scrape, below the interval of one second.
const ANSWER_LIMIT: Duration = Duration::from_millis(800);
/// Most bytes of a text, about 40,000 series. Our choice.
const LONGEST_TEXT: usize = 4 << 20;

/// The endpoints, and statistics of their scrapes.
#[derive(Debug)]
pub(super) struct Endpoints {
    client: Result<reqwest::Client, String>,
    endpoints: Vec<Endpoint>,
}

#[derive(Debug)]
struct Endpoint {
    url: String,
    asked: u64,
    failed: u64,
    /// Reason of the last failure.
    reason: String,
    /// Lines that were no samples.
    skipped: u64,
}

/// The text of an endpoint, and the time of the scrape.
pub(super) struct Scrape {
    pub(super) url: String,
    pub(super) at: Instant,
    pub(super) samples: Vec<(String, f64)>,
}

impl Endpoints {
    pub(super) fn new(urls: &[String]) -> Self {
        let client = reqwest::Client::builder()
            // Proxies from the environment are ignored: the experiment names the endpoint itself.
            .no_proxy()
            .timeout(ANSWER_LIMIT)
            .build();
        let endpoints = urls.iter().map(|url| Endpoint {
            url: url.clone(),
            asked: 0,
            failed: 0,
            reason: String::new(),
            skipped: 0,
        });
        Self {
            client: client.map_err(|error| with_causes(&error)),
            endpoints: endpoints.collect(),
        }
    }

    /// Scrapes all endpoints concurrently. Failures are counted, and have no result.
    pub(super) async fn ask(&mut self) -> Vec<Scrape> {
        let client = &self.client;
        let at = Instant::now();
        let each = self.endpoints.iter_mut().map(async |endpoint| {
            endpoint.asked += 1;
            let scraped = match client {
                Ok(client) => text(client, &endpoint.url).await.and_then(|it| read(&it)),
                Err(reason) => Err(reason.clone()),
            };
            match scraped {
                Ok(exposition) => {
                    endpoint.skipped += exposition.skipped;
                    Some(Scrape {
                        url: endpoint.url.clone(),
                        at,
                        samples: exposition.samples,
                    })
                }
                Err(reason) => {
                    endpoint.failed += 1;
                    endpoint.reason = reason;
                    None
                }
            }
        });
        join_all(each).await.into_iter().flatten().collect()
    }

    /// Checks on the scrapes over the run. Endpoints that were never scraped have none.
    pub(super) fn checks(&self) -> impl Iterator<Item = Check> {
        let asked = self.endpoints.iter().filter(|endpoint| endpoint.asked > 0);
        asked.map(Endpoint::check)
    }
}

impl Endpoint {
    fn check(&self) -> Check {
        let Self {
            url,
            asked,
            failed,
            reason,
            skipped,
        } = self;
        let mut finding = format!("{url}: {failed} of {asked} scrapes failed");
        if *failed > 0 {
            finding.push_str(&format!(", the last: {reason}"));
        }
        if *skipped > 0 {
            finding.push_str(&format!(
                "; {skipped} lines were not in Prometheus's text format and are left out"
            ));
        }
        Check {
            name: "prometheus".to_owned(),
            status: if *failed > 0 || *skipped > 0 {
                CheckStatus::Warning
            } else {
                CheckStatus::Passed
            },
            finding,
        }
    }
}

async fn text(client: &reqwest::Client, url: &str) -> Result<Vec<u8>, String> {
    let failed = |error: reqwest::Error| {
        if error.is_timeout() {
            format!("no answer within {} ms", ANSWER_LIMIT.as_millis())
        } else {
            // The message already begins with the URL.
            with_causes(&error.without_url())
        }
    };
    let response = client.get(url).send().await.map_err(failed)?;
    if !response.status().is_success() {
        return Err(format!("status {}", response.status()));
    }
    let mut response = response;
    let mut text = Vec::new();
    while let Some(more) = response.chunk().await.map_err(failed)? {
        if text.len() + more.len() > LONGEST_TEXT {
            return Err(format!("more than {} MiB of text", LONGEST_TEXT >> 20));
        }
        text.extend_from_slice(&more);
    }
    Ok(text)
}

fn read(text: &[u8]) -> Result<Exposition, String> {
    let exposition = parse(text);
    if exposition.samples.is_empty() && exposition.skipped > 0 {
        return Err("nothing in it is in Prometheus's text format".to_owned());
    }
    Ok(exposition)
}
