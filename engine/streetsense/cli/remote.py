"""``streetsense --remote URL VERB …``: the same commands on another host, with the files brought there and back."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from streetsense.cli.console import Interrupt, ProgressBar, err
from streetsense.cli.sending import Sending
from streetsense.client import Client, RemoteFile
from streetsense.errors import Cancelled, InputError, StreetSenseError
from streetsense.processes import Process
from streetsense.processes.process import ProcessOutputs
from streetsense.progress import Progress
from streetsense.study import checked_name

if TYPE_CHECKING:
    from streetsense.encoders import EncoderConfig
    from streetsense.streetview.providerlist import ProviderList
    from streetsense.study.summary import StudySummary

VARIABLE = "STREETSENSE_TOKEN"


def connect(url: str, token_file: Path | None) -> There:
    """Shake hands with a server.

    Parameters
    ----------
    url : str
        Its address.
    token_file : Path, optional
        The file that holds its token; else the environment's ``STREETSENSE_TOKEN`` does.

    Raises
    ------
    InputError
        When there is no token, or it cannot be read.
    StreetSenseError
        When the server does not answer as it should.
    """
    if token_file is None:
        token = os.environ.get(VARIABLE, "").strip()
        if not token:
            raise InputError(f"token: {url} needs one; give --token-file FILE, or set {VARIABLE}.")
    else:
        try:
            token = token_file.expanduser().read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no text"
            raise InputError(f"token-file: {token_file} cannot be read ({reason}); check the path.") from error
    client = Client(url, token)
    if not client.connection.is_private:
        err.print(f"warning: the connection to {url} is not encrypted; others can read the token.", markup=False)
    client.health()
    return There(client)


class There:
    """Another host. A local folder names a study: its last part is the name there, and results come to the folder.

    Parameters
    ----------
    client : Client
        The connection to it.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    def run(self, process: Process, study: Path, values: dict[str, Any], interrupt: Interrupt) -> ProcessOutputs | None:
        """Run a process there: files of its inputs go there before, and the files it made come here after."""
        process.parse(values)
        name, client = _name(study), self._client
        sending = Sending(process, name, values)
        if sending.files:
            with ProgressBar("upload") as bar:
                client.upload_files(name, sending.files, _Stoppable(bar, interrupt))
        with _saying(sending.as_given):
            job = client.submit(process.id, name, sending.values)
            with ProgressBar(process.id) as bar:
                raw = client.wait(job.jobID, _Renaming(bar, sending), interrupt)
        missing = {field: None for field in process.outputs.model_fields if field not in raw}
        outputs = process.outputs.model_validate({**missing, **raw})
        made = _made(raw, client.files(name))
        if made:
            with ProgressBar("download") as bar:
                client.download_files(name, made, study.expanduser(), _Stoppable(bar, interrupt))
        return outputs

    def create(self, study: Path, area: Path, title: str | None) -> StudySummary:
        """Make a study there from a polygon layer here."""
        from streetsense.vectors import read_vector

        polygons = read_vector(area, "area").geometry
        # The host speaks of the name; here the folder gives it.
        with _saying(lambda sentence: re.sub("^name: ", "study: ", sentence)):
            self._client.create_study(_name(study), json.loads(polygons.to_json(drop_id=True)), title)
        return self.summarise(study)

    def summarise(self, study: Path) -> StudySummary:
        """Count what is in a study there."""
        from streetsense.study.summary import StudySummary

        name = _name(study)
        found = self._client.study(name)
        where = f"{self._client.connection.url}/studies/{quote(name)}"
        return StudySummary.model_validate({**found, "name": found["title"], "folder": where})

    def encoders(self, study: Path) -> list[EncoderConfig]:
        """Return the records of the encoders of a study there."""
        found = self._client.encoders(_name(study))
        from streetsense.encoders import EncoderConfig

        return [EncoderConfig.model_validate(record) for record in found]

    def processes(self) -> list[dict[str, Any]]:
        """Return the descriptions of the processes that are installed there."""
        return [
            {key: value for key, value in description.items() if key != "links"}
            for description in self._client.processes()
        ]

    def providers(self) -> ProviderList:
        """Return the providers that are installed there, and where that computer has their keys."""
        return self._client.providers()


class _Stoppable:
    """A `Progress` through which an interrupt reaches uploads and downloads."""

    def __init__(self, screen: Progress, interrupt: Interrupt) -> None:
        self._screen, self._interrupt = screen, interrupt

    def report(self, done: float, total: float, message: str = "") -> None:
        """Pass on how far it is, or stop it."""
        if self._interrupt():
            raise Cancelled("interrupted; what has arrived is kept, run the same command again to continue.")
        self._screen.report(done, total, message)

    def warn(self, message: str) -> None:
        """Pass a warning on."""
        self._screen.warn(message)


class _Renaming:
    """A `Progress` on which the host's names of files are those of this computer."""

    def __init__(self, screen: Progress, sending: Sending) -> None:
        self._screen, self._sending = screen, sending

    def report(self, done: float, total: float, message: str = "") -> None:
        """Pass on how far it is."""
        self._screen.report(done, total, self._sending.as_given(message))

    def warn(self, message: str) -> None:
        """Pass a warning on."""
        self._screen.warn(self._sending.as_given(message))


@contextmanager
def _saying(translated: Callable[[str], str]) -> Iterator[None]:
    """Let errors of the host say what a person at this computer understands."""
    try:
        yield
    except StreetSenseError as error:
        error.args = (translated(str(error)), *error.args[1:])
        raise


def _name(study: Path) -> str:
    return checked_name(study.expanduser().resolve().name, "study")


def _made(outputs: dict[str, Any], there: list[RemoteFile]) -> list[RemoteFile]:
    """Return the files that outputs name: by path, by name among the results, or by the folder they are in or beside.

    The neighbours of a folder within a folder of results say how it was made.
    """
    texts = {text.rstrip("/") for text in _texts(outputs)}
    parents = {file.path: PurePosixPath(file.path).parents for file in there}
    folders = {str(parent) for above in parents.values() for parent in above} & texts
    beside = {str(PurePosixPath(folder).parent) for folder in folders if re.match("results/.*/", folder)}
    return [
        file
        for file in there
        if file.path in texts
        or file.path.removeprefix("results/") in texts
        or not folders.isdisjoint(map(str, parents[file.path]))
        or str(parents[file.path][0]) in beside
    ]


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)
