"""Customers who buy and return, a bookseller, and what they were told."""

import http.client
import json
import threading
import time
from collections import Counter
from urllib.parse import urlsplit

# After that long a client gives a request up and sends it again, under the same key.
PATIENCE = 8
# Answers after which the same request is sent again: it is at work, or a service is away.
LATER = {409, 502, 503, 504}


class Record:
    """What clients were told, in memory and line by line in a file; and what must never have happened."""

    def __init__(self, path):
        self._file, self._lock = open(path, "w"), threading.Lock()
        self.answers, self.faults = [], []

    def add(self, **answer):
        with self._lock:
            self.answers.append(answer)
            print(json.dumps(answer), file=self._file, flush=True)

    def fault(self, text):
        with self._lock:
            self.faults.append(text)

    def close(self):
        self._file.close()


class Http:
    """One service through the balancer, over a connection that is kept as long as it works."""

    def __init__(self, url):
        self._place, self._connection = urlsplit(url).netloc, None

    def ask(self, method, path, body=None, key=None):
        """Status and answer; the status is None when there was none."""
        headers = {"content-type": "application/json"} if body is not None else {}
        if key:
            headers["idempotency-key"] = key
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection(self._place, timeout=PATIENCE)
            self._connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            response = self._connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            return None, f"{type(error).__name__}: {error}"
        try:
            return response.status, json.loads(text) if text else None
        except ValueError:
            return response.status, text.decode(errors="replace")

    def close(self):
        if self._connection:
            self._connection.close()
        self._connection = None


class Client(threading.Thread):
    """Does one thing after the other until it is asked to stop, and finishes what it has begun."""

    def __init__(self, name, rng, shop, record):
        super().__init__(name=name, daemon=True)
        self.rng, self.record = rng, record
        self.catalog, self.cart, self.orders = (Http(shop.url(s)) for s in ("catalog", "cart", "orders"))
        self._over, self._given_up = threading.Event(), threading.Event()
        self.waits_for = None

    def ask_to_stop(self, give_up=True):
        self._over.set()
        if give_up:
            self._given_up.set()

    def run(self):
        while not self._over.is_set():
            try:
                self.do_something()
            except GivenUp:
                return
            except Exception as error:
                self.record.fault(f"{self.name}: {error!r}")
                return
            self._over.wait(self.rng.expovariate(1 / 0.02))

    def insist(self, service, method, path, body=None, key=None):
        """Sends the same request until there is an answer that stays."""
        tries, self.repeated = 0, False
        while True:
            status, answer = service.ask(method, path, body, key)
            self.waits_for = f"{method} {path} under {key}: {status} {answer}"
            if status is not None and status not in LATER:
                self.waits_for = None
                if status >= 500:
                    self.record.fault(
                        f"{self.name}: {method} {path} under {key} is answered {status} {answer}"
                    )
                    time.sleep(0.1)
                else:
                    return status, answer
            # The first try may be on its way still.
            tries, self.repeated = tries + 1, True
            if self._given_up.wait(min(0.02 * 2**tries, 0.5)):
                raise GivenUp


class GivenUp(Exception):
    """The shop is closed before there was an answer."""


