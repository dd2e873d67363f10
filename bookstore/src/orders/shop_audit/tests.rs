use super::*;

fn token() -> Token {
    Token::parse("00000000-0000-7000-8000-000000000001").unwrap()
}

fn item(returned: i64) -> ReservedItem {
    ReservedItem {
        product_id: 7,
        quantity: 2,
        returned,
    }
}

/// What an order looks like when everything is done.
fn done() -> Window {
    let mut window = Window::default();
    let order = OrderState {
        token: token(),
        id: 1,
        status: OrderStatus::Ordered,
        request: OrderRequest::Cart.canonical(),
        settled: true,
        returns_settled: true,
        items: vec![item(1)],
    };
    window.orders.insert(token(), order);
    let reservation = Reservation {
        order_token: token(),
        status: Confirmed,
        items: vec![item(1)],
    };
    window.reservations.insert(token(), reservation);
    let checkout = CheckoutState {
        order_token: token(),
        status: Completed,
    };
    window.checkouts.insert(token(), checkout);
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
    window.orders.get_mut(&token()).unwrap()
}

fn reservation(window: &mut Window) -> &mut Reservation {
    window.reservations.get_mut(&token()).unwrap()
}

#[test]
fn an_order_that_is_done_breaks_no_rule() {
    assert!(broken(|_| ()).is_empty());
}

#[test]
fn an_order_at_work_breaks_no_rule() {
    assert!(
        broken(|window| {
            order(window).status = OrderStatus::Pending;
            order(window).settled = false;
            order(window).items.clear();
            reservation(window).status = Held;
            window.checkouts.get_mut(&token()).unwrap().status = Locked;
        })
        .is_empty()
    );
}

#[test]
fn what_is_oversold_leaked_lost_or_doubled_is_found() {
    let lost = broken(|window| window.reservations.clear());
    assert_eq!(lost, [RESERVED]);
    let released = broken(|window| reservation(window).status = Released);
    assert_eq!(released, [RESERVED]);
    let fewer = broken(|window| reservation(window).items[0].quantity = 1);
    assert_eq!(fewer, [RESERVED]);
    let other = broken(|window| reservation(window).items[0].product_id = 8);
    assert_eq!(other, [RESERVED]);
    let leaked = broken(|window| reservation(window).status = Held);
    assert_eq!(leaked, [LEAKED]);
    let unknown = broken(|window| window.orders.clear());
    assert_eq!(unknown, [CART_BOUGHT, SOLD]);
    let came_back = broken(|window| {
        window.orders.clear();
        reservation(window).items[0].returned = 2;
    });
    assert!(came_back.is_empty());
    let cancelled = broken(|window| {
        order(window).status = OrderStatus::Cancelled;
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
    let held = broken(|window| window.checkouts.get_mut(&token()).unwrap().status = Locked);
    assert_eq!(held, [CART_HELD]);
    let none = broken(|window| window.checkouts.clear());
    assert_eq!(none, [CART_BOUGHT]);
    let doubled =
        broken(|window| order(window).request = OrderRequest::Items(Vec::new()).canonical());
    assert_eq!(doubled, [CART_BOUGHT]);
}
