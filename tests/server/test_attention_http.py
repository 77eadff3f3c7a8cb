"""Attention over HTTP: pictures and numbers of where an encoder looked, made on demand and kept."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image
from pydantic import SecretStr
from shapely import Point, box

from streetsense.encoders import create_random_encoder
from streetsense.images import encode_jpeg
from streetsense.processes.attend import PROCESS
from streetsense.progress import Silent
from streetsense.server import attention
from streetsense.server.problems import answer_errors
from streetsense.server.settings import ServerSettings
from streetsense.server.warm import WarmProcess
from streetsense.study import Study
from streetsense.study.photos import store_photo
from tests.server.conftest import until

SMALL = {"image_size": 64, "embed_dim": 24, "depth": 2, "num_heads": 3}
PICTURE = "/studies/town/views/view-0/attention"


def add_view(study: Study, view_id: str, path: str | None, status: str = "ok") -> None:
    row = {"view_id": view_id, "path": path, "status": status, "provider": "folder"}
    study.views_table.append_frame(gpd.GeoDataFrame([row], geometry=[Point(0.01, 50.01)], crs="EPSG:4326"))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of studies; 'town' has two views of 96 x 72 pixels and one small encoder."""
    studies = tmp_path_factory.mktemp("attention") / "studies"
    study = Study.create(studies / "town", gpd.GeoDataFrame(geometry=[box(0, 50, 0.1, 50.1)], crs="EPSG:4326"))
    draw = np.random.default_rng(0)
    for number in range(2):
        blocks = draw.integers(0, 255, (9, 12, 3), dtype=np.uint8).repeat(8, axis=0).repeat(8, axis=1)
        add_view(study, f"view-{number}", store_photo(study, encode_jpeg(blocks))[0])
    create_random_encoder(study.encoders_dir / "small", "vit_tiny_patch16_224", **SMALL)
    return studies


@pytest.fixture
def studies(prepared: Path, tmp_path: Path) -> Path:
    shutil.copytree(prepared, tmp_path / "studies")
    return tmp_path / "studies"


@pytest.fixture(scope="module")
def app() -> FastAPI:
    """The routes of this topic with one warm process; the folder of studies is each test's own."""
    made = FastAPI()
    made.include_router(attention.router)
    answer_errors(made)
    made.state.warm = WarmProcess("cpu")
    return made


