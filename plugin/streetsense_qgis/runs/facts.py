"""What a run tells the layers that it made: where they come from, and how good they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..layers.run import RunFacts
from ..version import version
from .plan import executions
from .record import RunRecord


def run_facts(run: RunRecord, attribution: str = "", licence: str = "") -> RunFacts:
    """Return what is known of a run.

    Parameters
    ----------
    run : RunRecord
        Whose results are in its folder.
    attribution, licence : str
        Of the photos, where they are known already; they are looked up while layers load.
    """
    return RunFacts(
        name=run.plan.name,
        study=run.plan.study,
        engine=run.said,
        made=run.made,
        # Where only a job's results are loaded, nobody here knows what it was asked.
        processes=[
            {"process": one.process, "version": version(), "inputs": one.inputs}
            for one in (executions(run.plan) if run.plan.area else [])
        ],
        attribution=attribution,
        licence=licence,
        scores=_record(Path(run.folder, "predictors", run.plan.name, "predictor.json")),
        target=run.plan.labels.field,
        unit=run.plan.labels.unit,
    )


def _record(path: Path) -> dict[str, Any] | None:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) else None
