//! Books by words of their names, in any case and anywhere in a name.
//!
//! What upper and lower case is the databases see differently: to SQLite's `LIKE` the letters A to Z
//! have it, to PostgreSQL's those of its locale. So a letter is looked for as the set of its cases,
//! `[eE]`, which means the same in SQLite's `GLOB` and in PostgreSQL's regular expressions.

use std::collections::BTreeSet;

use sqlx::AssertSqlSafe;

use super::{Catalog, Product, model::NAME_LENGTH, store::columns};
use crate::platform::{
    Error,
    database::{Database, List, rows, with_replica},
    extract::{FromParameters, Parameters},
    paging::Paging,
    validation::{Location, Problems},
};

/// Words that a name must have, each of them; none, if every book is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SearchTerms(Vec<String>);

impl FromParameters for SearchTerms {
    fn read(parameters: &Parameters<'_>, problems: &mut Problems) -> Option<Self> {
        let text = parameters.query("q").unwrap_or_default();
        let most = *NAME_LENGTH.end();
        if text.chars().count() > most {
            return problems.add(
                &Location::Field(&Location::Part("query"), "q"),
                "string_too_long",
                format!("String should have at most {most} characters"),
            );
        }
        Some(Self(text.split_whitespace().map(str::to_owned).collect()))
    }
}

impl SearchTerms {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// No name has control characters, and PostgreSQL knows no text with some of them.
    pub(super) fn cannot_be_found(&self) -> bool {
        self.0.iter().any(|word| word.contains(char::is_control))
    }

    /// The condition that a text has every word of the list `$1`, and that list: each word once, in whatever
    /// case it is repeated, for each costs a look at every book.
    pub(super) fn condition(&self, database: &Database, text: &str) -> (String, List) {
        let patterns = |of: &dyn Fn(&str) -> String| -> List {
            let patterns: BTreeSet<String> = self.0.iter().map(|word| of(word)).collect();
            patterns.into_iter().collect()
        };
        match database {
            Database::Sqlite(_) => (
                format!("NOT EXISTS (SELECT 1 FROM json_each($1) WHERE ({text}) NOT GLOB value)"),
                patterns(&|word| format!("*{}*", pattern(word, glob_of))),
            ),
            Database::Postgres(_) => (
                format!("({text}) ~ ALL($1)"),
                patterns(&|word| pattern(word, expression_of)),
            ),
        }
    }
}

fn pattern(word: &str, other: fn(char) -> String) -> String {
    let part = |letter| cases(letter).unwrap_or_else(|| other(letter));
    word.chars().map(part).collect()
}

/// The set of a letter's cases, if it has several that are single letters.
fn cases(letter: char) -> Option<String> {
    let mut cases = vec![letter];
    for case in [only(letter.to_lowercase()), only(letter.to_uppercase())] {
        cases.extend(case.filter(|case| *case != letter));
    }
    cases.sort_unstable();
    (cases.len() > 1).then(|| format!("[{}]", String::from_iter(cases)))
}

/// The one letter that there is, if there is one.
fn only(mut letters: impl Iterator<Item = char>) -> Option<char> {
    let letter = letters.next()?;
    letters.next().is_none().then_some(letter)
}

fn glob_of(character: char) -> String {
    match character {
        '*' | '?' | '[' => format!("[{character}]"),
        other => other.to_string(),
    }
}

fn expression_of(character: char) -> String {
    if character.is_ascii_punctuation() {
        format!("\\{character}")
    } else {
        character.to_string()
    }
}

impl Catalog {
    /// Books whose names have every word, by id.
    pub(super) async fn products_named(
        &self,
        words: &SearchTerms,
        paging: &Paging,
    ) -> Result<Vec<Product>, Error> {
        if words.cannot_be_found() {
            return Ok(Vec::new());
        }
        let (has_words, patterns) = words.condition(&self.database, "name");
        let query = format!(
            "SELECT {} FROM products WHERE id > $2 AND deleted_at IS NULL AND {has_words}
             ORDER BY id LIMIT $3",
            columns!()
        );
        with_replica!(&self.database, |reader| rows!(
            reader,
            AssertSqlSafe(query.as_str()),
            patterns.clone(),
            paging.after(),
            paging.rows(),
        ))
    }
}
