//! Requests that put a target back to where every run begins.

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use workbench_plan::ResetRequest;
use workbench_samples::ErrorKind;

use crate::client::{Client, Endpoint, Measured};
use crate::error::LoadError;
use crate::request::Buffers;

/// How long a service may take to reset itself: it may have a lot to delete.
const RESET_LIMIT: Duration = Duration::from_secs(60);

/// Sends the requests one after another; each has to be answered by a status from 200 to 299.
pub(crate) async fn reset(
    requests: &[ResetRequest],
    endpoints: &[Arc<Endpoint>],
) -> Result<(), LoadError> {
    let mut client = Client::new(endpoints.len(), RESET_LIMIT);
    let mut buffers = Buffers::default();
    for request in requests {
        let position = endpoints
            .iter()
            .position(|endpoint| endpoint.service == request.service)
            .expect("a plan's services are the target's");
        let endpoint = &endpoints[position];
        let message = crate::request::reset(request, endpoint, &mut buffers);
        let mut measured = Measured::nothing(ErrorKind::Timeout);
        let now = Instant::now();
        client
            .send(position, endpoint, &message, now, &mut measured)
            .await;
        let refused = match measured.outcome {
            Ok(200..=299) => continue,
            Ok(status) => format!("was answered with {}", in_words(status)),
            Err(error) => format!("failed ({})", error.as_str()),
        };
        return Err(LoadError::Reset {
            request: request.to_string(),
            reason: refused,
        });
    }
    Ok(())
}

/// `404 Not Found`; the words are missing where HTTP has none.
fn in_words(status: u16) -> String {
    let reason = StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason());
    reason.map_or_else(|| status.to_string(), |reason| format!("{status} {reason}"))
}
