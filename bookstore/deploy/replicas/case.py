"""One run: a shop of so many replicas is opened, loaded, measured, audited and closed."""

import contextlib
import json
import os
import re
import signal
import subprocess
import tempfile
from pathlib import Path

from audit import audit
from balancer import Balancer
from disturbance import Disturbance
from limits import CpuLimit
from meters import Meters
from processes import Child, Failed, Replica, stop_all
from table import SERVICES, Measured

PRODUCTS, STOCK = 100, 1_000_000
COMMITS = "SELECT xact_commit FROM pg_stat_database WHERE datname = '{}'"


def experiment_for(balancer, processes, source, folder):
    """A copy of the experiment with the balancer's addresses, and with the processes that the workbench is to watch."""
    text = source.read_text()
    for port, service in enumerate(SERVICES, start=8001):
        text, replaced = re.subn(rf"http://(127\.0\.0\.1|localhost):{port}\b", balancer.url(service), text)
        if not replaced:
            raise Failed(f"{source} has no http://127.0.0.1:{port} for {service} in its target")
    if not re.search(r"^monitor:", text, re.MULTILINE):
        text += f"\nmonitor: {json.dumps({'processes': processes})}\n"
    copy = folder / source.name
    copy.write_text(text)
    return copy


class Case:
    """One shop of so many replicas, the run against it, and what was measured."""

    def __init__(self, options, server, count, number):
        self.options, self.server, self.count = options, server, count
        self.replicas = count
        self.names = {s: f"replicas_{os.getpid()}_{number}_{s}" for s in SERVICES}
        self.load = os.getloadavg()[0]

    def run(self):
        """Opens the shop, runs, closes it. The run's folder, what was measured, and the audit."""
        with contextlib.ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="replicas-")))
            self.servers = self._open_databases(folder, stack)
            balancer = Balancer(SERVICES, folder)
            stack.callback(balancer.stop)
            replicas = self._open_shop(balancer, folder, stack)
            # Replicas that are started anew have other numbers, and are found by their name.
            named = (
                [Path(self.options.program).name] if self.options.disturb else [r.child.pid for r in replicas]
            )
            watched = [*named, balancer.child.pid]
            # A server elsewhere cannot be watched, and naming it would be refused.
            if subprocess.run(["pgrep", "--exact", "postgres"], stdout=subprocess.DEVNULL).returncode == 0:
                watched.append("postgres")
            experiment = experiment_for(balancer, watched, self.options.experiment, folder)
            commits = self._commits()
            run, meters, disturbance = self._load(experiment, balancer, replicas, folder, stack)
            commits = {s: count - commits[s] for s, count in self._commits().items()}
            books = audit(self.servers, self.names, PRODUCTS * STOCK, balancer.url("orders"))
            meters.write(run)
            analysis = json.loads((run / "analysis.json").read_text())
            seconds = analysis["runs"][0]["duration_s"]
            rates = {service: count / seconds for service, count in commits.items()}
            measured = Measured(meters.rows, self.options.ramp, analysis, rates)
            (run / "replicas.json").write_text(
                json.dumps(
                    {
                        f"{self.options.noun}s": self.count,
                        "cpus_per_node": self.options.node_cpus,
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

    def _open_databases(self, _folder, stack):
        """The server of each service: here the same one."""
        for name in self.names.values():
            stack.callback(self.server.drop, name)
        return dict.fromkeys(SERVICES, self.server)

    def _all_servers(self):
        return [self.server]

    def _reading(self):
        """Where the catalog reads from besides its own database."""
        return []

    def _open_shop(self, balancer, folder, stack):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("BOOKSTORE_")}
        urls = {s: ["--" + s + "-url", balancer.url(s)] for s in SERVICES}
        more = {
            "catalog": ["--products", str(PRODUCTS), "--stock", str(STOCK), *self._reading()],
            "cart": urls["catalog"],
            "orders": urls["catalog"] + urls["cart"],
        }
        replicas = [
            Replica(
                service,
                number,
                [self.options.program, "bookstore", service, *more[service]],
                environment | {"BOOKSTORE_DATABASE": self.servers[service].url(self.names[service])},
                folder,
                self.options.drain,
            )
            for service in SERVICES
            for number in range(1, self.replicas + 1)
        ]
        if self.options.cpus:
            for replica in replicas:
                replica.limit = CpuLimit(replica.name, self.options.cpus)
                stack.callback(replica.limit.remove)
        # All at once, on databases that do not exist yet.
        stack.callback(stop_all, replicas)
        for replica in replicas:
            replica.start()
        for replica in replicas:
            replica.wait_until_ready()
        balancer.start(replicas)
        return replicas

    def _load(self, experiment, balancer, replicas, folder, stack):
        log = folder / "workbench.log"
        command = [self.options.program, "run", experiment, "--results", self.options.results]
        workbench = Child("workbench", command, log, stop_signal=signal.SIGINT)
        stack.callback(workbench.stop)
        disturbance = self.options.disturb and Disturbance(self.options.disturb, replicas)
        others = [("balancer", balancer.child.pid), ("workbench", workbench.pid)]
        databases = {name: service for service, name in self.names.items()}
        meters = Meters(balancer, replicas, others, self._all_servers(), databases)
        try:
            meters.start()
            if disturbance:
                disturbance.start()
            code = workbench.process.wait()
        finally:
            if disturbance:
                disturbance.stop()
            meters.stop()
        for watcher in (meters, disturbance):
            if watcher and watcher.failure:
                raise watcher.failure
        # 10: a threshold was missed, 11: or may have been; 14: the run is not of one steady state, and says so.
        text = log.read_text(errors="replace")
        report = re.search(r"^report: (.+)/report\.html$", text, re.MULTILINE)
        if code not in (0, 10, 11, 14) or not report:
            raise Failed(f"workbench ended with exit code {code}:\n{text[-2000:]}")
        self.warnings = [line.strip() for line in text.splitlines() if "is invalid" in line]
        return Path(report[1]), meters, disturbance

    def _commits(self):
        return {
            s: int(self.servers[s].ask("postgres", COMMITS.format(n))[0][0]) for s, n in self.names.items()
        }
