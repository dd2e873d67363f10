//! A visitor's cart with what the catalog says about its books by now.

use std::collections::{BTreeSet, HashMap};

use super::{Storefront, page::money};
use crate::{
    catalog::Book,
    item::{Item, PricedItem},
    platform::Error,
};

#[derive(Debug)]
pub(super) struct Basket {
    pub(super) lines: Vec<Line>,
}

#[derive(Debug)]
pub(super) struct Line {
    pub(super) product_id: i64,
    pub(super) quantity: i64,
    /// Nothing, if the catalog does not know it.
    pub(super) book: Option<Book>,
}

impl Line {
    /// The book, if it is for sale.
    fn for_sale(&self) -> Option<&Book> {
        self.book.as_ref().filter(|book| !book.deleted)
    }

    /// The book's name, or what stands for it.
    pub(super) fn name(&self) -> String {
        name_of(self.product_id, self.book.as_ref())
    }

    pub(super) fn price(&self) -> String {
        let book = self.for_sale();
        book.map_or_else(|| "–".to_owned(), |book| money(book.price))
    }

    fn cost(&self) -> i64 {
        let price = self.for_sale().map_or(0, |book| book.price);
        price.saturating_mul(self.quantity)
    }

    pub(super) fn total(&self) -> String {
        money(self.cost())
    }

    /// Why the line cannot be ordered as it is, and what can be done about it.
    pub(super) fn problem(&self) -> Option<String> {
        match self.for_sale().map(|book| book.quantity) {
            None => Some("This book is no longer sold. Please remove it.".to_owned()),
            Some(0) => Some("Sold out meanwhile. Please remove it.".to_owned()),
            Some(left) if left < self.quantity => {
                Some(format!("Only {left} left. Please take fewer."))
            }
            Some(_) => None,
        }
    }
}

impl Basket {
    pub(super) fn copies(&self) -> i64 {
        self.lines.iter().map(|line| line.quantity).sum()
    }

    pub(super) fn total(&self) -> String {
        let total = self.lines.iter().map(Line::cost);
        money(total.fold(0, i64::saturating_add))
    }

    /// What is in it, at which prices, as a form sends it: what an order of it is to be.
    pub(super) fn shown(&self) -> String {
        let line = |line: &Line| PricedItem {
            product_id: line.product_id,
            quantity: line.quantity,
            price: line.for_sale().map_or(0, |book| book.price),
        };
        let mut shown: Vec<PricedItem> = self.lines.iter().map(line).collect();
        shown.sort_by_key(|line| line.product_id);
        serde_json::to_string(&shown).expect("plain data becomes JSON")
    }

    /// Which books speak against an order, and why.
    pub(super) fn problems(&self) -> Vec<String> {
        let problem = |line: &Line| Some(format!("“{}”: {}", line.name(), line.problem()?));
        self.lines.iter().filter_map(problem).collect()
    }
}

impl Storefront {
    pub(super) async fn basket(&self, customer: i64) -> Result<Basket, Error> {
        let items = self.cart.items(customer).await?;
        let mut books = self.books(items.iter().map(|item| item.product_id)).await?;
        let line = |item: Item| Line {
            product_id: item.product_id,
            quantity: item.quantity,
            book: books.remove(&item.product_id),
        };
        Ok(Basket {
            lines: items.into_iter().map(line).collect(),
        })
    }

    /// The books with these ids that there are or were.
    pub(super) async fn books(
        &self,
        ids: impl Iterator<Item = i64>,
    ) -> Result<HashMap<i64, Book>, Error> {
        let ids: Vec<i64> = BTreeSet::from_iter(ids).into_iter().collect();
        let books = self.catalog.books_by_id(&ids).await?;
        Ok(books.into_iter().map(|book| (book.id, book)).collect())
    }
}

/// What a book is called.
pub(super) fn name_of(id: i64, book: Option<&Book>) -> String {
    match book {
        Some(book) => book.name.clone(),
        None => format!("A book that the catalog does not know (no. {id})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(quantity: i64, in_stock: Option<i64>) -> Line {
        let book = Book {
            id: 7,
            name: "Emma".to_owned(),
            price: 1_500,
            quantity: in_stock.unwrap_or(9),
            author: String::new(),
            category: String::new(),
            description: String::new(),
            deleted: in_stock.is_none(),
        };
        Line {
            product_id: 7,
            quantity,
            book: Some(book),
        }
    }

    #[test]
    fn a_line_says_why_it_cannot_be_ordered() {
        assert_eq!(line(2, Some(2)).problem(), None);
        assert!(line(2, Some(1)).problem().unwrap().contains("Only 1 left"));
        assert!(line(2, Some(0)).problem().unwrap().contains("Sold out"));
        assert!(line(2, None).problem().unwrap().contains("no longer sold"));
    }

    #[test]
    fn a_basket_adds_up_and_names_the_books_that_cannot_be_ordered() {
        let good = Basket {
            lines: vec![line(2, Some(9)), line(1, Some(1))],
        };
        assert_eq!((good.copies(), good.total()), (3, "$4,500".to_owned()));
        assert!(good.problems().is_empty());
        let bad = Basket {
            lines: vec![line(2, Some(9)), line(2, Some(1)), line(1, None)],
        };
        assert_eq!(bad.total(), "$6,000");
        let problems = bad.problems();
        assert_eq!(problems[0], "“Emma”: Only 1 left. Please take fewer.");
        assert!(problems[1].contains("no longer sold") && problems.len() == 2);
    }
}
