# The recipes that people and CI share. `just --list` names them.

cargo_deny := "0.20.2"

# How to start the workbench; CI takes what the tests have built.
workbench := "cargo run --release --locked --"

# Where `just smoke` and `just notebook` keep their runs.
smoke_results := "target/smoke"

# Formatting and lints.
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --locked -- -D warnings

# jactionlint's correctness profile is what actionlint checks, in composite actions too.
# Workflows, the action, their scripts, the images, Compose and Kubernetes.
workflows:
    test -x target/lint/bin/python || python3 -m venv target/lint
    target/lint/bin/pip install --quiet --disable-pip-version-check -r .ci/requirements.txt
    target/lint/bin/jactionlint --profile correctness --shellcheck target/lint/bin/shellcheck
    target/lint/bin/jactionlint --profile correctness --shellcheck target/lint/bin/shellcheck workbench/docs/gate.yml workbench/docs/segments/github-actions.yml
    target/lint/bin/shellcheck .ci/run workbench/ci/* workbench/docs/segments/shell workbench/docs/segments/slurm.sh workbench/docs/segments/try-slurm workbench/docs/segments/one-machine-slurm workbench/docs/segments/how-far
    target/lint/bin/hadolint workbench/Dockerfile bookstore/deploy/Dockerfile
    target/lint/bin/python bookstore/deploy/check.py target/lint/bin
    for version in 1.33 1.37; do target/lint/bin/kubernetes-validate --strict --quiet --kubernetes-version $version workbench/docs/segments/kubernetes.yaml; done

# The action, the scripts and the documented examples, with GitHub's and GitLab's part played by a server on loopback.
action:
    cargo test --locked --workspace --test command ci::

# As root: with Debian's slurmctld, slurmd, slurm-client and munge. `just slurm experiments/scenario3.yaml` takes three minutes.
# An undivided run beside one whose four segments a Slurm array has made.
slurm experiment="experiments/smoke.yaml" *options="--plan-alone":
    cargo build --workspace --locked --bin workbench
    workbench/docs/segments/one-against-four {{experiment}} --starter try-slurm --workbench target/debug/workbench {{options}}

# Its build takes some five minutes of processor time, so CI leaves it out.
# Copies runs to a stub of S3 while they are made, and analyses them from there.
object-storage:
    test -x target/object-storage/bin/python || python3 -m venv target/object-storage
    target/object-storage/bin/pip install --quiet --disable-pip-version-check -r workbench/cli/tests/object-storage/requirements.txt
    cargo build --workspace --locked --features workbench/object-storage --bin workbench
    target/object-storage/bin/python workbench/cli/tests/object-storage/run.py target/debug/workbench

# All tests, those in the documentation included.
test *options:
    cargo test --workspace --locked {{options}}

# The error rates of the statistics by seeded simulation, as in workbench/METHODOLOGY.md: some minutes.
calibration:
    cargo run --release --locked -p workbench-statistics --example calibration
    cargo run --release --locked -p workbench-statistics --example change_points

# The smoke experiment, from start to report.
smoke:
    rm -rf {{smoke_results}}
    {{workbench}} run experiments/smoke.yaml --results {{smoke_results}}

# The notebooks against fresh runs; they fail unless they find the numbers of analysis.json and of the gate.
notebook: smoke venv
    #!/usr/bin/env bash
    set -euo pipefail
    target/venv/bin/nbstripout --verify notebooks/*.ipynb
    # A verdict that these few runs cannot give is none of a notebook's faults: 10, 11 and 14 are exit codes of runs.
    {{workbench}} run experiments/smoke.yaml experiments/smoke.yaml --repetitions 5 --results {{smoke_results}} || [[ $? =~ ^1[014]$ ]]
    export WORKBENCH_RUN=$(echo "$PWD"/{{smoke_results}}/smoke/* | cut -d' ' -f1)
    export WORKBENCH_SERIES=$(echo "$PWD"/{{smoke_results}}/series/*)
    {{workbench}} run notebooks/sweep.yaml --results {{smoke_results}} || [[ $? =~ ^1[014]$ ]]
    export WORKBENCH='{{workbench}}'
    for notebook in explore pandas statistics; do
        target/venv/bin/jupyter execute notebooks/$notebook.ipynb --output="$PWD/target/$notebook.ipynb"
    done

# The notebooks with their outputs and pictures, as pages of the guide: docs/notebooks.
notebook-pages: notebook
    target/venv/bin/python notebooks/render.py target/explore.ipynb target/pandas.ipynb target/statistics.ipynb

# The Python packages that the notebooks need.
venv:
    test -x target/venv/bin/jupyter || python3 -m venv target/venv
    target/venv/bin/pip install --quiet --disable-pip-version-check -r notebooks/requirements.txt

# Each service of the bookstore against its own description, on both databases.
schemathesis:
    cargo test --workspace --locked --test it --no-run
    test -x target/schemathesis/bin/python || python3 -m venv target/schemathesis
    target/schemathesis/bin/pip install --quiet --disable-pip-version-check -r bookstore/tests/schemathesis/requirements.txt
    target/schemathesis/bin/python bookstore/tests/schemathesis/run.py target/debug/bookstore

# `just chaos --seconds 600 --database postgres` is thorough; `--seed` repeats the choices of a run.
# Breaks a bookstore at random for two minutes, and holds its books against what its clients were told; needs HAProxy.
chaos *arguments:
    cargo build --workspace --locked --bin bookstore
    python3 bookstore/tests/chaos {{arguments}}

# Licences, sources and bans of all dependencies. Advisories are CI's: their database is on GitHub.
deny: cargo-deny
    cargo fetch --locked
    target/tools/bin/cargo-deny --offline check bans licenses sources

# Built without optimisation: 75 s of processor time instead of minutes.
cargo-deny:
    target/tools/bin/cargo-deny --version 2>/dev/null | grep -qx "cargo-deny {{cargo_deny}}" || \
        CARGO_PROFILE_DEV_DEBUG=false CARGO_TARGET_DIR=target/tools/build \
        cargo install --locked --debug --root target/tools cargo-deny@{{cargo_deny}}
    rm -rf target/tools/build

# The main job: 100 users on the bookstore, 80 s.
demo:
    cargo run --release --locked -- run experiments/scenario3.yaml

# `just replicas --replicas 2 --disturb restart` proves in half a minute that a graceful restart loses no request.
# The bookstore's replicas behind HAProxy, measured; needs haproxy and PostgreSQL.
replicas *arguments:
    cargo build --release --locked
    python3 bookstore/deploy/replicas {{arguments}}

# `just bench-bookstore --rounds 2 --seconds 1` is a glance.
# The bookstore's services beside a bare axum handler, one sqlx query, and the report's FastAPI services.
bench-bookstore *arguments:
    test -x target/fastapi/bin/python || python3 -m venv target/fastapi
    target/fastapi/bin/pip install --quiet --disable-pip-version-check -r bookstore/benches/fastapi/requirements.txt
    cargo bench --locked --workspace --bench services -- --python "$PWD/target/fastapi/bin/python" {{arguments}}

# The tests make 256, CI 20,000.
# Compares the decoder of responses with hyper on so many made-up ones, cut and damaged anywhere.
fuzz cases="1000000":
    PROPTEST_CASES={{cases}} cargo test --locked --workspace --lib decoded_as_by_hyper

# `just bench-load --rounds 2 --seconds 3` is a glance.
# What a request costs the load generator, beside wrk and others; needs nginx and wrk.
bench-load *arguments:
    cargo build --release --locked
    python3 workbench/load/benches/load.py {{arguments}}

# `just bench-live --rounds 2 --seconds 3` is a glance.
# What it costs the load generator that somebody looks on, on a terminal and on the live page; needs nginx.
bench-live *arguments:
    cargo build --release --locked
    python3 workbench/load/benches/live.py {{arguments}}

# `just together --blocks 3 --hold 3 --alarms 2 --minutes 3` is a glance.
# Pairs of runs at the same time beside pairs made one after the other, on this machine and beside a disturbing process.
together *arguments:
    cargo build --release --locked
    python3 workbench/docs/together.py {{arguments}}

# `just bench-analysis --samples 1000000 --rounds 1` is a glance; `--samples 1000000000` takes 2 GB of disk.
# What the analysis of a run takes, beside Polars, pandas and SciPy.
bench-analysis *arguments:
    test -x target/bench-venv/bin/python || python3 -m venv target/bench-venv
    target/bench-venv/bin/pip install --quiet --disable-pip-version-check -r workbench/analysis/benches/analysis/requirements.txt
    cargo bench --locked --workspace --bench analysis -- --python "$PWD/target/bench-venv/bin/python" {{arguments}}

# `just bench-import --rows 1000000 --rounds 1` is a glance.
# What the import of a JTL file takes, beside Polars' own scan of it.
bench-import *arguments:
    test -x target/bench-venv/bin/python || python3 -m venv target/bench-venv
    target/bench-venv/bin/pip install --quiet --disable-pip-version-check -r workbench/analysis/benches/analysis/requirements.txt
    cargo bench --locked --workspace --bench import -- --python "$PWD/target/bench-venv/bin/python" {{arguments}}

# What CI runs.
ci: check workflows test deny schemathesis chaos notebook
