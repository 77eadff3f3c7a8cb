"""Names of files that an engine or a layer gives: they mean places below a folder, and nowhere else."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from ..i18n import tr
from .errors import EngineError


def inside(folder: str | Path, name: str) -> Path:
    """Return the place of ``name`` below ``folder``.

    Layers and answers come from other people and other computers: they do not decide where files of this one are
    read and written.

    Parameters
    ----------
    folder : str or Path
        On this computer.
    name : str
        With forward slashes.

    Raises
    ------
    EngineError
        When it is empty, absolute or leads out of the folder.
    """
    path = PurePosixPath(name)
    is_bad = "\\" in name or ":" in name or "\0" in name or path.is_absolute() or ".." in path.parts
    if is_bad or not path.parts:
        sentence = tr("Connection", "The engine names a file “{name}” that lies outside its study; do not trust it.")
        raise EngineError(sentence.format(name=name[:100]), "refused")
    return Path(folder).joinpath(*path.parts)
