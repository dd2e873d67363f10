"""Whether every copy that left the stock belongs to exactly one order."""

import json
import urllib.request

from processes import wait_until

# An order that a crash has left behind is taken over when its lease has run out, after 60 s.
SETTLED_AFTER = 120

PLACED = "SELECT count(*) FROM orders WHERE status IN ('Ordered', 'Returned')"
ORDERED = (
    "SELECT sum(quantity - returned) FROM order_items JOIN orders ON orders.id = order_id"
    " WHERE status IN ('Ordered', 'Returned')"
)


def audit(servers, names, seeded, orders_url):
    """Counts in the databases, and asks the shop itself; whether both find everything in order."""

    def number(service, sql):
        return int(servers[service].ask(names[service], sql)[0][0] or 0)

    wait_until(
        lambda: ask_shop(orders_url)["unfinished"] == 0, "no order is left unfinished", SETTLED_AFTER, pause=1
    )
    shop = ask_shop(orders_url)
    found = {
        "orders": number("orders", PLACED),
        "copies_ordered": number("orders", ORDERED),
        "copies_in_stock": number("catalog", "SELECT sum(quantity) FROM products"),
        "copies_seeded": seeded,
        "shop": shop,
    }
    counted = found["copies_in_stock"] + found["copies_ordered"] == seeded
    found["adds_up"] = counted and shop["clean"]
    return found


def ask_shop(orders_url):
    """The shop's own audit of orders, catalog and cart."""
    with urllib.request.urlopen(f"{orders_url}/audit/shop", timeout=60) as answer:
        return json.load(answer)
