"""Breaks a server twenty times in each of eight ways, at random moments, and counts what was lost.

Every trial embeds the synthetic photos of a fresh study over HTTP with the real command line, breaks something, puts it
right as an administrator would, and then looks: has every view exactly one embedding, equal to that of an unbroken run;
is the list of jobs sound; does any process still run. Writes ``benchmarks/results/faults.json``.

Usage: ``python benchmarks/count_faults.py [REPEATS] [KIND ...]``. The full disk needs root (a small tmpfs), the clock
that jumps needs libfaketime (Debian: faketime); what is missing is left out and said.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import psutil
from report import RESULTS, report

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.e2e.conftest import make_area, make_photos, run_streetsense

VIEWS = 96
INPUTS = {"study": "town", "encoder": "tiny", "part_size": 8, "batch_size": 8, "precision": "fp32"}
TOKEN = secrets.token_urlsafe(32)
MARK = "STREETSENSE_FAULTS"
PATIENCE = 120.0
FAKETIME = next(iter(Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), None)


class Server:
    """A server as an administrator starts it, which can be killed and started again on the same port."""

    def __init__(self, studies: Path, mark: str, **environment: str) -> None:
        self.studies, self.mark = studies, mark
        self._environment = os.environ | {"STREETSENSE_TOKEN": TOKEN, MARK: mark, "OMP_NUM_THREADS": "1"} | environment
        self.port = 0
        self.start()

    def start(self) -> None:
        """Start it, on the port that it had."""
        command = ["streetsense", "serve", "--studies", self.studies, "--port", self.port, "--json"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", *map(str, command)],
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self.process.stdout is not None
        about = json.loads(self.process.stdout.readline())
        self.port = httpx2.URL(about["url"]).port
        self.client = httpx2.Client(
            base_url=about["url"], headers={"Authorization": f"Bearer {TOKEN}"}, timeout=PATIENCE
        )

    def kill(self) -> None:
        """Kill it."""
        self.process.kill()
        self.process.wait()
        self.client.close()

    def stop(self) -> None:
        """Stop it as a service is stopped."""
        self.process.terminate()
        self.process.wait()
        self.client.close()

    def submit(self, key: str | None = None) -> str:
        """Ask for the embeddings; return the job."""
        headers = {"Prefer": "respond-async"} | ({"Idempotency-Key": key} if key else {})
        answer = self.client.post("/processes/embed/execution", json={"inputs": INPUTS}, headers=headers)
        answer.raise_for_status()
        return str(answer.json()["jobID"])

    def job(self, job_id: str) -> dict[str, Any]:
        """Return what it says of a job."""
        answer = self.client.get(f"/jobs/{job_id}")
        answer.raise_for_status()
        return dict(answer.json())

    def ended(self, job_id: str) -> dict[str, Any]:
        """Wait until a job has ended."""
        deadline = time.monotonic() + PATIENCE
        while (job := self.job(job_id))["status"] in ("accepted", "running"):
            if time.monotonic() > deadline:
                raise AssertionError(f"the job does not end: {job}")
            time.sleep(0.05)
        return job

    def process_of(self, job_id: str) -> psutil.Process | None:
        """Return the process that works on a job."""
        path = self.studies / "town" / "jobs" / job_id / "owner.json"
        with contextlib.suppress(OSError, ValueError, KeyError, psutil.NoSuchProcess):
            return psutil.Process(json.loads(path.read_text())["process"]["pid"])
        return None


Fault = Callable[[Server, random.Random], str]


def kill_server(server: Server, chance: random.Random) -> str:
    """The server is killed and started again; the job goes on."""
    job = server.submit()
    time.sleep(chance.uniform(0, 4))
    server.kill()
    time.sleep(chance.uniform(0, 2))
    server.start()
    assert (ended := server.ended(job))["status"] == "successful", ended
    return "successful"


def kill_job(server: Server, chance: random.Random) -> str:
    """The process of the job is killed: failed with a reason, and the next run continues."""
    job = server.submit()
    found = _when_it_works(server, job)
    time.sleep(chance.uniform(0, 3))
    with contextlib.suppress(psutil.NoSuchProcess):
        found.kill()
    ended = server.ended(job)
    if ended["status"] == "failed":
        assert "killed by SIGKILL" in ended["message"], ended
        assert (again := server.ended(server.submit()))["status"] == "successful", again
        return "failed with a reason, then continued"
    assert ended["status"] == "successful", ended
    return "successful before it was killed"


def kill_both(server: Server, chance: random.Random) -> str:
    """Server and job are killed together; the restarted server continues the job."""
    job = server.submit()
    found = _when_it_works(server, job)
    time.sleep(chance.uniform(0, 3))
    first, second = (server.kill, found.kill) if chance.random() < 0.5 else (found.kill, server.kill)
    for kill in (first, second):
        with contextlib.suppress(psutil.NoSuchProcess):
            kill()
    server.start()
    ended = server.ended(job)
    if ended["status"] == "failed":  # the server still saw its job die
        assert "killed by SIGKILL" in ended["message"], ended
        assert (again := server.ended(server.submit()))["status"] == "successful", again
        return "failed with a reason, then continued"
    assert ended["status"] == "successful", ended
    return "successful"


def shut_down(server: Server, chance: random.Random) -> str:
    """What a shutdown does: the job is asked to end, the server is gone; the next start continues."""
    job = server.submit()
    found = _when_it_works(server, job)
    time.sleep(chance.uniform(0, 3))
    for end in (found.terminate, server.kill):
        with contextlib.suppress(psutil.NoSuchProcess):
            end()
    with contextlib.suppress(psutil.Error):
        found.wait(PATIENCE)
    server.start()
    assert (ended := server.ended(job))["status"] == "successful", ended
    return "successful"


def fill_disk(server: Server, chance: random.Random) -> str:
    """The disk of the studies is full for a while."""
    job = server.submit()
    time.sleep(chance.uniform(0, 4))
    ballast = server.studies / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for block in (2**16, 1):  # to the last byte
            with contextlib.suppress(OSError):
                while True:
                    file.write(bytes(block))
    time.sleep(chance.uniform(1, 4))
    ballast.unlink()
    ended = server.ended(job)
    if ended["status"] == "failed":
        assert (again := server.ended(server.submit()))["status"] == "successful", again
        return f"failed: {ended['message'].partition(': ')[2].partition(';')[0]}; then continued"
    assert ended["status"] == "successful", ended
    return "successful"


def lose_client(server: Server, chance: random.Random) -> str:
    """The client goes away in the middle of a request or of listening."""
    head = f"Host: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n"
    body = json.dumps({"inputs": INPUTS})
    request = (
        f"POST /processes/embed/execution HTTP/1.1\r\n{head}Prefer: respond-async\r\nIdempotency-Key: one\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()
    with socket.create_connection(("127.0.0.1", server.port)) as peer:
        peer.sendall(request[: chance.randint(1, len(request))])
    job = server.submit(key="one")
    with socket.create_connection(("127.0.0.1", server.port)) as peer:
        peer.sendall(f"GET /jobs/{job}/events HTTP/1.1\r\n{head}\r\n".encode())
        time.sleep(chance.uniform(0, 3))
    assert (ended := server.ended(job))["status"] == "successful", ended
    assert len(server.client.get("/jobs").json()["jobs"]) == 1
    return "successful"


def two_clients(server: Server, chance: random.Random) -> str:
    """Two clients ask for the same at once, and one of them asks again with a key of its own."""
    jobs: list[str] = []

    def ask(key: str) -> None:
        time.sleep(chance.uniform(0, 0.3))
        jobs.append(server.submit(key=key))

    threads = [threading.Thread(target=ask, args=(key,)) for key in ("same", "same", "other")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(jobs)) == 2, jobs
    ends = [server.ended(job)["status"] for job in set(jobs)]
    assert ends == ["successful"] * 2, ends
    return "successful, one after the other"


def jump_clock(server: Server, chance: random.Random) -> str:
    """The clock of server and job jumps by up to sixty days, while another client asks for the same study."""
    job = server.submit()
    time.sleep(chance.uniform(0, 4))
    (server.studies.parent / "clock").write_text(f"{chance.choice('+-')}{chance.randint(60, 60 * 86400)}")
    other = server.submit()
    assert [server.ended(one)["status"] for one in (job, other)] == ["successful"] * 2
    found = server.job(job)
    assert found["created"] <= found["finished"], found
    return "successful, one after the other"


FAULTS: dict[str, Fault] = {
    "server killed": kill_server,
    "job killed": kill_job,
    "both killed": kill_both,
    "shut down": shut_down,
    "disk full": fill_disk,
    "client gone": lose_client,
    "two clients": two_clients,
    "clock jump": jump_clock,
}


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    kinds = sys.argv[2:] or list(FAULTS)
    with tempfile.TemporaryDirectory() as folder:
        template = make_template(Path(folder))
        expected = embeddings(template_run(template))
        counted: dict[str, Any] = {}
        for kind in kinds:
            if kind == "clock jump" and FAKETIME is None:
                counted[kind] = "left out: libfaketime is missing"
                continue
            outcomes: dict[str, int] = {}
            leftovers = 0
            for number in range(repeats):
                outcome, unfinished = trial(kind, random.Random(1000 * number + len(kind)), template, expected)
                outcomes[outcome] = outcomes.get(outcome, 0) + 1
                leftovers += unfinished
                print(kind, number, outcome, flush=True)
            print(kind, outcomes, flush=True)
            counted[kind] = {"trials": repeats, "outcomes": outcomes, "temporary_files_left": leftovers}
    with contextlib.suppress(FileNotFoundError):  # kinds may be counted one after the other
        counted = json.loads((RESULTS / "faults.json").read_text())["kinds"] | counted
    report(
        "faults",
        {
            "command": f"python benchmarks/count_faults.py {repeats}",
            "data": f"{VIEWS} synthetic photos of 96 px, vit_tiny_patch16_224 with random weights",
            "views_lost": 0,
            "views_embedded_twice": 0,
            "processes_left": 0,
            "note": "a trial in which any of these is not 0 ends the run with an error",
            "kinds": counted,
        },
        ["streetsense", "torch", "fastapi", "uvicorn"],
    )


def make_template(folder: Path) -> Path:
    """Make a study with photos and an encoder, to be copied for every trial."""
    table, study = make_photos(folder / "photos", VIEWS), folder / "template"
    run_streetsense("new", study, "--area", make_area(folder / "area.geojson"), "--name", "town")
    run_streetsense("fetch", study, "--provider", "folder", "--photos", folder / "photos", "--table", table)
    run_streetsense("encoders", "import", study, "tiny", "--architecture", "vit_tiny_patch16_224", "--random", 1)
    shutil.rmtree(study / "jobs", ignore_errors=True)
    return study


def template_run(template: Path) -> Path:
    """Embed without any fault, for comparison."""
    study = template.parent / "unbroken"
    shutil.copytree(template, study)
    run_streetsense("embed", study, "--encoder", "tiny", "--precision", "fp32", "--batch-size", 8, "--part-size", 8)
    return study


def trial(kind: str, chance: random.Random, template: Path, expected: dict[str, Any]) -> tuple[str, int]:
    """Break one server; return what became of the job, and how many temporary files were left."""
    mark = secrets.token_hex(8)
    with workplace(kind) as folder:
        studies = folder / "studies"
        studies.mkdir()
        shutil.copytree(template, studies / "town")
        environment = {}
        if kind == "clock jump":
            (folder / "clock").write_text("+0")
            environment = {
                "LD_PRELOAD": str(FAKETIME),
                "FAKETIME_TIMESTAMP_FILE": str(folder / "clock"),
                "FAKETIME_NO_CACHE": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            }
        server = Server(studies, mark, **environment)
        try:
            outcome = FAULTS[kind](server, chance)
        finally:
            server.stop()
        found = embeddings(studies / "town")
        assert len(found["view_id"]) == VIEWS, f"{kind}: {len(found['view_id'])} rows"
        assert list(found["view_id"]) == list(expected["view_id"]), kind
        np.testing.assert_allclose(found["embedding"], expected["embedding"], atol=1e-4)
        with sqlite3.connect(studies / ".streetsense/jobs.sqlite") as jobs:
            assert jobs.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        wait_for_quiet(mark)
        return outcome, sum(1 for _ in studies.rglob(".unfinished-*"))


@contextlib.contextmanager
def workplace(kind: str) -> Iterator[Path]:
    """A folder for one trial; a disk of its own, small, where it is to be full."""
    with tempfile.TemporaryDirectory() as folder:
        if kind != "disk full":
            yield Path(folder)
            return
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", folder], check=True)
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "-l", folder], check=True)


def embeddings(study: Path) -> dict[str, Any]:
    """Return every row of all parts, sorted by view, also those that a reader would drop as repeated."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    parts = sorted((study / "embeddings" / "tiny").glob("part-*.parquet"))
    table = pa.concat_tables([pq.read_table(part, columns=["view_id", "embedding"]) for part in parts])
    table = table.sort_by("view_id")
    vectors = np.stack(table["embedding"].to_numpy(zero_copy_only=False))
    return {"view_id": table["view_id"].to_pylist(), "embedding": vectors}


def wait_for_quiet(mark: str) -> None:
    """Make sure that no process of a trial is left, a moment after its server was stopped."""
    deadline = time.monotonic() + 10
    while left := list(_marked(mark)):
        if time.monotonic() > deadline:
            raise AssertionError(f"processes are left: {left}")
        time.sleep(0.1)


def _marked(mark: str) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE and process.environ().get(MARK) == mark:
                yield process


def _when_it_works(server: Server, job: str) -> psutil.Process:
    deadline = time.monotonic() + PATIENCE
    while (found := server.process_of(job)) is None:
        if time.monotonic() > deadline:
            raise AssertionError(f"no process for {job}: {server.job(job)}")
        time.sleep(0.01)
    return found


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    main()
