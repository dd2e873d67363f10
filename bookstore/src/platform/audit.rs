//! Audits: what must hold in the data at every moment, while orders are at work too. Each rule is
//! one query, which sees one state of the database, and lists what breaks it.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::platform::{
    Error,
    database::{Database, rows, value, with_reader},
};

/// Violations that are listed, of each rule.
pub(crate) const LISTED: usize = 100;

/// What an audit has found.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Audit {
    /// Whether every rule holds.
    clean: bool,
    /// What is on its way, and not yet as it will be at the end.
    unfinished: i64,
    /// How many of what were looked at.
    checked: BTreeMap<&'static str, i64>,
    /// What breaks a rule; at most a hundred of each rule.
    violations: Vec<Violation>,
}

/// Something that must not be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
pub(crate) struct Violation {
    /// What must hold.
    pub(crate) rule: &'static str,
    /// Where it does not, for people.
    pub(crate) detail: String,
}

/// A rule about one service's data.
pub(crate) struct Rule {
    /// What must hold.
    pub(crate) says: &'static str,
    /// Lists, as one column of text, where it does not.
    pub(crate) broken_by: &'static str,
}

impl Rule {
    /// Where it does not hold.
    pub(crate) async fn violations(&self, database: &Database) -> Result<Vec<Violation>, Error> {
        let details: Vec<(String,)> =
            with_reader!(database, |reader| rows!(reader, self.broken_by))?;
        let violations = details.into_iter().take(LISTED).map(|(detail,)| Violation {
            rule: self.says,
            detail,
        });
        Ok(violations.collect())
    }
}

impl Audit {
    pub(crate) fn new(
        unfinished: i64,
        checked: impl IntoIterator<Item = (&'static str, i64)>,
        violations: Vec<Violation>,
    ) -> Self {
        Self {
            clean: violations.is_empty(),
            unfinished,
            checked: checked.into_iter().collect(),
            violations,
        }
    }

    /// Audits one service's data: rules that must hold, and queries that count rows, the first of
    /// them what is unfinished.
    pub(crate) async fn of(
        database: &Database,
        rules: &[Rule],
        unfinished: &'static str,
        counts: &[(&'static str, &'static str)],
    ) -> Result<Self, Error> {
        let mut violations = Vec::new();
        for rule in rules {
            violations.extend(rule.violations(database).await?);
        }
        let mut checked = Vec::new();
        for (name, query) in counts {
            checked.push((*name, count(database, query).await?));
        }
        let unfinished = count(database, unfinished).await?;
        Ok(Self::new(unfinished, checked, violations))
    }
}

async fn count(database: &Database, query: &'static str) -> Result<i64, Error> {
    with_reader!(database, |reader| value!(reader, query))
}
