#!/usr/bin/env python3
"""What a request costs the load generator, beside wrk, h2load, oha and k6 where they are installed.

One server (nginx, on the last processor), one client at a time (on the first), the same 74 bytes for everybody. The
contestants take turns; each figure is the median of its rounds, and each ratio the median of the ratios to wrk within a
round. The workbench keeps every sample in Parquet, analyses it and writes its report, all within its figures; the memory
of the load alone stands beside that of the whole. Needs nginx, wrk and openssl.

    just bench-load                      # five rounds of 8 s of everything
    just bench-load --rounds 2 --seconds 3 --case get
"""

import argparse
import dataclasses
import json
import os
import pathlib
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

BODY = "x" * 74
# As long, for the case "session".
ITEM = '{"id":4711,"name":"The Silent River","price":12,"quantity":7,"tags":["a"]}'
assert len(ITEM) == len(BODY)
CASES = {
    "get": "GET, 50 users",
    "post": "POST with variables and JSON, 50 users",
    "tls": "GET over TLS, 50 users",
    "users": "GET, 1,000 users",
    "session": "GET with a cookie that each response sets anew, a captured value and two checks, 50 users; wrk's is a plain "
    "GET of the same response",
}
# Requests of the case "post": a new product and quantity in each.
LUA = """
local n = 0
request = function()
  n = n + 1
  local product = n % 100 + 1
  local body = string.format('{"product_id":%d,"quantity":%d}', product, n % 3 + 1)
  return wrk.format("POST", "/carts/" .. product, {["content-type"] = "application/json"}, body)
end
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclasses.dataclass
class Measured:
    requests: int
    processor: float
    """Seconds."""
    memory: float
    """Peak, MiB."""
    memory_of_load: float | None = None
    """The same, before the analysis."""
    bytes_per_sample: float | None = None

    @property
    def cost(self):
        return 1e6 * self.processor / self.requests


class Memory(threading.Thread):
    """Peak MiB of a process, asked for while it runs: what the kernel says afterwards counts this one, from which it came.

    `of_load` is the peak until the manifest of the run in a folder says that the load is over."""

    def __init__(self, process, runs):
        super().__init__()
        self.process, self.runs = process, runs
        self.peak, self.of_load = None, None
        self.start()

    def run(self):
        while self.process.returncode is None:
            try:
                status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
                (line,) = [line for line in status.splitlines() if line.startswith("VmHWM:")]
                self.peak = int(line.split()[1]) / 1024
                if self.runs and not self.is_over():
                    self.of_load = self.peak
            except (OSError, ValueError):
                pass  # Gone.
            time.sleep(0.02)

    def is_over(self):
        manifests = list(self.runs.glob("*/manifest.json"))
        return bool(manifests) and json.loads(manifests[0].read_text())["outcome"] != "running"


class Server:
    """nginx on the last processor."""

    def __init__(self, folder):
        self.http, self.https = free_port(), free_port()
        subprocess.run(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost "
            "-addext subjectAltName=DNS:localhost,IP:127.0.0.1 -addext basicConstraints=critical,CA:false "
            f"-keyout {folder}/key.pem -out {folder}/cert.pem",
            shell=True, check=True, capture_output=True,
        )
        self.certificate = f"{folder}/cert.pem"
        files = min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], 65000)
        (folder / "nginx.conf").write_text(f"""
            worker_processes 1; daemon off; pid {folder}/pid; error_log stderr crit;
            events {{ worker_connections {files - 100}; }} worker_rlimit_nofile {files};
            http {{
              access_log off; keepalive_requests 1000000000; keepalive_timeout 1h;
              client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
              uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
              server {{
                listen 127.0.0.1:{self.http} backlog=65000;
                listen 127.0.0.1:{self.https} ssl;
                ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
                location / {{ return 200 "{BODY}"; }}
                location /item {{
                  default_type application/json;
                  add_header Set-Cookie "sid=5bd1e995f00dcafe; Path=/; HttpOnly";
                  return 200 '{ITEM}';
                }}
              }}
            }}""")
        last = os.cpu_count() - 1
        self.process = subprocess.Popen(["taskset", "-c", str(last), "nginx", "-c", f"{folder}/nginx.conf"])
        for _ in range(500):
            try:
                socket.create_connection(("127.0.0.1", self.http)).close()
                return
            except OSError:
                time.sleep(0.01)
        sys.exit("nginx did not start")

    def url(self, case):
        return f"https://localhost:{self.https}" if case == "tls" else f"http://127.0.0.1:{self.http}"

    def path(self, case):
        return "/item" if case == "session" else "/"


class Bench:
    def __init__(self, arguments, folder):
        self.arguments, self.folder = arguments, folder
        self.server = Server(folder)
        (folder / "post.lua").write_text(LUA)

    def users(self, case):
        return 1000 if case == "users" else 50

    def measured(self, command, runs=None):
        """Output, processor seconds and memory of a command on the first processor."""
        environment = os.environ | {"SSL_CERT_FILE": self.server.certificate}
        output = tempfile.TemporaryFile()
        process = subprocess.Popen(["taskset", "-c", "0", *command], stdout=output, stderr=output, env=environment)
        memory = Memory(process, runs)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        memory.join()
        output.seek(0)
        text = output.read().decode(errors="replace")
        if process.returncode not in (0, 14):
            sys.exit(f"{' '.join(command)}: exit code {process.returncode}\n{text[-2000:]}")
        return text, usage.ru_utime + usage.ru_stime, memory

    def workbench(self, case, seconds=None, users=None):
        users = users or self.users(case)
        seconds = seconds or self.arguments.seconds
        step = {
            "post": 'request: POST web/carts/${p}\n        set: { p: { uniform: [1, 100] }, q: { uniform: [1, 3] } }\n'
                    '        json: { product_id: "${p}", quantity: "${q}" }',
            "session": "request: GET web/item\n        capture: { id: { json: $.id } }\n"
                       "        expect: { status: 200, json: { $.quantity: '> 0' } }",
        }.get(case, "request: GET web/")
        file = self.folder / f"{case}.yaml"
        file.write_text(
            f"name: {case}\nquestion: What does a request cost?\nseed: 1\ntarget:\n  urls: {{ web: {self.server.url(case)} }}\n"
            f"threads:\n  - {{ start: {users}, startup: 0s, hold: {seconds}s, shutdown: 0s }}\n"
            f"scenarios:\n  - name: one\n    steps:\n      - {step}\n"
        )
        results = self.folder / "results"
        _, processor, memory = self.measured(
            [self.arguments.workbench, "run", str(file), "--results", str(results)], results / case
        )
        (run,) = (results / case).iterdir()
        total = json.loads((run / "analysis.json").read_text())["runs"][0]["total"]
        stored = sum(part.stat().st_size for part in (run / "samples").iterdir())
        shutil.rmtree(results)
        if total["errors"]:
            sys.exit(f"{total['errors']} requests of {case} failed")
        return Measured(total["samples"], processor, memory.peak, memory.of_load, stored / total["samples"])

    def wrk(self, case):
        script = ["-s", str(self.folder / "post.lua")] if case == "post" else []
        seconds, users = self.arguments.seconds, self.users(case)
        text, processor, memory = self.measured(
            ["wrk", "-t1", f"-c{users}", f"-d{seconds}s", *script, self.server.url(case) + self.server.path(case)]
        )
        (line,) = [line for line in text.splitlines() if "requests in" in line]
        return Measured(int(line.split()[0]), processor, memory.peak)

    def h2load(self, case):
        if case in ("post", "session"):
            return None
        seconds, users = self.arguments.seconds, self.users(case)
        text, processor, memory = self.measured(
            ["h2load", "--h1", "-t1", f"-c{users}", f"-D{seconds}", self.server.url(case) + "/"]
        )
        (line,) = [line for line in text.splitlines() if line.startswith("requests:")]
        return Measured(int(line.split()[7]), processor, memory.peak)

    def oha(self, case):
        if case in ("post", "session"):
            return None
        seconds, users = self.arguments.seconds, self.users(case)
        text, processor, memory = self.measured(
            ["oha", "--no-tui", "--output-format", "json", "--insecure", "-c", str(users), "-z", f"{seconds}s",
             self.server.url(case) + "/"]
        )
        codes = json.loads(text)["statusCodeDistribution"]
        return Measured(sum(codes.values()), processor, memory.peak)

    def k6(self, case):
        if case == "session":
            return None
        script = self.folder / "k6.js"
        request = f"http.get('{self.server.url(case)}/')"
        if case == "post":
            request = (
                f"const p = __ITER % 100 + 1; http.post(`{self.server.url(case)}/carts/${{p}}`, "
                "JSON.stringify({product_id: p, quantity: __ITER % 3 + 1}), {headers: {'content-type': 'application/json'}})"
            )
        script.write_text(
            f"import http from 'k6/http';\nexport const options = {{ insecureSkipTLSVerify: true, discardResponseBodies: true }};\n"
            f"export default function () {{ {request}; }}\n"
        )
        summary = self.folder / "k6.json"
        _, processor, memory = self.measured(
            ["k6", "run", "--quiet", "--vus", str(self.users(case)), "--duration", f"{self.arguments.seconds}s",
             "--summary-export", str(summary), str(script)]
        )
        return Measured(json.loads(summary.read_text())["metrics"]["http_reqs"]["count"], processor, memory.peak)


def table(case, rounds, seconds):
    print(f"\n**{CASES[case]}**\n")
    print("| | CPU per request, µs | of wrk | requests/s | of wrk | peak MiB: load | whole | of wrk | bytes per sample |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name in rounds[0]:
        mine, wrk = [round[name] for round in rounds], [round["wrk"] for round in rounds]

        def median(value):
            values = [value(it) for it in mine]
            return "" if None in values else f"{statistics.median(values):,.1f}"

        def ratio(value):
            ratios = [value(it) / value(of) for it, of in zip(mine, wrk)]
            return f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"

        print(
            f"| {name} | {median(lambda it: it.cost)} | {ratio(lambda it: it.cost)} | "
            f"{median(lambda it: it.requests / seconds)} | {ratio(lambda it: it.requests)} | "
            f"{median(lambda it: it.memory_of_load)} | {median(lambda it: it.memory)} | {ratio(lambda it: it.memory)} | "
            f"{median(lambda it: it.bytes_per_sample)} |"
        )
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workbench", default="target/release/workbench")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--case", choices=[*CASES, "start"], action="append", help="may be repeated; all by default")
    arguments = parser.parse_args()
    for program in ("nginx", "wrk", "openssl", "taskset"):
        if not shutil.which(program):
            sys.exit(f"{program} is not installed: apt-get install nginx-light wrk openssl util-linux")
    contestants = ["workbench", "wrk", *(name for name in ("h2load", "oha", "k6") if shutil.which(name))]
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(arguments, pathlib.Path(folder))
        try:
            for case in (case for case in CASES if not arguments.case or case in arguments.case):
                rounds = []
                for number in range(arguments.rounds):
                    turn = number % len(contestants)
                    found = {name: getattr(bench, name)(case) for name in contestants[turn:] + contestants[:turn]}
                    rounds.append({name: found[name] for name in contestants if found[name]})
                table(case, rounds, arguments.seconds)
            if not arguments.case or "start" in arguments.case:
                begun = time.monotonic()
                run = bench.workbench("start", seconds=5, users=10_000)
                print(
                    f"\n10,000 users: {run.requests:,} requests in 5 s, {run.processor:.1f} s of processor time, "
                    f"{run.memory_of_load:.0f} MiB for the load and {run.memory:.0f} MiB in all, "
                    f"{time.monotonic() - begun:.1f} s from start to report"
                )
        finally:
            bench.server.process.terminate()
            bench.server.process.wait()


if __name__ == "__main__":
    main()
