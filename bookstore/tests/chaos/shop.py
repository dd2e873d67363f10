"""The shops that are broken: on SQLite, and on a PostgreSQL cluster for each service."""

import os
import resource
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from balancer import Balancer
from clients import Http
from failover import Cluster, Etcd, Member, ToPrimaries
from mishaps import Mishap
from postgres import Node
from processes import Failed, Replica, send, stop_all

SERVICES = ["catalog", "cart", "orders"]
# The storefront keeps sessions only, in a database beside the cart's.
ALL = [*SERVICES, "storefront"]
# Short, so that what a crash has left is taken over within a run.
PACE = ["--order-lease", "5s", "--call-timeout", "2s"]
BOOKS, COPIES = 8, (10, 60)
# PostgreSQL needs another file for its log all the time, and finds no room for it on a full disk.
SMALL_LOG = ["--wal-segsize=1"]
# After that long something that was started again must run.
START_AGAIN = 60


class Disk:
    """A small file system of its own where one may be mounted, else a folder whose files can be limited."""

    def __init__(self, folder, megabytes, processes):
        folder.mkdir()
        self.folder, self._processes = folder, processes
        mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder]
        self._mounted = os.geteuid() == 0 and subprocess.run(mount, stderr=subprocess.DEVNULL).returncode == 0

    def fill(self):
        if not self._mounted:
            return self._limit(1)
        with open(self.folder / "filler", "wb", buffering=0) as filler:
            for size in (65536, 4096, 1):
                try:
                    while filler.write(b"x" * size):
                        pass
                except OSError:
                    pass

    def free(self):
        if self._mounted:
            (self.folder / "filler").unlink(missing_ok=True)
        else:
            self._limit(resource.RLIM_INFINITY)

    def _limit(self, size):
        for pid in self._processes():
            try:
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
            except ProcessLookupError:
                pass  # It has just ended.

    def close(self, kept):
        """What was on it is kept in a folder."""
        if self._mounted:
            shutil.copytree(self.folder, kept, ignore=shutil.ignore_patterns("filler", "*.sock", ".s.*"))
            subprocess.run(["umount", "-l", self.folder], check=True)
        elif self.folder != kept:
            shutil.move(self.folder, kept)


class Service(Replica):
    """A replica that can be started until it runs, as by an orchestrator."""

    def start_again(self):
        deadline = time.monotonic() + START_AGAIN
        while True:
            self.start()
            try:
                return self.wait_until_ready()
            except Failed:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)


class Shop:
    """Replicas of the services behind HAProxy."""

    count = 2
    # Of the time: in proportion to how much can happen to it.
    share = 3

    def __init__(self, program, folder, say):
        self._program, self._folder, self._say = program, folder, say
        # Short paths for sockets, and readable by PostgreSQL's user.
        self._home = Path(tempfile.mkdtemp(prefix="bookstore-chaos-"))
        self._home.chmod(0o755)
        self._balancer = Balancer(ALL, self._home)
        self.replicas = []

    def url(self, service):
        return self._balancer.url(service)

    def open(self):
        self.open_databases()
        environment = {k: v for k, v in os.environ.items() if not k.startswith("BOOKSTORE_")} | {
            "RUST_LOG": "info"
        }
        to_catalog = ["--catalog-url", self.url("catalog")]
        more = {
            "catalog": [],
            "cart": to_catalog,
            "orders": [*to_catalog, "--cart-url", self.url("cart"), *PACE],
        }
        more["storefront"] = [*to_catalog, "--cart-url", self.url("cart"), "--orders-url", self.url("orders")]
        environment["BOOKSTORE_ADMIN_PASSWORD"] = secrets.token_hex()
        for service in ALL:
            for number in range(1, self.count + 1):
                command = [self._program, service, *more[service], "--database", self.database(service)]
                self.replicas.append(Service(service, number, command, environment, self._folder, "0s"))
        for replica in self.replicas:
            replica.start_again()
        self._balancer.start(self.replicas)

    def add_books(self, rng):
        """Books with few copies, so that they sell out; the copies of each by its id."""
        catalog, books = Http(self.url("catalog")), {}
        for number in range(BOOKS):
            book = {"name": f"Book {number}", "price": 12, "quantity": rng.randint(*COPIES)}
            status, answer = catalog.ask("POST", "/products", book)
            if status != 201:
                raise Failed(f"a new book is answered {status} {answer}")
            books[answer["data"]["id"]] = book["quantity"]
        return books

    def mishaps(self):
        """Everything that can happen to it."""
        found = []
        for replica in self.replicas:
            found.append(Mishap(f"kill {replica.name}", replica, replica.kill, replica.start_again))
            send = lambda number, replica=replica: os.kill(replica.child.pid, number)  # noqa: E731
            pause, go_on = (lambda n=n, send=send: send(n) for n in (signal.SIGSTOP, signal.SIGCONT))
            # Longer than a lease at times.
            found.append(Mishap(f"pause {replica.name}", replica, pause, go_on, longest=7))
        return found + self.database_mishaps()

    def mend(self):
        """Whatever is still down is started again."""
        self.mend_databases()
        for replica in self.replicas:
            if replica.child.process.poll() is not None:
                replica.start_again()
        self._balancer.wait_until_up()

    def close(self):
        stop_all(self.replicas)
        self._balancer.stop()
        self.close_databases()
        shutil.rmtree(self._home, ignore_errors=True)


