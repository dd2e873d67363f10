"""Whether the shop's books say what its clients were told."""

import time
from collections import Counter

from clients import Http

# Within that time after everything runs again each client has its answer, and the shop has settled everything.
SETTLED_AFTER = 120
REPLAYED = 2_000


def check(shop, books, clients, record, say):
    """Everything that is wrong, in sentences."""
    for client in clients:
        client.ask_to_stop(give_up=False)
    deadline = time.monotonic() + SETTLED_AFTER
    for client in clients:
        client.join(max(0, deadline - time.monotonic()))
        if client.is_alive():
            record.fault(
                f"{client.name} has no answer {SETTLED_AFTER} s after everything runs: {client.waits_for}"
            )
    faults = list(record.faults)
    services = {name: Http(shop.url(name)) for name in ("catalog", "cart", "orders")}
    faults += audits(services, say)
    buyers, bookseller = clients[:-2], clients[-1]
    faults += orders_of(services["orders"], buyers)
    faults += stock_of(services["catalog"], books, buyers)
    faults += added_books(services["catalog"], bookseller)
    faults += replays(services["orders"], record, say)
    placed, returns = (
        sum(a["kind"] == k and a["status"] in (201, 202) for a in record.answers) for k in ("order", "return")
    )
    say(f"{placed:,} orders and {returns:,} returns were acknowledged")
    if not placed or not returns:
        faults.append("nothing was bought or nothing returned: this run shows nothing")
    return faults


def audits(services, say):
    """Clean, with nothing unfinished, within a bounded time."""
    began = time.monotonic()
    while True:
        answers = {
            f"{name} {path}": services[name].ask("GET", path)
            for name, path in [
                ("catalog", "/audit"),
                ("cart", "/audit"),
                ("orders", "/audit"),
                ("orders", "/audit/shop"),
            ]
        }
        wrong = [
            f"{place} after {SETTLED_AFTER} s: {status} {answer}"
            for place, (status, answer) in answers.items()
            if status != 200 or not answer["clean"] or answer["unfinished"]
        ]
        if not wrong:
            say(f"audits are clean after {time.monotonic() - began:.1f} s")
            return []
        if time.monotonic() - began > SETTLED_AFTER:
            return wrong
        time.sleep(0.5)


def listed(service, path, name):
    """All rows of a list, page by page."""
    rows, after = [], 0
    while True:
        status, answer = service.ask("GET", f"{path}?limit=1000&after={after}")
        if status != 200:
            raise AssertionError(f"{path}: {status} {answer}")
        rows += answer[name]
        if len(answer[name]) < 1000:
            return rows
        after = answer[name][-1]["id"]


def orders_of(service, buyers):
    """Every acknowledged order is there once with its copies and what came back of them, and no other."""
    rows = listed(service, "/orders", "orders")
    items = listed(service, "/order_items", "items")
    expected, actual = {}, {}
    for buyer in buyers:
        for order, lines in buyer.bought.items():
            back = buyer.returned[order]
            whole = all(back[book] == copies for book, copies in lines.items())
            copies = {book: (bought, back[book]) for book, bought in lines.items()}
            # Two customers were told of the same order.
            if order in expected:
                yield f"order {order} was acknowledged to customers {expected[order][0]} and {buyer.customer}"
            expected[order] = (buyer.customer, "Returned" if whole else "Ordered", copies)
    for row in rows:
        actual[row["id"]] = (row["customer_id"], row["status"], {})
    for item in items:
        if item["order_id"] in actual:
            actual[item["order_id"]][2][item["product_id"]] = (item["quantity"], item["returned"])
    if len(actual) != len(rows):
        yield "the list of orders names an order twice"
    for order in sorted(expected.keys() | actual.keys()):
        if expected.get(order) != actual.get(order):
            yield f"order {order}: clients were told {expected.get(order)}, the shop says {actual.get(order)}"


def stock_of(service, books, buyers):
    """Every copy is in stock or with one customer."""
    kept = Counter()
    for buyer in buyers:
        for order, lines in buyer.bought.items():
            for book, copies in lines.items():
                kept[book] += copies - buyer.returned[order][book]
    for book, copies in books.items():
        status, answer = service.ask("GET", f"/products/{book}")
        stock = answer["product_detail"]["quantity"] if status == 200 else f"{status} {answer}"
        if stock != copies - kept[book]:
            yield f"book {book}: {stock} copies in stock; of {copies} customers have {kept[book]}"
        if kept[book] > copies:
            yield f"book {book}: {kept[book]} copies sold of {copies}"


def added_books(service, bookseller):
    """Every acknowledged book is there, with a stock that follows from the answers."""
    for book, (name, stocks) in bookseller.added.items():
        status, answer = service.ask("GET", f"/products/{book}")
        detail = answer["product_detail"] if status == 200 else {}
        if detail.get("name") != name or detail.get("quantity") not in stocks:
            yield f"book {book} was acknowledged as {name} with {sorted(stocks)} copies; now: {status} {answer}"


def replays(service, record, say):
    """The same key gives the same answer again."""
    acknowledged = [
        a for a in record.answers if a["kind"] in ("order", "return") and a["status"] in (201, 202)
    ]
    # Spread over the whole run.
    chosen = acknowledged[:: max(1, len(acknowledged) // REPLAYED)]
    for first in chosen:
        status, answer = service.ask("POST", first["path"], first["body"], first["key"])
        if (status, answer) != (201, first["answer"]):
            yield f"{first['kind']} {first['path']} under {first['key']}: {first['answer']}; again: {status} {answer}"
    say(f"{len(chosen):,} keys were used again")
