//! Random histories of buying, returning and restocking, against a model that is simple enough to be
//! believed: a shelf of numbers. Long, for the model and all that can happen to it stand in one place.

use std::collections::BTreeMap;

use proptest::{
    collection::vec,
    prelude::{Just, Strategy, any, prop_oneof},
    sample::Index,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Value, json};

use crate::support::{Shop, postgres};

/// Histories per database. Each is a story of its own, on books and customers of its own.
const HISTORIES: u32 = 60;

const BOOKS: usize = 3;
const CUSTOMERS: usize = 3;
const KEYS: usize = 3;

/// Something that someone does.
#[derive(Clone, Debug)]
enum Action {
    /// Puts copies into the cart.
    Add {
        who: usize,
        book: usize,
        copies: i64,
    },
    /// Takes a book out of the cart.
    Remove { who: usize, book: usize },
    /// Orders the cart.
    OrderCart { who: usize, key: Option<usize> },
    /// Orders books without a cart.
    OrderItems {
        who: usize,
        key: Option<usize>,
        items: Vec<(usize, i64)>,
    },
    /// Returns one of all orders that were placed: everything, or copies of a book.
    Return {
        who: usize,
        which: usize,
        key: Option<usize>,
        copies: Option<(usize, i64)>,
    },
    /// Counts the shelf anew.
    Restock { book: usize, copies: i64 },
}

fn action() -> impl Strategy<Value = Action> {
    let (who, book) = (0..CUSTOMERS, 0..BOOKS);
    let key = || prop_oneof![2 => Just(None), 1 => (0..KEYS).prop_map(Some)];
    let lines = vec((0..BOOKS, 1..4_i64), 1..3);
    prop_oneof![
        4 => (who.clone(), book.clone(), 1..4_i64)
            .prop_map(|(who, book, copies)| Action::Add { who, book, copies }),
        1 => (who.clone(), book.clone()).prop_map(|(who, book)| Action::Remove { who, book }),
        4 => (who.clone(), key()).prop_map(|(who, key)| Action::OrderCart { who, key }),
        3 => (who.clone(), key(), lines)
            .prop_map(|(who, key, items)| Action::OrderItems { who, key, items }),
        4 => (who, any::<Index>(), key(), prop_oneof![
                Just(None),
                (0..BOOKS, 1..3_i64).prop_map(Some),
            ])
            .prop_map(|(who, which, key, copies)| Action::Return {
                who, which: which.index(8), key, copies,
            }),
        1 => (book, 0..9_i64).prop_map(|(book, copies)| Action::Restock { book, copies }),
    ]
}

/// A book's copies, by its place in the history.
type Lines = BTreeMap<usize, i64>;

#[derive(Debug)]
struct Placed {
    id: i64,
    who: usize,
    /// Copies that have not come back.
    left: Lines,
    /// What was answered to returns, by key, and what was asked for.
    returns: BTreeMap<usize, (Option<(usize, i64)>, u16)>,
}

/// What the shop should be like.
#[derive(Debug, Default)]
struct Model {
    shelf: [i64; BOOKS],
    /// Active carts.
    carts: BTreeMap<usize, Lines>,
    placed: Vec<Placed>,
    /// What was answered to orders, by customer and key, and what was asked for.
    answered: BTreeMap<(usize, usize), (Option<Lines>, u16)>,
}

impl Model {
    /// The status of the answer to an order of the cart (nothing) or of items, if it can be placed;
    /// takes the copies then.
    fn order(&mut self, who: usize, items: Option<&Lines>) -> (u16, Lines) {
        let lines = match (items, self.carts.get(&who)) {
            (Some(items), _) => items.clone(),
            (None, Some(cart)) => cart.clone(),
            (None, None) => return (404, Lines::new()),
        };
        let enough = lines
            .iter()
            .all(|(book, copies)| self.shelf[*book] >= *copies);
        if lines.is_empty() || !enough {
            return (400, Lines::new());
        }
        for (book, copies) in &lines {
            self.shelf[*book] -= copies;
        }
        if items.is_none() {
            self.carts.remove(&who);
        }
        (201, lines)
    }