class SqliteShop(Shop):
    """A folder on a disk of its own for each service."""

    count = 1
    share = 1

    def open_databases(self):
        self._disks = {}
        for service in ALL:
            self._disks[service] = Disk(self._home / service, 64, lambda service=service: self._pids(service))

    def _pids(self, service):
        return [replica.child.pid for replica in self.replicas if replica.service == service]

    def database(self, service):
        return f"sqlite:{self._disks[service].folder}"

    def database_mishaps(self):
        return [
            Mishap(f"fill the disk of {service}", disk, disk.fill, disk.free, order=0)
            for service, disk in self._disks.items()
        ]

    def mend_databases(self):
        pass

    def close_databases(self):
        for service, disk in self._disks.items():
            disk.close(self._folder / f"{service}-database")


class PostgresShop(Shop):
    """A PostgreSQL cluster, on a disk of its own, for each service."""

    def open_databases(self):
        self._nodes, self._disks = {}, {}
        for service in SERVICES:
            disk = Disk(self._home / service, 256, lambda service=service: self._nodes[service].processes())
            self._disks[service] = disk
            settings = {
                "max_wal_size": "32MB",
                "min_wal_size": "4MB",
                "max_connections": 100,
                "shared_buffers": "32MB",
            }
            self._nodes[service] = Node(disk.folder, settings, more=SMALL_LOG).start()

    def database(self, service):
        return self._nodes.get(service, self._nodes["cart"]).url(service)

    def database_mishaps(self):
        found = []
        for service, node in self._nodes.items():
            disk = self._disks[service]

            def free(disk=disk, node=node):
                disk.free()
                self._revive(node)

            revive = lambda node=node: self._revive(node)  # noqa: E731
            pause, go_on = (lambda n=n, node=node: node.send(n) for n in (signal.SIGSTOP, signal.SIGCONT))
            found += [
                Mishap(f"kill the primary of {service}", node, node.kill, revive, order=0),
                Mishap(f"pause the primary of {service}", node, pause, go_on, order=0),
                Mishap(f"end all connections of {service}", node, node.end_connections, order=0),
                # Without room for its log PostgreSQL ends.
                Mishap(f"fill the disk of {service}", node, disk.fill, free, order=0),
            ]
        return found

    def _revive(self, node):
        """Starts a server that has ended, as its service manager does."""
        deadline = time.monotonic() + START_AGAIN
        while not node.runs():
            try:
                node.start()
            except Failed:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def mend_databases(self):
        for node in self._nodes.values():
            self._revive(node)

    def close_databases(self):
        for service, node in self._nodes.items():
            node.stop()
            shutil.copy(node.log, self._folder / f"{service}-postgres.log")
            self._disks[service].close(self._folder / f"{service}-database")


class PatroniShop(Shop):
    """A primary and a synchronous standby for each service; Patroni lets another one take over."""

    def open_databases(self):
        self._etcd = Etcd(self._home)
        self._clusters = {service: Cluster(self._home, service, self._etcd) for service in SERVICES}
        self._to_primaries = ToPrimaries(SERVICES, self._home)
        for cluster in self._clusters.values():
            cluster.start()
        for cluster in self._clusters.values():
            cluster.wait_until_safe()
        self._to_primaries.start(
            [member for cluster in self._clusters.values() for member in cluster.members]
        )

    def database(self, service):
        return self._to_primaries.server(service if service in SERVICES else "cart").url(service)

    def database_mishaps(self):
        found = []
        for service, cluster in self._clusters.items():
            found += [
                Takeover(
                    "kill PostgreSQL of the primary of",
                    cluster,
                    self._say,
                    lambda m: send(m.postgres(), signal.SIGKILL),
                ),
                Takeover("kill the primary's machine of", cluster, self._say, Member.kill, Member.start),
                # Longer than its lease: another one takes over, and then it goes on where it was.
                Takeover(
                    "pause the primary's machine of",
                    cluster,
                    self._say,
                    lambda m: send(m.machine(), signal.SIGSTOP),
                    lambda m: send(m.machine(), signal.SIGCONT),
                ),
                Mishap(
                    f"end all connections of {service}",
                    cluster,
                    self._to_primaries.server(service).end_connections,
                    order=0,
                ),
            ]
        return found

    def mend_databases(self):
        for cluster in self._clusters.values():
            cluster.wait_until_safe()

    def close_databases(self):
        for stopped in [*self._clusters.values(), self._to_primaries, self._etcd]:
            stopped.stop()
        for cluster in self._clusters.values():
            for member in cluster.members:
                shutil.copy(member.home / "log", self._folder / f"{member.name}-patroni.log")


class Takeover(Mishap):
    """Something happens to a primary, and is over when another one has taken over and the cluster is whole again."""

    def __init__(self, what, cluster, say, begin, end=lambda member: None):
        super().__init__(
            f"{what} {cluster.service}", cluster, self._strike, self._recover, longest=0.1, order=0
        )
        self._cluster, self._say, self._begin, self._end = cluster, say, begin, end

    def _strike(self):
        self._struck = self._cluster.primary()
        self._began = time.monotonic()
        self._begin(self._struck)

    def _recover(self):
        self._cluster.wait_for_another(self._struck)
        took = time.monotonic() - self._began
        self._say(f"  {self._cluster.service} has another primary after {took:.1f} s")
        # The new one is at work by then.
        time.sleep(3)
        self._end(self._struck)
        self._cluster.wait_until_safe()


SHOPS = {"sqlite": SqliteShop, "postgres": PostgresShop, "patroni": PatroniShop}
