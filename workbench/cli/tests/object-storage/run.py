"""Runs whose folders are copied to S3-compatible storage: `run.py WORKBENCH`, built with the feature `object-storage`.

The storage is moto's server, on a free port of loopback. Each function is a story; the first that fails ends the command.
"""

import http.server
import json
import logging
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time

import boto3
from moto.server import ThreadedMotoServer

WORKBENCH = pathlib.Path(sys.argv[1]).resolve()
# Over, whatever is thought of it on a busy machine: passed, threshold missed, undecided, invalid.
OVER = {0, 10, 11, 14}
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "stub", "AWS_SECRET_ACCESS_KEY": "stub", "AWS_DEFAULT_REGION": "us-east-1"}


class Target(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked = 0
    lock = threading.Lock()

    def do_GET(self):
        with Target.lock:
            Target.asked += 1
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


class Storage:
    """A server of its own for each story; `stop` and `start` keep what it holds."""

    def __init__(self):
        self.server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self.server.start()
        _, self.port = self.server.get_host_and_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.client = boto3.client("s3", endpoint_url=self.url, region_name="us-east-1")
        self.client.create_bucket(Bucket="load")

    def stop(self):
        self.server.stop()

    def start(self):
        self.server = ThreadedMotoServer(ip_address="127.0.0.1", port=self.port, verbose=False)
        self.server.start()

    def objects(self):
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket="load")
        return {it["Key"]: it["Size"] for page in pages for it in page.get("Contents", [])}


def experiment(folder, target, hold="2s", users=4):
    file = folder / "shop.yaml"
    file.write_text(
        f"""
name: shop
question: Is everything copied?
target: {{ urls: {{ stub: "http://127.0.0.1:{target.server_port}" }} }}
threads: [ {{ start: {users}, hold: {hold} }} ]
scenarios: [ {{ name: one, think_time: 20ms, steps: [ request: GET stub/ ] }} ]
"""
    )
    return file


def started(folder, storage, *arguments):
    environment = {**os.environ, **CREDENTIALS, "AWS_ENDPOINT_URL": storage.url, "NO_COLOR": "1"}
    command = [WORKBENCH, *map(str, arguments)]
    both = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.Popen(command, cwd=folder, env=environment, text=True, **both)


def workbench(folder, storage, *arguments, codes=OVER):
    process = started(folder, storage, *arguments)
    text, _ = process.communicate()
    assert process.returncode in codes, f"{arguments}: {process.returncode}\n{text}"
    return text


def files(folder):
    ours = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.stat().st_size for path in ours}


def a_run_is_copied_and_analysed_from_the_storage(folder, target, storage):
    workbench(folder, storage, "run", experiment(folder, target), "--store", "s3://load/runs")
    here = files(folder / "results")
    there = {key.removeprefix("runs/"): size for key, size in storage.objects().items() if key != "runs/.writable"}
    assert here == there, f"{here}\n{there}"

    (run,) = (folder / "results/shop").iterdir()
    text = workbench(folder, storage, "analyze", f"s3://load/runs/shop/{run.name}", "--results", "elsewhere")
    assert "downloaded" in text
    first = json.loads((run / "analysis.json").read_text())["runs"][0]
    second = json.loads((folder / "elsewhere/shop" / run.name / "analysis.json").read_text())["runs"][0]
    assert first == second
    # A run that was made here is not written over.
    text = workbench(folder, storage, "analyze", f"s3://load/runs/shop/{run.name}", codes={1})
    assert "there already" in text, text
    # All runs of an experiment, and what is there already is not downloaded again.
    text = workbench(folder, storage, "analyze", "s3://load/runs/shop", "--results", "elsewhere")
    parts = sum(1 for name in here if "/samples/" in name)
    assert f"downloaded {len(here) - parts} files" in text, text


def segments_meet_in_the_storage(folder, target, storage):
    file = experiment(folder, target)
    segments = []
    for number in (1, 2):
        arguments = ["run", file, "--segment", f"{number}/2", "--run-id", "one", "--store", "s3://load"]
        results = ["--results", f"machine-{number}"]
        segments.append(threading.Thread(target=workbench, args=(folder, storage, *arguments, *results)))
    for segment in segments:
        segment.start()
    for segment in segments:
        segment.join()
    workbench(folder, storage, "analyze", "s3://load/shop/one", "--store", "s3://load")
    run = folder / "results/shop/one"
    analysis = json.loads((run / "analysis.json").read_text())["runs"][0]
    (check,) = (it for it in analysis["validity"]["checks"] if it["name"] == "segments")
    assert "2 of 2 are there" in check["finding"], check
    assert analysis["total"]["samples"] == Target.asked > 0
    # The samples are there once, as those of the segments; the report is that of all.
    there = storage.objects()
    assert "shop/one/report.html" in there and not any(key.startswith("shop/one/samples/") for key in there)


def storage_that_cannot_be_written_is_refused_before_anything_is_sent(folder, target, storage):
    file = experiment(folder, target)
    text = workbench(folder, storage, "run", file, "--store", "s3://missing/runs", codes={1})
    assert "cannot write to s3://missing/runs" in text and Target.asked == 0, text
    storage.stop()
    text = workbench(folder, storage, "run", file, "--store", "s3://load", codes={1})
    assert "cannot write to s3://load" in text and Target.asked == 0, text
    assert not (folder / "results").exists()
    storage.start()
    workbench(folder, storage, "run", file, "--store", "load/runs", codes={2})


def what_was_not_copied_is_kept_and_copied_later(folder, target, storage):
    file = experiment(folder, target, hold="1h")
    run = started(folder, storage, "run", file, "--store", "s3://load")
    while not any("/samples/" in key for key in storage.objects()):
        assert run.poll() is None
        time.sleep(0.1)
    storage.stop()
    run.send_signal(signal.SIGINT)
    text, _ = run.communicate()
    assert run.returncode == 130, f"{run.returncode} {text}"
    assert "not everything is in s3://load; nothing is lost" in text, text
    (run,) = (folder / "results/shop").iterdir()
    assert json.loads((run / "analysis.json").read_text())["runs"][0]["total"]["samples"] == Target.asked
    storage.start()
    assert f"shop/{run.name}/report.html" not in storage.objects()
    workbench(folder, storage, "analyze", run, "--store", "s3://load")
    # What was copied of the readings while the run was made stays beside the file that they have become.
    there = {key: size for key, size in storage.objects().items() if "/resources/" not in key and key != ".writable"}
    here = files(folder / "results")
    assert here == there, f"{here}\n{there}"


def main():
    os.environ.update(CREDENTIALS)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    target = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Target)
    threading.Thread(target=target.serve_forever, daemon=True).start()
    for story in (
        a_run_is_copied_and_analysed_from_the_storage,
        segments_meet_in_the_storage,
        storage_that_cannot_be_written_is_refused_before_anything_is_sent,
        what_was_not_copied_is_kept_and_copied_later,
    ):
        Target.asked = 0
        storage = Storage()
        with tempfile.TemporaryDirectory() as folder:
            story(pathlib.Path(folder), target, storage)
        for key in storage.objects():
            storage.client.delete_object(Bucket="load", Key=key)
        storage.client.delete_bucket(Bucket="load")
        storage.stop()
        print(story.__name__.replace("_", " "))


main()
