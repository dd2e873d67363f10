#!/usr/bin/env python3
"""What it costs the load generator that somebody looks on: the view of a terminal, the live page, and both.

As `load.py`: one server (nginx, on the last processor), the generator on the first, 50 users who send GET requests. The ways
to look on take turns; each ratio is the median of the ratios to a run that nobody looks at within a round, with its
95 % interval (order statistics). Beside it stands what is known without comparing runs: the share of the process' time
that the threads for the terminal and for the page took. Needs nginx and openssl.

    just bench-live                      # fifteen rounds of 8 s
    just bench-live --rounds 2 --seconds 3
"""

import argparse
import fcntl
import json
import os
import pathlib
import pty
import re
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
import urllib.request

import load

WAYS = {"nobody": (False, False), "terminal": (True, False), "page": (False, True), "both": (True, True)}
# Threads that exist only for those who look on.
THREADS = ("terminal", "live page")


class Threads(threading.Thread):
    """The processor time of a process' threads by name, in seconds; read until it ends."""

    def __init__(self, process):
        super().__init__(daemon=True)
        self.process, self.times = process, {}
        self.start()

    def run(self):
        tasks = pathlib.Path(f"/proc/{self.process.pid}/task")
        while self.process.returncode is None:
            try:
                for task in tasks.iterdir():
                    name = (task / "comm").read_text().strip()
                    self.times[name, task.name] = int((task / "schedstat").read_text().split()[0]) / 1e9
            except OSError:
                pass
            time.sleep(0.1)

    def of(self, names):
        return sum(time for (name, _), time in self.times.items() if name in names)


def terminal():
    """Both ends of a terminal of 80 by 24."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    return master, slave


def read(end, found):
    """Reads what is written to stderr, and looks at the live page as soon as its address is known."""
    text, looks_on = "", False
    while True:
        try:
            chunk = os.read(end, 65536)
        except OSError:
            chunk = b""
        if not chunk:
            return
        text += chunk.decode(errors="replace")
        address = re.search(r"live page: (http://\S+/)\s", text)
        if address and not looks_on:
            looks_on = True
            threading.Thread(target=look, args=(address[1], found), daemon=True).start()


def look(address, found):
    """As a browser does that shows the page and fetches nothing in the end."""
    with urllib.request.urlopen(address + "events") as events:
        for line in events:
            if line.startswith(b"event:"):
                name = line[6:].strip().decode()
                found[name] = found.get(name, 0) + 1
                if name == "end":
                    return


def run(arguments, folder, server, way):
    has_terminal, has_page = WAYS[way]
    file = folder / "get.yaml"
    file.write_text(
        f"name: get\nquestion: What does it cost to look on?\nseed: 1\ntarget:\n  urls: {{ web: '{server.url('get')}' }}\n"
        f"threads:\n  - {{ start: 50, startup: 0s, hold: {arguments.seconds}s, shutdown: 0s }}\n"
        "scenarios:\n  - name: one\n    steps:\n      - request: GET web/\n"
    )
    results = folder / "results"
    command = ["taskset", "-c", "0", arguments.workbench, "run", str(file), "--results", str(results)]
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"} | {"TERM": "xterm-256color"}
    reader, stderr = terminal() if has_terminal else os.pipe()
    process = subprocess.Popen(
        command + ["--live"] * has_page, stdout=subprocess.DEVNULL, stderr=stderr, env=environment
    )
    os.close(stderr)
    found = {}
    reading = threading.Thread(target=read, args=(reader, found), daemon=True)
    reading.start()
    threads = Threads(process)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    threads.join()
    reading.join()
    os.close(reader)
    if process.returncode not in (0, 14):
        sys.exit(f"{' '.join(command)}: exit code {process.returncode}")
    if has_page and found.get("second", 0) < arguments.seconds // 2:
        sys.exit(f"the page showed nothing: {found}")
    (made,) = (results / "get").iterdir()
    total = json.loads((made / "analysis.json").read_text())["runs"][0]["total"]
    shutil.rmtree(results)
    if total["errors"]:
        sys.exit(f"{total['errors']} requests failed")
    processor = usage.ru_utime + usage.ru_stime
    return processor / total["samples"] * 1e6, threads.of(THREADS) / processor


def interval(values):
    """Of the median, at 95 % or a little more, where there are enough values."""
    values = sorted(values)
    n, below, chance = len(values), 0, 0.5 ** len(values)
    tail = chance
    while tail <= 0.025 and below < n // 2:
        below += 1
        chance = chance * (n - below + 1) / below
        tail += chance
    return (values[below - 1], values[n - below]) if below else (values[0], values[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workbench", default="target/release/workbench")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=int, default=8)
    arguments = parser.parse_args()
    for program in ("nginx", "openssl", "taskset"):
        if not shutil.which(program):
            sys.exit(f"{program} is not installed: apt-get install nginx-light openssl util-linux")
    rounds = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        server = load.Server(folder)
        try:
            for number in range(arguments.rounds):
                turn = number % len(WAYS)
                ways = list(WAYS)[turn:] + list(WAYS)[:turn]
                rounds.append({way: run(arguments, folder, server, way) for way in ways})
        finally:
            server.process.terminate()
            server.process.wait()
    print("| who looks on | CPU per request, µs | of nobody | threads for it, share of the process' time |")
    print("|---|---|---|---|")
    for way in WAYS:
        costs = [it[way][0] for it in rounds]
        ratios = [it[way][0] / it["nobody"][0] for it in rounds]
        low, high = interval(ratios)
        share = statistics.median(it[way][1] for it in rounds)
        print(
            f"| {way} | {statistics.median(costs):.2f} | {statistics.median(ratios):.4f} ({low:.4f} to {high:.4f}) | "
            f"{share * 100:.3f} % |"
        )


if __name__ == "__main__":
    main()