    fn take_back(&mut self, which: usize, copies: Option<(usize, i64)>) -> u16 {
        let left = &mut self.placed[which].left;
        if left.is_empty() {
            return 409;
        }
        let back = match copies {
            None => left.clone(),
            Some((book, copies)) if left.get(&book).is_some_and(|left| *left >= copies) => {
                Lines::from([(book, copies)])
            }
            Some(_) => return 400,
        };
        for (book, copies) in back {
            self.shelf[book] += copies;
            *left.get_mut(&book).expect("it is left") -= copies;
        }
        left.retain(|_, copies| *copies > 0);
        201
    }
}

/// One history in a shop that may have seen others.
struct History<'a> {
    shop: &'a Shop,
    books: Vec<i64>,
    /// The first customer's id.
    customers: i64,
    model: Model,
}

impl History<'_> {
    async fn tell(&mut self, action: &Action) {
        match action {
            Action::Add { who, book, copies } => self.add(*who, *book, *copies).await,
            Action::Remove { who, book } => {
                let path = format!("{}/{}", self.cart(*who), self.books[*book]);
                let removed = self
                    .model
                    .carts
                    .get_mut(who)
                    .and_then(|cart| cart.remove(book));
                let expected = if removed.is_some() { 204 } else { 404 };
                self.check(expected, &self.shop.cart.delete(&path).await, action);
            }
            Action::OrderCart { who, key } => self.order(*who, *key, None, action).await,
            Action::OrderItems { who, key, items } => {
                let mut lines = Lines::new();
                for (book, copies) in items {
                    *lines.entry(*book).or_default() += copies;
                }
                self.order(*who, *key, Some(lines), action).await;
            }
            Action::Return {
                who,
                which,
                key,
                copies,
            } => {
                if !self.model.placed.is_empty() {
                    let which = which % self.model.placed.len();
                    self.take_back(*who, which, *key, *copies, action).await;
                }
            }
            Action::Restock { book, copies } => {
                let path = format!("/products/{}", self.books[*book]);
                let body = json!({"name": "Grand Design", "price": 12, "quantity": copies});
                self.check(200, &self.shop.catalog.put(&path, body).await, action);
                self.model.shelf[*book] = *copies;
            }
        }
    }

    async fn add(&mut self, who: usize, book: usize, copies: i64) {
        let body = json!({"product_id": self.books[book], "quantity": copies});
        let answer = self.shop.cart.post(&self.cart(who), body).await;
        let cart = self.model.carts.get(&who);
        let held = cart.and_then(|cart| cart.get(&book)).copied().unwrap_or(0);
        if held + copies <= self.model.shelf[book] {
            assert_eq!(answer.0, 201, "{}", answer.1);
            *self
                .model
                .carts
                .entry(who)
                .or_default()
                .entry(book)
                .or_default() += copies;
        } else {
            assert_eq!(answer.0, 400, "{}", answer.1);
        }
    }

    async fn order(
        &mut self,
        who: usize,
        key: Option<usize>,
        items: Option<Lines>,
        action: &Action,
    ) {
        let name = key.map(|key| format!("key-{key}"));
        let body = items.as_ref().map(|lines| self.body(lines));
        let path = format!("/orders/{}", self.customer(who));
        let answer = self.shop.orders.post_as(&path, name.as_deref(), body).await;
        if let Some(key) = key
            && let Some((asked, status)) = self.model.answered.get(&(who, key))
        {
            let expected = if *asked == items { *status } else { 422 };
            return self.check(expected, &answer, action);
        }
        let (status, lines) = self.model.order(who, items.as_ref());
        self.check(status, &answer, action);
        // A cart that was refused may be another one the next time: its key is free.
        if let Some(key) = key
            && (items.is_some() || status == 201)
        {
            self.model.answered.insert((who, key), (items, status));
        }
        if status == 201 {
            let bought = self.body(&lines)["items"].clone();
            assert_eq!(answer.1["items"], bought, "{action:?}");
            let id = answer.1["order"]["id"].as_i64().unwrap();
            let (left, returns) = (lines, BTreeMap::new());
            self.model.placed.push(Placed {
                id,
                who,
                left,
                returns,
            });
        }
    }

    async fn take_back(
        &mut self,
        who: usize,
        which: usize,
        key: Option<usize>,
        copies: Option<(usize, i64)>,
        action: &Action,
    ) {
        let name = key.map(|key| format!("key-{key}"));
        let body = copies.map(|line| self.body(&Lines::from([line])));
        let order = self.model.placed[which].id;
        let path = format!("/orders/{}/{order}/returns", self.customer(who));
        let answer = self.shop.orders.post_as(&path, name.as_deref(), body).await;
        if self.model.placed[which].who != who {
            return self.check(404, &answer, action);
        }
        if let Some(key) = key
            && let Some((asked, status)) = self.model.placed[which].returns.get(&key)
        {
            let expected = if *asked == copies { *status } else { 422 };
            return self.check(expected, &answer, action);
        }
        let status = self.model.take_back(which, copies);
        self.check(status, &answer, action);
        // What was refused is not kept.
        if let (Some(key), 201) = (key, status) {
            self.model.placed[which]
                .returns
                .insert(key, (copies, status));
        }
    }

    fn check(&self, expected: u16, answer: &(u16, Value), action: &Action) {
        assert_eq!(
            answer.0, expected,
            "{action:?}: {}, {:?}",
            answer.1, self.model
        );
    }

    /// Compares everything that can be seen.
    async fn compare(&self) {
        for (place, book) in self.books.iter().enumerate() {
            assert_eq!(
                self.shop.stock(*book).await,
                self.model.shelf[place],
                "{:?}",
                self.model
            );
        }
        for who in 0..CUSTOMERS {
            let of_customer = |placed: &&Placed| placed.who == who;
            let placed = self.model.placed.iter().filter(of_customer).map(|placed| {
                let status = if placed.left.is_empty() {
                    "Returned"
                } else {
                    "Ordered"
                };
                json!({"id": placed.id, "customer_id": self.customer(who), "status": status})
            });
            let path = format!("/orders/{}", self.customer(who));
            let (_, listed) = self.shop.orders.get(&path).await;
            assert_eq!(listed["orders"], json!(placed.collect::<Vec<_>>()));
            let path = format!("/cart_items?customer_id={}", self.customer(who));
            let (_, listed) = self.shop.cart.get(&path).await;
            let listed: BTreeMap<i64, i64> = listed["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| {
                    (
                        item["product_id"].as_i64().unwrap(),
                        item["quantity"].as_i64().unwrap(),
                    )
                })
                .collect();
            let cart = self.model.carts.get(&who).into_iter().flatten();
            let cart = cart.map(|(book, copies)| (self.books[*book], *copies));
            assert_eq!(listed, cart.collect());
        }
    }

    fn customer(&self, who: usize) -> i64 {
        self.customers + who as i64
    }

    fn cart(&self, who: usize) -> String {
        format!("/carts/{}", self.customer(who))
    }

    fn body(&self, lines: &Lines) -> Value {
        let items = lines
            .iter()
            .map(|(book, copies)| json!({"product_id": self.books[*book], "quantity": copies}));
        json!({"items": items.collect::<Vec<_>>()})
    }
}

