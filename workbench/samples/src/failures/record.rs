//! The file of a run's failed exchanges.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::SamplesError;
use crate::sample::ErrorKind;
use crate::versioned;

/// Version of the file's format that is written, and the newest that can be read.
pub const FAILURES_VERSION: u32 = 1;

/// The folder of the file, in a run's folder.
pub const FAILURES_FOLDER: &str = "failures";

/// Name of the file in its folder.
pub const FAILURES_FILE: &str = "exchanges.json";

/// What a run keeps of the exchanges that failed, and of one of each label that did not.
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
    /// The same in words, such as `$.total is 3, expected > 10`; empty of a good one.
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
    /// What came; `None` where nothing did.
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
    /// What is kept of it.
    pub content: Content,
}

/// What is kept of a body.
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
    /// Nothing: it is still in a content encoding, so that nobody can say whether there is a secret in it.
    Encoded,
}

impl Failures {
    /// Reads what the run in a folder has kept; `None` where that has nothing: a run of an earlier workbench, or one that
    /// ended before its first response.
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
}
