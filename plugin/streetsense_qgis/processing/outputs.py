"""What a process made: declared to Processing, and brought to this computer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingFeedback,
    QgsProcessingOutputBoolean,
    QgsProcessingOutputDefinition,
    QgsProcessingOutputFile,
    QgsProcessingOutputFolder,
    QgsProcessingOutputMultipleLayers,
    QgsProcessingOutputNumber,
    QgsProcessingOutputRasterLayer,
    QgsProcessingOutputString,
    QgsProcessingOutputVectorLayer,
)

from ..connection.client import EngineClient
from ..i18n import tr
from .description import Description, Field
from .parameters import label

_RESULTS = "results/"
_LAYERS = ("vector", "raster")


def outputs_of(description: Description) -> list[QgsProcessingOutputDefinition]:
    """Return the outputs that Processing can offer to the next step of a model."""
    return [_output(field) for field in description.outputs]


def _output(field: Field) -> QgsProcessingOutputDefinition:
    name, made = label(field), field.role("file")
    if made in _LAYERS and field.kind == "array":
        return QgsProcessingOutputMultipleLayers(field.key, name)
    if made == "vector":
        return QgsProcessingOutputVectorLayer(field.key, name)
    if made == "raster":
        return QgsProcessingOutputRasterLayer(field.key, name)
    if made == "folder":
        return QgsProcessingOutputFolder(field.key, name)
    if made is not None:
        return QgsProcessingOutputFile(field.key, name)
    if field.kind in ("integer", "number"):
        return QgsProcessingOutputNumber(field.key, name)
    if field.kind == "boolean":
        return QgsProcessingOutputBoolean(field.key, name)
    return QgsProcessingOutputString(field.key, name)


class Fetching:
    """Brings the files among the outputs of a job to this computer.

    Parameters
    ----------
    client : EngineClient
        Of this thread.
    study : str
        Where they are.
    folder : str or None
        Where they go; without it they stay where they are, and outputs are paths inside the study.
    feedback : QgsProcessingFeedback
        Told what arrives, and asked whether to stop.

    Attributes
    ----------
    layers : list of (str, str)
        Paths of the layers that arrived, each with ``vector`` or ``raster``.
    """

    def __init__(self, client: EngineClient, study: str, folder: str | None, feedback: QgsProcessingFeedback) -> None:
        self._client, self._study, self._folder, self._feedback = client, study, folder, feedback
        self.layers: list[tuple[str, str]] = []

    def fetch(self, description: Description, outputs: dict[str, Any]) -> dict[str, Any]:
        """Return the outputs as Processing names them, with files as paths on this computer.

        Raises
        ------
        EngineError
            When a file does not arrive. The others stay.
        """
        found = {}
        for field in description.outputs:
            value = outputs.get(field.name)
            if value is None:
                continue
            kind = field.role("file")
            if kind is not None:
                value = (
                    [self._brought(one, kind) for one in value]
                    if isinstance(value, list)
                    else self._brought(value, kind)
                )
            found[field.key] = value
        return found

    def _brought(self, path: str, kind: str) -> str:
        # Some processes name a result by its file alone.
        there = path if "/" in path else _RESULTS + path
        if self._folder is None:
            return there
        if kind == "folder":
            listed = self._client.files(self._study).wait(self._feedback)
            inside = [entry["path"] for entry in listed if entry["path"].startswith(there + "/")]
            for one in inside:
                self._download(one)
            return self._here(there)
        here = self._download(there)
        if kind in _LAYERS:
            self.layers.append((here, kind))
        return here

    def _download(self, there: str) -> str:
        here = self._here(there)
        Path(here).parent.mkdir(parents=True, exist_ok=True)
        self._feedback.setProgressText(tr("Processing", "Downloading {file}").format(file=Path(here).name))
        self._client.download(self._study, there, here).wait(self._feedback)
        return here

    def _here(self, there: str) -> str:
        inside = there[len(_RESULTS) :] if there.startswith(_RESULTS) else there
        # The engine's word is not trusted with where files of this computer are written.
        parts = [
            part for part in inside.replace("\\", "/").split("/") if part not in ("", ".", "..") and ":" not in part
        ]
        return str(Path(self._folder or ".").joinpath(*parts))
