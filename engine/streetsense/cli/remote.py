"""``streetsense --remote URL VERB …``: the same commands on another host, with the files brought there and back."""

from __future__ import annotations

import glob
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streetsense.cli.console import Interrupt, ProgressBar, err
from streetsense.client import Client, RemoteFile
from streetsense.client.uploading import LocalFile
from streetsense.errors import Cancelled, InputError
from streetsense.processes import Process
from streetsense.processes.process import ProcessOutputs
from streetsense.processes.reads import file_inputs
from streetsense.progress import Progress
from streetsense.study import checked_name

if TYPE_CHECKING:
    from streetsense.encoders import EncoderConfig
    from streetsense.study.summary import StudySummary

VARIABLE = "STREETSENSE_TOKEN"
_LAYER = "|layername="
#: Files that belong to a Shapefile.
_SHAPEFILE = (".shp", ".shx", ".dbf", ".prj", ".cpg")


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
        files: list[LocalFile] = []
        values = {**values, **_sendable(process, values, files)}
        if files:
            with ProgressBar("upload") as bar:
                client.upload_files(name, files, _Stoppable(bar, interrupt))
        job = client.submit(process.id, name, values)
        with ProgressBar(process.id) as bar:
            raw = client.wait(job.jobID, bar, interrupt)
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
        self._client.create_study(_name(study), json.loads(polygons.to_json(drop_id=True)), title)
        return self.summarise(study)

    def summarise(self, study: Path) -> StudySummary:
        """Count what is in a study there."""
        from streetsense.study.summary import StudySummary

        name = _name(study)
        found = self._client.study(name)
        where = f"{self._client.connection.url}/studies/{name}"
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


def _name(study: Path) -> str:
    return checked_name(study.expanduser().resolve().name, "study")


def _sendable(process: Process, values: dict[str, Any], files: list[LocalFile]) -> dict[str, Any]:
    """Return the inputs that name local files with their names there; the files are added to ``files``."""
    changed = {}
    for name, reads in file_inputs(process).items():
        if name in values:
            changed[name] = _renamed(name, values[name], reads.is_file, files)
    return changed


def _renamed(name: str, value: Any, is_file: Any, files: list[LocalFile]) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, list):
        return [_renamed(name, item, is_file, files) for item in value]
    if isinstance(value, dict):
        return {key: _renamed(name, item, is_file, files) for key, item in value.items()}
    if not isinstance(value, str | Path) or not is_file(str(value)):
        return value
    text, layer, layer_name = str(value).partition(_LAYER)
    path = Path(text).expanduser()
    if not path.exists():
        if text.startswith(("uploads/", "results/")):  # there already
            return value
        raise InputError(f"{name}: {text} does not exist; check the path.")
    # Files of one name from different folders must not replace each other there.
    folder = hashlib.sha256(str(path.resolve().parent).encode()).hexdigest()[:8]
    target = f"{'photos/' if path.is_dir() else ''}{folder}"
    files += [LocalFile(file, f"{target}/{file_name}") for file, file_name in _files_of(path.resolve())]
    return f"uploads/{target}/{path.resolve().name}{layer}{layer_name}"


def _files_of(path: Path) -> Iterator[tuple[Path, str]]:
    """Yield the files that go with a path: of a folder its photos, of a Shapefile its parts; and their names."""
    from streetsense.streetview.photofiles import photos_in

    if path.is_dir():
        for photo in photos_in(path):
            yield path / photo, f"{path.name}/{photo}"
    elif path.suffix.lower() == _SHAPEFILE[0]:
        for part in path.parent.glob(f"{glob.escape(path.stem)}.*"):
            if part.suffix.lower() in _SHAPEFILE:
                yield part, part.name
    else:
        yield path, path.name


def _made(outputs: dict[str, Any], there: list[RemoteFile]) -> list[RemoteFile]:
    """Return the files that outputs name: by path, by name among the results, or by the folder they are in."""
    texts = set(_texts(outputs))
    folders = tuple(f"{text.rstrip('/')}/" for text in texts if "/" in text)
    return [
        file
        for file in there
        if file.path in texts or file.path.removeprefix("results/") in texts or file.path.startswith(folders or ("\0",))
    ]


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)
