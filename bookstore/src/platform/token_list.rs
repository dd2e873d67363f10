//! Tokens that one service asks another about, after a database may have lost what it had.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use sqlx::AssertSqlSafe;
use utoipa::ToSchema;

use crate::platform::{
    Error,
    database::{Database, List, rows, with_reader},
    extract::FromBody,
    token::Token,
    validation::{Field, Problems},
};

pub(crate) const MOST_TOKENS: usize = 1_000;

/// Tokens of orders or of returns.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct TokenList {
    #[schema(max_items = 1000)]
    pub(crate) tokens: Vec<Token>,
}

impl FromBody for TokenList {
    fn read(body: &Field<'_>, problems: &mut Problems) -> Option<Self> {
        let field = body.object(problems)?.field("tokens");
        let tokens = field.list(0..=MOST_TOKENS, problems, |element, problems| {
            element.token(problems)
        })?;
        Some(Self { tokens })
    }
}

impl TokenList {
    /// The tokens of rows that have nothing else.
    pub(crate) fn of(rows: Vec<(Token,)>) -> Self {
        let tokens = rows.into_iter().map(|(token,)| token).collect();
        Self { tokens }
    }

    /// Those that a query for tokens does not find; it ends in the column that they are looked for in.
    pub(crate) async fn missing_in(
        mut self,
        database: &Database,
        query: &'static str,
    ) -> Result<Self, Error> {
        let query = format!("{query} {}", database.in_list());
        let asked: List = self.tokens.iter().map(Token::as_str).collect();
        let found: Vec<(Token,)> = with_reader!(database, |reader| rows!(
            reader,
            AssertSqlSafe(query.as_str()),
            asked.clone()
        ))?;
        let found: HashSet<Token> = found.into_iter().map(|(token,)| token).collect();
        self.tokens.retain(|token| !found.contains(token));
        Ok(self)
    }
}
