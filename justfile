# The recipes that people and CI share. `just --list` names them.

# Where `just smoke` and `just notebook` keep their runs.
smoke_results := "target/smoke"

# Formatting and lints.
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --locked -- -D warnings

# All tests, those in the documentation included.
test:
    cargo test --workspace --locked

# The smoke experiment, from start to report.
smoke:
    rm -rf {{smoke_results}}
    cargo run --release --locked -- run experiments/smoke.yaml --results {{smoke_results}}

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

# Licences, sources, bans and advisories of all dependencies; needs cargo-deny and the network.
deny:
    cargo deny check

# The main job: 100 users on the bookstore, 80 s.
demo:
    cargo run --release --locked -- run experiments/scenario3.yaml

# What CI runs.
ci: check test notebook
