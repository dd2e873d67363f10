"""Runs an experiment against a bookstore of 1, 2, 4 … replicas behind HAProxy, without containers."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

sys.path.insert(1, str(Path(__file__).resolve().parent.parent / "common"))

from case import Case
from nodes import NodesCase
from options import arguments
from postgres import Server, Throwaway
from processes import Failed, Missing, find
from table import circumstances, table


def say(text):
    print(text, flush=True)


def report(number, case, run, measured, books, disturbance):
    """What became of one run; whether all was well."""
    well = books["adds_up"]
    total = measured.total
    say(
        f"run {number}: {case.count} {case.options.noun}(s), {total['throughput_per_s'] * 60:,.0f} requests per minute,"
        f" {total['errors']} of {total['samples']:,} failed; {run}/report.html"
    )
    for warning in case.warnings:
        say(f"  {warning}")
    for error in measured.analysis["runs"][0]["errors"]:
        say(f"  {json.dumps(error)}")
    if disturbance:
        say(f"  {case.options.disturb}: {len(disturbance.done)} times ({', '.join(disturbance.done)})")
        if case.options.disturb == "restart" and total["errors"]:
            say("  a graceful restart has lost requests")
            well = False
    say(
        "  {orders:,} orders with {copies_ordered:,} copies, {copies_in_stock:,} of {copies_seeded:,} in stock,"
        " audit of the shop {}: ".format("clean" if books["shop"]["clean"] else "NOT CLEAN", **books)
        + ("adds up" if books["adds_up"] else "DOES NOT ADD UP")
    )
    for violation in books["shop"]["violations"][:5]:
        say(f"  {violation['rule']}: {violation['detail']}")
    return well


def main():
    options = arguments()
    if not os.access(options.program, os.X_OK):
        raise Missing(f"{options.program} is not there: cargo build --release, or --program FILE")
    find("haproxy", "haproxy")
    # A request to end is an end like Ctrl-C: everything that was started is stopped.
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.default_int_handler)
    well, cases, loads = True, {count: [] for count in options.counts}, []
    with contextlib.ExitStack() as stack:
        settings = dict(setting.split("=", 1) for setting in options.set)
        if options.postgres:
            server = Server(options.postgres)
        else:
            server = Throwaway(settings, options.tcp)
        stack.callback(server.stop)
        version = "PostgreSQL " + server.ask("postgres", "SHOW server_version")[0][0].split()[0]
        plan = [count for _ in range(options.repeats) for count in options.counts]
        for number, count in enumerate(plan, start=1):
            case = (NodesCase if options.nodes else Case)(options, server, count, number)
            run, measured, books, disturbance = case.run()
            well &= report(number, case, run, measured, books, disturbance)
            cases[count].append(measured)
            loads.append(case.load)
    transport = "TCP" if options.postgres or options.tcp or options.nodes else "a Unix socket"
    settings = f" ({', '.join(options.set)})" if options.set else ""
    limits = [f"{options.cpus} of one for each replica"] if options.cpus else []
    limits += [f"{options.node_cpus} of one for each database of the catalog"] if options.node_cpus else []
    limit = ", ".join(limits) or "no limits"
    summary = (
        table(cases, options.noun)
        + "\n\n"
        + circumstances(loads, limit, version + settings, transport)
        + "\n"
    )
    say("\n" + summary)
    now = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    kept = options.results / f"{options.experiment.stem}-{now}.md"
    kept.write_text(summary)
    say(f"table: {kept}")
    return 0 if well else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        say("interrupted: everything that was started is stopped")
        sys.exit(130)
    except (Missing, Failed, ValueError, OSError, subprocess.SubprocessError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
