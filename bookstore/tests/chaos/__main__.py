"""Breaks a bookstore at random under load, and holds what is left of it against what its clients were told.

Services and PostgreSQL primaries are killed and paused, connections are ended, disks are filled. At the end every
acknowledged order and return must be there exactly once, the stock must add up, the audits must be clean within a
bounded time, and every key must lead to the same answer again.
"""

import argparse
import json
import random
import shutil
import signal
import sys
import time
import traceback
from datetime import datetime, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(1, str(ROOT / "bookstore/deploy/common"))

from books import check  # noqa: E402
from clients import Bookseller, Buyer, Looker, Record  # noqa: E402
from mishaps import Mishaps  # noqa: E402
from processes import Failed, Missing  # noqa: E402
from shop import SHOPS  # noqa: E402

EXAMPLES = """\
examples (from the project's folder, after `cargo build --bin bookstore`):
  python3 bookstore/tests/chaos                       two minutes: half a minute on SQLite, the rest on PostgreSQL
  python3 bookstore/tests/chaos --seed 7              the same choices as the run that printed this seed
  python3 bookstore/tests/chaos --database postgres --seconds 600
  python3 bookstore/tests/chaos --database patroni    each database is a primary and a synchronous standby

needs: HAProxy, PostgreSQL, for patroni also etcd and Patroni, Linux; a full disk is a small tmpfs where one may be
mounted (root), elsewhere a limit on the size of files
"""


def arguments():
    parser = argparse.ArgumentParser(
        prog="chaos",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "--seconds",
        type=float,
        default=120,
        help="time for mishaps, shared out among the databases (default: 120)",
    )
    add(
        "--seed",
        type=int,
        help="of all random choices; their moments depend on the machine (default: a new one)",
    )
    add("--database", action="append", choices=SHOPS, help="may be repeated (default: sqlite and postgres)")
    add("--customers", type=int, default=24, help="buyers at once (default: 24)")
    add(
        "--program",
        type=Path,
        default=ROOT / "target/debug/bookstore",
        help="default: target/debug/bookstore",
    )
    add(
        "--evidence",
        type=Path,
        default=ROOT / "target/chaos",
        help="folder for the runs (default: target/chaos)",
    )
    add("--keep", action="store_true", help="keep the run's folder even if nothing was found")
    return parser.parse_args()


def run(database, seconds, seed, options, folder, say):
    """One shop from its opening to the check of its books; what is wrong with them."""
    record = Record(folder / "answers.jsonl")
    shop = SHOPS[database](options.program, folder, say)
    clients = []
    try:
        shop.open()
        books = shop.add_books(random.Random(f"{seed}/books"))
        clients = [
            Buyer(number, random.Random(f"{seed}/{number}"), shop, books, record)
            for number in range(1, options.customers + 1)
        ]
        clients.append(Looker(random.Random(f"{seed}/visitor"), shop, record))
        clients.append(Bookseller(random.Random(f"{seed}/bookseller"), shop, record))
        for client in clients:
            client.start()
        Mishaps(shop, random.Random(f"{seed}/mishaps"), record, say).go_on_for(seconds)
        shop.mend()
        say("everything runs again; clients finish what they have begun")
        return check(shop, books, clients, record, say)
    finally:
        for client in clients:
            client.ask_to_stop()
        for client in clients:
            client.join(30)
        shop.close()
        record.close()


def main():
    options = arguments()
    if not options.program.exists():
        raise Missing(f"{options.program} is not there: cargo build --bin bookstore, or --program FILE")
    # A request to end is an end like Ctrl-C: everything that was started is stopped.
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.default_int_handler)
    seed = options.seed if options.seed is not None else random.randrange(2**32)
    databases = options.database or ["sqlite", "postgres"]
    shares = sum(SHOPS[database].share for database in databases)
    stamp = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    evidence = options.evidence / f"{stamp}-{seed}"
    evidence.mkdir(parents=True)
    began, found = time.monotonic(), []
    with open(evidence / "log", "w") as log:

        def say(text):
            line = f"{time.monotonic() - began:7.2f} s  {text}"
            print(line, flush=True)
            print(line, file=log, flush=True)

        say(f"seed {seed}: repeat with --seed {seed}" + "".join(f" --database {name}" for name in databases))
        for database in databases:
            folder = evidence / database
            folder.mkdir()
            say(f"a shop on {database}")
            try:
                wrong = run(
                    database, options.seconds * SHOPS[database].share / shares, seed, options, folder, say
                )
            except Failed as failure:
                wrong = [f"the shop cannot go on: {failure}"]
            except Exception:
                wrong = [f"the run cannot go on: {traceback.format_exc()}"]
            for fault in wrong[:50]:
                say(f"WRONG: {fault}")
            found += [f"{database}: {fault}" for fault in wrong]
        say(
            f"{len(found)} faults, seed {seed}; evidence in {evidence}"
            if found
            else f"nothing found, seed {seed}"
        )
    (evidence / "faults.json").write_text(json.dumps(found, indent=2))
    if not found and not options.keep:
        shutil.rmtree(evidence)
    return 1 if found else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("interrupted: everything that was started is stopped")
        sys.exit(130)
    except (Missing, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
