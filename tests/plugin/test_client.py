"""The engine's offers, asked of a real one."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from engines import RunningEngine
from streetsense_qgis.connection.client import EngineClient
from streetsense_qgis.connection.errors import EngineError
from streetsense_qgis.connection.handshake import PROTOCOL_VERSION
from streetsense_qgis.runs.providers import offered

pytestmark = pytest.mark.usefixtures("qgis_app")

AREA = {"type": "Polygon", "coordinates": [[[10, 50], [10.002, 50], [10.002, 50.002], [10, 50.002], [10, 50]]]}
LINE = {"type": "LineString", "coordinates": [[10.0001, 50.001], [10.0019, 50.001]]}
ROADS = {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}, "geometry": LINE}]}


@pytest.fixture
def client(engine: RunningEngine) -> EngineClient:
    return EngineClient(engine.url, engine.token)


@pytest.fixture
def study(client: EngineClient) -> str:
    name = f"client {uuid.uuid4().hex[:8]}"
    client.create_study(name, AREA, "A title").wait()
    return name


def test_the_handshake_names_versions_and_devices(client: EngineClient) -> None:
    health = client.health().wait()
    assert health["protocol_version"] == PROTOCOL_VERSION
    assert health["devices"][0]["name"] == "cpu"


def test_providers_are_listed_as_the_window_offers_them(client: EngineClient) -> None:
    told = client.providers().wait()
    found = {provider.name: provider for provider in offered(told)}
    assert {"mapillary", "panoramax", "google", "kartaview", "folder", "democity"} <= set(found)
    assert found["google"].price_per_1000
    assert found["google"].needs_consent
    assert [secret.name for secret in found["mapillary"].secrets] == ["key"]
    assert not found["panoramax"].secrets


def test_processes_are_listed_and_described(client: EngineClient) -> None:
    names = [process["id"] for process in client.processes().wait()]
    assert {"sample", "fetch", "embed", "fit", "predict", "attend"} <= set(names)
    assert "spacing" in client.process("sample").wait()["inputs"]


def test_a_study_is_made_once_and_found_again(client: EngineClient, study: str) -> None:
    assert study in [entry["name"] for entry in client.studies().wait()]
    assert client.study(study).wait()["title"] == "A title"
    assert client.area(study).wait()["features"][0]["geometry"]["type"] in ("Polygon", "MultiPolygon")
    assert client.encoders(study).wait() == []
    with pytest.raises(EngineError) as error:
        client.create_study(study, AREA).wait()
    assert (error.value.kind, error.value.status) == ("refused", 409)


def test_views_have_places_photos_and_attention(client: EngineClient) -> None:
    views = client.views("town", limit=3).wait()["features"]
    assert len(views) == 3
    west, south = views[0]["geometry"]["coordinates"][:2]
    near = client.views("town", bbox=(west - 1e-6, south - 1e-6, west + 1e-6, south + 1e-6)).wait()["features"]
    view_id = str(views[0]["properties"]["view_id"])
    assert view_id in [str(feature["properties"]["view_id"]) for feature in near]
    assert client.photo("town", view_id).wait()[:2] == b"\xff\xd8"
    found = client.attention_map("town", view_id, encoder="tiny", method="rollout", predictor=None).wait()
    assert len(found["values"]) >= 2
    assert client.attention_picture("town", view_id, encoder="tiny", method="rollout").wait()[:4] == b"\x89PNG"


def test_a_job_is_asked_for_watched_and_read(
    client: EngineClient, study: str, tmp_path: Path, wait_for: Callable[..., None]
) -> None:
    roads = tmp_path / "Straßen.geojson"
    roads.write_text(json.dumps(ROADS))
    sent = client.upload(study, str(roads), "Straßen.geojson").wait()
    assert sent == "uploads/Straßen.geojson"
    key = str(uuid.uuid4())
    inputs = {"roads": sent, "spacing": 15}
    job = client.execute("sample", study, inputs, key).wait()
    assert client.execute("sample", study, inputs, key).wait()["jobID"] == job["jobID"]
    wait_for(lambda: client.job(job["jobID"]).wait()["status"] not in ("accepted", "running"), 60)
    assert client.job(job["jobID"]).wait()["status"] == "successful"
    assert client.results(job["jobID"]).wait()["sample_points"] > 0
    log, offset = client.job_log(job["jobID"]).wait()
    assert client.job_log(job["jobID"], offset).wait() == ("", offset)
    assert len(log.encode()) == offset
    assert [entry["jobID"] for entry in client.jobs(study).wait()] == [job["jobID"]]
    assert client.jobs(study, limit=1, offset=1).wait() == []
    names = [entry["path"] for entry in client.files(study).wait()]
    target = tmp_path / "new folder" / "points"
    assert client.download(study, names[0], str(target)).wait() == str(target)
    assert target.stat().st_size == next(
        entry["size"] for entry in client.files(study).wait() if entry["path"] == names[0]
    )
    client.dismiss(job["jobID"]).wait()
    assert client.jobs(study).wait() == []


def test_what_is_not_there_is_missing(client: EngineClient) -> None:
    for pending in (client.job("none"), client.study("none"), client.process("none"), client.photo("town", "none")):
        with pytest.raises(EngineError) as error:
            pending.wait()
        assert error.value.kind == "missing"


def test_bad_inputs_are_refused_in_the_engine_s_words(client: EngineClient) -> None:
    with pytest.raises(EngineError) as error:
        client.execute("sample", "town", {"spacing": -1}, None).wait()
    assert error.value.kind == "refused"
    assert "spacing" in str(error.value)
