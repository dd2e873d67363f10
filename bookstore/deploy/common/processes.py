"""Child processes that never outlive this one: found, started, announced, stopped."""

import json
import os
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path

# The bookstore is gone 25 s after it was told to stop, plus its drain.
STOP_LIMIT = 45
START_LIMIT = 60


class Missing(Exception):
    """Something that has to be installed, built or given; the message says how."""


class Failed(Exception):
    """A process did not do what it was started for."""


def find(program, package):
    """The path of an installed program; administrators' folders are looked into too."""
    path = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if path is None:
        raise Missing(f"{program} is not installed: apt-get install {package}")
    return path


def last_words(log, lines=5):
    """The end of a log, for a message."""
    text = Path(log).read_text(errors="replace") if Path(log).exists() else ""
    return "\n  ".join(text.splitlines()[-lines:]) or "it said nothing"


def children_of(pid):
    """The processes that a process has started."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # It has ended.
            if int(fields[1]) == pid:
                found.append(int(entry.name))
    return found


def send(pids, number):
    """Sends a signal to processes, but for those that have just ended."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


class Child:
    """A process in a session of its own, so that a Ctrl-C at the terminal is ours to pass on."""

    def __init__(self, name, command, log, stop_signal=signal.SIGTERM, **options):
        self.name, self.log, self.stop_signal = name, log, stop_signal
        with open(log, "ab") as output:
            # Too large a file stays an error, as it is for this process, and ends nobody.
            self.process = subprocess.Popen(
                command,
                stderr=output,
                start_new_session=True,
                restore_signals=False,
                **{"stdout": output, **options},
            )

    @property
    def pid(self):
        return self.process.pid

    def check(self):
        """Fails when the process has ended."""
        if self.process.poll() is not None:
            raise Failed(f"{self.name} ended by itself: {last_words(self.log)}")

    def ask_to_stop(self):
        """Asks the process to end, and does not wait for it."""
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)

    def stop(self):
        """Asks the process to end, and makes it."""
        if self.process.poll() is None:
            self.ask_to_stop()
            try:
                self.process.wait(STOP_LIMIT)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.process.stdin:
            self.process.stdin.close()


class Replica:
    """One process of a service, on a port that stays the same when it is started again."""

    def __init__(self, service, number, command, environment, folder, drain):
        self.service, self.number = service, number
        self.name = f"{service}-{number}"
        self._command, self._environment, self._drain = command, environment, drain
        self._log = folder / f"{self.name}.log"
        self.port, self.child = 0, None
        self.limit = None

    def start(self):
        """Starts the process; `wait_until_ready` has to follow."""
        # All calls are at the internal port, those for everybody too: one place behind the balancer is enough. Pages are for
        # everybody only.
        ports = ["0", str(self.port)]
        if self.service == "storefront":
            ports.reverse()
        options = ["--port", ports[0], "--internal-port", ports[1], "--drain", self._drain, "--exit-with-stdin"]
        self.child = Child(
            self.name,
            [*self._command, *options],
            self._log,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=self._environment,
        )
        if self.limit:
            self.limit.add(self.child.pid)

    def wait_until_ready(self):
        """Waits for the line that announces the service."""
        timer = threading.Timer(START_LIMIT, self.child.process.kill)
        timer.start()
        line = self.child.process.stdout.readline()
        timer.cancel()
        try:
            url = json.loads(line)["services" if self.service == "storefront" else "internal"][self.service]
        except (ValueError, KeyError):
            raise Failed(f"{self.name} did not start: {last_words(self._log)}") from None
        self.port = int(url.rsplit(":", 1)[1])

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def kill(self):
        """Ends the process without a warning, as a crash does."""
        self.child.process.kill()
        self.child.process.wait()

    def stop(self):
        """Ends the process the way that an orchestrator does."""
        if self.child:
            self.child.stop()


def stop_all(replicas):
    """Ends all at once and without a drain, for which nobody is left."""
    children = [replica.child for replica in replicas if replica.child]
    for child in children:
        child.ask_to_stop()
    # A second request ends the drain; `stop` makes it.
    for child in children:
        child.stop()


def wait_until(condition, what, limit=START_LIMIT, pause=0.05):
    """Asks again and again until it is so."""
    deadline = time.monotonic() + limit
    while not condition():
        if time.monotonic() > deadline:
            raise Failed(f"{what}: not so after {limit} s")
        time.sleep(pause)
