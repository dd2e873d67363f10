//! The sample record of one request.

use serde::{Deserialize, Serialize};

/// One request and its result. Times are nanoseconds; instants are UTC since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The planned start: of the first request of an arrival, the arrival's time; of all others equal to `started_at`.
    /// Response times count from here.
    pub intended_at: i64,
    /// When the user decided to send; of an arrival that never began, when it was intended to.
    pub started_at: i64,
    /// From the start to the last byte of the body (JMeter's Sample Time).
    pub elapsed_ns: u64,
    /// From the start to the first byte of the response, connecting included (JMeter's Latency); 0 when none came.
    pub latency_ns: u64,
    /// DNS, TCP and TLS (JMeter's Connect Time); 0 when the connection was reused.
    pub connect_ns: u64,
    /// Bytes put on the wire for this request, headers included.
    pub bytes_sent: u64,
    /// Bytes taken off the wire for this request, headers included.
    pub bytes_received: u64,
    /// HTTP status; `None` when no response came.
    pub status: Option<u16>,
    /// Why the request failed; `None` is a success.
    pub error: Option<ErrorKind>,
    /// Position of the request's label in [`Labels::requests`].
    pub request: u16,
    /// Position of the scenario in [`Labels::scenarios`].
    pub scenario: u16,
    /// Number of the user, from 1; 0 of an arrival for which no user became free.
    pub user: u32,
    /// How often this user has begun its scenario, from 1, or the number of the arrival, from 1.
    pub iteration: u32,
    /// Users active when the request started.
    pub active_users: u32,
    /// Part of the run in which the request started.
    pub phase: Phase,
    /// Redirects that were followed: the sample is of the whole chain, the status of its last response.
    pub redirects: u8,
}

impl Sample {
    /// A request without a response and with empty fields, to be filled in.
    pub const UNANSWERED: Self = Self {
        intended_at: 0,
        started_at: 0,
        elapsed_ns: 0,
        latency_ns: 0,
        connect_ns: 0,
        bytes_sent: 0,
        bytes_received: 0,
        status: None,
        error: Some(ErrorKind::Censored),
        request: 0,
        scenario: 0,
        user: 0,
        iteration: 0,
        active_users: 0,
        phase: Phase::Hold,
        redirects: 0,
    };

    /// From the intended start to the last byte of the body: the time that an arrival at that time waits.
    #[must_use]
    pub fn response_ns(&self) -> u64 {
        let waited = u64::try_from(self.started_at - self.intended_at);
        self.elapsed_ns.saturating_add(waited.unwrap_or_default())
    }
}

/// The texts of the numbers in a [`Sample`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labels {
    /// Labels of the requests.
    pub requests: Vec<String>,
    /// Names of the scenarios.
    pub scenarios: Vec<String>,
}

/// Why a request failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The host name could not be resolved. The workbench resolves names before a run; other tools report this.
    Dns,
    /// Nothing accepted the connection.
    Refused,
    /// The connection could not be made for another reason.
    Connect,
    /// TLS could not be negotiated.
    Tls,
    /// The connection broke before the response was complete.
    Reset,
    /// No complete response within the request's time limit.
    Timeout,
    /// The response was not HTTP, or a variable's value made a request that HTTP does not allow, which was not sent.
    Protocol,
    /// The status was not one that the step expects.
    Status,
    /// Still in flight when the run ended: `elapsed_ns` is a lower bound (censored).
    Censored,
    /// The load generator's own limit: no file, port or memory left for the connection. The target is not the cause.
    Generator,
    /// The server had closed the idle connection that the request was sent on, and a request of this method cannot be
    /// sent again: it is not known whether the server received it.
    Stale,
    /// A capture of the step was not found in the response.
    Capture,
    /// The response, whose status was right, was not what the step expects.
    Expect,
    /// The imported file has no reason.
    Unknown,
}

impl ErrorKind {
    /// All kinds, in the order of their numbers.
    pub const ALL: [Self; 14] = [
        Self::Dns,
        Self::Refused,
        Self::Connect,
        Self::Tls,
        Self::Reset,
        Self::Timeout,
        Self::Protocol,
        Self::Status,
        Self::Censored,
        Self::Generator,
        Self::Stale,
        Self::Capture,
        Self::Expect,
        Self::Unknown,
    ];

    /// The word stored in Parquet and shown in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Refused => "refused",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Reset => "reset",
            Self::Timeout => "timeout",
            Self::Protocol => "protocol",
            Self::Status => "status",
            Self::Censored => "censored",
            Self::Generator => "generator",
            Self::Stale => "stale",
            Self::Capture => "capture",
            Self::Expect => "expect",
            Self::Unknown => "unknown",
        }
    }
}

/// Part of the run in which a request started, or of its user's life where that is before or after its iterations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Declared warm-up, never analysed as steady state.
    WarmUp,
    /// Users are still being added.
    RampUp,
    /// The full load is there.
    Hold,
    /// Users are leaving.
    RampDown,
    /// Before the first iteration of its user, at any time of the run. Never steady state.
    OnStart,
    /// After the last iteration of its user, at any time of the run. Never steady state.
    OnStop,
}

impl Phase {
    /// All phases, in the order of their numbers.
    pub const ALL: [Self; 6] = [
        Self::WarmUp,
        Self::RampUp,
        Self::Hold,
        Self::RampDown,
        Self::OnStart,
        Self::OnStop,
    ];

    /// The word stored in Parquet and shown in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WarmUp => "warm_up",
            Self::RampUp => "ramp_up",
            Self::Hold => "hold",
            Self::RampDown => "ramp_down",
            Self::OnStart => "on_start",
            Self::OnStop => "on_stop",
        }
    }
}
