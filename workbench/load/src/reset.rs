//! Sends the requests that reset a target before a run.

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use workbench_plan::ResetRequest;
use workbench_samples::ErrorKind;

use crate::client::{Client, Endpoint, Measurement, Route, Terms, Wanted};
use crate::error::LoadError;
use crate::request::Buffers;

/// How long a service may take to reset itself: it may have a lot to delete.
const RESET_LIMIT: Duration = Duration::from_secs(60);

/// Sends the requests one after another. Each must be answered with a status from 200 to 299.
pub(crate) async fn reset(
    requests: &[ResetRequest],
    endpoints: &[Arc<Endpoint>],
) -> Result<(), LoadError> {
    let mut client = Client::new(endpoints.len(), false);
    let mut buffers = Buffers::default();
    for request in requests {
        let position = endpoints
            .iter()
            .position(|endpoint| endpoint.service == request.service)
            .expect("a plan's services are the target's");
        let message = crate::request::reset(request, &endpoints[position], &mut buffers);
        let route = Route {
            services: endpoints,
            replica: 0,
            service: position,
        };
        let terms = Terms {
            timeout: RESET_LIMIT,
            wanted: Wanted::Nothing,
            copy: false,
            expected: &[],
            redirects: 0,
        };
        let mut measured = Measurement::nothing(ErrorKind::Timeout);
        let now = Instant::now();
        client
            .send(route, &message, &terms, now, &mut measured)
            .await;
        let refused = match measured.outcome {
            Ok(200..=299) => continue,
            Ok(status) => format!("was answered with {}", describe(status)),
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
fn describe(status: u16) -> String {
    let reason = StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason());
    reason.map_or_else(|| status.to_string(), |reason| format!("{status} {reason}"))
}