class Buyer(Client):
    """A customer who orders with a cart and without, and returns most of it."""

    def __init__(self, number, rng, shop, books, record):
        super().__init__(f"customer {number}", rng, shop, record)
        self.customer, self.books, self._keys = number, sorted(books), 0
        # Placed orders by id: copies bought and returned of each book.
        self.bought, self.returned = {}, {}
        # Copies that may come into the cart after their refusal: a refusal of the cart ends no earlier try.
        self.late = Counter()

    def key(self):
        self._keys += 1
        return f"{self.customer}-{self._keys}"

    def keep(self, kind, path, body, key, status, answer):
        self.record.add(
            customer=self.customer, kind=kind, path=path, body=body, key=key, status=status, answer=answer
        )

    def do_something(self):
        chosen = self.rng.sample(self.books, self.rng.randint(1, 3))
        lines = {book: self.rng.randint(1, 2) for book in chosen}
        order = self.buy_cart(lines) if self.rng.random() < 0.5 else self.buy(lines)
        if order is None:
            # Somebody has to bring something back, or nothing is left to buy.
            for kept in [order for order in self.bought if self.left(order)][:2]:
                self.give(kept, None, self.left(kept))
        elif self.rng.random() < 0.8:
            self.bring_back(order)

    def buy_cart(self, lines):
        path, filled = f"/carts/{self.customer}", {}
        for book, copies in lines.items():
            item = {"product_id": book, "quantity": copies}
            status, answer = self.insist(self.cart, "POST", path, item, self.key())
            self.keep("cart", path, item, None, status, answer)
            if status == 201:
                filled[book] = copies
            elif self.repeated:
                self.late[book] += copies
            if status not in (201, 400):
                self.record.fault(f"{self.name}: POST {path} {item} is answered {status} {answer}")
        if not filled:
            return None
        order = self.order(None, filled)
        if order is None:
            for book in filled:
                self.insist(self.cart, "DELETE", f"{path}/{book}")
        return order

    def buy(self, lines):
        return self.order({"items": as_items(lines)}, lines)

    def order(self, body, lines):
        """Places an order; its id, or nothing where there are not enough copies."""
        path, key = f"/orders/{self.customer}", self.key()
        status, answer = self.insist(self.orders, "POST", path, body, key)
        self.keep("order", path, body, key, status, answer)
        if status != 201:
            if status != 400:
                self.record.fault(f"{self.name}: order under {key} of {lines} is answered {status} {answer}")
            return None
        order = answer["order"]["id"]
        surplus = Counter(as_lines(answer["items"]))
        surplus.subtract(lines)
        if body is None and all(0 <= copies <= self.late[book] for book, copies in surplus.items()):
            self.late.subtract(surplus)
        elif any(surplus.values()):
            self.record.fault(
                f"{self.name}: order {order} under {key} is of {answer['items']}, not of {lines}"
            )
        if order in self.bought:
            self.record.fault(
                f"{self.name}: order {order} was acknowledged twice, the second time under {key}"
            )
        self.bought[order] = as_lines(answer["items"])
        self.returned[order] = dict.fromkeys(self.bought[order], 0)
        return order

    def bring_back(self, order):
        """Returns an order as a whole, or a copy first and maybe the rest."""
        lines = self.bought[order]
        if self.rng.random() < 0.5:
            book = self.rng.choice(sorted(lines))
            self.give(order, {"items": [{"product_id": book, "quantity": 1}]}, {book: 1})
            if self.rng.random() < 0.5:
                return
        if left := self.left(order):
            self.give(order, None, left)

    def left(self, order):
        """What has not come back of an order."""
        left = {book: n - self.returned[order][book] for book, n in self.bought[order].items()}
        return {book: n for book, n in left.items() if n}

    def give(self, order, body, lines):
        path, key = f"/orders/{self.customer}/{order}/returns", self.key()
        status, answer = self.insist(self.orders, "POST", path, body, key)
        self.keep("return", path, body, key, status, answer)
        if status not in (201, 202) or as_lines(answer["items"]) != lines:
            self.record.fault(f"{self.name}: return under {key} of {lines} is answered {status} {answer}")
            return
        for book, copies in lines.items():
            self.returned[order][book] += copies


class Bookseller(Client):
    """Adds books that nobody buys, and copies of them, by requests that have no key."""

    def __init__(self, rng, shop, record):
        super().__init__("the bookseller", rng, shop, record)
        self._number = 0
        # Acknowledged books by id: their name, and the stocks that they may have.
        self.added = {}

    def do_something(self):
        self._over.wait(self.rng.uniform(0, 0.2))
        if self.added and self.rng.random() < 0.5:
            self.change(self.rng.choice(sorted(self.added)))
            return
        self._number += 1
        name, copies = f"Unsold {self._number}", self.rng.randint(0, 9)
        status, answer = self.catalog.ask("POST", "/products", {"name": name, "price": 1, "quantity": copies})
        if status == 201:
            book = answer["data"]["id"]
            if book in self.added:
                self.record.fault(f"book {book} was acknowledged as {self.added[book][0]} and as {name}")
            self.added[book] = (name, {copies})
            self.record.add(kind="book", status=status, answer=answer)
        elif status is not None and status not in LATER:
            self.record.fault(f"a new book is answered {status} {answer}")

    def change(self, book):
        name, stocks = self.added[book]
        status, answer = self.catalog.ask("PATCH", f"/products/{book}/stock", {"change": 1})
        if status == 200:
            self.added[book] = (name, {stock + 1 for stock in stocks})
        elif status is None or status in LATER:
            # Nobody knows whether the change was made: it has no key.
            self.added[book] = (name, stocks | {stock + 1 for stock in stocks})
        else:
            self.record.fault(f"a change of book {book} is answered {status} {answer}")


class Looker(Client):
    """A visitor who only looks: at books, and at an empty cart."""

    def __init__(self, rng, shop, record):
        super().__init__("a visitor", rng, shop, record)
        self._storefront = Http(shop.url("storefront"))

    def do_something(self):
        status, answer = self._storefront.ask("GET", self.rng.choice(["/", "/cart", "/orders"]))
        if status not in (None, 200, 303, *LATER):
            self.record.fault(f"a page is answered {status} {str(answer)[:200]}")


def as_items(lines):
    return [{"product_id": book, "quantity": copies} for book, copies in lines.items()]


def as_lines(items):
    return {item["product_id"]: item["quantity"] for item in items}
