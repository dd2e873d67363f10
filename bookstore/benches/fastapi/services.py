"""The services of the student report: FastAPI, psycopg2, requests; made to work, and otherwise as they are described.

    services.py catalog|cart|orders URL     one service, with its database; listens at the inherited descriptor 3
    services.py URL                         all three on free ports; announces them, and ends with standard input

What the report's code did not do and is done here: each thread has a connection of its own (the report shares one
cursor among all of them), and an order asks the cart for its items.
"""

import json
import os
import socket
import subprocess
import sys
import threading

import psycopg2
import psycopg2.extras
import requests
import uvicorn
from fastapi import FastAPI, HTTPException, Response
from pydantic import BaseModel

TABLES = {
    "catalog": "CREATE TABLE IF NOT EXISTS products (id SERIAL PRIMARY KEY, name VARCHAR NOT NULL,"
    " price INTEGER NOT NULL, quantity INTEGER NOT NULL)",
    "cart": "CREATE TABLE IF NOT EXISTS carts (id SERIAL PRIMARY KEY, customer_id INT NOT NULL, status VARCHAR NOT NULL);"
    " CREATE TABLE IF NOT EXISTS cart_items (id SERIAL PRIMARY KEY, product_id INT NOT NULL, quantity INT NOT NULL,"
    " cart_id INT, FOREIGN KEY (cart_id) REFERENCES carts (id));"
    # Not in the report, whose tables were small.
    " CREATE INDEX ON carts (customer_id); CREATE INDEX ON cart_items (cart_id)",
    "orders": "CREATE TABLE IF NOT EXISTS orders (id SERIAL PRIMARY KEY, customer_id INT NOT NULL,"
    " status VARCHAR NOT NULL); CREATE TABLE IF NOT EXISTS order_items (id SERIAL PRIMARY KEY, product_id INT NOT NULL,"
    " quantity INT NOT NULL, order_id INT, FOREIGN KEY (order_id) REFERENCES orders (id))",
}
CATALOG, CART = os.environ.get("CATALOG_URL"), os.environ.get("CART_URL")
app, own = FastAPI(), threading.local()


class Product(BaseModel):
    name: str
    price: int
    quantity: int


class CartItem(BaseModel):
    product_id: int
    quantity: int


def cursor():
    if not hasattr(own, "connection"):
        own.connection = psycopg2.connect(sys.argv[2], cursor_factory=psycopg2.extras.RealDictCursor)
        own.cursor = own.connection.cursor()
    return own.cursor


def ask(sql, *values):
    cursor().execute(sql, values)
    return cursor()


def commit():
    own.connection.commit()


def products():
    @app.get("/products")
    def get_products():
        found = ask("SELECT * FROM products").fetchall()
        commit()
        return {"data": found}

    @app.get("/products/{product_id}")
    def get_product(product_id: int):
        product = ask("SELECT * FROM products WHERE id = %s", product_id).fetchone()
        commit()
        if product is None:
            raise HTTPException(404, f"product with id: {product_id} was not found")
        return {"product_detail": product}

    @app.put("/products/{product_id}")
    def update_product(product_id: int, product: Product):
        found = ask("SELECT * FROM products WHERE id = %s", product_id).fetchone()
        if found is None:
            raise HTTPException(404, f"product with id: {product_id} was not found")
        values = (product.name, product.price, product.quantity, product_id)
        updated = ask(
            "UPDATE products SET name = %s, price = %s, quantity = %s WHERE id = %s RETURNING *", *values
        )
        updated = updated.fetchone()
        commit()
        return {"message": "Product updated successfully", "updated_product": updated}


