//! Checks of connections: a new connection adds its connect time to a request.

use workbench_samples::{Check, CheckStatus};

use super::{Evidence, check, counted};
use crate::recorder::Recorded;

/// Share of the requests that may need a new connection because the target closed the one before. Our choice: servers
/// commonly close a connection after 100 requests or more (nginx after 1,000).
const RECONNECTS_TOLERANCE: f64 = 0.01;

/// How many connections were opened, against the one that each user needs to each service.
pub(super) fn kept(evidence: &Evidence<'_>) -> Check {
    let Recorded {
        samples,
        answered,
        opened,
        found_closed,
        closing,
        ..
    } = evidence.recorded;
    let needed = if evidence.renews_connections {
        "new ones for each iteration".to_owned()
    } else {
        format!("up to {} expected", evidence.connections)
    };
    let mut finding = format!(
        "{} for {} ({needed})",
        counted(opened, "connection"),
        counted(samples, "request"),
    );
    let closed = (found_closed + closing) as f64;
    let kept = closed <= RECONNECTS_TOLERANCE * samples as f64;
    if !kept && closing > 0 {
        finding += &if closing == answered {
            "; the target closes the connection after every answer: connect time is part of every response time".to_owned()
        } else {
            format!(
                "; the target closed the connection after {closing} of {}: connect time is part of the response times of \
                 the requests that follow",
                counted(answered, "answer")
            )
        };
    }
    if !kept && found_closed > 0 {
        finding += &format!(
            "; for {} the target had closed the connection since the user's request before: connect time is part of their \
             response times",
            counted(found_closed, "request")
        );
    }
    let status = if kept {
        CheckStatus::Passed
    } else {
        CheckStatus::Warning
    };
    check("connections", status, finding)
}

/// Requests on a connection that the server was closing at the same time.
pub(super) fn crossed(evidence: &Evidence<'_>) -> Option<Check> {
    let Recorded {
        stale,
        sent_again,
        found_closed,
        ..
    } = evidence.recorded;
    // A target that ends or restarts closes every connection once.
    let advice = if found_closed > evidence.connections {
        ". The target keeps idle connections for less time than users wait"
    } else {
        ""
    };
    let finding = format!(
        "{} met a connection that the target had closed meanwhile: {} sent again on a new one, {stale} could not be \
         (`stale`, POST and PATCH){advice}",
        counted(stale + sent_again, "request"),
        match sent_again {
            1 => "1 was".to_owned(),
            several => format!("{several} were"),
        },
    );
    (stale + sent_again > 0).then(|| check("stale connections", CheckStatus::Warning, finding))
}
