"""Holds each service of a running bookstore against its own description, with Schemathesis.

    run.py BINARY [--database sqlite] [--database postgres] [SCHEMATHESIS-OPTION...]

starts the shop with fresh databases on free ports, tests service by service, and ends with an exit
code other than 0 when anything was found. PostgreSQL is the server that TEST_POSTGRES_URL names, or
one that is started from installed programs, as for the other tests.
"""

import argparse
import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys
import urllib.request

HERE = pathlib.Path(__file__).parent
HOOKS = {**os.environ, "SCHEMATHESIS_HOOKS": str(HERE / "hooks.py")}
SCHEMATHESIS = pathlib.Path(sys.executable).parent / "schemathesis"


@contextlib.contextmanager
def child(command, **options):
    """A process whose standard input ends with the block, and which ends with that."""
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **options
    )
    try:
        yield process
    finally:
        process.stdin.close()
        code = process.wait(timeout=60)
        if code != 0:
            raise SystemExit(f"{command[0]} ended with exit code {code}")


@contextlib.contextmanager
def postgres():
    """The URL of a server."""
    if url := os.environ.get("TEST_POSTGRES_URL"):
        yield url
        return
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    script = HERE.parent / "it" / "support" / "postgres.sh"
    with child(["sh", str(script), str(port)]) as server:
        answer = server.stdout.readline().split()
        if answer[:1] != ["ready"]:
            raise SystemExit("PostgreSQL is not installed: name a server in TEST_POSTGRES_URL")
        yield f"postgres://postgres@localhost:{port}/bookstore?host={answer[1]}"


def fill(services):
    """Orders and carts of the customers that the configuration knows."""
    for customer in (1, 2, 3):
        for product in (1, 2, 3, 20):
            item = {"product_id": product, "quantity": 3}
            post(f"{services['cart']}/carts/{customer}", item)
            post(f"{services['orders']}/orders/{customer}", {"items": [item]})


def post(url, body):
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10).close()


def findings(binary, database, options):
    """Tests every service that has a description; the names of those that do not keep to it."""
    command = [os.path.abspath(binary), "all", "--free-ports", "--ephemeral", "--products", "20"]
    command += ["--exit-with-stdin", "--database", database]
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("BOOKSTORE_")
    }
    environment.setdefault("RUST_LOG", "warn")
    found = []
    with child(command, env=environment) as shop:
        # The internal ports have all calls.
        services = json.loads(shop.stdout.readline())["internal"]
        fill(services)
        # The catalog last: that its books are deleted is part of its test.
        for name in ("orders", "cart", "catalog"):
            url = services[name]
            print(f"\n--- {name} on {database.partition(':')[0]}", flush=True)
            config = ["--config-file", str(HERE / "schemathesis.toml")]
            run = [str(SCHEMATHESIS), *config, "run", f"{url}/openapi.json", *options]
            # What it leaves behind goes where Schemathesis itself is installed.
            if subprocess.run(run, cwd=sys.prefix, env=HOOKS).returncode != 0:
                found.append(f"{name} on {database.partition(':')[0]}")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("binary", help="the bookstore's program")
    parser.add_argument("--database", action="append", choices=["sqlite", "postgres"])
    arguments, options = parser.parse_known_args()
    found = []
    for database in arguments.database or ["sqlite", "postgres"]:
        with postgres() if database == "postgres" else contextlib.nullcontext("sqlite") as url:
            found += findings(arguments.binary, url, options)
    if found:
        raise SystemExit(f"Schemathesis found something: {', '.join(found)}")


if __name__ == "__main__":
    main()
