"""Checks the Compose file and the Kubernetes manifests as far as no container engine is needed.

    check.py FOLDER-OF-PROGRAMS

The folder has `check-jsonschema`, `kubernetes-validate` and `kubectl`, from .ci/requirements.txt. What they cannot know
is checked here: whether everything that is named is there.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

HERE = Path(__file__).resolve().parent
PROGRAMS = Path(sys.argv[1]).resolve()
# The oldest one that is looked after, and the newest.
KUBERNETES = ["1.33", "1.37"]


def settings(example):
    """The variables of an example, each with a value."""
    lines = [line for line in (HERE / example).read_text().splitlines() if "=" in line and line[0] != "#"]
    return {name: value or "x" * 32 for name, _, value in (line.partition("=") for line in lines)}


def run(program, *arguments):
    done = subprocess.run([PROGRAMS / program, *arguments], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{program}: {done.stdout}{done.stderr}")
    return done.stdout


def interpolated(value, variables):
    """What `docker compose config` makes of `${NAME}`, `${NAME:-default}` and `${NAME:?message}`."""
    if isinstance(value, dict):
        return {key: interpolated(inner, variables) for key, inner in value.items()}
    if isinstance(value, list):
        return [interpolated(inner, variables) for inner in value]
    if not isinstance(value, str):
        return value

    def replace(match):
        name, kind, rest = match.groups()
        if found := variables.get(name):
            return found
        if kind != ":-":
            sys.exit(f"compose.yaml: {name} is not in .env.example")
        return rest

    return re.sub(r"\$\{(\w+)(?:(:-|:\?)([^}]*))?\}", replace, value)


def check_compose():
    file = yaml.safe_load((HERE / "compose.yaml").read_text())
    file = interpolated(file, settings(".env.example"))
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as rendered:
        yaml.safe_dump(file, rendered)
        rendered.flush()
        run("check-jsonschema", "--builtin-schema", "vendor.compose-spec", rendered.name)
    missing = []
    for name, service in file["services"].items():
        used = {"services": service.get("depends_on", {}), "networks": service.get("networks", [])}
        volumes = [volume.partition(":")[0] for volume in service.get("volumes", [])]
        used["volumes"] = [volume for volume in volumes if not volume.startswith((".", "/"))]
        used["secrets"] = service.get("secrets", [])
        for kind, names in used.items():
            missing += [f"{name}: {kind} {n}" for n in names if n not in (file.get(kind) or {})]
        folders = [volume for volume in volumes if volume.startswith(".")]
        build = service.get("build", {})
        folders += [f"{build['context']}/{build['dockerfile']}"] if build else []
        missing += [f"{name}: {folder}" for folder in folders if not (HERE / folder).exists()]
        health = service.get("healthcheck")
        for other, how in (service.get("depends_on") or {}).items():
            if how["condition"] == "service_healthy" and "healthcheck" not in file["services"].get(other, {}):
                missing.append(f"{name}: {other} has no health check")
        if not health:
            missing.append(f"{name}: no health check")
    report("compose.yaml", missing, len(file["services"]))


def check_kubernetes():
    with tempfile.TemporaryDirectory() as folder:
        for file in (HERE / "kubernetes").glob("*.yaml"):
            (Path(folder) / file.name).write_text(file.read_text())
        secrets = settings("kubernetes/secrets.env.example")
        (Path(folder) / "secrets.env").write_text("".join(f"{k}={v}\n" for k, v in secrets.items()))
        rendered = Path(folder) / "rendered.yaml"
        rendered.write_text(run("kubectl", "kustomize", folder))
        for version in KUBERNETES:
            run("kubernetes-validate", "--strict", "--quiet", "--kubernetes-version", version, rendered)
        objects = list(yaml.safe_load_all(rendered.read_text()))
    report("kubernetes/", list(dangling(objects)), len(objects))


def dangling(objects):
    """Everything that is named and not there, or that nothing protects."""
    of = lambda *kinds: [o for o in objects if o["kind"] in kinds]  # noqa: E731
    secrets = {secret["metadata"]["name"]: secret["data"] for secret in of("Secret")}
    pods = [o["spec"]["template"] for o in of("Deployment", "StatefulSet")]
    hosts = {service["metadata"]["name"]: service["spec"]["ports"] for service in of("Service")}
    policies = of("NetworkPolicy")
    for pod in pods:
        labels, name = pod["metadata"]["labels"], pod["metadata"]["labels"]["app.kubernetes.io/name"]
        if not any(selects(policy["spec"]["podSelector"], labels) for policy in policies):
            yield f"{name}: no NetworkPolicy"
        for container in pod["spec"]["containers"]:
            ports = {port["name"] for port in container.get("ports", [])}
            for variable in container.get("env", []):
                key = variable.get("valueFrom", {}).get("secretKeyRef")
                if key and key["key"] not in secrets.get(key["name"], {}):
                    yield f"{name}: secret {key['name']}/{key['key']}"
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                port = container[probe].get("httpGet", {}).get("port")
                if port and port not in ports:
                    yield f"{name}: {probe} asks port {port}"
            text = " ".join(
                [*container.get("args", []), *(v.get("value", "") for v in container.get("env", []))]
            )
            for host, port in re.findall(r"(?:http://|@)([\w-]+):(\d+)", text):
                if host not in hosts or int(port) not in [p["port"] for p in hosts[host]]:
                    yield f"{name}: {host}:{port} is no Service"
                elif not any(
                    admits(policy, hosts[host], int(port), labels, objects, host) for policy in policies
                ):
                    yield f"{name}: no NetworkPolicy lets it reach {host}:{port}"
    for o in of("Service", "PodDisruptionBudget"):
        selector = o["spec"]["selector"]
        if not any(selects(selector, pod["metadata"]["labels"]) for pod in pods):
            yield f"{o['kind']} {o['metadata']['name']} selects nothing"


def selects(selector, labels):
    wanted = selector.get("matchLabels", {}) if "matchLabels" in selector or not selector else selector
    return wanted.items() <= labels.items()


def admits(policy, ports, port, labels, objects, host):
    """Whether a policy of the host's pods lets these labels reach the port."""
    service = next(o for o in objects if o["kind"] == "Service" and o["metadata"]["name"] == host)
    target = next(p["targetPort"] for p in ports if p["port"] == port)
    if not selects(policy["spec"]["podSelector"], service["spec"]["selector"]):
        return False
    for rule in policy["spec"].get("ingress") or []:
        named = any(p["port"] == target for p in rule.get("ports", []))
        if named and any(
            selects(peer["podSelector"], labels) for peer in rule.get("from", []) if "podSelector" in peer
        ):
            return True
    return False


def report(file, wrong, count):
    if wrong:
        sys.exit(f"{file}: not there\n  " + "\n  ".join(wrong))
    print(f"{file}: {count} parts, all that is named is there")


check_compose()
check_kubernetes()
