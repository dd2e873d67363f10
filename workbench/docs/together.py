#!/usr/bin/env python3
"""Pairs of runs made at the same time against pairs made one after the other: the figures in workbench/METHODOLOGY.md.

Two copies of one small service, of which the candidate does 8 % more work for each request, are compared by
`--order together` and by `--order abba`, on this machine as it is and beside a process that burns one processor in random
stretches of 1 to 20 s. Then `compare` is asked about copies that differ by each of --changes, beside that process, and the
gate about equal copies, as often as --alarms says. --blocks, --attempts or --alarms 0 leave a part out. Needs nothing but
Python and the workbench; on a machine that does nothing else the whole takes some three hours.
--minutes ends it earlier, after the series that is being made.
"""

import argparse
import hashlib
import json
import math
import os
import random
import statistics
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

METRICS = ["mean", "p50", "p95"]
EXPERIMENT = """\
name: {name}
question: How long does the work take?
seed: 1
target:
  urls: {{ work: "http://127.0.0.1:{port}" }}
  # With its processes known, all other processes are none of the target's.
monitor:
  processes: [{pid}]
threads:
  - {{ start: {users}, hold: {hold}s }}
warm_up: 500ms
scenarios:
  - name: worker
    think_time: {{ uniform: [10ms, 30ms] }}
    steps:
      - request: GET work/
"""


class Work(BaseHTTPRequestHandler):
    """Answers after so much work; the iterations are computed outside of Python's lock."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    iterations = 0

    def do_GET(self):
        digest = hashlib.pbkdf2_hmac("sha256", b"password", b"salt", self.iterations)
        body = digest.hex().encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def serve(iterations):
    """Until its standard input ends."""
    Work.iterations = iterations
    server = ThreadingHTTPServer(("127.0.0.1", 0), Work)
    print(server.server_port, flush=True)
    server.serve_forever()


def burn(seed):
    """One processor in random stretches of 1 to 20 s, with pauses as long."""
    draw = random.Random(seed)
    while True:
        until = time.monotonic() + draw.uniform(1, 20)
        while time.monotonic() < until:
            pass
        time.sleep(draw.uniform(1, 20))


class Child:
    """This program again, with other arguments."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [sys.executable, __file__, *map(str, arguments)], stdout=subprocess.PIPE, text=True
        )

    def __enter__(self):
        return self.process

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def beside(options, results, work, hold, *arguments):
    """Runs the workbench with the experiments of two services that do so much work."""
    with Child("serve", work[0]) as one, Child("serve", work[1]) as two:
        files = []
        for name, service in [("one", one), ("two", two)]:
            port = service.stdout.readline().strip()
            text = EXPERIMENT.format(name=name, port=port, pid=service.pid, users=options.users, hold=hold)
            file = results.parent / f"{name}.yaml"
            file.write_text(text)
            files.append(file)
        command, *more = arguments
        return subprocess.run(
            [options.workbench, command, *files, "--results", results, *more], capture_output=True, text=True
        )


def series(options, results, order, work, blocks, hold):
    """Makes one series of two services; gives its folder."""
    made = beside(options, results, work, hold, "run", "--repetitions", str(blocks), "--order", order)
    # An invalid run is one of the results, all else is a mistake.
    if made.returncode not in (0, 14):
        sys.exit(f"{made.stdout}{made.stderr}")
    return max((results / "series").iterdir())


def pairs(folder, metric):
    """Logarithms of the ratios of the pairs of a series."""
    record = json.loads((folder / "series.json").read_text())
    values = {}
    for run in record["runs"]:
        analysis = json.loads((folder.parent.parent / run["run"] / "analysis.json").read_text())
        value = analysis["runs"][0]["total"][f"{metric}_ns"]
        values.setdefault(run["block"], {})[run["experiment"]] = math.log(value)
    return [of["two"] - of["one"] for of in values.values()]


def gate(options, folder, *more):
    command = [options.workbench, "gate", "--series", folder, "--force", "--format", "json", *more]
    judged = subprocess.run(command, capture_output=True, text=True)
    return json.loads(judged.stdout)


def interval(report, metric):
    row = next(row for row in report["rows"] if row["comparison"]["metric"] == metric)
    of_change = row["comparison"]["interval"]
    return of_change["lower"], of_change["upper"]


