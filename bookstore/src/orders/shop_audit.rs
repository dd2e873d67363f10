//! The audit of the whole shop: every order against what catalog and cart have of it.
//!
//! The services share no transaction, so the audit looks while orders move. It asks catalog and
//! cart first and the orders after that; whatever follows an order is thus not newer than the order
//! itself. What still looks wrong is looked at again: by then the others know all that the orders
//! said the first time, and only a real violation looks the same twice.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Orders,
    audit::{SETTLED, UNFINISHED},
    model::OrderStatus,
    request::OrderRequest,
};
use crate::{
    cart::{
        CheckoutState,
        CheckoutStatus::{Completed, Locked},
    },
    catalog::{
        Reservation,
        ReservationStatus::{Confirmed, Held, Released},
        ReservedItem,
    },
    platform::{
        Error,
        audit::{Audit, LISTED, Violation},
        database::{rows, value, with_reader},
        token::Token,
    },
};

/// Rows that are read at once, of each kind.
const WINDOW: usize = 1_000;

const RESERVED: &str = "an order that was placed has one reservation, of its lines";
const LEAKED: &str = "copies are held for orders at work only";
const SOLD: &str = "copies are sold to orders that were placed only";
const RESTOCKED: &str = "copies that came back are back in stock";
const CART_BOUGHT: &str = "an order of a cart that was placed has bought one cart";
const CART_HELD: &str = "carts are held for orders at work only";

#[derive(Debug, sqlx::FromRow)]
struct OrderState {
    token: Token,
    id: i64,
    status: OrderStatus,
    request: String,
    /// Whether catalog and cart were notified.
    settled: bool,
    /// Whether the catalog was notified of every return.
    returns_settled: bool,
    #[sqlx(skip)]
    items: Vec<ReservedItem>,
}

/// What the three services say about the orders of a range of tokens.
#[derive(Debug, Default)]
struct Window {
    reservations: BTreeMap<Token, Reservation>,
    checkouts: BTreeMap<Token, CheckoutState>,
    orders: BTreeMap<Token, OrderState>,
}

impl Orders {
    pub(super) async fn audit_shop(&self) -> Result<Audit, Error> {
        let (mut orders, mut reservations, mut checkouts) = (0, 0, 0);
        let mut violations = Vec::new();
        let mut after = None;
        loop {
            let (mut window, mut next) = self.window(after.as_ref()).await?;
            let mut found = window.violations();
            if !found.is_empty() {
                (window, next) = self.window(after.as_ref()).await?;
                let again = window.violations();
                found = found.intersection(&again).cloned().collect();
            }
            orders += window.orders.len();
            reservations += window.reservations.len();
            checkouts += window.checkouts.len();
            for violation in found {
                let same = |other: &&Violation| other.rule == violation.rule;
                if violations.iter().filter(same).count() < LISTED {
                    violations.push(violation);
                }
            }
            if next.is_none() {
                break;
            }
            after = next;
        }
        violations.extend(SETTLED.violations(&self.database).await?);
        let unfinished = with_reader!(&self.database, |reader| value!(reader, UNFINISHED))?;
        let checked = [
            ("orders", orders),
            ("reservations", reservations),
            ("checkouts", checkouts),
        ];
        Ok(Audit::new(
            unfinished,
            checked.map(|(name, number)| (name, number as i64)),
            violations,
        ))
    }

    /// Reads what follows an order, from the first on where there is none, and after which order there
    /// is more.
    async fn window(&self, after: Option<&Token>) -> Result<(Window, Option<Token>), Error> {
        let (reservations, checkouts) = tokio::try_join!(
            self.catalog.reservations(after, WINDOW),
            self.cart.checkouts(after, WINDOW),
        )?;
        let orders = self.states(after).await?;
        // Each list ends where its page does; all of them are whole up to the first such end.
        let reserved = reservations.iter().map(|it| &it.order_token);
        let checked_out = checkouts.iter().map(|it| &it.order_token);
        let ends = [
            full_page(reserved),
            full_page(checked_out),
            full_page(orders.keys()),
        ];
        let end = ends.into_iter().flatten().min();
        let whole = |order: &Token| end.as_ref().is_none_or(|end| order <= end);
        let reservations = reservations.into_iter();
        let checkouts = checkouts.into_iter();
        let mut window = Window {
            reservations: reservations
                .map(|it| (it.order_token.clone(), it))
                .collect(),
            checkouts: checkouts.map(|it| (it.order_token.clone(), it)).collect(),
            orders,
        };
        window.reservations.retain(|order, _| whole(order));
        window.checkouts.retain(|order, _| whole(order));
        window.orders.retain(|order, _| whole(order));
        Ok((window, end))
    }

