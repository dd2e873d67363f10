//! Names, order and version of the columns in Parquet. A change here is a new version of the format.

/// Version of the sample schema that is written, and the newest that can be read.
///
/// 2 added `redirects`, which is 0 where it is read from version 1.
pub const SCHEMA_VERSION: u32 = 2;

/// The version that added [`column::REDIRECTS`].
pub(crate) const VERSION_WITH_REDIRECTS: u32 = 2;

/// Folder of the parts, in a run's folder.
pub const SAMPLES_FOLDER: &str = "samples";

/// Key of the version in the Parquet file's metadata.
pub(crate) const VERSION_KEY: &str = "workbench.schema_version";

/// Names of the columns; their meaning is that of the fields of [`Sample`](crate::Sample).
pub mod column {
    /// Every column, in the order in which they are stored.
    pub const ALL: [&str; 17] = [
        INTENDED_AT,
        STARTED_AT,
        ELAPSED_NS,
        LATENCY_NS,
        CONNECT_NS,
        BYTES_SENT,
        BYTES_RECEIVED,
        STATUS,
        SUCCESS,
        ERROR,
        REQUEST,
        SCENARIO,
        USER,
        ITERATION,
        ACTIVE_USERS,
        PHASE,
        REDIRECTS,
    ];
    /// Instant, nanoseconds, UTC.
    pub const INTENDED_AT: &str = "intended_at";
    /// Instant, nanoseconds, UTC.
    pub const STARTED_AT: &str = "started_at";
    /// Whole nanoseconds.
    pub const ELAPSED_NS: &str = "elapsed_ns";
    /// Whole nanoseconds.
    pub const LATENCY_NS: &str = "latency_ns";
    /// Whole nanoseconds.
    pub const CONNECT_NS: &str = "connect_ns";
    /// Bytes.
    pub const BYTES_SENT: &str = "bytes_sent";
    /// Bytes.
    pub const BYTES_RECEIVED: &str = "bytes_received";
    /// HTTP status; null when no response came.
    pub const STATUS: &str = "status";
    /// True exactly where the error is null.
    pub const SUCCESS: &str = "success";
    /// One of [`ErrorKind`](crate::ErrorKind)'s words; null for a success.
    pub const ERROR: &str = "error";
    /// Label of the request.
    pub const REQUEST: &str = "request";
    /// Name of the scenario.
    pub const SCENARIO: &str = "scenario";
    /// Number of the user, from 1.
    pub const USER: &str = "user";
    /// How often this user has begun its scenario, from 1.
    pub const ITERATION: &str = "iteration";
    /// Users active when the request started.
    pub const ACTIVE_USERS: &str = "active_users";
    /// One of [`Phase`](crate::Phase)'s words.
    pub const PHASE: &str = "phase";
    /// Redirects that were followed; 0 in version 1.
    pub const REDIRECTS: &str = "redirects";
}
