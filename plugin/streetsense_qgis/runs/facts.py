"""What a run tells the layers that it made: where they come from, and how good they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from qgis.core import QgsVectorLayer

from ..layers.run import RunFacts
from ..version import version
from .plan import executions
from .record import RunRecord


def run_facts(run: RunRecord, facts: dict[str, Any], engine: str) -> RunFacts:
    """Return what is known of a run.

    Parameters
    ----------
    run : RunRecord
        Whose results are in its folder.
    facts : dict
        What the engine said of its jobs; may be empty.
    engine : str
        Which engine, in a sentence.
    """
    attribution, licence = _of_views(Path(run.folder, "views.gpkg"))
    return RunFacts(
        name=run.plan.name,
        study=run.plan.study,
        engine=engine,
        made=run.made,
        processes=[
            {"process": one.process, "version": version(), "inputs": one.inputs} for one in executions(run.plan)
        ],
        attribution=attribution,
        licence=licence,
        scores=_record(Path(run.folder, "predictors", run.plan.name, "predictor.json")),
        target=run.plan.labels.field,
        unit=run.plan.labels.unit,
    )


def _of_views(path: Path) -> tuple[str, str]:
    """Return whom to name and the licences, of the views of a layer."""
    if not path.exists():
        return "", ""
    layer = QgsVectorLayer(f"{path}|layername=views", "views", "ogr")
    found = []
    for name in ("attribution", "licence"):
        values = layer.uniqueValues(layer.fields().indexOf(name), 5) if layer.isValid() else set()
        found.append(", ".join(sorted(str(value) for value in values if value)))
    return found[0], found[1]


def _record(path: Path) -> dict[str, Any] | None:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) else None
