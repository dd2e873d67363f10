//! Books by words of their names, in any case and anywhere in a name.
//!
//! What upper and lower case is the databases see differently: to SQLite's `LIKE` the letters A to Z
//! have it, to PostgreSQL's those of its locale. So a letter is looked for as the set of its cases,
//! `[eE]`, which means the same in SQLite's `GLOB` and in PostgreSQL's regular expressions.

use super::{Catalog, Product, product::NAME_LENGTH};
use crate::{
    Error,
    database::Database,
    extract::{FromParameters, Parameters},
    paging::Paging,
    validation::{Location, Problems},
};

/// Words that a name must have, each of them; none, if every book is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Words(Vec<String>);

impl FromParameters for Words {
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

impl Words {
    /// Whether every book is asked for.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// No name has control characters, and PostgreSQL knows no text with some of them.
    fn cannot_be_found(&self) -> bool {
        self.0.iter().any(|word| word.contains(char::is_control))
    }

    fn globs(&self) -> Vec<String> {
        let words = self.0.iter();
        words
            .map(|word| format!("*{}*", pattern(word, glob_of)))
            .collect()
    }

    fn expressions(&self) -> Vec<String> {
        let words = self.0.iter();
        words.map(|word| pattern(word, expression_of)).collect()
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
        words: &Words,
        paging: &Paging,
    ) -> Result<Vec<Product>, Error> {
        if words.cannot_be_found() {
            return Ok(Vec::new());
        }
        let (after, rows) = (paging.after(), paging.rows());
        Ok(match &self.database {
            Database::Sqlite { readers, .. } => {
                let globs = serde_json::json!(words.globs()).to_string();
                let books = sqlx::query_as(
                    "SELECT id, name, price, quantity FROM products
                     WHERE id > $1 AND NOT EXISTS
                     (SELECT 1 FROM json_each($2) WHERE products.name NOT GLOB value)
                     ORDER BY id LIMIT $3",
                );
                let books = books.bind(after).bind(globs).bind(rows);
                books.fetch_all(&mut *readers.acquire().await?).await?
            }
            Database::Postgres(pools) => {
                let books = sqlx::query_as(
                    "SELECT id, name, price, quantity FROM products
                     WHERE id > $1 AND name ~ ALL($2) ORDER BY id LIMIT $3",
                );
                let books = books.bind(after).bind(words.expressions()).bind(rows);
                books
                    .fetch_all(&mut *pools.readers.acquire().await?)
                    .await?
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Words {
        Words(text.split_whitespace().map(str::to_owned).collect())
    }

    #[test]
    fn letters_are_looked_for_in_every_case() {
        assert_eq!(words("Be 7").globs(), ["*[Bb][eE]*", "*7*"]);
        assert_eq!(words("Be 7").expressions(), ["[Bb][eE]", "7"]);
        assert_eq!(words("æ").globs(), ["*[æÆ]*"]);
        // Upper case would be two letters; and these have none.
        assert_eq!(words("ß 本").globs(), ["*ß*", "*本*"]);
    }

    #[test]
    fn what_patterns_are_made_of_stands_for_itself() {
        assert_eq!(words("*?[]^-").globs(), ["*[*][?][[]]^-*"]);
        assert_eq!(words(r"a.\[%").expressions(), [r"[aA]\.\\\[\%"]);
    }
}
