//! The sample record, its Parquet files, and the manifest of a run.
//!
//! [`SampleWriter`] turns samples into Parquet parts while a run goes on; [`sample_batches`] reads them back batch by
//! batch. [`Manifest`] is everything about a run except its samples; [`Series`] is the record of repeated runs. A
//! [`FailureRecorder`] keeps exchanges that failed, without secrets, and [`Failures`] reads them. Each format carries a
//! version.

mod atomic_write;
mod checksum;
mod error;
pub mod export;
mod failures;
mod folder;
mod guard;
pub mod import;
mod lock;
mod manifest;
mod origin;
mod read;
mod resources;
mod sample;
mod schema;
mod series;
mod versioned;
mod write;

pub use atomic_write::replace_file;
pub use error::SamplesError;
pub use failures::{
    BODY_LIMIT, Body, Content, EXCHANGES_KEPT, Exchange, FAILURES_FILE, FAILURES_FOLDER,
    FAILURES_VERSION, FailureRecorder, Failures, Message, RawExchange, RawMessage, Reason,
};
pub use folder::{create_dated_folder, segment_folder, segment_folders};
pub use lock::RunLock;
pub use manifest::{
    ArrivalsInSecond, Check, CheckStatus, ClockReading, ELAPSED, Host, MANIFEST_FILE,
    MANIFEST_VERSION, Manifest, Outcome, RESPONSE, SegmentPlace, SeriesPlace, SweepPoint,
    TargetRecord, Tool, UsersInSecond, Validity,
};
pub use origin::{BadRows, LeftOut, Origin, OriginFile};
pub use read::{SampleBatch, has_samples, parts as sample_parts, sample_batches};
pub use resources::{
    RESOURCES_FILE, RESOURCES_VERSION, Resource, ResourceWriter, read_resources, resource_batches,
};
pub use sample::{ErrorKind, Labels, Phase, Sample};
pub use schema::{SAMPLES_FOLDER, SCHEMA_VERSION, column};
pub use series::{
    SERIES_FILE, SERIES_FOLDER, SERIES_VERSION, Series, SeriesChange, SeriesExperiment,
    SeriesOrder, SeriesRun, SeriesRunState, UntilDecided,
};
pub use write::SampleWriter;
