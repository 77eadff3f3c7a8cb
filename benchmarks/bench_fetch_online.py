"""Fetching 20,000 views over a network with 50 ms delay, against one request after the other in the same run.

A server in a process of its own answers as Mapillary's Graph API and its storage do, each answer after 50 ms; photos
are JPEGs of about 66 kB, each a little different. ``streetsense fetch`` discovers, downloads, checks and stores them
with Mapillary's default limits. The alternative asks for one photo after the other over one kept-alive connection and
writes it to the disk; it is given the addresses, and is measured on a part of the photos.
Run ``python benchmarks/bench_fetch_online.py [--quick]``; it prints JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
from PIL import Image
from report import report
from shapely.geometry import box

DELAY_S = 0.05
WEST, SOUTH, SIDE = 13.0, 55.6, 0.05
KEY = "a-token-for-this-measurement-only"


def base_photo() -> bytes:
    """A photo of some 66 kB: noise that was smoothed a little."""
    rng = np.random.default_rng(0)
    coarse = Image.fromarray(rng.integers(0, 255, (100, 134, 3), dtype=np.uint8)).resize((800, 600), Image.BICUBIC)
    stream = io.BytesIO()
    coarse.save(stream, "JPEG", quality=32)
    return stream.getvalue()


def serve(number: int) -> None:
    """Answer until standard input is closed."""
    from aiohttp import web

    side = int(np.ceil(np.sqrt(number)))
    index = np.arange(number)
    lon = WEST + (index % side + 0.5) * SIDE / side
    lat = SOUTH + (index // side + 0.5) * SIDE / side
    photo = base_photo()

    async def images(request: web.Request) -> web.Response:
        await asyncio.sleep(DELAY_S)
        west, south, east, north = map(float, request.query["bbox"].split(","))
        inside = np.flatnonzero((lon >= west) & (lon < east) & (lat >= south) & (lat < north))
        found = [
            {
                "id": str(1_000_000 + row),
                "captured_at": 1_600_000_000_000,
                "compass_angle": 90.0,
                "camera_type": "perspective",
                "camera_parameters": [0.85, 0, 0],
                "width": 800,
                "height": 600,
                "geometry": {"type": "Point", "coordinates": [lon[row], lat[row]]},
                "sequence": "s",
                "creator": {"username": "mapper", "id": "1"},
                "thumb_2048_url": f"http://localhost:{request.url.port}/photo/{1_000_000 + row}",
            }
            for row in inside[: int(request.query.get("limit", 2000))]
        ]
        return web.json_response({"data": found})

    async def one(request: web.Request) -> web.Response:
        await asyncio.sleep(DELAY_S)
        name = request.match_info["name"].encode()
        comment = b"\xff\xfe" + (len(name) + 2).to_bytes(2, "big") + name
        return web.Response(body=photo[:2] + comment + photo[2:], content_type="image/jpeg")

    async def main() -> None:
        app = web.Application()
        app.router.add_get("/images", images)
        app.router.add_get("/photo/{name}", one)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
        await site.start()
        print(runner.addresses[0][1], flush=True)
        await asyncio.to_thread(sys.stdin.read)

    asyncio.run(main())


def fetch(root: Path, port: int) -> dict[str, Any]:
    """Fetch everything in this process, and say what it took."""
    from streetsense.processes import fetch as verb
    from streetsense.study import Study

    area = gpd.GeoDataFrame(geometry=[box(WEST, SOUTH, WEST + SIDE, SOUTH + SIDE)], crs="EPSG:4326")
    study = Study.create(root / "study", area)
    memory: list[tuple[int, int]] = []

    class Listener:
        def report(self, done: float, total: float, message: str = "") -> None:
            resident = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
            if "new views" in message:
                memory.append((int(message.split()[0]), resident))

        def warn(self, message: str) -> None:
            print(message, file=sys.stderr)

    begun, used = time.perf_counter(), time.process_time()
    inputs = {"provider": "mapillary", "api_url": f"http://127.0.0.1:{port}", "key": KEY}
    outputs = verb.run(study, verb.PROCESS.parse(inputs), Listener())
    wall, cpu = time.perf_counter() - begun, time.process_time() - used
    ok = outputs.views["ok"]
    quarter, last = (next(size for views, size in memory if views >= share * ok) for share in (0.25, 0.95))
    return {
        "views": ok,
        "seconds": round(wall, 1),
        "views_per_second": round(ok / wall, 1),
        "cpu_ms_per_view": round(1000 * cpu / ok, 2),
        "resident_mb_at_a_quarter": round(quarter / 1e6, 1),
        "resident_mb_at_the_end": round(last / 1e6, 1),
        "peak_resident_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3, 1),
    }


def one_by_one(root: Path, port: int, number: int) -> dict[str, Any]:
    """Ask for one photo after the other, and write each to the disk."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    begun, used = time.perf_counter(), time.process_time()
    for row in range(number):
        connection.request("GET", urllib.parse.quote(f"/photo/{1_000_000 + row}"))
        (root / f"{row}.jpg").write_bytes(connection.getresponse().read())
    wall, cpu = time.perf_counter() - begun, time.process_time() - used
    return {
        "views": number,
        "seconds": round(wall, 1),
        "views_per_second": round(number / wall, 1),
        "cpu_ms_per_view": round(1000 * cpu / number, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--serve", type=int)
    parser.add_argument("--fetch", type=int, help="a server's port")
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    if given.serve:
        serve(given.serve)
        return
    if given.fetch:
        print(json.dumps(fetch(given.folder, given.fetch)))
        return
    number, part = (2_000, 60) if given.quick else (20_000, 400)
    command = [sys.executable, __file__]
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen(
            [*command, "--serve", str(number)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert server.stdout is not None and server.stdin is not None
        port = server.stdout.readline().strip()
        plain = one_by_one(Path(folder), int(port), part)
        said = subprocess.run(
            [*command, "--fetch", port, "--folder", folder], check=True, stdout=subprocess.PIPE, text=True
        )
        server.stdin.close()
        server.wait()
    ours = json.loads(said.stdout)
    report(
        "fetch_online",
        {
            "photo_kb": round(len(base_photo()) / 1e3, 1),
            "delay_ms": 1000 * DELAY_S,
            "fetch": ours,
            "one_by_one": plain,
            "times_as_fast": round(ours["views_per_second"] / plain["views_per_second"], 1),
        },
        ["aiohttp", "stamina", "simplejpeg"],
    )


if __name__ == "__main__":
    main()
