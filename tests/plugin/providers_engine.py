"""An engine that knows providers of the internet, without the internet: answers as the real one, keeps what it got."""

from __future__ import annotations

import json
import re
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from loopback import TOKEN, Asked, health, loopback

#: As `GET /providers` lists them.
PROVIDERS: list[dict[str, Any]] = [
    {
        "name": "folder", "title": "Folder", "description": "Photos of one's own.", "licence": "", "attribution": "",
        "terms_url": "", "notice": "", "key_url": "", "secrets": [], "needs_consent": False, "has_history": True,
        "history_notice": "", "price_per_1000": None, "is_online": False, "is_recommended": True,
    },
    {
        "name": "google", "title": "Google Street View",
        "description": "Panoramas of Google along most roads of the world, one date for each place.",
        "licence": "Google Maps Platform Terms of Service", "attribution": "© Google",
        "terms_url": "https://cloud.google.com/maps-platform/terms",
        "notice": "The terms of the Google Maps Platform forbid to download Street View images in bulk, to store them "
        "and to derive content from them. Go on only if you hold a permission from Google for what you plan. Each "
        "photo is billed to the owner of the key.",
        "key_url": "https://console.cloud.google.com/",
        "secrets": [
            {"name": "key", "title": "API key", "variable": "A", "is_needed": True, "configured": None},
            {"name": "signing_secret", "title": "signing secret", "variable": "B", "is_needed": False,
             "configured": None},
        ],
        "needs_consent": True, "has_history": False,
        "history_notice": "Google lists no older panoramas; give a table of panorama ids to fetch them.",
        "price_per_1000": 7.0, "needs_points": True, "is_online": True, "is_recommended": False,
    },
    {
        "name": "mapillary", "title": "Mapillary", "description": "Photos and panoramas that people upload.",
        "licence": "CC BY-SA 4.0", "attribution": "© Mapillary contributors",
        "terms_url": "https://www.mapillary.com/terms",
        "notice": "Free to use with attribution and under the same licence.",
        "key_url": "https://www.mapillary.com/dashboard/developers",
        "secrets": [{"name": "key", "title": "access token", "variable": "C", "is_needed": True, "configured": None}],
        "needs_consent": False, "has_history": True, "history_notice": "", "price_per_1000": None,
        "is_online": True, "is_recommended": True,
    },
    {
        "name": "panoramax", "title": "Panoramax", "description": "Open photos and panoramas of cities and people.",
        "licence": "per photo: Etalab 2.0, CC BY-SA 4.0 or CC BY 4.0", "attribution": "© Panoramax contributors",
        "terms_url": "https://panoramax.fr", "notice": "Open licences; each photo says which.", "key_url": "",
        "secrets": [], "needs_consent": False, "has_history": True, "history_notice": "", "price_per_1000": None,
        "is_online": True, "is_recommended": True,
    },
    {
        "name": "kartaview", "title": "KartaView", "description": "Photos of drivers; the service is unstable.",
        "licence": "CC BY-SA 4.0", "attribution": "© KartaView contributors", "terms_url": "https://kartaview.org/terms",
        "notice": "Free to use with attribution and under the same licence.", "key_url": "", "secrets": [],
        "needs_consent": False, "has_history": True, "history_notice": "", "price_per_1000": None,
        "is_online": True, "is_recommended": False,
    },
]  # fmt: skip

PLAN = {
    "found": 5120, "chosen": 1430, "there_already": 0, "photos": 1430, "billed": 0, "cost_usd": 0.0, "megabytes": 480.5,
    "minutes": 3.2, "by_year": {"2015": 140, "2018": 820, "2019": 2210, "2023": 1912, "unknown": 38},
}  # fmt: skip
_POINTS = [(2015, True, False), (2018, False, True), (2019, True, True), (2023, True, False), (None, False, False)]


