"""All that carries out runs, connected to an engine, as the window has it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from qgis.core import QgsProject
from streetsense_qgis import resources
from streetsense_qgis.connection.client import EngineClient
from streetsense_qgis.connection.jobwatch import JobWatch
from streetsense_qgis.connection.session import Session
from streetsense_qgis.connection.settings import ConnectionSettings
from streetsense_qgis.layers.results import ResultLayers
from streetsense_qgis.runs import plan as plans
from streetsense_qgis.runs.plan import RunPlan
from streetsense_qgis.runs.record import RunList, RunRecord
from streetsense_qgis.runs.runner import Runner


class Connected(Session):
    """A session that is connected to the server of the tests."""

    def __init__(self, engine: Any) -> None:
        super().__init__(settings=lambda: ConnectionSettings(mode="remote", address=engine.url))
        self.client = EngineClient(engine.url, engine.token, self)
        self.is_local, self.state = False, "connected"
        self.health = {"engine_version": "0.1.0", "devices": []}

    def describe(self) -> str:
        return "the engine of the tests"


class Desk:
    """A runner with everything that it needs."""

    def __init__(self, session: Session, folder: Path) -> None:
        self.folder = folder
        self.watch = JobWatch(session)
        self.layers = ResultLayers(QgsProject.instance(), None)
        self.runner = Runner(session, self.watch, self.layers, lambda study: str(folder / study))
        self.session = session
        self._is_open = True

    def run(self, run_id: str) -> RunRecord:
        found = RunList().get(run_id)
        assert found is not None
        return found

    def close(self) -> None:
        """Close it, once."""
        if not self._is_open:
            return
        self._is_open = False
        self.runner.close()
        self.watch.close()
        self.layers.close()


def city_plan(study: str, **choices: Any) -> RunPlan:
    area = json.loads(Path(resources.path("democity_area.geojson")).read_text())["features"][0]["geometry"]
    values: dict[str, Any] = {
        "study": study, "name": "alike", "area": area, "provider": "democity", "roads": "democity", "spacing": 900.0,
        "dates": ["2023-06"], "headings": [0.0], "units": "square:500", "encoder_from": plans.RANDOM,
        "encoder": "tiny", "architecture": "vit_tiny_patch16_224",
    }  # fmt: skip
    return RunPlan(**{**values, **choices})
