//! Books to start with: the same number always gives the same books.

use clap::Args;

use super::{BookDetails, Catalog, model::NewProduct};
use crate::platform::{
    Error,
    database::{Database, execute, in_transaction, value, with_reader},
};

/// What an empty catalog is filled with.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Seed {
    /// Products to fill an empty catalog with, with ids from 1.
    #[arg(long, env = "BOOKSTORE_PRODUCTS", default_value_t = 0)]
    products: u32,

    /// Copies of each of these products.
    #[arg(
        long,
        env = "BOOKSTORE_STOCK",
        default_value_t = 1_000,
        value_parser = clap::value_parser!(u32).range(..=i64::from(i32::MAX))
    )]
    stock: u32,
}

/// Rows per statement: five values each stay far below SQLite's limit of 32,766 values.
const ROWS_PER_STATEMENT: usize = 500;

const ADJECTIVES: &str =
    "Silent Distant Brief Hidden Golden Restless Patient Forgotten Grand Curious";
const NOUNS: &str = "River Garden History Design Harbour Winter Library Orchard Voyage Whisper";
const FIRST_NAMES: &str = "Ada Bruno Clara Dmitri Elif Farid Greta Hugo Ines";
const LAST_NAMES: &str =
    "Abernathy Bergström Castellano Dubois Eriksen Fontane Grimaldi Hoshino Ivanova";
const CATEGORIES: [&str; 7] = [
    "Art & design",
    "Crime",
    "Fiction",
    "History",
    "Nature",
    "Poetry",
    "Travel",
];
const OPENINGS: [&str; 5] = [
    "A quiet book that stays with you:",
    "Begun on the back of a train ticket and twelve years in the writing:",
    "Half memoir, half map:",
    "The book that its readers pass on and never get back:",
    "Short enough for a Sunday, and good for a second one:",
];
const SUBJECTS: [&str; 6] = [
    "three generations, one house, and the letter that nobody opened.",
    "how a small town learned to keep its own time.",
    "what we notice when we finally walk slowly.",
    "a friendship told through the things that were lent and not returned.",
    "the craft behind ordinary objects, and the people who still have it.",
    "a winter of floods, and the year after it.",
];
const ENDINGS: [&str; 4] = [
    "With a new afterword.",
    "Illustrated with drawings from the author's notebooks.",
    "For readers who turn down the corners of pages.",
    "Includes notes for reading groups.",
];

/// A word of a list, which begins again after its end.
fn word(words: &'static str, index: usize) -> &'static str {
    let words: Vec<&str> = words.split(' ').collect();
    words[index % words.len()]
}

/// What readers are told about the book with an id.
fn details(id: u32) -> BookDetails {
    let id = id as usize;
    let (first, last) = (word(FIRST_NAMES, id * 4), word(LAST_NAMES, id * 2 + id / 9));
    let (opening, subject) = (OPENINGS[id * 3 % 5], SUBJECTS[id * 5 % 6]);
    BookDetails {
        author: format!("{first} {last}"),
        category: CATEGORIES[id * 3 % 7].to_owned(),
        description: format!("{opening} {subject} {}", ENDINGS[id / 2 % 4]),
    }
}

/// The book with an id: one of a hundred titles, numbered from the second round on.
fn book(id: u32, stock: u32) -> NewProduct {
    let index = (id - 1) as usize;
    let (adjective, noun) = (word(ADJECTIVES, index), word(NOUNS, index / 10));
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
    pub(crate) async fn seed(&self) -> Result<(), Error> {
        let seed = self.seed;
        let was_used: bool = with_reader!(&self.database, |reader| value!(
            reader,
            "SELECT EXISTS (SELECT 1 FROM products) OR EXISTS (SELECT 1 FROM reservations
                 WHERE order_token > (SELECT COALESCE(MAX(reset_token), '') FROM resets))"
        ))?;
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
                    execute!(connection, wait)?;
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
                let mut statement = sqlx::QueryBuilder::new(
                    "INSERT INTO book_details (product_id, author, category, description) ",
                );
                statement.push_values(ids, |mut row, &id| {
                    let details = details(id);
                    row.push_bind(i64::from(id))
                        .push_bind(details.author)
                        .push_bind(details.category)
                        .push_bind(details.description);
                });
                statement.push(" ON CONFLICT (product_id) DO NOTHING");
                let statement = statement.build().persistent(false);
                statement.execute(&mut *connection).await?;
            }
            // PostgreSQL's sequence does not see ids that were given; SQLite's does. Only whoever
            // has added the books sets it, before anybody sees them, and never back: books may have
            // been there and gone.
            if has_sequence && added > 0 {
                execute!(
                    connection,
                    "SELECT setval(sequence, GREATEST($1, nextval(sequence)))
                     FROM CAST(pg_get_serial_sequence('products', 'id') AS regclass) AS sequence",
                    i64::from(seed.products),
                )?;
            }
        })
    }
}
