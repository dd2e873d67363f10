//! Experiment files, and the plans and schedules that they describe.
//!
//! [`read`] turns a YAML file into a validated [`Plan`]; a [`Schedule`] says as a pure function of time who is active
//! and what arrives; [`describe`] prints both. [`read_published`] reads a table of published tests, and reports
//! mistakes with their positions in the same way.

mod condition;
mod data;
mod describe;
mod diagnostic;
mod draw;
mod edit;
mod error;
mod file;
mod order;
mod plan;
mod published;
mod random;
mod repetition;
mod response;
mod schedule;
mod secret;
mod segment;
mod sweep;
mod template;
mod tls;

pub use condition::Condition;
pub use data::{Data, DataError, Lanes, Per, RowPick, Rows};
pub use describe::{describe, describe_segments};
pub use diagnostic::nearest;
pub use draw::{Draw, Moment, Real, Times, below};
pub use error::{Mistake, PlanError};
pub use file::{
    BaseUrlError, DurationError, format_duration, json_schema, parse, parse_duration,
    parse_published, read, read_published, read_settings,
};
pub use order::Order;
pub use plan::{
    Arrivals, BaseUrl, Body, BodyPart, BookstoreTarget, Comparison, Concurrency, Database, Gaps,
    Http, HttpVersion, InjectedFault, Iterations, Load, Metric, Monitor, Operation, Part, Plan,
    Rate, RateUnit, ResetRequest, Scenario, Stage, SteadyPart, Step, Target, ThreadRow, Threshold,
    UrlsTarget, VariableSource, WatchedProcess,
};
pub use published::{PublishedGroup, PublishedTable, PublishedTest};
pub use random::{Random, random_for_arrival, random_for_user};
pub use response::{
    Capture, Expectation, Failure, Finding, Response, accepts, is_css_selector, is_json_path,
};
pub use schedule::{Arrival, ArrivalTimes, Phase, Schedule, ScheduledArrivals, UserSpan, Work};
pub use secret::{Secret, SecretError, SecretSource};
pub use segment::{Segment, SegmentError};
pub use sweep::{Parameter, Point, Sweep};
pub use template::{Template, Value};
pub use tls::{ClientCertificate, Tls, TlsFileError};
