//! The audit of the whole shop: every order against what catalog and cart have of it.
//!
//! The services share no transaction, so the audit looks while orders move. It asks catalog and
//! cart first and the orders after that; whatever follows an order is thus not newer than the order
//! itself. What still looks wrong is looked at again: by then the others know all that the orders
//! said the first time, and only a real violation looks the same twice.

use std::collections::{BTreeMap, BTreeSet};

use super::{Orders, audit::UNFINISHED, request::OrderRequest};
use crate::{
    Error,
    audit::{Audit, LISTED, Violation},
    cart::CheckoutState,
    catalog::{Reservation, ReservedItem},
    database::with_reader,
};

/// Rows that are read at once, of each kind.
const WINDOW: usize = 1_000;

const RESERVED: &str = "an order that was placed has one reservation, of its lines";
const LEAKED: &str = "copies are held for orders at work only";
const SOLD: &str = "copies are sold to orders that were placed only";
const RESTOCKED: &str = "copies that came back are back in stock";
const CART_BOUGHT: &str = "an order of a cart that was placed has bought one cart";
const CART_HELD: &str = "carts are held for orders at work only";

/// What the orders' database says about an order.
#[derive(Debug)]
struct OrderState {
    /// `Pending`, `Ordered`, `Returned` or `Cancelled`.
    status: String,
    from_cart: bool,
    /// Whether catalog and cart were told.
    settled: bool,
    /// Whether the catalog was told of every return.
    returns_settled: bool,
    items: Vec<ReservedItem>,
}

/// What the three services say about the orders of a range of ids.
#[derive(Debug, Default)]
struct Window {
    reservations: BTreeMap<i64, Reservation>,
    checkouts: BTreeMap<i64, CheckoutState>,
    orders: BTreeMap<i64, OrderState>,
}

