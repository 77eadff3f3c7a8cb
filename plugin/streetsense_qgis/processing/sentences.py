"""Failures as Processing wants them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from qgis.core import QgsProcessingException

from ..connection.errors import EngineError
from .texts import Unreadable


@contextmanager
def sentences() -> Iterator[None]:
    """Raise what is wrong with the engine or a value as a failure of the algorithm, with the same sentence."""
    try:
        yield
    except (EngineError, Unreadable) as error:
        raise QgsProcessingException(str(error)) from error
