//! What a visitor, or the bookseller, looks for among the books, and a page of what is found.

use url::form_urlencoded;

use super::Storefront;
use crate::{
    catalog::{Book, NAME_LENGTH, Sort},
    platform::Error,
};

const PAGE: usize = 24;

/// So few copies are worth a hint.
pub(super) const FEW: i64 = 5;

/// The filter, the order and the place of a shelf. It is the query of the shelf's address, and goes with
/// every form that leads back there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Search {
    pub(super) words: String,
    pub(super) category: String,
    pub(super) sort: Sort,
    /// For the bookseller alone.
    pub(super) stock: Stock,
    /// Books up to this id have been seen, in this order.
    pub(super) after: i64,
    /// The price or the name that it had then, where the order is by that.
    pub(super) seen: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Stock {
    #[default]
    Any,
    Low,
    Deleted,
}

impl Stock {
    fn name(self) -> &'static str {
        match self {
            Self::Any => "",
            Self::Low => "low",
            Self::Deleted => "deleted",
        }
    }
}

impl Search {
    /// Reads a query; what makes no sense is left out.
    pub(super) fn of(query: &str) -> Self {
        let mut search = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let text = || value.trim().chars().take(*NAME_LENGTH.end()).collect();
            match &*name {
                "q" => search.words = text(),
                "category" => search.category = text(),
                "sort" => search.sort = Sort::named(&value).unwrap_or_default(),
                "stock" if value == "low" => search.stock = Stock::Low,
                "stock" if value == "deleted" => search.stock = Stock::Deleted,
                "after" => search.after = value.parse().map_or(0, |id: i64| id.max(0)),
                "seen" => search.seen = value.into_owned(),
                _ => {}
            }
        }
        search
    }

    /// The query without what goes without saying.
    pub(super) fn query(&self) -> String {
        let after = self.after.to_string();
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value, plain) in [
            ("q", self.words.as_str(), ""),
            ("category", &self.category, ""),
            ("sort", self.sort.name(), Sort::default().name()),
            ("stock", self.stock.name(), ""),
            ("after", &after, "0"),
            ("seen", &self.seen, ""),
        ] {
            if value != plain {
                query.append_pair(name, value);
            }
        }
        query.finish()
    }

    pub(super) fn suffix(&self) -> String {
        match self.query().as_str() {
            "" => String::new(),
            query => format!("?{query}"),
        }
    }

    /// The same from the first book on.
    pub(super) fn first_page(&self) -> Self {
        Self {
            after: 0,
            seen: String::new(),
            ..self.clone()
        }
    }

    fn after(&self, book: &Book) -> Self {
        Self {
            after: book.id,
            seen: self.sort.key(book).unwrap_or_default(),
            ..self.clone()
        }
    }

    pub(super) fn of_category(&self, category: &str) -> Self {
        Self {
            category: category.to_owned(),
            sort: self.sort,
            ..Self::default()
        }
    }

    /// Whether some books are left out.
    pub(super) fn is_narrow(&self) -> bool {
        let all = Self {
            sort: self.sort,
            ..Self::default()
        };
        self.first_page() != all
    }
}

impl Storefront {
    /// A page of books, and the search for the next one if there is one.
    pub(super) async fn shelf(
        &self,
        search: &Search,
    ) -> Result<(Vec<Book>, Option<Search>), Error> {
        // One more than is shown tells whether there are more.
        let (limit, after) = ((PAGE + 1).to_string(), search.after.to_string());
        let few = FEW.to_string();
        let mut query = vec![
            ("q", search.words.as_str()),
            ("category", &search.category),
            ("sort", search.sort.name()),
            ("limit", &limit),
            ("after", &after),
        ];
        match search.stock {
            Stock::Any => {}
            Stock::Low => query.push(("most_in_stock", &few)),
            Stock::Deleted => query.push(("deleted", "true")),
        }
        if !search.seen.is_empty() {
            query.push(("seen", &search.seen));
        }
        let mut books = self.catalog.books(&query).await?;
        let more = books.len() > PAGE;
        books.truncate(PAGE);
        let last = books.last().filter(|_| more);
        let next = last.map(|book| search.after(book));
        Ok((books, next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_that_makes_no_sense_is_the_first_page_of_everything() {
        assert_eq!(
            Search::of("after=x&sort=size&stock=much"),
            Search::default()
        );
        assert_eq!(Search::of("after=-5").after, 0);
        let long = format!("q={}", "x".repeat(300));
        assert_eq!(Search::of(&long).words.len(), 255, "as long as a title");
    }

    #[test]
    fn a_search_survives_being_a_query() {
        for words in ["", "a b", "50% & more", "Ærø \"<"] {
            let search = Search {
                words: words.to_owned(),
                category: "Art & design".to_owned(),
                sort: Sort::PriceDown,
                stock: Stock::Low,
                after: 7,
                seen: "12".to_owned(),
            };
            assert_eq!(Search::of(&search.query()), search);
        }
        assert_eq!(Search::default().suffix(), "");
    }
}
