//! Books to start with: the same number always gives the same books.

use super::{Catalog, product::NewProduct};
use crate::{
    Error,
    database::{Database, exactly_one, in_transaction, with_reader},
};

/// Books to fill an empty catalog with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seed {
    /// Number of books, with ids from 1.
    pub(crate) products: u32,
    /// Copies of each.
    pub(crate) stock: u32,
}

/// Rows per statement: five values each stay far below SQLite's limit of 32,766 values.
const ROWS_PER_STATEMENT: usize = 500;

const ADJECTIVES: [&str; 10] = [
    "Silent",
    "Distant",
    "Brief",
    "Hidden",
    "Golden",
    "Restless",
    "Patient",
    "Forgotten",
    "Grand",
    "Curious",
];
const NOUNS: [&str; 10] = [
    "River", "Garden", "History", "Design", "Harbour", "Winter", "Library", "Orchard", "Voyage",
    "Whisper",
];

/// The book with an id: one of a hundred titles, numbered from the second round on.
fn book(id: u32, stock: u32) -> NewProduct {
    let index = (id - 1) as usize;
    let (adjective, noun) = (ADJECTIVES[index % 10], NOUNS[index / 10 % 10]);
    let name = match index / 100 {
        0 => format!("The {adjective} {noun}"),
        round => format!("The {adjective} {noun}, volume {}", round + 1),
    };
    NewProduct {
        name,
        price: 5 + i64::from(id) * 7 % 40,
        quantity: i64::from(stock),
    }
}

impl Catalog {
    /// Adds the books to a catalog that is empty and has sold nothing: an id that an order knows
    /// stays with its book.
    pub(crate) async fn seed(&self, seed: Seed) -> Result<(), Error> {
        let was_used: bool = with_reader!(&self.database, |reader| {
            sqlx::query_scalar(
                "SELECT EXISTS (SELECT 1 FROM products) OR EXISTS (SELECT 1 FROM reservations)",
            )
            .fetch_all(reader)
            .await
            .and_then(exactly_one)
        })?;
        if was_used || seed.products == 0 {
            return Ok(());
        }
        let ids: Vec<u32> = (1..=seed.products).collect();
        let has_sequence = matches!(self.database, Database::Postgres(_));
        in_transaction!(&self.database, |connection| {
            if has_sequence {
                // Another replica may be at it, for as long as it takes.
                for wait in [
                    "SET LOCAL lock_timeout = 0",
                    "SET LOCAL statement_timeout = 0",
                ] {
                    sqlx::query(wait).execute(&mut *connection).await?;
                }
            }
            let mut added = 0;
            for ids in ids.chunks(ROWS_PER_STATEMENT) {
                let mut statement = sqlx::QueryBuilder::new(
                    "INSERT INTO products (id, name, price, quantity, added) ",
                );
                statement.push_values(ids, |mut row, &id| {
                    let book = book(id, seed.stock);
                    row.push_bind(i64::from(id))
                        .push_bind(book.name)
                        .push_bind(book.price)
                        .push_bind(book.quantity)
                        .push_bind(book.quantity);
                });
                // Another replica that seeds at the same time writes the same books: this one
                // waits for it here, and adds nothing.
                statement.push(" ON CONFLICT (id) DO NOTHING");
                let inserted = statement
                    .build()
                    .persistent(false)
                    .execute(&mut *connection)
                    .await?;
                added += inserted.rows_affected();
            }
            // PostgreSQL's sequence does not see ids that were given; SQLite's does. Only whoever
            // has added the books sets it, before anybody sees them, and never back: books may have
            // been there and gone.
            if has_sequence && added > 0 {
                sqlx::query(
                    "SELECT setval(sequence, GREATEST($1, nextval(sequence)))
                     FROM CAST(pg_get_serial_sequence('products', 'id') AS regclass) AS sequence",
                )
                .bind(i64::from(seed.products))
                .execute(&mut *connection)
                .await?;
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::{item::Item, paging::Paging, token::Token};

    #[tokio::test]
    async fn a_book_that_was_sold_is_not_replaced_by_another_one() {
        let catalog = Catalog::new(Database::in_memory().await);
        catalog.migrate().await.unwrap();
        let seed = |products| catalog.seed(Seed { products, stock: 3 });
        seed(5).await.unwrap();
        for id in 1..=5 {
            assert!(catalog.remove(id).await.unwrap());
        }
        // Nobody knows those that are gone.
        seed(2).await.unwrap();
        let items = [Item {
            product_id: 2,
            quantity: 1,
        }];
        catalog.reserve(&Token::new(), &items).await.unwrap();
        for id in 1..=2 {
            assert!(catalog.remove(id).await.unwrap());
        }
        seed(2).await.unwrap();
        let books = catalog.products(&Paging::everything()).await.unwrap();
        assert!(books.is_empty());
    }

    #[test]
    fn books_have_different_names_and_a_price() {
        let books: Vec<_> = (1..=1000).map(|id| book(id, 3)).collect();
        let names: HashSet<_> = books.iter().map(|book| &book.name).collect();
        assert_eq!(names.len(), 1000);
        assert!(books.iter().all(|book| (5..45).contains(&book.price)));
        assert_eq!(book(1, 3).name, "The Silent River");
    }
}
