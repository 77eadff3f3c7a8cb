"""Files that inputs name, on another host: what is sent, what it is called there, and back in what the host says."""

from __future__ import annotations

import glob
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from streetsense.client.uploading import LocalFile
from streetsense.errors import InputError
from streetsense.processes import Process
from streetsense.processes.reads import Reads, file_inputs

_LAYER = "|layername="
#: Files that belong to a Shapefile.
_SHAPEFILE = (".shp", ".shx", ".dbf", ".prj", ".cpg")
#: Inputs that mean a folder of photos.
_PHOTOS = "photos"


class Sending:
    """The local files among the inputs of a process.

    Parameters
    ----------
    process : Process
        What will run.
    study : str
        The study's name there.
    values : dict
        Its inputs, as they were given here.

    Attributes
    ----------
    files : list of LocalFile
        What the study there needs.
    values : dict
        The inputs as they are to be given there.

    Raises
    ------
    InputError
        When a file does not exist, neither here nor among the uploads and results there.
    """

    def __init__(self, process: Process, study: str, values: dict[str, Any]) -> None:
        self.files: list[LocalFile] = []
        self._given: dict[str, str] = {}
        reads = file_inputs(process)
        self.values = {
            name: self._renamed(name, value, reads[name]) if name in reads else value for name, value in values.items()
        }
        names = "|".join(re.escape(there) for there in sorted(self._given, key=len, reverse=True))
        # Also as a path in the folder of the studies, and only as a whole: 'x' is no beginning of 'xy'.
        self._names = re.compile(rf"(?<![\w./-])(?:{re.escape(study)}/)?({names})(?![\w-])") if names else None

    def as_given(self, sentence: str) -> str:
        """Return what the host says, with the files called what they were called here."""
        if self._names is None:
            return sentence
        return self._names.sub(lambda found: self._given[found[1]], sentence)

    def _renamed(self, name: str, value: Any, reads: Reads) -> Any:  # noqa: ANN401 - JSON
        if isinstance(value, list):
            return [self._renamed(name, item, reads) for item in value]
        if isinstance(value, dict):
            return {key: self._renamed(name, item, reads) for key, item in value.items()}
        if not isinstance(value, str | Path) or not reads.is_file(str(value)):
            return value
        text, layer, layer_name = str(value).partition(_LAYER)
        path = Path(text).expanduser()
        if not path.exists() and text.startswith(("uploads/", "results/")):  # there already
            return value
        if not path.exists():
            if name == _PHOTOS:
                from streetsense.streetview.photofiles import existing_folder

                existing_folder(path)  # says what is wanted, as a run here does
            raise InputError(f"{name}: {text} does not exist; check the path.")
        path = path.resolve()
        # Files of one name from different folders must not replace each other there.
        folder = hashlib.sha256(str(path.parent).encode()).hexdigest()[:8]
        target = f"{'photos/' if path.is_dir() else ''}{folder}"
        self.files += [LocalFile(file, f"{target}/{file_name}") for file, file_name in _files_of(path)]
        there = f"uploads/{target}/{path.name}"
        self._given[there] = text
        return f"{there}{layer}{layer_name}"


def _files_of(path: Path) -> Iterator[tuple[Path, str]]:
    """Yield the files that go with a path: of a folder its photos, of a Shapefile its parts; and their names."""
    if path.is_dir():
        from streetsense.streetview.photofiles import photos_in

        for photo in photos_in(path):
            yield path / photo, f"{path.name}/{photo}"
    elif path.suffix.lower() == _SHAPEFILE[0]:
        for part in path.parent.glob(f"{glob.escape(path.stem)}.*"):
            if part.suffix.lower() in _SHAPEFILE:
                yield part, part.name
    else:
        yield path, path.name
