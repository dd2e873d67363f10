"""A shop with a PostgreSQL cluster for each service, whose catalog reads from several databases."""

import tempfile
from pathlib import Path

from case import COMMITS, Case
from limits import CpuLimit
from postgres import Node
from processes import wait_until
from table import SERVICES


class NodesCase(Case):
    """`count` databases of the catalog: a primary, and standbys that follow it by streaming replication."""

    def __init__(self, options, server, count, number):
        super().__init__(options, server, count, number)
        self.replicas = 1

    def _open_databases(self, folder, stack):
        settings = {"wal_keep_size": "64MB"} | dict(setting.split("=", 1) for setting in self.options.set)
        self._standbys = []
        primaries = {service: self._start(service, settings, stack) for service in SERVICES}
        for number in range(2, self.count + 1):
            self._standbys.append(self._start(f"catalog-{number}", settings, stack, primaries["catalog"]))
        wait_until(
            lambda: len(primaries["catalog"].ask("postgres", STREAMING)) == len(self._standbys),
            "every standby follows the primary",
        )
        return primaries

    def _start(self, name, settings, stack, primary=None):
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bookstore-node-")))
        node = Node(home, settings, primary=primary)
        stack.callback(node.stop)
        limit = None
        if self.options.node_cpus and name.startswith("catalog"):
            limit = CpuLimit(f"database-{name}", self.options.node_cpus)
            # After the server has stopped.
            stack.callback(limit.remove)
            stack.callback(node.stop)
        return node.start(before=limit and limit.add)

    def _open_shop(self, balancer, folder, stack):
        replicas = super()._open_shop(balancer, folder, stack)
        sql = COMMITS.format(self.names["catalog"])
        wait_until(
            lambda: all(node.ask("postgres", sql) for node in self._standbys), "every standby has the catalog"
        )
        return replicas

    def _all_servers(self):
        return [*self.servers.values(), *self._standbys]

    def _commits(self):
        counts = super()._commits()
        sql = COMMITS.format(self.names["catalog"])
        counts["catalog"] += sum(int(node.ask("postgres", sql)[0][0]) for node in self._standbys)
        return counts

    def _reading(self):
        if not self._standbys:
            return []
        urls = ",".join(node.url(self.names["catalog"]) for node in self._standbys)
        return ["--read-database", urls, "--max-staleness", self.options.max_staleness]


STREAMING = "SELECT pid FROM pg_stat_replication WHERE state = 'streaming'"
