//! A shelf of books: one page of the catalog, or of what a search finds in it.

use axum::{extract::Query, http::Uri};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::Storefront;
use crate::{
    Error,
    catalog::{NAME_LENGTH, Product},
};

/// Books on a page.
const PAGE: usize = 24;

/// What a visitor looks for, and from where on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Search {
    pub(super) words: String,
    /// Books up to this id have been seen.
    pub(super) after: i64,
}

/// Books to be shown together.
#[derive(Debug)]
pub(super) struct Shelf {
    pub(super) books: Vec<Product>,
    /// Where the next page begins, if there is one.
    pub(super) next: Option<i64>,
}

impl Search {
    /// Reads `?q=words&after=id`; what makes no sense is left out.
    pub(super) fn of(uri: &Uri) -> Self {
        let pairs: Vec<(String, String)> =
            Query::try_from_uri(uri).map_or_else(|_| Vec::new(), |Query(pairs)| pairs);
        let field = |name| {
            let pair = pairs.iter().find(|(key, _)| key == name);
            pair.map_or("", |(_, value)| value.trim())
        };
        Self {
            words: field("q").chars().take(*NAME_LENGTH.end()).collect(),
            after: field("after").parse().map_or(0, |id: i64| id.max(0)),
        }
    }

    /// The address of this search from a book on.
    pub(super) fn address(&self, after: i64) -> String {
        let mut query = Vec::new();
        if !self.words.is_empty() {
            query.push(format!(
                "q={}",
                utf8_percent_encode(&self.words, NON_ALPHANUMERIC)
            ));
        }
        if after > 0 {
            query.push(format!("after={after}"));
        }
        match query.as_slice() {
            [] => String::new(),
            parts => format!("?{}", parts.join("&")),
        }
    }
}

impl Storefront {
    /// The shelf that a visitor looks at.
    pub(super) async fn shelf(&self, search: &Search) -> Result<Shelf, Error> {
        // One more than is shown tells whether there are more.
        let books = self
            .catalog
            .products(&search.words, search.after, PAGE + 1)
            .await?;
        Ok(first_page(books))
    }
}

fn first_page(mut books: Vec<Product>) -> Shelf {
    let more = books.len() > PAGE;
    books.truncate(PAGE);
    let next = books.last().filter(|_| more).map(|book| book.id);
    Shelf { books, next }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn books(count: i64) -> Vec<Product> {
        let book = |id| Product {
            id,
            name: format!("The Silent River, volume {id}"),
            price: 1,
            quantity: 1,
        };
        (1..=count).map(book).collect()
    }

    #[test]
    fn a_page_that_is_not_the_last_names_the_next() {
        assert_eq!(first_page(books(24)).next, None);
        assert_eq!(first_page(books(25)).next, Some(24));
        assert_eq!(first_page(books(25)).books.len(), 24);
        assert_eq!(first_page(Vec::new()).next, None);
    }

    #[test]
    fn an_address_that_makes_no_sense_is_the_first_page() {
        let of = |text: &str| Search::of(&text.parse().unwrap());
        assert_eq!(of("/"), Search::default());
        assert_eq!(of("/?after=x&q=%FF"), of("/?q=%EF%BF%BD"));
        assert_eq!(of("/?after=-5").after, 0);
        assert_eq!(of("/?q=+a+b+&after=48").words, "a b");
        assert_eq!(of("/?q=+a+b+&after=48").after, 48);
        let long = format!("/?q={}", "x".repeat(300));
        assert_eq!(of(&long).words.len(), 255, "as long as a title");
    }

    #[test]
    fn a_search_survives_being_an_address() {
        for words in ["", "a b", "50% & more", "Ærø \"<"] {
            let words = words.to_owned();
            let search = Search { words, after: 7 };
            let address = format!("/{}", search.address(search.after));
            assert_eq!(Search::of(&address.parse().unwrap()), search, "{address}");
        }
        assert_eq!(Search::default().address(0), "");
    }
}
