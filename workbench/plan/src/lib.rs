//! Experiment files, and the plans and schedules that they describe.
//!
//! [`read`] turns a YAML file into a validated [`Plan`]; a [`Schedule`] says as a pure function of time who is
//! active and what arrives; [`describe`] writes both out for people. [`read_published`] reads a table of printed tests, with the same
//! care for where a mistake stands.

mod describe;
mod distribution;
mod error;
mod fault;
mod file;
mod order;
mod plan;
mod published;
mod random;
mod repetition;
mod schedule;
mod sweep;
mod template;

pub use describe::describe;
pub use distribution::Distribution;
pub use error::{Mistake, PlanError};
pub use fault::nearest;
pub use file::{
    BaseUrlError, DurationError, format_duration, json_schema, parse, parse_duration,
    parse_published, read, read_published, read_settings,
};
pub use order::Order;
pub use plan::{
    Arrivals, BaseUrl, BookstoreTarget, Comparison, Concurrency, Database, Gaps, InjectedFault,
    Iterations, Load, Metric, Plan, Rate, RateUnit, ResetRequest, Scenario, SteadyPart, Step,
    Target, ThreadRow, Threshold, UrlsTarget,
};
pub use published::{PublishedGroup, PublishedTable, PublishedTest};
pub use random::{Random, random_for_arrival, random_for_user};
pub use schedule::{Arrival, ArrivalTimes, Phase, Schedule, ScheduledArrivals, UserSpan, Work};
pub use sweep::{Parameter, Point, Sweep};
pub use template::{JsonTemplate, Template, Value};
