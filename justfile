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

# All tests, those in the documentation included.
test:
    cargo test --workspace --locked

# The error rates of the statistics by seeded simulation, as in workbench/METHODOLOGY.md: some minutes.
calibration:
    cargo run --release --locked -p workbench-statistics --example calibration

# The smoke experiment, from start to report.
smoke:
    rm -rf {{smoke_results}}
    {{workbench}} run experiments/smoke.yaml --results {{smoke_results}}

# The notebook against a fresh smoke run; it fails unless it finds the numbers of analysis.json.
notebook: smoke venv
    #!/usr/bin/env bash
    set -euo pipefail
    target/venv/bin/nbstripout --verify notebooks/*.ipynb
    export WORKBENCH_RUN=$(echo "$PWD"/{{smoke_results}}/smoke/*)
    target/venv/bin/jupyter execute notebooks/explore.ipynb --output="$PWD/target/explore.ipynb"

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
# The bookstore's services by themselves, on both databases.
bench-bookstore *arguments:
    cargo bench --locked --workspace --bench services -- {{arguments}}

# The tests make 256, CI 20,000.
# Compares the decoder of responses with hyper on so many made-up ones, cut and damaged anywhere.
fuzz cases="1000000":
    PROPTEST_CASES={{cases}} cargo test --locked --workspace --lib mean_to_hyper

# `just bench-load --rounds 2 --seconds 3` is a glance.
# What a request costs the load generator, beside wrk and others; needs nginx and wrk.
bench-load *arguments:
    cargo build --release --locked
    python3 workbench/load/benches/load.py {{arguments}}

# `just bench-analysis --samples 1000000 --rounds 1` is a glance.
# What the analysis of a run takes, beside Polars, pandas and SciPy.
bench-analysis *arguments:
    test -x target/bench-venv/bin/python || python3 -m venv target/bench-venv
    target/bench-venv/bin/pip install --quiet --disable-pip-version-check -r workbench/analysis/benches/analysis/requirements.txt
    cargo bench --locked --workspace --bench analysis -- --python "$PWD/target/bench-venv/bin/python" {{arguments}}

# What CI runs.
ci: check test deny schemathesis notebook
