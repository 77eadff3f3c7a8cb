"""The engine's offers as methods; each returns at once, with an answer that is still to come."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from qgis.PyQt.QtCore import QObject

from .downloading import Download
from .pending import Pending
from .transport import Request, Transport, json_body
from .uploading import Upload

#: Seconds that a handshake may take: somebody waits for it.
_HANDSHAKE = 15.0


class EngineClient(QObject):
    """A connection to one engine, on this computer or elsewhere; works on the thread that makes it.

    Parameters
    ----------
    address, token : str
        Where the engine is, and what it wants to see.
    parent : QObject, optional
        Of this object.

    Raises
    ------
    EngineError
        When the address or the token can be none.
    """

    def __init__(self, address: str, token: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        # Without a parent: what is under way keeps it, also when the client is gone.
        self.transport = Transport(address, token)
        self.address = self.transport.address
        self.token = token

    def __repr__(self) -> str:
        return f"<EngineClient {self.address}>"

    def close(self) -> None:
        """Break off everything that is under way."""
        self.transport.close()

    def health(self) -> Pending:
        """Shake hands: what the engine is, what it computes with, how busy it is. Tried once, to notice soon."""
        return self.transport.ask(Request("GET", "/health", silence=_HANDSHAKE, patience=0), _health)

    def processes(self) -> Pending:
        """Return a list of the processes in a few words each."""
        return self._listed("/processes", "processes")

    def process(self, process: str) -> Pending:
        """Return the description of a process."""
        return self.transport.ask_json("GET", f"/processes/{_escaped(process)}")

    def providers(self) -> Pending:
        """Return a list of the providers of street views, with their terms; older engines have no such list."""
        return self._listed("/providers", "providers")

    def studies(self) -> Pending:
        """Return a list of the studies."""
        return self._listed("/studies", "studies")

    def create_study(self, name: str, area_geojson: dict[str, Any], title: str | None = None) -> Pending:
        """Make a study from an area (GeoJSON, WGS84) and return it."""
        # Asked once more, a study that was made without the answer arriving would look like somebody else's.
        more = json_body({"name": name, "area": area_geojson, "title": title})
        return self.transport.ask_json("POST", "/studies", patience=0, **more)

    def study(self, name: str) -> Pending:
        """Return what is in a study, counted."""
        return self.transport.ask_json("GET", _of(name))

    def area(self, study: str) -> Pending:
        """Return the area of a study as GeoJSON."""
        return self.transport.ask_json("GET", f"{_of(study)}/area")

    def encoders(self, study: str) -> Pending:
        """Return a list of what is known about each encoder of a study."""
        return self._listed(f"{_of(study)}/encoders", "encoders")

    def views(self, study: str, bbox: Sequence[float] | None = None, limit: int = 1000, offset: int = 0) -> Pending:
        """Return views with a photo as GeoJSON; ``bbox``: west, south, east, north in degrees."""
        query = {
            "bbox": None if bbox is None else ",".join(f"{number:.8f}" for number in bbox),
            "status": "ok",
            "limit": limit,
            "offset": offset,
        }
        return self.transport.ask_json("GET", f"{_of(study)}/views", query=query)

    def photo(self, study: str, view_id: str) -> Pending:
        """Return the photo of a view: the bytes of an image file."""
        return self._bytes(f"{_view(study, view_id)}/photo", {})

    def attention_map(self, study: str, view_id: str, **question: Any) -> Pending:  # noqa: ANN401 - query values
        """Return where a model looked in a view, as numbers.

        Parameters
        ----------
        study, view_id : str
            Which view.
        **question
            encoder, predictor, method, layer, head, query; those that are None are left out.
        """
        return self.transport.ask_json("GET", f"{_view(study, view_id)}/attention.json", query=question)

    def attention_picture(self, study: str, view_id: str, **question: Any) -> Pending:  # noqa: ANN401 - query values
        """Return where a model looked in a view, as the bytes of a PNG; see `attention_map`."""
        return self._bytes(f"{_view(study, view_id)}/attention", question)

    def execute(self, process: str, study: str, inputs: dict[str, Any], key: str | None = None) -> Pending:
        """Ask for a job and return its status.

        Parameters
        ----------
        process, study : str
            Which process, on which study.
        inputs : dict
            Its inputs; files are paths inside the study.
        key : str, optional
            However often a request with the same key arrives, it is one job; a new key by default.
        """
        more = json_body({"inputs": {**inputs, "study": study}, "response": "document"})
        more["headers"].update({"Prefer": "respond-async", "Idempotency-Key": key or str(uuid.uuid4())})
        return self.transport.ask_json("POST", f"/processes/{_escaped(process)}/execution", **more)

    def jobs(self, study: str | None = None, limit: int = 100, offset: int = 0) -> Pending:
        """Return a list of jobs, newest first."""
        return self._listed("/jobs", "jobs", {"study": study, "limit": limit, "offset": offset})

    def job(self, job_id: str) -> Pending:
        """Return how a job is."""
        return self.transport.ask_json("GET", _job(job_id))

    def job_log(self, job_id: str, offset: int = 0) -> Pending:
        """Return what a job wrote from a byte on, and where the next part begins."""
        return self.transport.ask(
            Request("GET", f"{_job(job_id)}/log", query={"offset": offset}),
            lambda answer: (answer.body.decode("utf-8", "replace"), int(answer.headers["next-offset"])),
        )

    def results(self, job_id: str) -> Pending:
        """Return what a successful job made: outputs by name."""
        return self.transport.ask(
            Request("GET", f"{_job(job_id)}/results"),
            lambda answer: {name: _plain(value) for name, value in answer.json().items()},
        )

    def inputs(self, job_id: str) -> Pending:
        """Return what a job was asked, to ask it again; secrets are not kept."""
        return self.transport.ask_json("GET", f"{_job(job_id)}/inputs")

    def dismiss(self, job_id: str) -> Pending:
        """Stop a job, or take an ended one off the list; return its status."""
        # A second attempt would take the job off that the first one stopped.
        return self.transport.ask_json("DELETE", _job(job_id), patience=0)

    def files(self, study: str) -> Pending:
        """Return a list of the files of a study that can be downloaded."""
        return self._listed(f"{_of(study)}/files", "files")

    def download(self, study: str, file: str, target: str) -> Pending:
        """Download a file of a study and return ``target``; what a broken download left is continued.

        Parameters
        ----------
        study, file : str
            Which file: its path inside the study.
        target : str
            Where it goes; it is there when it is whole. Until then it grows as ``target`` + ``.part``.
        """
        return Download(self.transport, f"{_of(study)}/files/{quote(file)}", target).begin()

    def upload(self, study: str, path: str, name: str) -> Pending:
        """Send a file to a study and return what inputs call it, ``uploads/NAME``; it goes on where it broke."""
        return Upload(self.transport, f"{_of(study)}/uploads", path, name).begin()

    def uploads(self, study: str) -> Pending:
        """Return a list of the files that were sent to a study: name (``uploads/…``), size, sha256."""
        return self._listed(f"{_of(study)}/uploads", "files")

    def _listed(self, path: str, name: str, query: dict[str, Any] | None = None) -> Pending:
        return self.transport.ask(Request("GET", path, query=query or {}), lambda answer: list(answer.json()[name]))

    def _bytes(self, path: str, query: dict[str, Any]) -> Pending:
        return self.transport.ask(Request("GET", path, query=query), lambda answer: answer.body)


def _health(answer: Any) -> dict[str, Any]:  # noqa: ANN401 - an Answer
    found = answer.json()
    if not isinstance(found["protocol_version"], int) or not isinstance(found["engine_version"], str):
        raise TypeError
    return dict(found)


def _escaped(name: str) -> str:
    return quote(name, safe="")


def _of(study: str) -> str:
    return f"/studies/{_escaped(study)}"


def _view(study: str, view_id: str) -> str:
    return f"{_of(study)}/views/{_escaped(view_id)}"


def _job(job_id: str) -> str:
    return f"/jobs/{_escaped(job_id)}"


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Take the value out of a qualified one."""
    if isinstance(value, dict) and set(value) == {"value", "mediaType"}:
        return value["value"]
    return value
