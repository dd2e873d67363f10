"""Runs an experiment against a bookstore of 1, 2, 4 … replicas behind HAProxy, without containers."""

import argparse
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path

from audit import audit
from balancer import Balancer
from disturbance import Disturbance
from limits import CpuLimit
from meters import Meters
from postgres import Server, Throwaway
from processes import Child, Failed, Missing, Replica, find
from table import SERVICES, Measured, circumstances, table

ROOT = Path(__file__).resolve().parents[3]
PRODUCTS, STOCK = 100, 1_000_000
COMMITS = "SELECT xact_commit FROM pg_stat_database WHERE datname = '{}'"

EXAMPLES = """\
examples (from the project's folder, after `cargo build --release`):
  python3 bookstore/deploy/replicas                        1, 2 and 4 replicas of each service
  python3 bookstore/deploy/replicas --repeats 3            three rounds: medians and ranges
  python3 bookstore/deploy/replicas --cpus 0.1             each replica gets a tenth of a core
  python3 bookstore/deploy/replicas --replicas 2 --disturb kill
                        a replica is killed every few seconds: what clients see, and whether orders add up
  python3 bookstore/deploy/replicas --replicas 2 --disturb restart
                        each replica is restarted in turn: no request may be lost (exit code 1 otherwise)
  python3 bookstore/deploy/replicas --set synchronous_commit=off --tcp
  python3 bookstore/deploy/replicas --postgres postgres://ann:secret@localhost

needs: HAProxy and PostgreSQL (apt-get install haproxy postgresql), Linux
"""


def arguments():
    parser = argparse.ArgumentParser(
        prog="replicas",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--replicas", default="1,2,4", metavar="N,N,…", help="replicas of each service, one run each (default: %(default)s)")
    add("--repeats", type=int, default=1, metavar="N", help="rounds over these numbers (default: %(default)s)")
    add("--experiment", type=Path, default=ROOT / "experiments/replicas.yaml", metavar="FILE", help="its `target: urls:` with ports 8001 to 8003 are replaced by the balancer's (default: experiments/replicas.yaml)")
    add("--results", type=Path, default=Path("results"), metavar="DIR", help="folder for runs and table (default: %(default)s)")
    add("--program", type=Path, default=ROOT / "target/release/workbench", metavar="FILE", help="the workbench binary (default: target/release/workbench)")
    add("--postgres", metavar="URL", help="a PostgreSQL server whose user may create databases (default: a throwaway cluster)")
    add("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the throwaway cluster; may be repeated")
    add("--tcp", action="store_true", help="reach the throwaway cluster through TCP, as from another machine, instead of a Unix socket")
    add("--ramp", type=float, default=2, metavar="SECONDS", help="seconds at both ends of a run that are not counted (default: %(default)s)")
    add("--disturb", choices=["kill", "restart"], help="kill replicas, or restart them gracefully, one at a time during the run")
    add("--cpus", type=float, metavar="N", help="limit each replica to this share of a core, as a container's limit does (needs root)")
    add("--drain", default="2s", metavar="TIME", help="how long a replica that was told to stop goes on serving (default: %(default)s)")
    options = parser.parse_args()
    try:
        options.counts = [int(count) for count in options.replicas.split(",")]
        assert all(1 <= count <= 16 for count in options.counts)
    except (ValueError, AssertionError):
        parser.error("--replicas: numbers from 1 to 16, such as 1,2,4")
    if options.cpus is not None and not 0.01 <= options.cpus <= 64:
        parser.error("--cpus: from 0.01 to 64")
    if not all("=" in setting for setting in options.set):
        parser.error("--set: NAME=VALUE, such as synchronous_commit=off")
    if options.postgres and (options.set or options.tcp):
        parser.error("--set and --tcp are for the throwaway cluster, not for --postgres")
    return options


def experiment_for(balancer, source, folder):
    """A copy of the experiment with the balancer's addresses."""
    text = source.read_text()
    for port, service in enumerate(SERVICES, start=8001):
        text, replaced = re.subn(rf"http://(127\.0\.0\.1|localhost):{port}\b", balancer.url(service), text)
        if not replaced:
            raise Failed(f"{source} has no http://127.0.0.1:{port} for {service} in its target")
    copy = folder / source.name
    copy.write_text(text)
    return copy


class Case:
    """One shop of so many replicas, the run against it, and what was measured."""

    def __init__(self, options, server, count, number):
        self.options, self.server, self.count = options, server, count
        self.names = {s: f"replicas_{os.getpid()}_{number}_{s}" for s in SERVICES}
        self.load = os.getloadavg()[0]

    def run(self):
        """Opens the shop, runs, closes it. The run's folder, what was measured, and the audit."""
        with contextlib.ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="replicas-")))
            for name in self.names.values():
                stack.callback(self.server.drop, name)
            balancer = Balancer(SERVICES, folder)
            stack.callback(balancer.stop)
            replicas = self._open_shop(balancer, folder, stack)
            experiment = experiment_for(balancer, self.options.experiment, folder)
            commits = self._commits()
            run, meters, disturbance = self._load(experiment, balancer, replicas, folder)
            commits = {s: count - commits[s] for s, count in self._commits().items()}
            books = audit(self.server, self.names, PRODUCTS * STOCK, balancer.url("orders"))
            meters.write(run)
            analysis = json.loads((run / "analysis.json").read_text())
            seconds = analysis["runs"][0]["duration_s"]
            rates = {service: count / seconds for service, count in commits.items()}
            measured = Measured(meters.rows, self.options.ramp, analysis, rates)
            (run / "replicas.json").write_text(
                json.dumps(
                    {
                        "replicas": self.count,
                        "load_average_before": self.load,
                        "cpus_per_replica": self.options.cpus,
                        "postgres_settings": self.options.set,
                        "disturbed": self.options.disturb,
                        "disturbances": disturbance.done if disturbance else [],
                        "audit": books,
                        "lines": {title: value for title, value, _ in measured.lines()},
                    },
                    indent=2,
                )
            )
            return run, measured, books, disturbance

    def _open_shop(self, balancer, folder, stack):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("BOOKSTORE_")}
        urls = {s: ["--" + s + "-url", balancer.url(s)] for s in SERVICES}
        more = {
            "catalog": ["--products", str(PRODUCTS), "--stock", str(STOCK)],
            "cart": urls["catalog"],
            "orders": urls["catalog"] + urls["cart"],
        }
        replicas = [
            Replica(
                service,
                number,
                [self.options.program, "bookstore", service, *more[service]],
                environment | {"BOOKSTORE_DATABASE": self.server.url(self.names[service])},
                folder,
                self.options.drain,
            )
            for service in SERVICES
            for number in range(1, self.count + 1)
        ]
        if self.options.cpus:
            for replica in replicas:
                replica.limit = CpuLimit(replica.name, self.options.cpus)
                stack.callback(replica.limit.remove)
        # All at once, on databases that do not exist yet.
        for replica in replicas:
            stack.callback(replica.stop)
            replica.start()
        for replica in replicas:
            replica.wait_until_ready()
        balancer.start(replicas)
        return replicas

    def _load(self, experiment, balancer, replicas, folder):
        log = folder / "workbench.log"
        command = [self.options.program, "run", experiment, "--results", self.options.results]
        workbench = Child("workbench", command, log, stop_signal=signal.SIGINT)
        disturbance = self.options.disturb and Disturbance(self.options.disturb, replicas)
        others = [("balancer", balancer.child.pid), ("workbench", workbench.pid)]
        databases = {name: service for service, name in self.names.items()}
        meters = Meters(balancer, replicas, others, self.server, databases)
        try:
            meters.start()
            if disturbance:
                disturbance.start()
            code = workbench.process.wait()
        finally:
            workbench.stop()
            if disturbance:
                disturbance.stop()
            meters.stop()
        for watcher in (meters, disturbance):
            if watcher and watcher.failure:
                raise watcher.failure
        # 10: a threshold was missed, which the report says.
        text = log.read_text(errors="replace")
        report = re.search(r"^report: (.+)/report\.html$", text, re.MULTILINE)
        if code not in (0, 10) or not report:
            raise Failed(f"workbench ended with exit code {code}:\n{text[-2000:]}")
        return Path(report[1]), meters, disturbance

    def _commits(self):
        return {s: int(self.server.ask("postgres", COMMITS.format(n))[0][0]) for s, n in self.names.items()}


