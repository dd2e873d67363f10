//! Single requests outside of a run: whether a service answers, and documents from the web.

use std::time::Duration;

use reqwest::{Client, Response, redirect};

use crate::error::with_causes;

/// Time limit of a probe. A user waits for it at the terminal.
const PROBE_LIMIT: Duration = Duration::from_secs(10);
/// The same for a whole document.
const DOWNLOAD_LIMIT: Duration = Duration::from_secs(60);

/// How a service answered a GET.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// The status.
    pub status: u16,
    /// Where a redirect leads; it is not followed.
    pub location: Option<String>,
}

/// Sends one GET, and reads no more than the head of the response.
///
/// # Errors
/// There was no response; the error says why, without the URL.
pub async fn probe(url: &str) -> Result<Probe, String> {
    let response = get(url, redirect::Policy::none(), PROBE_LIMIT).await?;
    let location = response.headers().get("location");
    Ok(Probe {
        status: response.status().as_u16(),
        location: location
            .and_then(|location| location.to_str().ok())
            .map(str::to_owned),
    })
}

/// The document at a URL, of `limit` bytes at most; redirects are followed.
///
/// # Errors
/// It cannot be downloaded, or is longer; the error says why, without the URL.
pub async fn download(url: &str, limit: usize) -> Result<Vec<u8>, String> {
    let mut response = get(url, redirect::Policy::default(), DOWNLOAD_LIMIT).await?;
    if !response.status().is_success() {
        return Err(format!("it is answered with {}", response.status()));
    }
    let mut document = Vec::new();
    while let Some(more) = response.chunk().await.map_err(reason)? {
        if document.len() + more.len() > limit {
            return Err(format!("it has more than {} MiB", limit >> 20));
        }
        document.extend_from_slice(&more);
    }
    Ok(document)
}

async fn get(url: &str, redirects: redirect::Policy, limit: Duration) -> Result<Response, String> {
    let client = Client::builder().redirect(redirects).timeout(limit).build();
    client
        .map_err(reason)?
        .get(url)
        .send()
        .await
        .map_err(reason)
}

fn reason(error: reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    with_causes(&error.without_url())
}
