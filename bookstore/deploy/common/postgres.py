"""The PostgreSQL server: one that runs already, or a throwaway cluster from installed binaries."""

import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from processes import Child, Failed, Missing, children_of, find, send, wait_until


def binaries():
    """The folder with initdb and postgres."""
    known = [os.path.dirname(os.path.realpath(shutil.which("initdb") or "/none/initdb"))]
    known += sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)
    for folder in known:
        if all(os.access(f"{folder}/{name}", os.X_OK) for name in ("initdb", "postgres")):
            return Path(folder)
    raise Missing("PostgreSQL is not installed: apt-get install postgresql, or name a server with --postgres")


class Server:
    """A server on which databases are made for the runs."""

    def __init__(self, url):
        self._url = urlsplit(url)
        # Of a server on this machine that is ours: its first process, and its port if it talks TCP.
        self.pid = None
        self.port = None
        self._psql = find("psql", "postgresql-client")

    def url(self, database):
        """The URL of one database."""
        return urlunsplit(self._url._replace(path=f"/{database}"))

    def ask(self, database, sql):
        """The rows that a query gives, as lists of text."""
        # Not in the arguments, which everybody on the machine may read.
        environment = {
            **os.environ,
            "PGCONNECT_TIMEOUT": "5",
            "PGPASSWORD": self._url.password or os.environ.get("PGPASSWORD", ""),
        }
        place = self._url.netloc
        if self._url.password:
            user, _, host = place.rpartition("@")
            place = f"{user.partition(':')[0]}@{host}"
        url = urlunsplit(self._url._replace(path=f"/{database}", netloc=place))
        done = subprocess.run(
            [self._psql, "-X", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-c", sql, url],
            env=environment,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise Failed(f"PostgreSQL refused `{sql}`: {done.stderr.strip()}")
        return [line.split("\t") for line in done.stdout.splitlines()]

    def drop(self, database):
        """Removes a database, connections included."""
        self.ask("postgres", f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def end_connections(self):
        """Ends all connections, those of other clients."""
        self.ask(
            "postgres",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
        )

    def stop(self):
        """Leaves a server of somebody else alone."""


class Node(Server):
    """A server of our own: its folder, its process, and what can happen to both."""

    def __init__(self, home, settings=None, tcp=True, primary=None, more=()):
        """Makes a cluster in `home` (`more` for initdb), or a standby of `primary`; `start` has to follow."""
        self._bin, self._home, self._child = binaries(), home, None
        self._keeper = keeper(home)
        port = free_port() if tcp else None
        host = "127.0.0.1" if tcp else "localhost"
        place = "" if tcp else f"?host={home}"
        super().__init__(f"postgres://postgres@{host}:{port or 5432}/postgres{place}")
        self.port = port
        self._settings = {
            "port": self.port or 5432,
            "listen_addresses": "127.0.0.1" if tcp else "",
            "unix_socket_directories": home,
            "max_connections": 400,
            **(settings or {}),
        }
        if primary:
            make = [
                "pg_basebackup",
                "-D",
                home / "data",
                "-R",
                "--checkpoint=fast",
                "-d",
                primary.url("postgres"),
            ]
        else:
            make = ["initdb", "-D", home / "data", "-U", "postgres", "--auth=trust"]
            make += ["--encoding=UTF8", "--locale=C", *more]
        command = [*self._keeper, self._bin / make[0], *make[1:]]
        done = subprocess.run(command, cwd=home, capture_output=True, text=True)
        if done.returncode:
            raise Failed(f"cannot make a PostgreSQL cluster: {done.stderr.strip()}")
        (home / "log").touch()

    @property
    def log(self):
        return self._home / "log"

    def start(self, before=None):
        """Starts the server and waits until it answers; `before` is told the process."""
        options = [word for name, value in self._settings.items() for word in ("-c", f"{name}={value}")]
        command = [*self._keeper, self._bin / "postgres", "-D", self._home / "data", *options]
        self._child = Child("PostgreSQL", command, self.log, stop_signal=signal.SIGINT, cwd=self._home)
        self.pid = self._child.pid
        if before:
            before(self.pid)
        wait_until(self._answers, "PostgreSQL answers")
        return self

    def _answers(self):
        self._child.check()
        try:
            return self.ask("postgres", "SELECT 1") == [["1"]]
        except Failed:
            return False

    def runs(self):
        """Whether the server has not ended, by itself or otherwise."""
        return self._child.process.poll() is None

    def processes(self):
        """The server and each of its processes."""
        return [self.pid, *children_of(self.pid)]

    def send(self, number):
        """Sends a signal to all of them."""
        send(self.processes(), number)

    def kill(self):
        """Ends the server as a crash of its machine does."""
        self.send(signal.SIGKILL)
        self._child.process.wait()

    def stop(self):
        if self._child:
            self._child.stop()


class Throwaway(Node):
    """A cluster that goes with this process."""

    def __init__(self, settings, tcp):
        self._folder = tempfile.mkdtemp(prefix="bookstore-replicas-")
        try:
            super().__init__(Path(self._folder), settings, tcp)
            self.start()
        except BaseException:
            self.stop()
            raise

    def stop(self):
        if getattr(self, "_child", None):
            super().stop()
        shutil.rmtree(self._folder, ignore_errors=True)


def keeper(home):
    """Starts a program so that it goes when this process does, and not as root, which PostgreSQL refuses."""
    os.chmod(home, 0o755)
    as_user = []
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        shutil.chown(home, user.pw_uid, user.pw_gid)
        as_user = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    return [find("setpriv", "util-linux"), *as_user, "--pdeathsig", "INT"]


def free_port():
    """A port that nobody listens on at this moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
