"""HAProxy in front of the replicas: its configuration, and what it counts."""

import csv
import io
import signal
import socket
from pathlib import Path

from processes import Child, Failed, find, wait_until

COMMON = Path(__file__).resolve().parent.parent / "haproxy" / "common.cfg"


class Balancer:
    """One HAProxy with a frontend and a backend for each service."""

    def __init__(self, services, folder):
        # Opened here and handed over, so that nobody else can take the ports in between.
        self._listeners = {service: listen() for service in services}
        self._socket = folder / f"{type(self).__name__.lower()}.sock"
        self.child = None

    def url(self, service):
        """Where clients find a service."""
        return f"http://127.0.0.1:{self._listeners[service].getsockname()[1]}"

    def start(self, replicas):
        """Starts with these replicas, and waits until every one of them is up."""
        own = self._socket.with_suffix(".cfg")
        own.write_text(self._configuration(replicas))
        keeper = [find("setpriv", "util-linux"), "--pdeathsig", "TERM"]
        program = find("haproxy", "haproxy")
        self.child = Child(
            "HAProxy",
            [*keeper, program, "-db", "-f", COMMON, "-f", own],
            self._socket.with_suffix(".log"),
            # A soft stop would wait for connections that the clients keep.
            stop_signal=signal.SIGTERM,
            pass_fds=[listener.fileno() for listener in self._listeners.values()],
        )
        self.wait_until_up()

    def wait_until_up(self):
        wait_until(self._all_are_up, "the balancer sees every replica up")

    def _global(self):
        return [
            "global",
            "    maxconn 4096",
            "    log stderr format raw local0 notice",
            f"    stats socket {self._socket} mode 600 level user",
        ]

    def _configuration(self, replicas):
        lines = self._global()
        for service, listener in self._listeners.items():
            lines += [
                f"frontend {service} from clients",
                f"    bind fd@{listener.fileno()}",
                f"    default_backend {service}",
                f"backend {service} from replicas",
            ]
            mine = [replica for replica in replicas if replica.service == service]
            lines += [f"    server {replica.name} {replica.address}" for replica in mine]
        return "\n".join(lines) + "\n"

    def _all_are_up(self):
        self.child.check()
        try:
            servers = [row for row in self.statistics() if row["svname"] not in ("FRONTEND", "BACKEND")]
        except OSError:
            return False
        return self._are_up(servers)

    def _are_up(self, servers):
        # Checked once at least: `UP` alone is what every server begins with.
        return all(row["status"] == "UP" and row["check_status"] == "L7OK" for row in servers)

    def statistics(self):
        """A row for each frontend, backend and server: HAProxy's `show stat`."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(str(self._socket))
            connection.sendall(b"show stat\n")
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
        text = answer.decode().lstrip("# ")
        if not text.startswith("pxname,"):
            raise Failed(f"HAProxy's statistics are not what they should be: {text[:200]}")
        return list(csv.DictReader(io.StringIO(text)))

    def stop(self):
        if self.child:
            self.child.stop()
        for listener in self._listeners.values():
            listener.close()


def listen():
    """A socket that listens on a port of the system's choice."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(1024)
    return listener
