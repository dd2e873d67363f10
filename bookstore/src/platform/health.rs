//! Asks running services how they are, for health checks where there is no other program to do so.

use std::time::Duration;

use anyhow::{Context, ensure};

/// A service that takes longer to answer is not well.
const TIMEOUT: Duration = Duration::from_secs(5);

/// How much of an answer is repeated in the message.
const LONGEST_ANSWER: usize = 200;

/// Fails unless every service answers with a status from 200 to 299.
pub(crate) async fn ask_for_health(urls: &[String]) -> anyhow::Result<()> {
    let client = reqwest::Client::builder()
        .timeout(TIMEOUT)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    for url in urls {
        let asked = client.get(url).send().await;
        let response = asked.with_context(|| format!("{url} does not answer"))?;
        let status = response.status();
        let body = response.text().await.unwrap_or_default();
        let body: String = body.chars().take(LONGEST_ANSWER).collect();
        ensure!(status.is_success(), "{url} answered {status}: {body}");
    }
    Ok(())
}