@pytest.fixture(scope="module")
def calling(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client
        assert client.portal is not None
        client.portal.call(app.state.warm.stop)


@pytest.fixture
def client(app: FastAPI, calling: TestClient, studies: Path) -> TestClient:
    app.state.settings = ServerSettings(studies=studies, token=SecretStr("not needed: no guard is in front here"))
    return calling


def ask(client: TestClient, path: str = PICTURE, headers: dict[str, str] | None = None, **query: object) -> Any:  # noqa: ANN401
    return client.get(path, params={"encoder": "small", **query}, headers=headers)


def test_the_picture_is_the_one_that_attend_draws(client: TestClient, studies: Path) -> None:
    answer = ask(client, method="rollout", head=1, query="2,3")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    study = Study.open(studies / "town")
    asked = {"encoder": "small", "method": "rollout", "head": 1, "query": "2,3", "views": ["view-0"], "device": "cpu"}
    outputs = PROCESS.run(study, PROCESS.parse(asked), Silent())
    with (
        Image.open(io.BytesIO(answer.content)) as served,
        Image.open(study.root / outputs.overlays / "view-0.png") as drawn,
    ):
        assert served.text["scale"] == drawn.text["scale"]
        assert np.abs(np.asarray(served).astype(int) - np.asarray(drawn).astype(int)).max() <= 1
    darkest, lightest = map(float, answer.headers["attention-scale"].split())
    assert 0 <= darkest < lightest


def test_the_numbers_are_those_of_the_picture(client: TestClient, studies: Path) -> None:
    answer = ask(client, f"{PICTURE}.json", method="raw", layer=0)
    assert answer.status_code == 200
    found = answer.json()
    asked = {"encoder": "small", "method": "raw", "layer": 0, "views": ["view-0"], "device": "cpu"}
    outputs = PROCESS.run(Study.open(studies / "town"), PROCESS.parse(asked), Silent())
    expected = np.load(studies / "town" / outputs.arrays, allow_pickle=False)["maps"][0]
    np.testing.assert_allclose(found["values"], expected, rtol=1e-5)
    assert (found["method"], found["layer"], found["query"]) == ("raw", 0, "cls")


def test_the_size_bounds_the_longest_side_and_opacity_nothing_shows_the_photo_grey(client: TestClient) -> None:
    answer = ask(client, size=64, opacity=0)
    with Image.open(io.BytesIO(answer.content)) as picture:
        assert picture.size == (64, 48)
        pixels = np.asarray(picture)
    assert (pixels == pixels[..., :1]).all()


def test_a_client_that_has_the_picture_is_told_so_without_asking_the_encoder(client: TestClient, app: FastAPI) -> None:
    etag = ask(client).headers["etag"]
    assert client.portal is not None
    client.portal.call(app.state.warm.stop)  # nothing can be asked now
    again = ask(client, headers={"If-None-Match": f'"other", W/{etag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert ask(client).status_code == 200  # kept
    assert ask(client, method="raw").status_code == 503
    client.portal.call(app.state.warm.start)


@pytest.mark.parametrize("change", ["photo", "encoder", "question", "size"])
def test_whatever_the_picture_depends_on_changes_its_tag(client: TestClient, studies: Path, change: str) -> None:
    before = ask(client).headers["etag"]
    study, query = Study.open(studies / "town"), {}
    if change == "photo":
        add_view(study, "view-0", store_photo(study, encode_jpeg(np.zeros((72, 96, 3), np.uint8)))[0])
    elif change == "encoder":
        create_random_encoder(study.encoders_dir / "small", "vit_tiny_patch16_224", seed=1, **SMALL)
    else:
        query = {"head": 1} if change == "question" else {"size": 80}
    assert ask(client, **query).headers["etag"] != before


def test_a_killed_warm_process_is_started_again(client: TestClient, app: FastAPI) -> None:
    assert ask(client, method="raw").status_code == 200
    portal = client.portal
    assert portal is not None

    async def pid() -> int | None:
        return app.state.warm.pid

    killed = portal.call(pid)
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    until(lambda: portal.call(pid) is None, "the end of the process is noticed")
    assert ask(client, method="raw", head=2).status_code == 200


@pytest.mark.parametrize(
    ("path", "query", "status", "sentence"),
    [
        ("/studies/village/views/view-0/attention", {}, 404, "study: the server has no 'village'"),
        ("/studies/town/views/view-9/attention", {}, 404, "view: the study has no 'view-9'"),
        (PICTURE, {"encoder": "large"}, 404, "encoder: the study has no 'large'; there is small"),
        (PICTURE, {"encoder": None, "predictor": "income"}, 404, "predictor: the study has no 'income'"),
        (PICTURE, {"encoder": "../small"}, 400, "encoder: '../small' cannot be used as a name"),
        (PICTURE, {"encoder": None}, 400, "the encoder is missing"),
        (PICTURE, {"method": "magic"}, 400, "method: it cannot be used"),
        (PICTURE, {"head": -1}, 400, "head: it cannot be used"),
        (PICTURE, {"head": 7}, 400, "head: 7 does not exist"),
        (PICTURE, {"query": "4,0"}, 400, "query: patch 4,0 is outside"),
        (PICTURE, {"opacity": 2}, 400, "opacity: it cannot be used"),
        (PICTURE, {"size": 100_000}, 400, "size: it cannot be used"),
        (PICTURE, {"colour": "red"}, 400, "colour: it cannot be used"),
    ],
)
def test_what_cannot_be_answered_is_a_problem_in_one_sentence(
    client: TestClient, path: str, query: dict[str, object], status: int, sentence: str
) -> None:
    wanted = {key: value for key, value in {"encoder": "small", **query}.items() if value is not None}
    answer = client.get(path, params=wanted)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert sentence in answer.json()["detail"]


def test_a_photo_outside_the_study_is_not_shown(client: TestClient, studies: Path, tmp_path: Path) -> None:
    outside = tmp_path / "secret.jpg"
    outside.write_bytes(encode_jpeg(np.zeros((72, 96, 3), np.uint8)))
    study = Study.open(studies / "town")
    (study.root / "photos" / "link.jpg").symlink_to(outside)
    for number, path in enumerate((str(outside), "../../secret.jpg", "photos/link.jpg")):
        add_view(study, f"odd-{number}", path)
        assert ask(client, f"/studies/town/views/odd-{number}/attention").status_code == 404, path


@pytest.mark.parametrize(("content", "status"), [(b"", 400), (b"<html>no photo</html>", 400), (None, 404)])
def test_a_photo_that_cannot_be_read_is_said_so(
    client: TestClient, studies: Path, content: bytes | None, status: int
) -> None:
    study = Study.open(studies / "town")
    add_view(study, "broken", "photos/broken.jpg")
    if content is not None:
        (study.root / "photos" / "broken.jpg").write_bytes(content)
    answer = ask(client, "/studies/town/views/broken/attention")
    assert answer.status_code == status
    assert "the photo of 'broken' cannot be read" in answer.json()["detail"]


def test_a_view_without_a_photo_has_no_attention(client: TestClient, studies: Path) -> None:
    add_view(Study.open(studies / "town"), "lost", None, status="missing")
    answer = ask(client, "/studies/town/views/lost/attention")
    assert answer.status_code == 404
    assert "'lost' has no photo" in answer.json()["detail"]


def test_views_that_are_fetched_later_are_found(client: TestClient, studies: Path) -> None:
    assert ask(client, "/studies/town/views/later/attention").status_code == 404
    study = Study.open(studies / "town")
    add_view(study, "later", store_photo(study, encode_jpeg(np.full((72, 96, 3), 90, np.uint8)))[0])
    assert ask(client, "/studies/town/views/later/attention").status_code == 200


def test_both_routes_are_described_with_the_inputs_of_attend(app: FastAPI) -> None:
    paths = app.openapi()["paths"]
    names = [
        parameter["name"] for parameter in paths["/studies/{study}/views/{view_id}/attention"]["get"]["parameters"]
    ]
    asked = ["encoder", "predictor", "method", "layer", "head", "query"]
    assert names == ["study", "view_id", *asked, "opacity", "size"]
    assert list(PROCESS.inputs.model_fields)[:6] == asked
    assert json.dumps(paths["/studies/{study}/views/{view_id}/attention.json"]).count("AttentionMap") > 0
