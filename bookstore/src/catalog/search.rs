//! Which books are asked for, and in which order.
//!
//! Words are found in any case and anywhere. What upper and lower case is the databases see differently:
//! to SQLite's `LIKE` the letters A to Z have it, to PostgreSQL's those of its locale. So a letter is
//! looked for as the set of its cases, `[eE]`, which means the same in SQLite's `GLOB` and in
//! PostgreSQL's regular expressions.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use url::form_urlencoded;
use utoipa::{IntoParams, ToSchema};

use super::{Book, model::NAME_LENGTH};
use crate::{
    item::MOST,
    platform::{
        database::{Database, List},
        extract::{FromParameters, Parameters},
        validation::{Location, Problems},
    },
};

const MOST_IDS: usize = 100;

/// What books are listed by. A minus begins with the greatest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) enum Sort {
    #[default]
    #[serde(rename = "id")]
    Id,
    #[serde(rename = "-id")]
    Newest,
    #[serde(rename = "name")]
    Name,
    #[serde(rename = "price")]
    Price,
    #[serde(rename = "-price")]
    PriceDown,
}

impl Sort {
    /// Every order, by the name that it has in a query string.
    pub(crate) const ALL: [(&'static str, Self); 5] = [
        ("id", Self::Id),
        ("-id", Self::Newest),
        ("name", Self::Name),
        ("price", Self::Price),
        ("-price", Self::PriceDown),
    ];

    pub(crate) fn named(name: &str) -> Option<Self> {
        let found = Self::ALL.iter().find(|(known, _)| *known == name)?;
        Some(found.1)
    }

    pub(crate) fn name(self) -> &'static str {
        let found = Self::ALL.iter().find(|(_, sort)| *sort == self);
        found.map_or("", |(name, _)| name)
    }

    /// What comes after the book `$5`, which had the price or the name `$7` when it was seen, and in which
    /// order. Where `$7` is null, what the book has now.
    pub(super) fn sql(self) -> (&'static str, &'static str) {
        match self {
            Self::Id => ("$7 IS NULL AND products.id > $5", "products.id"),
            Self::Newest => (
                "$7 IS NULL AND ($5 = 0 OR products.id < $5)",
                "products.id DESC",
            ),
            Self::Name => (
                "($5 = 0 OR (name, products.id) >
                    (COALESCE($7, (SELECT name FROM products WHERE id = $5)), $5))",
                "name, products.id",
            ),
            Self::Price => (
                "($5 = 0 OR (price, products.id) >
                    (COALESCE(CAST($7 AS BIGINT), (SELECT price FROM products WHERE id = $5)), $5))",
                "price, products.id",
            ),
            Self::PriceDown => (
                "($5 = 0 OR (price, products.id) <
                    (COALESCE(CAST($7 AS BIGINT), (SELECT price FROM products WHERE id = $5)), $5))",
                "price DESC, products.id DESC",
            ),
        }
    }

    /// What a book is sorted by besides its id, which may be another one when the next page is read.
    pub(crate) fn key(self, book: &Book) -> Option<String> {
        match self {
            Self::Id | Self::Newest => None,
            Self::Name => Some(book.name.clone()),
            Self::Price | Self::PriceDown => Some(book.price.to_string()),
        }
    }

    /// Whether a text can be what a book is sorted by.
    fn takes(self, key: &str) -> bool {
        match self {
            Self::Id | Self::Newest => false,
            Self::Name => {
                NAME_LENGTH.contains(&key.chars().count()) && !key.contains(char::is_control)
            }
            Self::Price | Self::PriceDown => key.parse().is_ok_and(|it| (0..=MOST).contains(&it)),
        }
    }
}

/// Which books are asked for.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct BookQuery {
    /// List only books whose names and authors have each of these words, in any case and anywhere.
    #[param(rename = "q", value_type = Option<String>, nullable = false, max_length = 255)]
    pub(super) words: SearchTerms,
    /// List only books of this category.
    #[param(value_type = Option<String>, nullable = false)]
    pub(super) category: String,
    /// List only books with so many copies in stock at most.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 2147483647, nullable = false)]
    pub(super) most_in_stock: i64,
    /// List the books that were deleted instead of the others.
    #[param(value_type = Option<bool>, nullable = false)]
    pub(super) deleted: bool,
    /// `after` is the last book that was seen in this order.
    #[param(value_type = Option<Sort>, inline, nullable = false)]
    pub(super) sort: Sort,
    /// The price or the name that `after` had when it was seen, where the list is by that. The next page
    /// begins there, whatever becomes of the book. What cannot be one is left out.
    #[param(value_type = Option<String>, nullable = false)]
    pub(super) seen: Option<String>,
}

impl BookQuery {
    /// Where the page after this book begins: what stands after `after=` in its address.
    pub(super) fn place_of(&self, book: &Book) -> String {
        let mut place = book.id.to_string();
        if let Some(key) = self.sort.key(book) {
            place = form_urlencoded::Serializer::new(place)
                .append_pair("seen", &key)
                .finish();
        }
        place
    }
}

impl FromParameters for BookQuery {
    fn read(parameters: &Parameters<'_>, problems: &mut Problems) -> Option<Self> {
        let in_query = Location::Part("query");
        let words = SearchTerms::read(parameters, problems);
        let most = parameters.query_integer("most_in_stock", &(0..=MOST), problems);
        let deleted = parameters.query_flag("deleted", problems);
        let sort = match parameters.query("sort") {
            None => Some(Sort::default()),
            Some(name) => Sort::named(&name).or_else(|| {
                let place = Location::Field(&in_query, "sort");
                let message = "Input should be 'id', '-id', 'name', 'price' or '-price'";
                problems.add(&place, "enum", message)
            }),
        };
        let sort = sort?;
        let seen = parameters.query("seen").filter(|key| sort.takes(key));
        Some(Self {
            words: words?,
            category: parameters.query("category").unwrap_or_default(),
            most_in_stock: most?.unwrap_or(i64::MAX),
            deleted: deleted?,
            sort,
            seen,
        })
    }
}

pub(super) struct Ids(pub(super) Vec<i64>);

impl FromParameters for Ids {
    fn read(parameters: &Parameters<'_>, problems: &mut Problems) -> Option<Self> {
        let text = parameters.query("ids").unwrap_or_default();
        let is_id = |id: &&str| {
            let digits = id.bytes().all(|byte| byte.is_ascii_digit());
            digits && !id.starts_with('0') && id.len() <= 18
        };
        let ids = text
            .split(',')
            .map(|id| Some(id).filter(is_id)?.parse().ok());
        let ids: Option<Vec<i64>> = ids.collect();
        let ids = ids.filter(|ids| ids.len() <= MOST_IDS).map(Self);
        ids.or_else(|| {
            let place = Location::Field(&Location::Part("query"), "ids");
            let message = format!("Input should be 1 to {MOST_IDS} ids with commas between them");
            problems.add(&place, "value_error", message)
        })
    }
}

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
    let others = [only(letter.to_lowercase()), only(letter.to_uppercase())];
    let mut cases = BTreeSet::from([letter]);
    cases.extend(others.into_iter().flatten());
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