    /// Orders after one, and what became of their lines.
    async fn states(&self, after: Option<&Token>) -> Result<BTreeMap<Token, OrderState>, Error> {
        let after = after.map_or("", Token::as_str);
        let orders: Vec<OrderState> = with_reader!(&self.database, |reader| rows!(
            reader,
            "SELECT token, id, status, request, settled_at IS NOT NULL AS settled,
                 NOT EXISTS (SELECT 1 FROM returns WHERE order_id = orders.id
                     AND returns.settled_at IS NULL) AS returns_settled
             FROM orders WHERE token > $1 ORDER BY token LIMIT $2",
            after,
            WINDOW as i64,
        ))?;
        let Some(last) = orders.last().map(|order| order.token.clone()) else {
            return Ok(BTreeMap::new());
        };
        let orders = orders.into_iter();
        let mut states: BTreeMap<Token, OrderState> =
            orders.map(|it| (it.token.clone(), it)).collect();
        let items: Vec<(Token, i64, i64, i64)> = with_reader!(&self.database, |reader| rows!(
            reader,
            "SELECT token, product_id, quantity, returned
             FROM order_items JOIN orders ON orders.id = order_id
             WHERE token > $1 AND token <= $2 ORDER BY token, product_id",
            after,
            &last,
        ))?;
        for (order, product_id, quantity, returned) in items {
            if let Some(state) = states.get_mut(&order) {
                state.items.push(ReservedItem {
                    product_id,
                    quantity,
                    returned,
                });
            }
        }
        Ok(states)
    }
}

/// Where a list ends that may go on.
fn full_page<'a>(orders: impl ExactSizeIterator<Item = &'a Token>) -> Option<Token> {
    (orders.len() >= WINDOW)
        .then(|| orders.max().cloned())
        .flatten()
}

impl OrderState {
    fn is_placed(&self) -> bool {
        self.status.is_placed()
    }

    fn is_of_cart(&self) -> bool {
        OrderRequest::is_of_cart(&self.request)
    }
}

impl Window {
    fn violations(&self) -> BTreeSet<Violation> {
        let mut found = BTreeSet::new();
        let mut add = |rule, detail| found.insert(Violation { rule, detail });
        for (token, order) in &self.orders {
            let reservation = self.reservations.get(token);
            if order.is_placed() && !reservation.is_some_and(|found| is_of(found, order)) {
                add(RESERVED, format!("order {}: {reservation:?}", order.id));
            }
            let checkout = self.checkouts.get(token).map(|found| found.status);
            let bought = matches!(checkout, Some(Locked | Completed));
            if order.is_placed() && order.is_of_cart() != bought {
                let detail = format!("order {}: checkout is {checkout:?}", order.id);
                add(CART_BOUGHT, detail);
            }
        }
        for (token, reservation) in &self.reservations {
            let order = self.orders.get(token);
            match reservation.status {
                Held if order.is_none_or(|order| order.settled) => {
                    add(LEAKED, status_of(token, order));
                }
                Confirmed if !is_explained(order, Some(reservation)) => {
                    add(SOLD, status_of(token, order));
                }
                _ => {}
            }
            let Some(order) = order else { continue };
            for (sold, bought) in pairs(reservation, order) {
                let (stock, returned) = (sold.returned, bought.returned);
                if stock > returned || (order.returns_settled && stock != returned) {
                    let (id, product) = (order.id, sold.product_id);
                    let detail = format!("order {id}, product {product}: {stock} of {returned}");
                    add(RESTOCKED, detail);
                }
            }
        }
        for (token, checkout) in &self.checkouts {
            let order = self.orders.get(token);
            match checkout.status {
                Locked if order.is_none_or(|order| order.settled) => {
                    add(CART_HELD, status_of(token, order));
                }
                Completed if !is_explained(order, self.reservations.get(token)) => {
                    add(CART_BOUGHT, status_of(token, order));
                }
                _ => {}
            }
        }
        found
    }
}

/// The order by its number and its status, or by its token where the orders have none.
fn status_of(token: &Token, order: Option<&OrderState>) -> String {
    match order {
        Some(order) => format!("order {} is {:?}", order.id, order.status),
        None => format!("there is no order {token}"),
    }
}

/// Whether an order was placed, or has given back whatever it had, as one that was lost can be made to.
fn is_explained(order: Option<&OrderState>, reservation: Option<&Reservation>) -> bool {
    let came_back = |reservation: &Reservation| {
        let mut items = reservation.items.iter();
        items.all(|item| item.returned == item.quantity)
    };
    match order {
        Some(order) => order.is_placed(),
        None => reservation.is_some_and(came_back),
    }
}

/// Whether a reservation is of what the order has bought.
fn is_of(reservation: &Reservation, order: &OrderState) -> bool {
    reservation.status != Released
        && reservation.items.len() == order.items.len()
        && pairs(reservation, order).all(|(sold, bought)| sold.quantity == bought.quantity)
        && pairs(reservation, order).count() == order.items.len()
}

/// Lines of the same product, as the catalog and the orders know them.
fn pairs<'a>(
    reservation: &'a Reservation,
    order: &'a OrderState,
) -> impl Iterator<Item = (&'a ReservedItem, &'a ReservedItem)> {
    reservation.items.iter().filter_map(move |sold| {
        let same = |line: &&ReservedItem| line.product_id == sold.product_id;
        Some((sold, order.items.iter().find(same)?))
    })
}

#[cfg(test)]
mod tests;
