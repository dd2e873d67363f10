"""PostgreSQL clusters of a primary and a synchronous standby, which Patroni keeps; HAProxy leads to the primary."""

import json
import os
import signal
import time
import urllib.error
import urllib.request

from balancer import Balancer
from postgres import Server, binaries, free_port, keeper
from processes import Child, children_of, find, send, wait_until

# How Patroni notices that a primary is gone: its lease lasts 20 s, the least that Patroni recommends.
AGREED = {
    "ttl": 20,
    "loop_wait": 2,
    "retry_timeout": 5,
    # A primary whose PostgreSQL has crashed is replaced at once instead of being started again.
    "primary_start_timeout": 0,
    # A commit is acknowledged when a standby has it too, and only such a standby becomes the primary.
    "synchronous_mode": True,
    "postgresql": {"use_pg_rewind": True, "parameters": {"max_connections": 100, "wal_keep_size": "64MB"}},
}
TRUST = ["local all all trust", "host all all 127.0.0.1/32 trust", "host replication all 127.0.0.1/32 trust"]
# A lease, an election, and a machine that is busy.
ELECTED_AFTER = 90


class Etcd:
    """The store in which Patroni keeps who the primary is. One process here, three machines elsewhere."""

    def __init__(self, home):
        self.port, peer = free_port(), free_port()
        clients, peers = f"http://127.0.0.1:{self.port}", f"http://127.0.0.1:{peer}"
        command = [find("setpriv", "util-linux"), "--pdeathsig", "TERM", find("etcd", "etcd-server")]
        command += [
            "--data-dir",
            home / "etcd",
            "--listen-client-urls",
            clients,
            "--advertise-client-urls",
            clients,
        ]
        command += ["--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers]
        command += ["--initial-cluster", f"default={peers}", "--enable-v2=true"]
        self._child = Child("etcd", command, home / "etcd.log")
        wait_until(self._answers, "etcd answers")

    def _answers(self):
        self._child.check()
        return ask(self.port, "/health")[0] == 200

    def stop(self):
        self._child.stop()


class Member:
    """One machine of a cluster: PostgreSQL, and Patroni beside it."""

    def __init__(self, home, service, number, etcd):
        self.service, self.name = service, f"{service}-{number}"
        self.home, self._child = home / self.name, None
        self.home.mkdir()
        self._keeper = keeper(self.home)
        self.port, self.api = free_port(), free_port()
        self.address = f"127.0.0.1:{self.port}"
        own = {
            "scope": service,
            "name": self.name,
            "restapi": {"listen": f"127.0.0.1:{self.api}", "connect_address": f"127.0.0.1:{self.api}"},
            # Not `etcd3`: with that one, Patroni 3.0 lets a primary that was paused take back a lease that it has lost.
            "etcd": {"host": f"127.0.0.1:{etcd.port}"},
            "bootstrap": {
                "dcs": AGREED,
                "initdb": [{"auth": "trust"}, {"encoding": "UTF8"}, {"locale": "C"}],
            },
            "postgresql": {
                "listen": self.address,
                "connect_address": self.address,
                "data_dir": str(self.home / "data"),
                "bin_dir": str(binaries()),
                "pgpass": str(self.home / "pgpass"),
                "pg_hba": TRUST,
                "authentication": {
                    "superuser": {"username": "postgres"},
                    "replication": {"username": "postgres"},
                    "rewind": {"username": "postgres"},
                },
                "parameters": {"unix_socket_directories": str(self.home)},
            },
        }
        # JSON is YAML.
        (self.home / "patroni.yml").write_text(json.dumps(own, indent=2))
        (self.home / "log").touch()

    def start(self):
        command = [*self._keeper, find("patroni", "patroni"), self.home / "patroni.yml"]
        self._child = Child(f"Patroni of {self.name}", command, self.home / "log", stop_signal=signal.SIGINT)

    def postgres(self):
        """PostgreSQL's processes, the first one first; none where it does not run."""
        try:
            first = int((self.home / "data/postmaster.pid").read_text().split()[0])
            os.kill(first, 0)
        except (OSError, IndexError):
            return []
        return [first, *children_of(first)]

    def machine(self):
        """All of its processes."""
        return [self._child.pid, *children_of(self._child.pid), *self.postgres()]

    def kill(self):
        """Ends everything, as a power failure does."""
        send(self.machine(), signal.SIGKILL)
        self._child.process.wait()

    def runs(self):
        return self._child.process.poll() is None

    def is_primary(self):
        return ask(self.api, "/primary")[0] == 200

    def stop(self):
        if self._child:
            self._child.stop()


class Cluster:
    """A primary and its standbys."""

    def __init__(self, home, service, etcd, count=2):
        self.service = service
        self.members = [Member(home, service, number, etcd) for number in range(1, count + 1)]

    def start(self):
        for member in self.members:
            member.start()

    def primary(self):
        """The member that is the primary now, or nothing."""
        return next((member for member in self.members if member.is_primary()), None)

    def is_safe(self):
        """Whether every member runs, and a standby has everything that is acknowledged."""
        for member in self.members:
            status, answer = ask(member.api, "/cluster")
            if status == 200:
                known = json.loads(answer)["members"]
                roles = [one["role"] for one in known if one["state"] in ("running", "streaming")]
                return len(roles) == len(self.members) and {"leader", "sync_standby"} <= set(roles)
        return False

    def wait_until_safe(self):
        wait_until(
            self.is_safe, f"{self.service} has a primary and a synchronous standby", ELECTED_AFTER, pause=0.2
        )

    def wait_for_another(self, than):
        """Waits for a primary that is another one; how many seconds it took."""
        began = time.monotonic()
        wait_until(
            lambda: any(member.is_primary() for member in self.members if member is not than),
            f"{self.service} has another primary",
            ELECTED_AFTER,
            pause=0.1,
        )
        return time.monotonic() - began

    def stop(self):
        for member in self.members:
            member.stop()


class ToPrimaries(Balancer):
    """HAProxy before the clusters: a connection goes to the member that Patroni says is the primary."""

    def server(self, service):
        """The primary of a cluster, whichever that is."""
        return Server(self.url(service).replace("http://", "postgres://postgres@") + "/postgres")

    def _configuration(self, members):
        lines = [
            *self._global(),
            "defaults databases",
            "    mode tcp",
            "    timeout connect 1s",
            "    timeout client 1h",
            "    timeout server 1h",
            "    option httpchk GET /primary",
            "    http-check expect status 200",
            "    default-server check inter 500ms downinter 250ms fall 2 rise 1 on-marked-down shutdown-sessions",
        ]
        for service, listener in self._listeners.items():
            lines += [f"listen {service} from databases", f"    bind fd@{listener.fileno()}"]
            mine = [member for member in members if member.service == service]
            lines += [f"    server {member.name} {member.address} check port {member.api}" for member in mine]
        return "\n".join(lines) + "\n"

    def _are_up(self, servers):
        return {row["pxname"] for row in servers if row["status"] == "UP"} == self._listeners.keys()


def ask(port, path):
    """Status and text of an answer on this machine; the status is None where there was none."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, ""
    except OSError:
        return None, ""
