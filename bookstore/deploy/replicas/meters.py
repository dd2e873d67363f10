"""What the machine and the balancer do, once a second, and the files that keep it."""

import csv
import os
import re
import subprocess
import threading
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")

# What HAProxy counts from its start on, under the names that the files have for it.
COUNTERS = {
    "requests": ["req_tot"],
    "bytes_in": ["bin"],
    "bytes_out": ["bout"],
    "errors": ["econ", "eresp"],
    "retries": ["wretr"],
    "redispatches": ["wredis"],
    "answers_4xx": ["hrsp_4xx"],
    "answers_5xx": ["hrsp_5xx"],
    "client_aborts": ["cli_abrt"],
}
# What it says of this moment: means over the last 1,024 requests, and requests under way.
GAUGES = {"response_ms": "rtime", "total_ms": "ttime", "in_flight": "scur"}


class Meters(threading.Thread):
    """Takes a reading each second until it is stopped."""

    def __init__(self, balancer, replicas, others, servers, databases):
        super().__init__(daemon=True)
        self._balancer, self._replicas, self._others = balancer, replicas, others
        # Of servers elsewhere neither is known.
        self._servers = {server.pid for server in servers if server.pid}
        self._server_ports = [server.port for server in servers if server.port]
        # database name → service
        self._databases = databases
        self._ended = threading.Event()
        self._counted, self._cpu, self._sent = {}, {}, {}
        self._machine = busy_ticks()
        self.rows = {"balancer": [], "processes": [], "databases": [], "machine": []}
        self.failure = None
        self._began = time.monotonic()
        self._read(record=False)

    def run(self):
        due = self._began
        try:
            while True:
                due += 1
                last = self._ended.wait(max(0, due - time.monotonic()))
                self._read(record=True)
                if last:
                    return
        except Exception as failure:  # Said by the thread that waits for this one.
            self.failure = failure

    def stop(self):
        """Takes the last reading."""
        self._ended.set()
        if self.is_alive():
            self.join()

    def _read(self, record):
        seconds = round(time.monotonic() - self._began, 3)
        stamp = {"at_ms": time.time_ns() // 1_000_000, "seconds": seconds}
        rows = {
            "balancer": self._read_balancer(),
            "processes": self._read_processes(record),
            "databases": self._read_databases(),
            "machine": self._read_machine(),
        }
        if record:
            for kind, new in rows.items():
                self.rows[kind] += [stamp | row for row in new]

    def _read_balancer(self):
        for row in self._balancer.statistics():
            key = (row["pxname"], row["svname"])
            now = {name: sum(int(row[field] or 0) for field in fields) for name, fields in COUNTERS.items()}
            before = self._counted.get(key, dict.fromkeys(now, 0))
            self._counted[key] = now
            yield {
                "service": key[0],
                "server": key[1],
                "status": row["status"],
                **{name: now[name] - before[name] for name in now},
                **{name: int(row[field] or 0) for name, field in GAUGES.items()},
            }

    def _read_processes(self, record):
        processes = [(r.service, r.name, r.child.pid) for r in self._replicas]
        processes += [(name, name, pid) for name, pid in self._others]
        processes += self._backends()
        for group, name, pid in processes:
            try:
                cpu, resident = usage(pid)
            except OSError:
                continue  # It has ended.
            # What a process that was not there before has used, it has used since then.
            before = self._cpu.get(pid, 0.0 if record else cpu)
            self._cpu[pid] = cpu
            yield {
                "group": group,
                "process": name,
                "pid": pid,
                "cpu_s": round(cpu - before, 3),
                "resident_bytes": resident,
            }

    def _backends(self):
        """PostgreSQL's processes: by the database that their title names, the others together."""
        self._ports = {}
        for entry in os.scandir("/proc"):
            if not entry.name.isdigit():
                continue
            try:
                title = Path(entry.path, "cmdline").read_bytes().rstrip(b"\0 ").decode(errors="replace")
                parent = Path(entry.path, "stat").read_text().rpartition(")")[2].split()[1]
            except OSError:
                continue
            words = title.split()
            if words[:1] == ["postgres:"]:
                service = next((self._databases[w] for w in words if w in self._databases), None)
                if service:
                    yield f"database of {service}", f"{service}-backend", int(entry.name)
                    if port := re.search(r"\((\d+)\)", title):
                        self._ports[port[1]] = service
                elif int(parent) in self._servers:
                    yield "PostgreSQL, shared", words[1] if words[1:] else "postgres", int(entry.name)
            elif int(entry.name) in self._servers:
                yield "PostgreSQL, shared", "postmaster", int(entry.name)

    def _read_databases(self):
        """Bytes that PostgreSQL has sent, where it talks TCP."""
        if not self._server_ports or not self._ports:
            return
        sent = dict.fromkeys(self._databases.values(), 0)
        ports = " or ".join(f"sport = :{port}" for port in self._server_ports)
        command = ["ss", "-tniH", "state", "established", f"( {ports} )"]
        lines = subprocess.run(command, capture_output=True, text=True).stdout.splitlines()
        for head, details in zip(lines[::2], lines[1::2], strict=False):
            peer = head.split()[-1].rpartition(":")[2]
            found = re.search(r"bytes_sent:(\d+)", details)
            if found and peer in self._ports:
                now = int(found[1])
                sent[self._ports[peer]] += now - self._sent.get(peer, 0)
                self._sent[peer] = now
        for service, bytes_out in sent.items():
            yield {"service": service, "bytes_out": bytes_out}

    def _read_machine(self):
        before, self._machine = self._machine, busy_ticks()
        busy = (self._machine - before) / TICKS
        yield {"busy_cpu_s": round(busy, 3), "load_1min": os.getloadavg()[0]}

    def write(self, folder):
        """Keeps the readings as CSV."""
        for kind, rows in self.rows.items():
            if rows:
                with open(folder / f"{kind}.csv", "w", newline="") as file:
                    writer = csv.DictWriter(file, rows[0].keys())
                    writer.writeheader()
                    writer.writerows(rows)


def usage(pid):
    """CPU seconds that a process has used, and bytes that it has in memory."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS, int(fields[21]) * PAGE


def busy_ticks():
    """What all cores together have worked."""
    first = Path("/proc/stat").read_text().splitlines()[0]
    user, nice, system, _idle, _wait, interrupts, soft, *_ = map(int, first.split()[1:])
    return user + nice + system + interrupts + soft
