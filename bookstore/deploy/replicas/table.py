"""What the readings say of one run, and the table that puts runs beside each other."""

import os
from collections import defaultdict
from statistics import median

SERVICES = ["catalog", "cart", "orders"]


class Measured:
    """One run, without its ramps: rates are of the seconds in between."""

    def __init__(self, rows, ramp, analysis, commits):
        served = [row for row in rows["balancer"] if row["server"] == "BACKEND"]
        busy = sorted({row["seconds"] for row in served if row["requests"]})
        if not busy or busy[-1] - busy[0] <= 2 * ramp + 1:
            raise ValueError(f"the run is shorter than its ramps ({ramp} s at each end)")
        self.first, self.last = busy[0] + ramp, busy[-1] - ramp
        # A reading tells of the second before it.
        inside = lambda row: self.first < row["seconds"] <= self.last  # noqa: E731
        self.window = self.last - self.first
        self.rows = {kind: [row for row in some if inside(row)] for kind, some in rows.items()}
        self.analysis, self.total = analysis, analysis["runs"][0]["total"]
        self.commits, self.ramp = commits, ramp
        # All of the run, ramps included: an error is an error.
        self.errors = defaultdict(int)
        for row in rows["balancer"]:
            if row["server"] not in ("FRONTEND", "BACKEND"):
                for name in ("errors", "retries", "redispatches"):
                    self.errors[name] += row[name]

    def at_balancer(self, service):
        """Requests per minute, target response time in milliseconds and bytes out per second."""
        mine = [r for r in self.rows["balancer"] if r["service"] == service]
        backend = [r for r in mine if r["server"] == "BACKEND"]
        requests = sum(r["requests"] for r in backend)
        servers = [r for r in mine if r["server"] not in ("FRONTEND", "BACKEND")]
        # Each reading is a mean over a server's last 1,024 requests: weighted by its requests.
        weight = sum(r["requests"] for r in servers)
        response = sum(r["response_ms"] * r["requests"] for r in servers) / max(weight, 1)
        sent = sum(r["bytes_out"] for r in backend) / self.window
        return requests / self.window * 60, response, sent

    def clients_per_minute(self):
        """Requests that the load generator finished, in the seconds between its own ramps."""
        seconds = self.analysis["runs"][0]["per_second"]
        ramp = round(self.ramp)
        inside = seconds[ramp : len(seconds) - ramp]
        return sum(second["completed"] for second in inside) / len(inside) * 60

    def cpu(self):
        """CPU in percent of one core, by group; and of everything else on the machine."""
        groups = defaultdict(float)
        for row in self.rows["processes"]:
            groups[row["group"]] += row["cpu_s"] / self.window * 100
        machine = sum(row["busy_cpu_s"] for row in self.rows["machine"]) / self.window * 100
        groups["everything else"] = max(0.0, machine - sum(groups.values()))
        return dict(groups)

    def bytes_from(self, service):
        """Bytes per second that a database has sent, where that was counted."""
        mine = [row for row in self.rows["databases"] if row["service"] == service]
        return sum(row["bytes_out"] for row in mine) / self.window if mine else None

    def lines(self):
        """Every line of the table: its title, its value, and how to print it."""
        each = {service: self.at_balancer(service) for service in SERVICES}
        yield "**clients' requests per minute**", self.clients_per_minute(), "{:,.0f}"
        yield (
            "requests per minute at the balancer, from service to service too",
            sum(v[0] for v in each.values()),
            "{:,.0f}",
        )
        for service, (requests, _, _) in each.items():
            yield f"– {service}", requests, "{:,.0f}"
        for service, (_, response, _) in each.items():
            yield f"target response time, {service} (ms)", response, "{:.1f}"
        yield "clients' response time: median (ms)", self.total["p50_ns"] / 1e6, "{:.1f}"
        yield "– 95th percentile (ms)", self.total["p95_ns"] / 1e6, "{:.1f}"
        yield "failed requests (clients)", self.total["errors"], "{:,.0f}"
        for name, count in self.errors.items():
            yield f"– balancer: {name}", count, "{:,.0f}"
        for service, (_, _, sent) in each.items():
            yield f"bytes out, {service} (kB/s)", sent / 1e3, "{:,.0f}"
        for service in SERVICES:
            if (sent := self.bytes_from(service)) is not None:
                yield f"– database of {service} (kB/s)", sent / 1e3, "{:,.0f}"
        for service in SERVICES:
            yield f"transactions, database of {service} (/s)", self.commits[service], "{:,.0f}"
        cpu = self.cpu()
        order = [*SERVICES, *(f"database of {s}" for s in SERVICES), "PostgreSQL, shared"]
        order += ["balancer", "workbench", "everything else"]
        for group in order:
            if group in cpu:
                yield f"CPU, {group} (% of a core)", cpu[group], "{:.0f}"
        all_requests = sum(requests for requests, _, _ in each.values()) / 60
        yield "CPU of the balancer per request (µs)", cpu["balancer"] * 1e4 / all_requests, "{:.0f}"


def table(cases, noun):
    """Markdown: a column for each number of replicas or nodes, the median and the range of its runs."""
    columns = {
        count: [dict((t, (v, f)) for t, v, f in run.lines()) for run in runs] for count, runs in cases.items()
    }
    runs = max(len(some) for some in columns.values())
    head = " | ".join(f"{count} {noun}{'s' if count != 1 else ''}" for count in columns)
    out = [f"| {'median (lowest–highest) of ' + str(runs) + ' runs' if runs > 1 else ''} | {head} |"]
    out.append("|---|" + "---:|" * len(columns))
    titles = [title for title in next(iter(columns.values()))[0]]
    for title in titles:
        cells = [cell([run[title] for run in some if title in run]) for some in columns.values()]
        out.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(out)


def cell(values):
    """One cell: `12` or `12 (10–13)`."""
    if not values:
        return "–"
    style = values[0][1]
    numbers = sorted(value for value, _ in values)
    middle = style.format(median(numbers))
    low, high = style.format(numbers[0]), style.format(numbers[-1])
    return middle if low == high else f"{middle} ({low}–{high})"


def circumstances(loads, limit, server_version, transport):
    """Under which the numbers were measured."""
    return (
        f"{os.cpu_count()} cores shared by everything ({limit}), {server_version} through {transport};"
        f" load average before each run: {', '.join(f'{load:.2f}' for load in loads)}."
    )