impl Orders {
    /// Audits the whole shop.
    pub(super) async fn audit_shop(&self) -> Result<Audit, Error> {
        let (mut orders, mut reservations, mut checkouts) = (0, 0, 0);
        let mut violations = Vec::new();
        let mut after = Some(0);
        while let Some(from) = after {
            let (mut window, next) = self.window(from).await?;
            let mut found = window.violations();
            if !found.is_empty() {
                (window, after) = self.window(from).await?;
                let again = window.violations();
                found = found.intersection(&again).cloned().collect();
            } else {
                after = next;
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
        }
        let unfinished: i64 = with_reader!(&self.database, |reader| {
            sqlx::query_scalar(UNFINISHED).fetch_one(reader).await
        })?;
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

    /// Reads what follows an order id, and after which id there is more.
    async fn window(&self, after: i64) -> Result<(Window, Option<i64>), Error> {
        let (reservations, checkouts) = tokio::try_join!(
            self.catalog.reservations(after, WINDOW),
            self.cart.checkouts(after, WINDOW),
        )?;
        let orders = self.states(after).await?;
        // Each list ends where its page does; all of them are whole up to the first such end.
        let ends = [
            full_page(reservations.iter().map(|reservation| reservation.order_id)),
            full_page(checkouts.iter().map(|checkout| checkout.order_id)),
            full_page(orders.keys().copied()),
        ];
        let end = ends.into_iter().flatten().min();
        let whole = |id: &i64| end.is_none_or(|end| *id <= end);
        let mut window = Window::default();
        for reservation in reservations {
            window
                .reservations
                .insert(reservation.order_id, reservation);
        }
        for checkout in checkouts {
            window.checkouts.insert(checkout.order_id, checkout);
        }
        window.orders = orders;
        window.reservations.retain(|id, _| whole(id));
        window.checkouts.retain(|id, _| whole(id));
        window.orders.retain(|id, _| whole(id));
        Ok((window, end))
    }

    /// Orders after an id, and what became of their lines.
    async fn states(&self, after: i64) -> Result<BTreeMap<i64, OrderState>, Error> {
        let rows: Vec<(i64, String, String, bool)> = with_reader!(&self.database, |reader| {
            sqlx::query_as(
                "SELECT id, status, request, settled_at IS NOT NULL FROM orders
                 WHERE id > $1 ORDER BY id LIMIT $2",
            )
            .bind(after)
            .bind(WINDOW as i64)
            .fetch_all(reader)
            .await
        })?;
        let last = rows.last().map_or(after, |row| row.0);
        let mut states: BTreeMap<i64, OrderState> = rows
            .into_iter()
            .map(|(id, status, request, settled)| {
                let state = OrderState {
                    status,
                    from_cart: OrderRequest::is_of_cart(&request),
                    settled,
                    returns_settled: true,
                    items: Vec::new(),
                };
                (id, state)
            })
            .collect();
        let unsettled: Vec<i64> = with_reader!(&self.database, |reader| {
            sqlx::query_scalar(
                "SELECT order_id FROM returns
                 WHERE settled_at IS NULL AND order_id > $1 AND order_id <= $2",
            )
            .bind(after)
            .bind(last)
            .fetch_all(reader)
            .await
        })?;
        for order in unsettled {
            if let Some(state) = states.get_mut(&order) {
                state.returns_settled = false;
            }
        }
        let items: Vec<(i64, i64, i64, i64)> = with_reader!(&self.database, |reader| {
            sqlx::query_as(
                "SELECT order_id, product_id, quantity, returned FROM order_items
                 WHERE order_id > $1 AND order_id <= $2 ORDER BY order_id, product_id",
            )
            .bind(after)
            .bind(last)
            .fetch_all(reader)
            .await
        })?;
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
fn full_page(ids: impl ExactSizeIterator<Item = i64>) -> Option<i64> {
    (ids.len() >= WINDOW).then(|| ids.max()).flatten()
}

impl OrderState {
    fn is_placed(&self) -> bool {
        matches!(self.status.as_str(), "Ordered" | "Returned")
    }
}

impl Window {
    fn violations(&self) -> BTreeSet<Violation> {
        let mut found = BTreeSet::new();
        let mut add = |rule, detail| found.insert(Violation { rule, detail });
        for (id, order) in &self.orders {
            let reservation = self.reservations.get(id);
            if order.is_placed() && !reservation.is_some_and(|found| is_of(found, order)) {
                add(RESERVED, format!("order {id}: {reservation:?}"));
            }
            let checkout = self.checkouts.get(id).map_or("none", |found| &found.status);
            let bought = matches!(checkout, "Locked" | "Completed");
            if order.is_placed() && order.from_cart != bought {
                add(CART_BOUGHT, format!("order {id}: checkout is {checkout}"));
            }
        }
        for (id, reservation) in &self.reservations {
            let order = self.orders.get(id);
            let status = order.map_or("none", |order| &order.status);
            match reservation.status.as_str() {
                "Held" if order.is_none_or(|order| order.settled) => {
                    add(LEAKED, format!("order {id} is {status}"));
                }
                "Confirmed" if !order.is_some_and(OrderState::is_placed) => {
                    add(SOLD, format!("order {id} is {status}"));
                }
                _ => {}
            }
            for (sold, bought) in pairs(reservation, order) {
                let (stock, order) = (sold.returned, bought.returned);
                let settled = self.orders[id].returns_settled;
                if stock > order || (settled && stock != order) {
                    let product = sold.product_id;
                    add(
                        RESTOCKED,
                        format!("order {id}, product {product}: {stock} of {order}"),
                    );
                }
            }
        }
        for (id, checkout) in &self.checkouts {
            let order = self.orders.get(id);
            let status = order.map_or("none", |order| &order.status);
            match checkout.status.as_str() {
                "Locked" if order.is_none_or(|order| order.settled) => {
                    add(CART_HELD, format!("order {id} is {status}"));
                }
                "Completed" if !order.is_some_and(OrderState::is_placed) => {
                    add(CART_BOUGHT, format!("order {id} is {status}"));
                }
                _ => {}
            }
        }
        found
    }
}

/// Whether a reservation is of what the order has bought.
fn is_of(reservation: &Reservation, order: &OrderState) -> bool {
    reservation.status != "Released"
        && reservation.items.len() == order.items.len()
        && pairs(reservation, Some(order)).all(|(sold, bought)| sold.quantity == bought.quantity)
        && pairs(reservation, Some(order)).count() == order.items.len()
}

/// Lines of the same product, as the catalog and the orders know them.
fn pairs<'a>(
    reservation: &'a Reservation,
    order: Option<&'a OrderState>,
) -> impl Iterator<Item = (&'a ReservedItem, &'a ReservedItem)> {
    let bought = order.map_or(&[][..], |order| &order.items);
    reservation.items.iter().filter_map(move |sold| {
        let same = |line: &&ReservedItem| line.product_id == sold.product_id;
        Some((sold, bought.iter().find(same)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(returned: i64) -> ReservedItem {
        ReservedItem {
            product_id: 7,
            quantity: 2,
            returned,
        }
    }

    /// What order 1 looks like when everything is done.
    fn done() -> Window {
        let mut window = Window::default();
        let order = OrderState {
            status: "Ordered".to_owned(),
            from_cart: true,
            settled: true,
            returns_settled: true,
            items: vec![item(1)],
        };
        window.orders.insert(1, order);
        let reservation = Reservation {
            order_id: 1,
            status: "Confirmed".to_owned(),
            items: vec![item(1)],
        };
        window.reservations.insert(1, reservation);
        let checkout = CheckoutState {
            order_id: 1,
            status: "Completed".to_owned(),
        };
        window.checkouts.insert(1, checkout);
        window
    }

    /// The rules that are broken after a change.
    fn broken(change: impl FnOnce(&mut Window)) -> Vec<&'static str> {
        let mut window = done();
        change(&mut window);
        let violations = window.violations();
        violations.iter().map(|violation| violation.rule).collect()
    }

    fn order(window: &mut Window) -> &mut OrderState {
        window.orders.get_mut(&1).unwrap()
    }

    fn reservation(window: &mut Window) -> &mut Reservation {
        window.reservations.get_mut(&1).unwrap()
    }

    #[test]
    fn an_order_that_is_done_breaks_no_rule() {
        assert!(broken(|_| ()).is_empty());
    }

    #[test]
    fn an_order_at_work_breaks_no_rule() {
        assert!(
            broken(|window| {
                order(window).status = "Pending".to_owned();
                order(window).settled = false;
                order(window).items.clear();
                reservation(window).status = "Held".to_owned();
                window.checkouts.get_mut(&1).unwrap().status = "Locked".to_owned();
            })
            .is_empty()
        );
    }

    #[test]
    fn what_is_oversold_leaked_lost_or_doubled_is_found() {
        let lost = broken(|window| window.reservations.clear());
        assert_eq!(lost, [RESERVED]);
        let released = broken(|window| reservation(window).status = "Released".to_owned());
        assert_eq!(released, [RESERVED]);
        let fewer = broken(|window| reservation(window).items[0].quantity = 1);
        assert_eq!(fewer, [RESERVED]);
        let other = broken(|window| reservation(window).items[0].product_id = 8);
        assert_eq!(other, [RESERVED]);
        let leaked = broken(|window| reservation(window).status = "Held".to_owned());
        assert_eq!(leaked, [LEAKED]);
        let unknown = broken(|window| window.orders.clear());
        assert_eq!(unknown, [CART_BOUGHT, SOLD]);
        let cancelled = broken(|window| {
            order(window).status = "Cancelled".to_owned();
            order(window).items.clear();
        });
        assert_eq!(cancelled, [CART_BOUGHT, SOLD]);
    }

    #[test]
    fn returns_that_did_not_reach_the_stock_or_reached_it_twice_are_found() {
        let lost = broken(|window| reservation(window).items[0].returned = 0);
        assert_eq!(lost, [RESTOCKED]);
        let doubled = broken(|window| reservation(window).items[0].returned = 2);
        assert_eq!(doubled, [RESTOCKED]);
        let late = broken(|window| {
            order(window).returns_settled = false;
            reservation(window).items[0].returned = 0;
        });
        assert!(late.is_empty());
    }

    #[test]
    fn carts_that_are_held_or_bought_by_nobody_are_found() {
        let held = broken(|window| window.checkouts.get_mut(&1).unwrap().status = "Locked".into());
        assert_eq!(held, [CART_HELD]);
        let none = broken(|window| window.checkouts.clear());
        assert_eq!(none, [CART_BOUGHT]);
        let doubled = broken(|window| order(window).from_cart = false);
        assert_eq!(doubled, [CART_BOUGHT]);
    }
}
