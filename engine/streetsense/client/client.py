"""The client: all that a StreetSense server offers, as methods."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

from pydantic import ValidationError

from streetsense.client.connection import PROTOCOL_VERSION, Connection, Refused, Unreachable
from streetsense.client.downloading import download_file, download_files
from streetsense.client.joblog import JobLog
from streetsense.client.models import Failed, HealthInfo, JobEvent, JobInfo, RemoteFile, StudyInfo, UploadedFile
from streetsense.client.uploading import LocalFile, send_file, send_files
from streetsense.errors import Cancelled, InputError, StreetSenseError
from streetsense.progress import Progress, Silent
from streetsense.streetview.providerlist import ProviderList

#: Seconds between two looks at a job, at first and at most; and for which a server may be away meanwhile.
_LOOK_FIRST, _LOOK_MOST = 0.1, 1.0
AWAY = 900.0


class Client:
    """A connection to one server; a context manager. Thread-safe.

    Parameters
    ----------
    url, token : str
        The server's address, and its token.
    timeout : float
        Seconds to wait for the next bytes of an answer.
    patience : float
        Seconds for which a request is tried again when the connection breaks.
    """

    def __init__(self, url: str, token: str, *, timeout: float = 60.0, patience: float = 60.0) -> None:
        self.connection = Connection(url, token, timeout=timeout, patience=patience)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.connection.close()

    def health(self) -> HealthInfo:
        """Shake hands: ask what the server is. It is tried once, so that a wrong address is noticed at once.

        Raises
        ------
        StreetSenseError
            When there is no server, it refuses the token, or the two speak different versions.
        """
        nobody = f"remote: there is no StreetSense server at {self.connection.url}; check the address."
        try:
            answer = self.connection.ask("GET", "/health", again=False)
            found = HealthInfo.model_validate_json(answer.content)
        except Refused as refused:
            if refused.status != 404:
                raise
            raise InputError(nobody) from refused
        except ValidationError as error:
            raise InputError(nobody) from error
        if found.protocol_version != PROTOCOL_VERSION:
            side = "here" if found.protocol_version > PROTOCOL_VERSION else "on the host"
            raise StreetSenseError(
                f"remote: {self.connection.url} has StreetSense {found.engine_version} and speaks version "
                f"{found.protocol_version}, this one version {PROTOCOL_VERSION}; update StreetSense {side}."
            )
        return found

    def processes(self) -> list[dict[str, Any]]:
        """Return the descriptions of the server's processes (OGC ``process``)."""
        listed = self._json("GET", "/processes")["processes"]
        return [self._json("GET", f"/processes/{quote(entry['id'], safe='')}") for entry in listed]

    def providers(self) -> ProviderList:
        """Return the server's providers of street views, and where the server has their keys.

        Raises
        ------
        StreetSenseError
            When the server is too old to tell.
        """
        try:
            return ProviderList.model_validate(self._json("GET", "/providers"))
        except Refused as refused:
            if refused.status != 404:
                raise
            raise StreetSenseError(
                f"remote: the StreetSense at {self.connection.url} is too old to tell its providers; update it there."
            ) from refused

    def studies(self) -> list[StudyInfo]:
        """Return the studies of the server."""
        return [StudyInfo.model_validate(entry) for entry in self._json("GET", "/studies")["studies"]]

    def create_study(self, name: str, area: dict[str, Any], title: str | None = None) -> StudyInfo:
        """Make a study from an area (GeoJSON, WGS84).

        Raises
        ------
        Refused
            When there is one of that name, or the area cannot be used.
        """
        body = {"name": name, "area": area, "title": title}
        # Asked once more, a study that was made without the answer arriving would look like somebody else's.
        answer = self.connection.ask("POST", "/studies", body=body, again=False)
        return StudyInfo.model_validate_json(answer.content)

    def study(self, name: str) -> dict[str, Any]:
        """Return what is in a study, counted."""
        found: dict[str, Any] = self._json("GET", _of(name))
        return found

    def encoders(self, study: str) -> list[dict[str, Any]]:
        """Return what is known about each encoder of a study."""
        found: list[dict[str, Any]] = self._json("GET", f"{_of(study)}/encoders")["encoders"]
        return found

    def upload(self, study: str, path: Path, name: str | None = None, progress: Progress | None = None) -> str:
        """Send a file to a study; return its path there, which inputs take. It goes on where it broke.

        Parameters
        ----------
        study : str
            Into which study.
        path : Path
            The file.
        name : str, optional
            Where it goes, relative to ``uploads``; the file's own name by default.
        progress : Progress, optional
            Told about bytes.
        """
        self.upload_files(study, [LocalFile(path, name or path.name)], progress)
        return f"uploads/{name or path.name}"

    def upload_archive(self, study: str, path: Path, name: str | None = None) -> str:
        """Send a ZIP archive that the server unpacks; return the folder of its files, relative to the study."""
        return send_file(self.connection, study, LocalFile(path, name or path.name), lambda _: None, unpack=True)

    def upload_files(self, study: str, files: Iterable[LocalFile], progress: Progress | None = None) -> int:
        """Send files that the study does not have yet, over a few connections; return how many these were."""
        return send_files(self.connection, study, files, self.uploaded(study), progress or Silent())

    def uploaded(self, study: str) -> list[UploadedFile]:
        """Return the files that were uploaded to a study."""
        found = self._json("GET", f"{_of(study)}/uploads")["files"]
        return [UploadedFile.model_validate(entry) for entry in found]

    def files(self, study: str) -> list[RemoteFile]:
        """Return the files of a study that can be downloaded."""
        return [RemoteFile.model_validate(entry) for entry in self._json("GET", f"{_of(study)}/files")["files"]]

    def download(self, study: str, file: str, target: Path, progress: Progress | None = None) -> bool:
        """Download a file of a study by ranges; return whether it was not there already. It goes on where it broke."""
        return download_file(self.connection, study, file, target, progress or Silent())

    def download_files(
        self, study: str, files: list[RemoteFile], folder: Path, progress: Progress | None = None
    ) -> None:
        """Download files of a study to the same places below ``folder``, over a few connections."""
        download_files(self.connection, study, files, folder, progress or Silent())

    def submit(self, process: str, study: str, inputs: dict[str, Any], key: str | None = None) -> JobInfo:
        """Ask for a job.

        Parameters
        ----------
        process, study : str
            Which process, on which study.
        inputs : dict
            Its inputs; files are paths relative to the study.
        key : str, optional
            However often a request with the same key arrives, it is one job; a new key by default.
        """
        answer = self.connection.ask(
            "POST",
            f"/processes/{quote(process, safe='')}/execution",
            headers={"Prefer": "respond-async", "Idempotency-Key": key or str(uuid.uuid4())},
            body={"inputs": {**inputs, "study": study}, "response": "document"},
        )
        return JobInfo.model_validate_json(answer.content)

    def job(self, job_id: str) -> JobInfo:
        """Return how a job is."""
        return JobInfo.model_validate(self._json("GET", f"/jobs/{quote(job_id, safe='')}"))

    def dismiss(self, job_id: str) -> JobInfo:
        """Stop a job, or take an ended one off the list."""
        return JobInfo.model_validate(self._json("DELETE", f"/jobs/{quote(job_id, safe='')}"))

    def events(self, job_id: str) -> Iterator[JobEvent]:
        """Yield what happens to a job until it has ended; a broken connection is taken up where it was."""
        path, last = f"/jobs/{quote(job_id, safe='')}/events", 0
        until = time.monotonic() + AWAY
        while True:
            headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": str(last)} if last else {})
            try:
                with self.connection.stream("GET", path, headers) as answer:
                    if answer.status_code == 204:
                        return
                    for line in answer.iter_lines():
                        field, _, value = line.partition(": ")
                        if field == "id":
                            last = int(value)
                        elif field == "data":
                            until = time.monotonic() + AWAY
                            yield JobEvent.model_validate_json(value)
                if self.job(job_id).ended:
                    return
            except Unreachable:
                if time.monotonic() > until:
                    raise
                time.sleep(_LOOK_MOST)

    def wait(
        self,
        job_id: str,
        progress: Progress | None = None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> dict[str, Any]:
        """Wait for the end of a job and return its outputs. The server may be away for a while, or start anew.

        Parameters
        ----------
        job_id : str
            Which job.
        progress : Progress, optional
            Told how far the job is, and its warnings.
        is_cancelled : callable, optional
            Asked now and then; True dismisses the job.

        Raises
        ------
        Cancelled
            When the job was dismissed, by this call or by somebody else.
        Failed
            When it failed; the sentence is its last word.
        Unreachable
            When the server stays away. The job goes on.
        """
        screen, log, pause = progress or Silent(), JobLog(self.connection, job_id), _LOOK_FIRST
        heard = time.monotonic()
        is_stopping = False
        while True:
            try:
                if is_cancelled() and not is_stopping:
                    job, is_stopping = self._stop(job_id), True
                else:
                    job = JobInfo.model_validate(self._json("GET", f"/jobs/{quote(job_id, safe='')}", again=False))
                heard = time.monotonic()
                log.warn(screen, at_once=job.ended)
                if job.ended:
                    return self._end(job)
                screen.report(job.progress, 100, job.message)
            except Unreachable as away:
                if is_stopping or is_cancelled() or time.monotonic() - heard > AWAY:
                    raise
                screen.report(0, 100, f"waiting for the server: {away}")
            time.sleep(pause)
            pause = min(_LOOK_MOST, pause * 1.3)

    def outputs(self, job_id: str) -> dict[str, Any]:
        """Return what a successful job made."""
        found = self._json("GET", f"/jobs/{quote(job_id, safe='')}/results")
        return {name: _plain(value) for name, value in found.items()}

    def _stop(self, job_id: str) -> JobInfo:
        job = self.job(job_id)
        return job if job.ended else self.dismiss(job_id)

    def _end(self, job: JobInfo) -> dict[str, Any]:
        if job.status == "failed":
            sentence = job.message or f"{job.processID}: it failed; see the log of {job.jobID}."
            raise Failed(sentence, job.jobID, job.exitCode)
        if job.status == "dismissed":
            raise Cancelled("interrupted; what is finished is kept, run the same command again to continue.")
        return self.outputs(job.jobID)

    def _json(self, method: str, path: str, *, again: bool = True) -> Any:  # noqa: ANN401 - JSON
        return self.connection.ask(method, path, again=again).json()


def _of(study: str) -> str:
    return f"/studies/{quote(study, safe='')}"


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Take the value out of a qualified one."""
    if isinstance(value, dict) and set(value) == {"value", "mediaType"}:
        return value["value"]
    return value
