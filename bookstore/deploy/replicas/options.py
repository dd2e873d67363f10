"""The command line."""

import argparse
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

DESCRIPTION = """\
Runs an experiment against a bookstore of 1, 2, 4 … replicas behind HAProxy, without containers, and says
what the services, the databases and the balancer did. Everything that it starts is stopped at the end."""
EXAMPLES = """\
examples (from the project's folder, after `cargo build --release`):
  python3 bookstore/deploy/replicas                        1, 2 and 4 replicas of each service
  python3 bookstore/deploy/replicas --repeats 3            three rounds: medians and ranges
  python3 bookstore/deploy/replicas --cpus 0.1             each replica gets a tenth of a core
  python3 bookstore/deploy/replicas --replicas 2 --disturb kill
                        a replica is killed every few seconds: what clients see, and whether orders add up
  python3 bookstore/deploy/replicas --replicas 2 --disturb restart
                        each replica is restarted in turn: no request may be lost (exit code 1 otherwise)
  python3 bookstore/deploy/replicas --nodes 1,2,4 --node-cpus 0.1
                        the catalog reads from 1, 2 and 4 databases, each of which has a tenth of a core
  python3 bookstore/deploy/replicas --set synchronous_commit=off --tcp
  python3 bookstore/deploy/replicas --postgres postgres://ann:secret@localhost

needs: HAProxy and PostgreSQL (apt-get install haproxy postgresql), Linux
"""


def arguments():
    parser = argparse.ArgumentParser(
        prog="replicas",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "--replicas",
        default="1,2,4",
        metavar="N,N,…",
        help="replicas of each service, one run each (default: %(default)s)",
    )
    add(
        "--nodes",
        metavar="N,N,…",
        help="instead of replicas: databases of the catalog, a primary and standbys that are read from, one run each;"
        " each service has a cluster of its own",
    )
    add(
        "--node-cpus",
        type=float,
        metavar="N",
        help="limit each database of the catalog to this share of a core, as a machine of its own would (needs root)",
    )
    add(
        "--max-staleness",
        default="1s",
        metavar="TIME",
        help="how old a book may be that is read from a standby (default: %(default)s)",
    )
    add(
        "--repeats", type=int, default=1, metavar="N", help="rounds over these numbers (default: %(default)s)"
    )
    add(
        "--experiment",
        type=Path,
        metavar="FILE",
        help="the ports 8001 to 8003 in its target become the balancer's (default: experiments/replicas.yaml,"
        " with --nodes experiments/read-replicas.yaml)",
    )
    add(
        "--results",
        type=Path,
        default=Path("results"),
        metavar="DIR",
        help="folder for runs and table (default: %(default)s)",
    )
    add(
        "--program",
        type=Path,
        default=ROOT / "target/release/workbench",
        metavar="FILE",
        help="the workbench binary (default: target/release/workbench)",
    )
    add(
        "--postgres",
        metavar="URL",
        help="a PostgreSQL server whose user may create databases (default: a throwaway cluster)",
    )
    add(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a setting of the throwaway cluster; may be repeated",
    )
    add(
        "--tcp",
        action="store_true",
        help="reach the throwaway cluster through TCP, as from another machine, instead of a Unix socket",
    )
    add(
        "--ramp",
        type=float,
        default=2,
        metavar="SECONDS",
        help="seconds at both ends of a run that are not counted (default: %(default)s)",
    )
    add(
        "--disturb",
        choices=["kill", "restart"],
        help="kill replicas, or restart them gracefully, one at a time during the run",
    )
    add(
        "--cpus",
        type=float,
        metavar="N",
        help="limit each replica to this share of a core, as a container's limit does (needs root)",
    )
    add(
        "--drain",
        default="2s",
        metavar="TIME",
        help="how long a replica that was told to stop goes on serving (default: %(default)s)",
    )
    options = parser.parse_args()
    try:
        options.counts = [int(count) for count in (options.nodes or options.replicas).split(",")]
        assert all(1 <= count <= 16 for count in options.counts)
    except (ValueError, AssertionError):
        parser.error("--replicas, --nodes: numbers from 1 to 16, such as 1,2,4")
    for name, cores in (("--cpus", options.cpus), ("--node-cpus", options.node_cpus)):
        if cores is not None and not 0.01 <= cores <= 64:
            parser.error(f"{name}: from 0.01 to 64")
    if options.nodes and options.postgres:
        parser.error("--nodes starts servers of its own, without --postgres")
    if options.node_cpus and not options.nodes:
        parser.error("--node-cpus is for --nodes")
    options.noun = "node" if options.nodes else "replica"
    if not options.experiment:
        options.experiment = ROOT / f"experiments/{'read-' if options.nodes else ''}replicas.yaml"
    if not all("=" in setting for setting in options.set):
        parser.error("--set: NAME=VALUE, such as synchronous_commit=off")
    if options.postgres and (options.set or options.tcp):
        parser.error("--set and --tcp are for the throwaway cluster, not for --postgres")
    return options
