"""A server under many clients, and what a job costs beside the direct call.

Latency: 200 clients, each on a connection of its own, ask for the status of a running job once a second, as QGIS does;
measured with the job running and without, in the same run. Overhead: ``embed`` of a few photos as a job over HTTP (from
the request until its end is seen), against ``execute`` in a process that has everything loaded, and against the command
line. Cancelling: from DELETE to the answer, at moments spread over the start of a job, also while it imports torch, and
in its work. Writes ``benchmarks/results/server.json``.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import httpx2
import numpy as np
import psutil
from report import report

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.e2e.conftest import make_area, make_photos, run_streetsense
from tests.server.serving import Served, serving

os.environ.setdefault("KMP_BLOCKTIME", "0")  # as the command line and jobs have it

CLIENTS = 200
SECONDS = 20
TRIALS = 7
PHOTOS = 32
MANY_PHOTOS = 4000
CANCELLED = 12


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        template = make_study(folder, PHOTOS)
        busy = make_study(folder / "busy", MANY_PHOTOS)
        studies = folder / "studies"
        studies.mkdir()
        shutil.copytree(busy, studies / "busy")
        for number in range(TRIALS):
            for way in ("job", "direct", "command"):
                shutil.copytree(template, (studies if way == "job" else folder) / f"{way}{number}")
        with serving(studies) as server:
            overhead = measure_overhead(server, folder)
            latency = measure_latency(server)
            cancelling = measure_cancelling(server)
            memory = measure_memory(server)
    figures = {"latency": latency, "overhead": overhead, "cancelling": cancelling, "memory": memory}
    report("server", figures, ["streetsense", "torch", "fastapi", "uvicorn"])


def make_study(folder: Path, photos: int) -> Path:
    """Make a study with synthetic photos and a small encoder with random weights."""
    table, study = make_photos(folder / "photos", photos), folder / "template"
    run_streetsense("new", study, "--area", make_area(folder / "area.geojson"))
    run_streetsense("fetch", study, "--provider", "folder", "--photos", folder / "photos", "--table", table, "--link")
    run_streetsense("encoders", "import", study, "tiny", "--architecture", "vit_tiny_patch16_224", "--random", 1)
    return study


def measure_overhead(server: Served, folder: Path) -> dict[str, Any]:
    """Time the three ways in turn, so that a busy machine is busy for all of them."""
    from streetsense.jobs import execute
    from streetsense.processes import find_process
    from streetsense.study import Study

    embed = find_process("embed")
    inputs = embed.parse({"encoder": "tiny"})
    shutil.copytree(folder / "template", folder / "first")
    execute(embed, Study.open(folder / "first"), inputs)  # loads everything
    times: dict[str, list[float]] = {"job": [], "direct": [], "command": []}
    for number in range(TRIALS):
        time.sleep(8)  # as long as a server needs to have a process in reserve again
        began = time.perf_counter()
        run_job(server, f"job{number}")
        times["job"].append(time.perf_counter() - began)
        began = time.perf_counter()
        execute(embed, Study.open(folder / f"direct{number}"), inputs)
        times["direct"].append(time.perf_counter() - began)
        began = time.perf_counter()
        run_streetsense("embed", folder / f"command{number}", "--encoder", "tiny")
        times["command"].append(time.perf_counter() - began)
    medians = {way: median(values) for way, values in times.items()}
    return {
        "what": f"embed of {PHOTOS} synthetic photos of 96 px with vit_tiny_patch16_224; medians of {TRIALS} (seconds)",
        "job_over_http": round(medians["job"], 3),
        "direct_call_all_loaded": round(medians["direct"], 3),
        "command_line": round(medians["command"], 3),
        "overhead_against_direct_call": round(medians["job"] - medians["direct"], 3),
        "overhead_against_command_line": round(medians["job"] - medians["command"], 3),
    }


def run_job(server: Served, study: str) -> None:
    """Run ``embed`` as a job and wait for its end, asking every 20 ms."""
    with httpx2.Client(base_url=server.url, headers={"Authorization": f"Bearer {server.token}"}, timeout=60) as client:
        job = start_job(client, study)
        while (status := client.get(f"/jobs/{job}").json())["status"] in ("accepted", "running"):
            time.sleep(0.02)
        if status["status"] != "successful":
            raise RuntimeError(status)


def start_job(client: httpx2.Client, study: str) -> str:
    """Ask for embeddings; return the job."""
    answer = client.post(
        "/processes/embed/execution",
        json={"inputs": {"study": study, "encoder": "tiny"}},
        headers={"Prefer": "respond-async"},
    )
    answer.raise_for_status()
    return str(answer.json()["jobID"])


def measure_latency(server: Served) -> dict[str, Any]:
    """Poll with many clients, first beside a running job and then without one."""
    headers = {"Authorization": f"Bearer {server.token}"}
    with httpx2.Client(base_url=server.url, headers=headers, timeout=60) as client:
        job = start_job(client, "busy")
        while client.get(f"/jobs/{job}").json()["progress"] < 1:
            time.sleep(0.1)
        beside = asyncio.run(poll(server, f"/jobs/{job}"))
        state = client.get(f"/jobs/{job}").json()
        if state["status"] != "running":
            raise RuntimeError(f"the job ended while it was measured; give it more photos ({state})")
        client.delete(f"/jobs/{job}")
        alone = asyncio.run(poll(server, f"/jobs/{job}"))
    return {
        "what": f"{CLIENTS} clients ask for a job's status once a second for {SECONDS} s (milliseconds)",
        "beside_a_running_embed": beside,
        "without_a_job": alone,
    }


def measure_cancelling(server: Served) -> dict[str, Any]:
    """Cancel a job after 0, 0.5, 1, … seconds; its process has gone when the answer comes."""
    taken: list[float] = []
    headers = {"Authorization": f"Bearer {server.token}"}
    with httpx2.Client(base_url=server.url, headers=headers, timeout=60) as client:
        for number in range(CANCELLED):
            job = start_job(client, "busy")
            time.sleep(0.5 * number)
            began = time.perf_counter()
            status = client.delete(f"/jobs/{job}").json()["status"]
            taken.append(time.perf_counter() - began)
            if status != "dismissed":
                raise RuntimeError(f"the job is {status}")
    return {
        "what": f"DELETE of a job {CANCELLED} times, 0 to {0.5 * (CANCELLED - 1):g} s after it was asked for (seconds)",
        "median": round(median(taken), 2),
        "worst": round(max(taken), 2),
    }


def measure_memory(server: Served) -> dict[str, Any]:
    """Return what the idle server and its two processes take."""
    time.sleep(12)  # as long as the process in reserve needs to be there again
    main = psutil.Process(server.process.pid)
    sizes = {"server": main.memory_info().rss}
    for child in main.children():
        name = "encoders_kept_warm" if "warmchild" in " ".join(child.cmdline()) else "job_in_reserve"
        sizes[name] = child.memory_info().rss
    return {"what": "resident memory of the idle server (MB)"} | {name: size // 10**6 for name, size in sizes.items()}


async def poll(server: Served, path: str) -> dict[str, Any]:
    """Return the latencies that all clients saw."""
    request = f"GET {path} HTTP/1.1\r\n{server.head}\r\n".encode()
    seen: list[float] = []

    async def client(number: int) -> None:
        await asyncio.sleep(number / CLIENTS)  # clients do not ask all at the same moment
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        ends = time.monotonic() + SECONDS
        while time.monotonic() < ends:
            began = time.perf_counter()
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            if not head.startswith("http/1.1 200"):
                raise RuntimeError(head)
            body = await reader.readexactly(int(head.split("content-length: ")[1].split("\r\n")[0]))
            seen.append(time.perf_counter() - began)
            json.loads(body)
            await asyncio.sleep(max(0.0, 1 - seen[-1]))
        writer.close()

    await asyncio.gather(*(client(number) for number in range(CLIENTS)))
    values = 1000 * np.array(seen)
    return {
        "requests": len(seen),
        "median": round(float(np.median(values)), 2),
        "p99": round(float(np.percentile(values, 99)), 2),
        "worst": round(float(values.max()), 2),
    }


if __name__ == "__main__":
    main()
