//! A list as one value of a statement: an array on PostgreSQL, JSON on SQLite.

use serde::Serialize;
use sqlx::{
    Encode, Postgres, Sqlite, Type,
    encode::IsNull,
    error::BoxDynError,
    postgres::{PgArgumentBuffer, PgTypeInfo},
    sqlite::{SqliteArgumentsBuffer, SqliteTypeInfo},
};

use super::Database;

/// Texts or ids, bound as one value.
#[derive(Clone, Debug)]
pub(crate) struct List<T = String>(Vec<T>);

impl Database {
    /// The condition that a value is in the list `$1`.
    pub(crate) fn in_list(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "IN (SELECT value FROM json_each($1))",
            Self::Postgres(_) => "= ANY($1)",
        }
    }
}

impl List {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

impl List<i64> {
    pub(crate) fn of_ids(ids: impl IntoIterator<Item = i64>) -> Self {
        Self(ids.into_iter().collect())
    }
}

impl<T: ToString> FromIterator<T> for List {
    fn from_iter<I: IntoIterator<Item = T>>(texts: I) -> Self {
        Self(texts.into_iter().map(|text| text.to_string()).collect())
    }
}

impl<T> Type<Postgres> for List<T>
where
    Vec<T>: Type<Postgres>,
{
    fn type_info() -> PgTypeInfo {
        <Vec<T> as Type<Postgres>>::type_info()
    }
}

impl<'q, T> Encode<'q, Postgres> for List<T>
where
    Vec<T>: Encode<'q, Postgres>,
{
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        Encode::<Postgres>::encode_by_ref(&self.0, buffer)
    }
}

impl<T> Type<Sqlite> for List<T> {
    fn type_info() -> SqliteTypeInfo {
        <String as Type<Sqlite>>::type_info()
    }
}

impl<T: Serialize> Encode<'_, Sqlite> for List<T> {
    fn encode_by_ref(&self, buffer: &mut SqliteArgumentsBuffer) -> Result<IsNull, BoxDynError> {
        Encode::<Sqlite>::encode(serde_json::json!(self.0).to_string(), buffer)
    }
}