def say(text):
    print(text, flush=True)


def report(number, case, run, measured, books, disturbance):
    """What became of one run; whether all was well."""
    well = books["adds_up"]
    total = measured.total
    say(
        f"run {number}: {case.count} replica(s), {total['throughput_per_s'] * 60:,.0f} requests per minute,"
        f" {total['errors']} of {total['samples']:,} failed; {run}/report.html"
    )
    for error in measured.analysis["runs"][0]["errors"]:
        say(f"  {json.dumps(error)}")
    if disturbance:
        say(f"  {case.options.disturb}: {len(disturbance.done)} times ({', '.join(disturbance.done)})")
        if case.options.disturb == "restart" and total["errors"]:
            say("  a graceful restart has lost requests")
            well = False
    say(
        "  orders: {orders:,} with {copies_ordered:,} copies, {copies_sold:,} sold, {copies_held} held,"
        " {copies_in_stock:,} of {copies_seeded:,} in stock: ".format(**books)
        + ("adds up" if books["adds_up"] else "DOES NOT ADD UP")
    )
    return well


def main():
    options = arguments()
    if not os.access(options.program, os.X_OK):
        raise Missing(f"{options.program} is not there: cargo build --release, or --program FILE")
    find("haproxy", "haproxy")
    # A request to end is an end like Ctrl-C: everything that was started is stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    well, cases, loads = True, {count: [] for count in options.counts}, []
    with contextlib.ExitStack() as stack:
        if options.postgres:
            server = Server(options.postgres)
        else:
            server = Throwaway(dict(setting.split("=", 1) for setting in options.set), options.tcp)
        stack.callback(server.stop)
        version = "PostgreSQL " + server.ask("postgres", "SHOW server_version")[0][0].split()[0]
        plan = [count for _ in range(options.repeats) for count in options.counts]
        for number, count in enumerate(plan, start=1):
            case = Case(options, server, count, number)
            run, measured, books, disturbance = case.run()
            well &= report(number, case, run, measured, books, disturbance)
            cases[count].append(measured)
            loads.append(case.load)
    transport = "TCP" if options.postgres or options.tcp else "a Unix socket"
    settings = f" ({', '.join(options.set)})" if options.set else ""
    limit = f"{options.cpus} of one for each replica" if options.cpus else "no limits"
    summary = table(cases) + "\n\n" + circumstances(loads, limit, version + settings, transport) + "\n"
    say("\n" + summary)
    now = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    kept = options.results / f"{options.experiment.stem}-{now}.md"
    kept.write_text(summary)
    say(f"table: {kept}")
    return 0 if well else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        say("interrupted: everything that was started is stopped")
        sys.exit(130)
    except (Missing, Failed, ValueError, OSError, subprocess.SubprocessError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
