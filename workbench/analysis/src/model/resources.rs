//! Used resources as data.

use serde::{Deserialize, Serialize};

/// Used resources, second by second.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Resources {
    /// Whether the database is embedded in the application's processes, as SQLite is.
    pub embedded_database: bool,
    /// Processors in use: 1 is one of them all of the time.
    pub processors: Vec<ResourceSeries>,
    /// Bytes that processes sent through TCP.
    pub bytes_out_per_s: Vec<ResourceSeries>,
}

/// One resource of one source; all its processes together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResourceSeries {
    /// The source.
    pub source: ResourceSource,
    /// Of each second since the start, from 0; `None` where there is no reading. The mean over the second.
    pub values: Vec<Option<f64>>,
}

/// The users of resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResourceSource {
    /// The processes of the target, but for those that follow.
    Application,
    /// Load balancers and proxies in front of the application.
    Balancer,
    /// The database's processes.
    Database,
    /// The load generator.
    Generator,
    /// All other processes of the machine.
    Others,
    /// Other guests of the machine's host.
    Steal,
}
