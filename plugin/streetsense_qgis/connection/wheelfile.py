"""A wheel file of the engine that somebody gives, where the package index cannot be used or does not have it."""

from __future__ import annotations

import re
from pathlib import Path

from ..i18n import tr
from ..version import version
from .errors import EngineError

_NAME = re.compile(r"^streetsense-(?P<version>[^-]+)-.+\.whl$")


def check_wheel(file: str) -> None:
    """See that a file is the engine's wheel, of the version that belongs here.

    Raises
    ------
    EngineError
        Of kind ``environment``, when it is not.
    """
    name = _NAME.match(Path(file).name)
    if name is None or not Path(file).is_file():
        sentence = tr(
            "Install", "{file} is no wheel file of the engine: choose a file named like streetsense-{version}-….whl."
        )
        raise EngineError(sentence.format(file=file, version=version()), "environment")
    if name["version"] != version():
        sentence = tr(
            "Install",
            "The wheel file is version {found} of the engine, and this StreetSense needs {needed}: choose the file of "
            "that version.",
        )
        raise EngineError(sentence.format(found=name["version"], needed=version()), "environment")