def widths(options, results):
    """Standard deviations of the pairs, and the gate's intervals, by order and disturbance."""
    print("| machine | order | metric | found | standard deviation of the pairs | 90% interval |")
    print("|---|---|---|---|---|---|")
    work = (options.work, round(1.08 * options.work))
    for disturbed in (False, True):
        for order in ("together", "abba"):
            if options.is_over():
                return
            disturbance = Child("burn", options.seed) if disturbed else None
            try:
                kept = results / f"{'disturbed' if disturbed else 'quiet'}-{order}" / "results"
                kept.mkdir(parents=True)
                folder = series(options, kept, order, work, options.blocks, options.hold)
            finally:
                if disturbance:
                    disturbance.__exit__()
            report = gate(options, folder, "--metric", ",".join(METRICS))
            for metric in METRICS:
                logs = pairs(folder, metric)
                lower, upper = interval(report, metric)
                print(
                    f"| {'disturbed' if disturbed else 'quiet'} | {order} | {metric} "
                    f"| {math.expm1(statistics.mean(logs)):+.2%} | {statistics.stdev(logs):.2%} "
                    f"| {lower:+.2%} to {upper:+.2%}, {upper - lower:.2%} wide |",
                    flush=True,
                )


def alarms(options, results):
    """How often the gate calls equal services regressed: one after the other, and together beside the disturbance."""
    for order, disturbed in (("abba", False), ("together", True)):
        disturbance = Child("burn", options.seed + 1) if disturbed else None
        conclusions = []
        try:
            kept = results / f"alarms-{order}" / "results"
            kept.mkdir(parents=True)
            while len(conclusions) < options.alarms and not options.is_over():
                folder = series(options, kept, order, (options.work,) * 2, 5, options.alarm_hold)
                conclusions.append(gate(options, folder)["conclusion"])
        finally:
            if disturbance:
                disturbance.__exit__()
        counted = {word: conclusions.count(word) for word in sorted(set(conclusions))}
        # Of 40 comparisons with alarms in 5 % there are more than 5 with a probability of 1.4 %.
        print(
            f"\n{len(conclusions)} series of 5 pairs of equal services, {order}, "
            f"{'disturbed' if disturbed else 'quiet'}; alarms are \"failed\": {counted}",
            flush=True,
        )


def attempts(options, results):
    """What `compare` concludes beside the disturbance, and after how long."""
    if not options.attempts:
        return
    print("\n| change | attempts | exit codes | blocks | seconds, median and most |\n|---|---|---|---|---|")
    with Child("burn", options.seed + 2):
        for change in options.changes:
            exits, seconds, blocks = [], [], []
            kept = results / f"attempts-{change}" / "results"
            kept.mkdir(parents=True)
            while len(exits) < options.attempts and not options.is_over():
                begun = time.monotonic()
                work = (options.work, round((1 + change) * options.work))
                compared = beside(options, kept, work, options.hold, "compare")
                seconds.append(time.monotonic() - begun)
                exits.append(compared.returncode)
                record = max((kept / "series").iterdir()) / "series.json"
                made = [run["block"] for run in json.loads(record.read_text())["runs"] if run["state"] in ("done", "invalid")]
                blocks.append(len(set(made)))
                print(f"{change:+.0%}: exit {exits[-1]}, {blocks[-1]} blocks, {seconds[-1]:.0f} s", file=sys.stderr)
            if not exits:
                return
            counted = ", ".join(f"{code}: {exits.count(code)}" for code in sorted(set(exits)))
            print(
                f"| {change:+.0%} | {len(exits)} | {counted} | {statistics.mean(blocks):.1f} on average "
                f"| {statistics.median(seconds):.0f}, {max(seconds):.0f} |",
                flush=True,
            )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workbench", type=Path, default=Path("target/release/workbench"))
    parser.add_argument("--results", type=Path, default=Path("target/together"), help="a folder that is not there yet")
    parser.add_argument("--blocks", type=int, default=14, help="of each series whose widths are compared")
    parser.add_argument("--hold", type=int, default=5, help="seconds of their runs")
    parser.add_argument("--alarms", type=int, default=40, help="series of equal services")
    parser.add_argument("--alarm-hold", type=int, default=3, help="seconds of their runs")
    parser.add_argument("--attempts", type=int, default=20, help="by `compare` for each change")
    parser.add_argument("--changes", type=float, nargs="+", default=[0, 0.02, 0.05, 0.08], help="as shares of the work")
    parser.add_argument("--users", type=int, default=4, help="of each side")
    parser.add_argument("--work", type=int, default=5000, help="iterations for each request of the baseline")
    parser.add_argument("--seed", type=int, default=1, help="of the disturbance")
    parser.add_argument("--minutes", type=float, default=math.inf, help="no series is begun after so long")
    options = parser.parse_args()
    options.workbench = options.workbench.resolve()
    options.results = options.results.resolve()
    until = time.monotonic() + 60 * options.minutes
    options.is_over = lambda: time.monotonic() > until
    options.results.mkdir(parents=True)
    print(f"{os.cpu_count()} processors, {options.users} users a side, {options.blocks} pairs of {options.hold} s\n")
    if options.blocks:
        widths(options, options.results)
    attempts(options, options.results)
    alarms(options, options.results)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", iterations]:
            serve(int(iterations))
        case ["burn", seed]:
            burn(int(seed))
        case _:
            main()
