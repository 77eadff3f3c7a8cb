"""Where the files lie that come along: icons, styles, process descriptions."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
#: In the installed package they lie inside it, in a checkout beside it.
_PLACES = (_PACKAGE / "resources", _PACKAGE.parents[1] / "resources")


def path(name: str) -> str:
    """Return the path of a file that comes along, such as ``icons/streetsense.svg``.

    Raises
    ------
    FileNotFoundError
        When there is no such file.
    """
    for place in _PLACES:
        if (place / name).exists():
            return str(place / name)
    raise FileNotFoundError(f"resources/{name}: StreetSense is not installed completely; install it again.")
