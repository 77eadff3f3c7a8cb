"""One short text for many rows: the same whenever the rows are."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable

from streetsense.streetview.online.provider import FoundCapture


def digest_of(captures: Iterable[FoundCapture]) -> str:
    """Return the beginning of a digest of captures, in their order; angles count to 1e-9 degrees."""
    rows = [
        [round(value, 9) if isinstance(value, float) else value for value in dataclasses.astuple(capture)]
        for capture in captures
    ]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:16]