/// Tells random histories, always the same ones.
fn histories_follow_the_model(database: &str) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let shop = runtime.block_on(async { Shop::open(database) });
    let mut runner = TestRunner::new_with_rng(
        Config {
            cases: HISTORIES,
            failure_persistence: None,
            ..Config::default()
        },
        TestRng::deterministic_rng(RngAlgorithm::ChaCha),
    );
    let next_customer = std::cell::Cell::new(1);
    let histories = (proptest::array::uniform3(0..7_i64), vec(action(), 1..40));
    let outcome = runner.run(&histories, |(shelf, actions)| {
        let customers = next_customer.replace(next_customer.get() + CUSTOMERS as i64);
        runtime.block_on(async {
            let mut books = Vec::new();
            for copies in shelf {
                books.push(shop.add_book(copies).await);
            }
            let model = Model {
                shelf,
                ..Model::default()
            };
            let mut history = History {
                shop: &shop,
                books,
                customers,
                model,
            };
            for action in &actions {
                history.tell(action).await;
            }
            history.compare().await;
        });
        Ok(())
    });
    outcome.unwrap();
    runtime.block_on(shop.ends_in_a_clean_audit());
}

#[test]
fn random_histories_follow_the_model_on_sqlite() {
    histories_follow_the_model("sqlite");
}

#[test]
fn random_histories_follow_the_model_on_postgres() {
    if let Some(url) = postgres::url() {
        histories_follow_the_model(url);
    }
}