def carts():
    @app.get("/carts/{customer_id}")
    def get_cart(customer_id: int):
        cart = ask("SELECT * FROM carts WHERE customer_id = %s AND status = 'Active'", customer_id).fetchone()
        if cart is None:
            raise HTTPException(404, f"Active cart for customer with id: {customer_id} was not found")
        items = ask("SELECT product_id, quantity FROM cart_items WHERE cart_id = %s", cart["id"]).fetchall()
        commit()
        return {"cart": cart, "items": items}

    @app.post("/carts/{customer_id}", status_code=201)
    def add_item_to_cart(customer_id: int, item: CartItem):
        response = requests.get(f"{CATALOG}/products/{item.product_id}")
        if response.status_code != 200:
            raise HTTPException(404, f"Product with id {item.product_id} not found")
        if response.json()["product_detail"]["quantity"] < item.quantity:
            raise HTTPException(400, "Not enough product in stock")
        cart = ask(
            "SELECT id FROM carts WHERE customer_id = %s AND status = 'Active'", customer_id
        ).fetchone()
        if cart is None:
            cart = ask(
                "INSERT INTO carts (customer_id, status) VALUES (%s, 'Active') RETURNING id", customer_id
            )
            cart = cart.fetchone()
        values = (cart["id"], item.product_id, item.quantity)
        ask("INSERT INTO cart_items (cart_id, product_id, quantity) VALUES (%s, %s, %s)", *values)
        commit()
        return {"message": "Item added to cart successfully"}

    @app.put("/carts/{customer_id}", status_code=202)
    def update_cart_status(customer_id: int, status: str = "Ordered"):
        changed = ask(
            "UPDATE carts SET status = %s WHERE customer_id = %s AND status = 'Active'", status, customer_id
        )
        commit()
        if changed.rowcount == 0:
            raise HTTPException(404, f"No active cart found for customer with id: {customer_id}")
        return {"message": "Cart status updated successfully"}


def orders():
    @app.get("/orders/{customer_id}")
    def get_orders(customer_id: int):
        found = ask("SELECT * FROM orders WHERE customer_id = %s", customer_id).fetchall()
        commit()
        return {"orders": found}

    @app.post("/orders/{customer_id}", status_code=201)
    def create_order(customer_id: int, response: Response):
        cart = requests.get(f"{CART}/carts/{customer_id}")
        if cart.status_code != 200:
            raise HTTPException(500, "Failed to retrieve the customer's shopping cart")
        items = cart.json()["items"]
        for item in items:
            product = requests.get(f"{CATALOG}/products/{item['product_id']}").json()["product_detail"]
            if product["quantity"] < item["quantity"]:
                raise HTTPException(400, f"Not enough product in stock for product id {item['product_id']}")
        order = ask(
            "INSERT INTO orders (customer_id, status) VALUES (%s, 'Ordered') RETURNING id", customer_id
        )
        order = order.fetchone()["id"]
        for item in items:
            product = requests.get(f"{CATALOG}/products/{item['product_id']}").json()["product_detail"]
            product["quantity"] -= item["quantity"]
            requests.put(f"{CATALOG}/products/{item['product_id']}", json=product)
            values = (item["product_id"], item["quantity"], order)
            ask("INSERT INTO order_items (product_id, quantity, order_id) VALUES (%s, %s, %s)", *values)
        commit()
        if requests.put(f"{CART}/carts/{customer_id}", params={"status": "Ordered"}).status_code != 202:
            raise HTTPException(500, "Failed to update cart status")
        return {"message": "Order created successfully"}


SERVICES = {"catalog": products, "cart": carts, "orders": orders}


def serve(name):
    with psycopg2.connect(sys.argv[2]) as connection, connection.cursor() as prepared:
        prepared.execute(TABLES[name])
        if name == "catalog":
            prepared.execute(
                "INSERT INTO products (name, price, quantity) SELECT 'Book ' || n, 12, 100000000 FROM generate_series(1, 100) n"
            )
    connection.close()
    SERVICES[name]()
    uvicorn.run(app, fd=3, log_level="warning", access_log=False)


def serve_all(url):
    listeners = {name: socket.create_server(("127.0.0.1", 0), backlog=1024) for name in SERVICES}
    urls = {name: f"http://127.0.0.1:{listener.getsockname()[1]}" for name, listener in listeners.items()}
    environment = {**os.environ, "CATALOG_URL": urls["catalog"], "CART_URL": urls["cart"]}
    children = []
    for name, listener in listeners.items():
        command = ["sh", "-c", f'exec "$0" "$@" 3<&{listener.fileno()}', sys.executable, __file__, name, url]
        children.append(subprocess.Popen(command, env=environment, pass_fds=[listener.fileno()]))
    for path in (urls["catalog"] + "/products/1", urls["cart"] + "/docs", urls["orders"] + "/docs"):
        requests.get(path, timeout=60).raise_for_status()
    print(json.dumps({"services": urls, "processes": [child.pid for child in children]}), flush=True)
    sys.stdin.read()
    for child in children:
        child.terminate()
    for child in children:
        child.wait()


if len(sys.argv) == 3:
    serve(sys.argv[1])
else:
    serve_all(sys.argv[1])
