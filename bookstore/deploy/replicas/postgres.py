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

from processes import Child, Failed, Missing, find, wait_until


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
        environment = {**os.environ, "PGPASSWORD": self._url.password or os.environ.get("PGPASSWORD", "")}
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

    def stop(self):
        """Leaves a server of somebody else alone."""


class Throwaway(Server):
    """A cluster that goes with this process."""

    def __init__(self, settings, tcp):
        folder = binaries()
        self._home = Path(tempfile.mkdtemp(prefix="bookstore-replicas-"))
        self._child = None
        os.chmod(self._home, 0o755)
        as_user = []
        if os.geteuid() == 0:
            # PostgreSQL refuses to run as root.
            user = pwd.getpwnam("postgres")
            shutil.chown(self._home, user.pw_uid, user.pw_gid)
            as_user = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        # The server goes when this process does, however that ends.
        keeper = [find("setpriv", "util-linux"), *as_user, "--pdeathsig", "INT"]
        data, log = self._home / "data", self._home / "log"
        initialise = [folder / "initdb", "-D", data, "-U", "postgres", "--auth=trust"]
        try:
            done = subprocess.run(
                [*keeper, *initialise, "--encoding=UTF8", "--locale=C"],
                cwd=self._home,
                capture_output=True,
                text=True,
            )
            if done.returncode:
                raise Failed(f"cannot make a PostgreSQL cluster: {done.stderr.strip()}")
            port = free_port() if tcp else 5432
            options = {
                "port": port,
                "listen_addresses": "127.0.0.1" if tcp else "",
                "unix_socket_directories": self._home,
                "max_connections": 400,
                **settings,
            }
            flags = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
            log.touch()
            self._child = Child(
                "PostgreSQL",
                [*keeper, folder / "postgres", "-D", data, *flags],
                log,
                stop_signal=signal.SIGINT,
                cwd=self._home,
            )
            host = "127.0.0.1" if tcp else "localhost"
            place = "" if tcp else f"host={self._home}"
            super().__init__(f"postgres://postgres@{host}:{port}/postgres?{place}".rstrip("?"))
            self.pid, self.port = self._child.pid, port if tcp else None
            wait_until(self._answers, "PostgreSQL answers")
        except BaseException:
            self.stop()
            raise

    def _answers(self):
        self._child.check()
        try:
            return self.ask("postgres", "SELECT 1") == [["1"]]
        except Failed:
            return False

    def stop(self):
        if self._child:
            self._child.stop()
        shutil.rmtree(self._home, ignore_errors=True)


def free_port():
    """A port that nobody listens on at this moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
