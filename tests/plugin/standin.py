"""An engine that carries nothing out: it takes jobs, and they are as a test says."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from loopback import Asked, Loopback, health, loopback


class StandIn:
    """Jobs of an engine; ``url`` is where it answers.

    Attributes
    ----------
    jobs : dict
        Status documents by id, in the order in which they were submitted.
    refused : str
        A process that is refused.
    outputs : dict
        What jobs made, by process.
    files : dict
        Paths on this computer by their places in the study; jobs have made all of those below ``results``.
    is_answering : threading.Event
        Executions are taken at once, and answered while this is set.
    """

    url = ""

    def __init__(self) -> None:
        self.jobs: dict[str, dict[str, Any]] = {}
        self.refused = ""
        self.outputs: dict[str, dict[str, Any]] = {}
        self.files: dict[str, Path] = {}
        self.is_answering = threading.Event()
        self.is_answering.set()
        self._by_key: dict[str, str] = {}

    def set_all(self, status: str) -> None:
        """Let all jobs be so."""
        for job in self.jobs.values():
            job["status"] = status

    def of(self, status: str) -> list[str]:
        """Return the processes of the jobs that are so."""
        return [job["processID"] for job in self.jobs.values() if job["status"] == status]

    def respond(self, asked: Asked) -> None:
        """Answer one request."""
        path, _, _ = asked.path.partition("?")
        parts = path.strip("/").split("/")
        if path == "/health":
            asked.say(200, health())
        elif path == "/studies":
            asked.say(201, {})
        elif path == "/jobs":
            asked.say(200, {"jobs": list(reversed(self.jobs.values()))})
        elif path.endswith("/execution"):
            self._execute(asked, parts[1])
        elif path.endswith("/files"):
            asked.say(200, {"files": [{"path": place} for place in self.files]})
        elif "/files/" in path:
            self._send(asked, unquote(path.partition("/files/")[2]))
        elif parts[0] == "jobs" and parts[1] not in self.jobs:
            asked.say(404, {"detail": "There is no such job."})
        elif path.endswith("/results"):
            asked.say(200, self.outputs.get(self.jobs[parts[1]]["processID"], {"nothing": 0}))
        elif parts[0] == "jobs":
            if asked.command == "DELETE":
                self.jobs[parts[1]]["status"] = "dismissed"
            asked.say(200, self.jobs[parts[1]])
        else:
            asked.say(404, {"detail": "There is nothing here."})

    def _execute(self, asked: Asked, process: str) -> None:
        if process == self.refused:
            asked.say(400, {"detail": f"{process}: not this."})
            return
        study = json.loads(asked.body)["inputs"]["study"]
        job_id = self._by_key.setdefault(asked.headers["Idempotency-Key"], f"job-{len(self._by_key) + 1}")
        job = {"jobID": job_id, "processID": process, "study": study, "status": "accepted"}
        links = [
            {"rel": "item", "href": f"{self.url}/studies/{study}/{place}"}
            for place in self.files
            if place.startswith("results/")
        ]
        job.update({"progress": 0, "message": "", "links": links, "created": "2026-01-01T00:00:00Z"})
        self.jobs.setdefault(job_id, job)
        self.is_answering.wait(30)
        asked.say(201, self.jobs[job_id])

    def _send(self, asked: Asked, place: str) -> None:
        """Send the part of a file that is asked for."""
        if place not in self.files:
            asked.say(404, {"detail": "There is no such file."})
            return
        data = self.files[place].read_bytes()
        first, last = map(int, asked.headers["Range"].removeprefix("bytes=").split("-"))
        part = data[first : last + 1]
        about = {"Content_Range": f"bytes {first}-{first + len(part) - 1}/{len(data)}", "ETag": '"same"'}
        asked.say(206, part, **about)


@contextmanager
def stand_in() -> Iterator[StandIn]:
    """Answer until the block is left."""
    engine = StandIn()
    server: Loopback
    with loopback(engine.respond) as server:
        engine.url = server.url
        yield engine
        engine.is_answering.set()
