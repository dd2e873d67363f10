"""Whether every copy that left the stock belongs to exactly one order."""

import json
import urllib.error
import urllib.request

from processes import wait_until

# An order that a crash has left behind is taken over when its lease has run out.
SETTLED_AFTER = 120

UNSETTLED = (
    "SELECT (SELECT count(*) FROM orders WHERE settled_at IS NULL)"
    " + (SELECT count(*) FROM returns WHERE settled_at IS NULL)"
)
ORDERED = (
    "SELECT sum(quantity - returned) FROM order_items JOIN orders ON orders.id = order_id"
    " WHERE status IN ('Ordered', 'Returned')"
)
PLACED = "SELECT count(*) FROM orders WHERE status IN ('Ordered', 'Returned')"
RESERVED = (
    "SELECT sum(quantity - returned) FROM reservation_items JOIN reservations USING (order_id)"
    " WHERE status = '{}'"
)


def audit(server, names, seeded, orders_url):
    """Adds up what the databases of the catalog and of the orders say; whether it is right."""

    def number(service, sql):
        return int(server.ask(names[service], sql)[0][0] or 0)

    wait_until(lambda: number("orders", UNSETTLED) == 0, "every order is settled", SETTLED_AFTER)
    found = {
        "orders": number("orders", PLACED),
        "copies_ordered": number("orders", ORDERED),
        "copies_sold": number("catalog", RESERVED.format("Confirmed")),
        "copies_held": number("catalog", RESERVED.format("Held")),
        "copies_in_stock": number("catalog", "SELECT sum(quantity) FROM products"),
        "copies_seeded": seeded,
    }
    found["adds_up"] = (
        found["copies_ordered"] == found["copies_sold"]
        and found["copies_held"] == 0
        and found["copies_in_stock"] + found["copies_sold"] == seeded
    )
    found["shop_audit"] = shop_audit(orders_url)
    return found


def shop_audit(orders_url):
    """What the shop itself says at `GET /audit/shop`, if it has that call."""
    try:
        with urllib.request.urlopen(f"{orders_url}/audit/shop", timeout=60) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        return {"status": error.code, "answer": error.read(2000).decode(errors="replace")}
