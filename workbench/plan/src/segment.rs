//! Segments: parts of a run that independent processes make, perhaps on several machines.
//!
//! The assignment to segments is a pure function of the plan: users, and the arrivals of each stream, are assigned in
//! their global order. Everything else follows from their global numbers: random numbers, rows of data files,
//! sequences, replicas.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::plan::{Database, Plan, Target, shared_out};

/// One of the equal parts of a run: `3/10`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Segment {
    number: u32,
    of: u32,
}

/// Most segments of a run. Our choice: more are taken for a mistake.
const MOST_SEGMENTS: u32 = 1_000;

impl Segment {
    /// Segment `number`, from 1, of `of` segments. `None` if there is no such segment.
    #[must_use]
    pub fn new(number: u32, of: u32) -> Option<Self> {
        ((1..=of).contains(&number) && of <= MOST_SEGMENTS).then_some(Self { number, of })
    }

    /// All segments of a run of `of` segments.
    pub fn all(of: u32) -> impl Iterator<Item = Self> {
        (1..=of).filter_map(move |number| Self::new(number, of))
    }

    /// Its number, from 1.
    #[must_use]
    pub fn number(self) -> u32 {
        self.number
    }

    /// How many segments there are.
    #[must_use]
    pub fn of(self) -> u32 {
        self.of
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl FromStr for Segment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text
            .split_once('/')
            .and_then(|(number, of)| Some((number.parse::<u32>().ok()?, of.parse::<u32>().ok()?)));
        let Some((number, of)) = numbers else {
            return Err("expected a segment and how many there are, as in 3/10".to_owned());
        };
        if of > MOST_SEGMENTS {
            return Err(format!("at most {MOST_SEGMENTS} segments"));
        }
        Self::new(number, of).ok_or_else(|| match of {
            0 => "there is at least 1 segment".to_owned(),
            _ => format!("segments are numbered from 1 to {of}"),
        })
    }
}

/// Assigns the arrivals of a stream to segments in order: those of each scenario go to one segment after the other, so
/// that every segment has its share of each scenario at any moment. The time does not depend on the number of segments.
#[derive(Clone, Debug)]
pub(crate) struct Deal {
    of: u32,
    /// The segment, from 0, of the next one of each scenario.
    next: BTreeMap<usize, u32>,
    /// The segment of a scenario's first arrival. It differs between scenarios.
    first: u32,
}

impl Deal {
    pub(crate) fn new(of: u32) -> Self {
        Self {
            of,
            next: BTreeMap::new(),
            first: 0,
        }
    }

    /// The number of the segment, from 1, that the next arrival of a scenario falls to.
    pub(crate) fn next(&mut self, scenario: usize) -> u32 {
        let next = self.next.entry(scenario).or_insert(self.first);
        let segment = *next;
        *next = (segment + 1) % self.of;
        self.first = (self.first + 1) % self.of;
        segment + 1
    }
}

/// Why a plan cannot be run in segments; completes “cannot be run in N segments: …”.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SegmentError {
    /// A segment without users.
    #[error("there are too few users: segment {0} would have none")]
    NoUsers(Segment),
    /// A segment without users for a stream of arrivals.
    #[error("max_users is {users}, and each segment needs a user of its own for its arrivals")]
    TooFewForArrivals {
        /// As the plan says.
        users: u32,
    },
    /// Each segment would start a bookstore, and all of them would empty and fill one database.
    #[error(
        "each segment starts a bookstore of its own, and they would share its PostgreSQL database: start it once, \
         `workbench bookstore all`, and name its services in target: urls"
    )]
    SharedDatabase,
    /// Only a single run can be divided into segments; a sweep is several runs.
    #[error("it has a sweep: write a file for each of its points")]
    Sweep,
}

impl Plan {
    /// Checks whether the plan can be run in `of` segments.
    ///
    /// # Errors
    /// Why not.
    pub fn check_segments(&self, of: u32) -> Result<(), SegmentError> {
        if self.sweep.is_some() {
            return Err(SegmentError::Sweep);
        }
        if let Target::Bookstore(bookstore) = &self.target
            && matches!(bookstore.database, Database::Postgres(_))
            && of > 1
        {
            return Err(SegmentError::SharedDatabase);
        }
        let schedule = self.schedule();
        for stream in schedule.arrivals() {
            let users = stream.max_users();
            if users < of {
                return Err(SegmentError::TooFewForArrivals { users });
            }
        }
        let users = schedule.users().iter().map(|user| user.scenario);
        let mut has_user = vec![false; of as usize];
        for segment in shared_out(users, of as usize) {
            has_user[segment] = true;
        }
        let empty = Segment::all(of).find(|it| !has_user[it.number as usize - 1]);
        empty.map_or(Ok(()), |segment| Err(SegmentError::NoUsers(segment)))
    }
}

#[cfg(test)]
mod tests;
