"""The version of what is installed, from its metadata."""

from __future__ import annotations

import configparser
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
#: In the installed package it lies inside, in a checkout at the top.
_PLACES = (_PACKAGE / "metadata.txt", _PACKAGE.parents[1] / "metadata.txt")


def version() -> str:
    """Return the version, such as ``0.1.0``; the engine that belongs to it has the same."""
    parser = configparser.ConfigParser()
    parser.read([place for place in _PLACES if place.is_file()][:1], encoding="utf-8")
    return parser.get("general", "version")
