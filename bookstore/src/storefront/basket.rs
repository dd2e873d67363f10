//! A visitor's cart with what the catalog says about its books by now.

use std::collections::{BTreeSet, HashMap};

use futures::future::try_join_all;

use super::{Storefront, page::money};
use crate::{Error, catalog::Product, item::Item};

/// Books that the catalog is asked for at the same time.
const AT_ONCE: usize = 8;

/// What is in a cart.
#[derive(Debug)]
pub(super) struct Basket {
    pub(super) lines: Vec<Line>,
}

/// Copies of a book in a cart.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) product_id: i64,
    pub(super) quantity: i64,
    /// Nothing, if the book was removed from the catalog.
    pub(super) book: Option<Product>,
}

impl Line {
    /// The book's name, or what stands for it.
    pub(super) fn name(&self) -> String {
        name_of(self.product_id, self.book.as_ref())
    }

    /// What a copy costs.
    pub(super) fn price(&self) -> String {
        self.book
            .as_ref()
            .map_or_else(|| "–".to_owned(), |book| money(book.price))
    }

    fn cost(&self) -> i64 {
        let price = self.book.as_ref().map_or(0, |book| book.price);
        price.saturating_mul(self.quantity)
    }

    /// What it costs.
    pub(super) fn total(&self) -> String {
        money(self.cost())
    }

    /// Copies that the shop has.
    pub(super) fn in_stock(&self) -> i64 {
        self.book.as_ref().map_or(0, |book| book.quantity)
    }

    /// Why the line cannot be ordered as it is.
    pub(super) fn problem(&self) -> Option<String> {
        match &self.book {
            None => Some("This book is no longer sold. Please remove it.".to_owned()),
            Some(book) if book.quantity == 0 => {
                Some("Sold out meanwhile. Please remove it.".to_owned())
            }
            Some(book) if book.quantity < self.quantity => {
                Some(format!("Only {} left. Please take fewer.", book.quantity))
            }
            Some(_) => None,
        }
    }
}

impl Basket {
    /// Copies of all books together.
    pub(super) fn copies(&self) -> i64 {
        self.lines.iter().map(|line| line.quantity).sum()
    }

    /// What it costs.
    pub(super) fn total(&self) -> String {
        let total = self.lines.iter().map(Line::cost);
        money(total.fold(0, i64::saturating_add))
    }

    /// Whether nothing speaks against an order.
    pub(super) fn can_be_ordered(&self) -> bool {
        self.lines.iter().all(|line| line.problem().is_none())
    }
}

impl Storefront {
    /// What is in a customer's cart.
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

    /// The books with these ids that there are.
    pub(super) async fn books(
        &self,
        ids: impl Iterator<Item = i64>,
    ) -> Result<HashMap<i64, Product>, Error> {
        let ids: Vec<i64> = BTreeSet::from_iter(ids).into_iter().collect();
        let mut books = HashMap::new();
        for ids in ids.chunks(AT_ONCE) {
            let asked: Vec<_> = ids.iter().map(|id| self.catalog.product(*id)).collect();
            let found = try_join_all(asked).await?.into_iter().flatten();
            books.extend(found.map(|book| (book.id, book)));
        }
        Ok(books)
    }
}

/// What a book is called, even if it was removed from the catalog.
pub(super) fn name_of(id: i64, book: Option<&Product>) -> String {
    match book {
        Some(book) => book.name.clone(),
        None => format!("A book that is no longer sold (no. {id})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(quantity: i64, in_stock: Option<i64>) -> Line {
        let book = in_stock.map(|quantity| Product {
            id: 7,
            name: "Emma".to_owned(),
            price: 1_500,
            quantity,
        });
        Line {
            product_id: 7,
            quantity,
            book,
        }
    }

    #[test]
    fn a_line_says_why_it_cannot_be_ordered() {
        assert_eq!(line(2, Some(2)).problem(), None);
        assert!(line(2, Some(1)).problem().unwrap().contains("Only 1 left"));
        assert!(line(2, Some(0)).problem().unwrap().contains("Sold out"));
        assert!(line(2, None).problem().unwrap().contains("no longer sold"));
        assert_eq!(
            line(2, None).name(),
            "A book that is no longer sold (no. 7)"
        );
    }

    #[test]
    fn a_basket_adds_up_and_can_be_ordered_if_every_line_can() {
        let good = Basket {
            lines: vec![line(2, Some(9)), line(1, Some(1))],
        };
        assert_eq!((good.copies(), good.total()), (3, "$4,500".to_owned()));
        assert!(good.can_be_ordered());
        let bad = Basket {
            lines: vec![line(2, Some(9)), line(1, None)],
        };
        assert_eq!(bad.total(), "$3,000");
        assert!(!bad.can_be_ordered());
    }
}
