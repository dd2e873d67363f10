//! The file of a run's failed exchanges.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::recorder::EXCHANGES_KEPT;
use crate::error::SamplesError;
use crate::sample::ErrorKind;
use crate::versioned;

/// Version of the file's format that is written, and the newest that can be read.
pub const FAILURES_VERSION: u32 = 1;

/// The folder of the file, in a run's folder.
pub const FAILURES_FOLDER: &str = "failures";

/// Name of the file in its folder.
pub const FAILURES_FILE: &str = "exchanges.json";

/// Recorded exchanges of a run: failed ones, and one successful one of each label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failures {
    /// Version of this file's format.
    pub schema_version: u32,
    /// Why exchanges failed, by label and kind, the most frequent first.
    pub reasons: Vec<Reason>,
    /// Exchanges by label and kind, good ones first, in order of time.
    pub exchanges: Vec<Exchange>,
}

/// How often exchanges of a label failed for a reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Label of the request.
    pub label: String,
    /// Kind of the error.
    pub kind: ErrorKind,
    /// The reason, with `#` for words with digits in them that differ between exchanges; `None` for all reasons of the
    /// label and kind that are not listed by themselves.
    pub reason: Option<String>,
    /// How many exchanges.
    pub count: u64,
}

/// A request with its response. No part of it contains a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// Label of the request.
    pub label: String,
    /// Name of the scenario.
    pub scenario: String,
    /// Why it failed; `None` of the first good exchange of its label.
    pub kind: Option<ErrorKind>,
    /// The same as text, such as `$.total is 3, expected > 10`; empty of a good one.
    pub reason: String,
    /// When the user decided to send, UTC nanoseconds since the Unix epoch.
    pub at: i64,
    /// Number of the user, from 1.
    pub user: u32,
    /// Number of the user's iteration, or of the arrival, from 1.
    pub iteration: u32,
    /// From the start to the last byte of the response, or to the failure.
    pub elapsed_ns: u64,
    /// Redirects that were followed; request and response are the last ones.
    pub redirects: u8,
    /// The connection that was reused had been closed, and the request was sent again on a new one.
    pub sent_again: bool,
    /// Scheme, host and port that the request went to.
    pub server: String,
    /// What was sent, or was to be sent.
    pub request: Message,
    /// The response, if any.
    pub response: Option<Message>,
}

/// A request or a response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The request line or the status line.
    pub start: String,
    /// Names and values, in order.
    pub headers: Vec<(String, String)>,
    /// Headers, or a part of one, were too long to be kept.
    pub head_truncated: bool,
    /// The body, as it is after its content encoding was undone.
    pub body: Body,
}

/// A body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// Its bytes when it was sent, as far as they are known.
    pub length: u64,
    /// The end is missing in `content`.
    pub truncated: bool,
    /// The kept content.
    pub content: Content,
}

/// The kept content of a body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// Text in UTF-8.
    Text(String),
    /// Anything else.
    Base64 {
        /// The content type of its message, empty where it has none.
        media_type: String,
        /// The bytes in standard base64 with padding.
        data: String,
    },
    /// Nothing: the body could not be decoded, so that it cannot be searched for secrets.
    Encoded,
}

impl Failures {
    /// Reads the recorded exchanges of a run; `None` if it has none: a run of an earlier version, or one that ended
    /// before its first response.
    ///
    /// # Errors
    /// The error names the file: not readable, not valid, or of a version that this build does not know.
    pub fn read(run_directory: &Path) -> Result<Option<Self>, SamplesError> {
        let path = run_directory.join(FAILURES_FOLDER).join(FAILURES_FILE);
        let read = versioned::read(path, FAILURES_VERSION, |path, source| {
            SamplesError::InvalidFailures { path, source }
        });
        match read {
            Err(SamplesError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                Ok(None)
            }
            read => read.map(Some),
        }
    }

    /// Merges the recorded exchanges of several segments: reasons are summed, and of each label and kind as many
    /// exchanges are kept as in one run, from all segments in turn.
    #[must_use]
    pub fn together(segments: Vec<Self>) -> Self {
        let mut reasons: Vec<Reason> = Vec::new();
        let mut exchanges: Vec<(usize, Exchange)> = Vec::new();
        for segment in segments {
            for reason in segment.reasons {
                let is_same = |it: &&mut Reason| {
                    (&it.label, it.kind, &it.reason) == (&reason.label, reason.kind, &reason.reason)
                };
                match reasons.iter_mut().find(is_same) {
                    Some(known) => known.count += reason.count,
                    None => reasons.push(reason),
                }
            }
            let mut kept: HashMap<(String, Option<ErrorKind>), usize> = HashMap::new();
            for exchange in segment.exchanges {
                let kept = kept
                    .entry((exchange.label.clone(), exchange.kind))
                    .or_default();
                exchanges.push((*kept, exchange));
                *kept += 1;
            }
        }
        exchanges.sort_by_key(|(turn, _)| *turn);
        let mut kept: HashMap<(String, Option<ErrorKind>), usize> = HashMap::new();
        exchanges.retain(|(_, exchange)| {
            let kept = kept
                .entry((exchange.label.clone(), exchange.kind))
                .or_default();
            *kept += 1;
            *kept
                <= if exchange.kind.is_none() {
                    1
                } else {
                    EXCHANGES_KEPT
                }
        });
        let mut exchanges: Vec<Exchange> = exchanges.into_iter().map(|(_, it)| it).collect();
        exchanges.sort_by(|a, b| (&a.label, a.kind, a.at).cmp(&(&b.label, b.kind, b.at)));
        reasons.sort_by(|a, b| {
            (&a.label, a.kind, Reverse(a.count)).cmp(&(&b.label, b.kind, Reverse(b.count)))
        });
        Self {
            schema_version: FAILURES_VERSION,
            reasons,
            exchanges,
        }
    }

    /// Writes the recorded exchanges into the run's folder.
    ///
    /// # Errors
    /// An I/O error; an earlier file is then untouched.
    pub fn write(&self, run_directory: &Path) -> Result<(), SamplesError> {
        let folder = run_directory.join(FAILURES_FOLDER);
        std::fs::create_dir_all(&folder).map_err(|source| SamplesError::Write {
            path: folder.clone(),
            source,
        })?;
        versioned::write(self, folder.join(FAILURES_FILE))
    }

    /// The reasons of one kind of error over all labels, the most frequent first; the sum of unlisted ones comes last.
    #[must_use]
    pub fn reasons_of(&self, kind: ErrorKind) -> Vec<(Option<&str>, u64)> {
        let mut counts: Vec<(Option<&str>, u64)> = Vec::new();
        for reason in self.reasons.iter().filter(|it| it.kind == kind) {
            let text = reason.reason.as_deref();
            match counts.iter_mut().find(|(other, _)| *other == text) {
                Some((_, count)) => *count += reason.count,
                None => counts.push((text, reason.count)),
            }
        }
        counts.sort_by_key(|(reason, count)| (reason.is_none(), Reverse(*count)));
        counts
    }

    /// An example of one kind of error, of the label with the most such failures.
    #[must_use]
    pub fn example_of(&self, kind: ErrorKind) -> Option<&Exchange> {
        let exchanges = self.exchanges.iter().filter(|it| it.kind == Some(kind));
        let count = |exchange: &&Exchange| {
            let of_label = self.reasons.iter();
            let of_label = of_label.filter(|it| it.kind == kind && it.label == exchange.label);
            of_label.map(|it| it.count).sum::<u64>()
        };
        // Reversed, so that ties go to the first: `max_by_key` takes the last.
        exchanges.rev().max_by_key(count)
    }
}