class ProvidersEngine:
    """What the engine has, and what was asked of it.

    Attributes
    ----------
    url, token : str
        Where it is.
    executions : list of (str, dict)
        Processes with their inputs, as they came.
    jobs : dict
        Status documents by id. A job takes as many looks as `looks` says.
    providers : list or None
        None: an engine of the time before.
    """

    def __init__(self) -> None:
        self.url, self.token = "", TOKEN
        self.providers: list[dict[str, Any]] | None = PROVIDERS
        self.studies: dict[str, dict[str, Any]] = {}
        self.executions: list[tuple[str, dict[str, Any]]] = []
        self.jobs: dict[str, dict[str, Any]] = {}
        self.dismissed: list[str] = []
        self.looks = 1
        self.plan: dict[str, Any] | None = PLAN
        self.failure = ""
        self.layer = b""

    def respond(self, asked: Asked) -> None:
        """Answer one request."""
        path = unquote(asked.path.partition("?")[0])
        parts = path.strip("/").split("/")
        if path == "/health":
            asked.say(200, health())
        elif path == "/providers" and self.providers is not None:
            asked.say(200, {"providers": self.providers})
        elif path == "/studies" and asked.command == "POST":
            told = json.loads(asked.body)
            if told["name"] in self.studies:
                asked.say(409, {"detail": "there is one."})
            else:
                self.studies[told["name"]] = told["area"]
                asked.say(201, {"name": told["name"]})
        elif parts[0] == "studies" and parts[-1] == "area":
            asked.say(200, self.studies[parts[1]])
        elif parts[0] == "studies" and parts[-1] in ("encoders", "uploads", "files"):
            asked.say(200, {"encoders": [], "files": []})
        elif parts[0] == "studies" and "files" in parts:
            self._send_layer(asked, parts[-1])
        elif parts[-1] == "execution":
            inputs = json.loads(asked.body)["inputs"]
            self.executions.append((parts[1], inputs))
            asked.say(201, self._new_job(parts[1], inputs))
        elif path == "/jobs":
            asked.say(200, {"jobs": [self._seen(job) for job in list(self.jobs)]})
        elif parts[0] == "jobs" and asked.command == "DELETE":
            self.dismissed.append(parts[1])
            self.jobs[parts[1]]["status"] = "dismissed"
            asked.say(200, self.jobs[parts[1]])
        elif parts[0] == "jobs" and parts[-1] == "results":
            layer = f"results/coverage_{self.jobs[parts[1]]['provider']}.gpkg"
            asked.say(200, {"plan": self.plan, "coverage_layer": layer if self.plan else None})
        elif parts[0] == "jobs":
            asked.say(200, self._seen(parts[1]))
        else:
            asked.say(404, {"detail": "there is no such thing."})

    def _new_job(self, process: str, inputs: dict[str, Any]) -> dict[str, Any]:
        name = f"job-{len(self.jobs) + 1}"
        job = {
            "jobID": name, "processID": process, "status": "running", "progress": 0, "message": "asking",
            "study": inputs["study"], "created": "2026-01-01T00:00:00Z", "links": [],
        }  # fmt: skip
        self.jobs[name] = {**job, "looks": self.looks, "provider": inputs.get("provider", "")}
        return job

    def _seen(self, name: str) -> dict[str, Any]:
        job = self.jobs[name]
        if job["status"] == "running":
            job["looks"] -= 1
            job["progress"] = min(95, job["progress"] + 30)
            if job["looks"] <= 0:
                job.update(status="failed" if self.failure else "successful", message=self.failure)
        return {key: value for key, value in job.items() if key not in ("looks", "provider")}

    def _send_layer(self, asked: Asked, name: str) -> None:
        assert name.startswith("coverage_")
        data, start = self.layer, 0
        span = re.match(r"bytes=(\d+)-", asked.headers.get("Range", ""))
        if span:
            start = int(span.group(1))
        part = data[start:]
        asked.say(
            206, part, Content_Range=f"bytes {start}-{len(data) - 1}/{len(data)}", ETag='"one"',
            Content_Type="application/geopackage+sqlite3",
        )  # fmt: skip


def coverage_layer() -> bytes:
    """Return a GeoPackage as a dry run writes it: one point for each of some years; made in the window's thread."""
    from qgis.core import (
        QgsCoordinateTransformContext,
        QgsFeature,
        QgsGeometry,
        QgsPointXY,
        QgsVectorFileWriter,
        QgsVectorLayer,
    )

    fields = "captured_at:string&field=year:integer&field=is_pano:boolean&field=provider:string&field=chosen:boolean"
    rest = "licence:string&field=attribution:string&field=source_url:string"
    layer = QgsVectorLayer(f"Point?crs=EPSG:4326&field={fields}&field={rest}", "coverage", "memory")
    features = []
    for number, (year, is_pano, is_chosen) in enumerate(_POINTS):
        feature = QgsFeature(layer.fields())
        feature.setGeometry(QgsGeometry.fromPointXY(QgsPointXY(-29.49 + number * 0.001, 45.0)))
        when = f"{year}-06-01T12:00:00Z" if year else None
        feature.setAttributes([when, year, is_pano, "mapillary", is_chosen, "CC BY-SA 4.0", f"© user {number}", ""])
        features.append(feature)
    layer.dataProvider().addFeatures(features)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "coverage_mapillary.gpkg")
        options = QgsVectorFileWriter.SaveVectorOptions()
        options.driverName, options.layerName = "GPKG", "coverage"
        QgsVectorFileWriter.writeAsVectorFormatV3(layer, str(file), QgsCoordinateTransformContext(), options)
        with sqlite3.connect(file) as database:
            database.execute("PRAGMA journal_mode=DELETE")
        return file.read_bytes()


@contextmanager
def providers_engine() -> Iterator[ProvidersEngine]:
    """Serve until the block is left."""
    engine = ProvidersEngine()
    engine.layer = coverage_layer()
    with loopback(engine.respond) as server:
        engine.url = server.url
        yield engine
