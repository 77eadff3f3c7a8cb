"""``attend``: maps and overlays of the views of a study."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import torch
from PIL import Image
from shapely import Point, box

from streetsense.attention import MapFolder, relevance, rollout
from streetsense.encoders import create_random_encoder, load_encoder
from streetsense.errors import Cancelled, InputError, StreetSenseError
from streetsense.images import encode_jpeg
from streetsense.indicators import Predictor
from streetsense.indicators.linear_model import LinearModel
from streetsense.indicators.novelty import NoveltyModel
from streetsense.indicators.predictor import PredictorRecord
from streetsense.processes.attend import PROCESS
from streetsense.progress import Silent
from streetsense.study import Study
from streetsense.study.photos import store_photo

SMALL = {"image_size": 64, "embed_dim": 24, "depth": 2, "num_heads": 3}


class Listener(Silent):
    """A `Progress` that remembers warnings and can be told to stop at a report."""

    def __init__(self, stop_at: int | None = None) -> None:
        self.reports, self.warnings, self.stop_at = 0, [], stop_at

    def report(self, done: float, total: float, message: str = "") -> None:
        self.reports += 1
        if self.reports == self.stop_at:
            raise Cancelled("interrupted")

    def warn(self, message: str) -> None:
        self.warnings.append(message)


def add_views(study: Study, photos: dict[str, bytes]) -> None:
    rows = [
        {"view_id": view_id, "path": store_photo(study, data)[0], "status": "ok", "provider": "folder"}
        for view_id, data in photos.items()
    ]
    places = [Point(0.01 + number / 1000, 50.01) for number in range(len(rows))]
    study.views_table.append_frame(gpd.GeoDataFrame(rows, geometry=places, crs="EPSG:4326"))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study with seven views of 96 x 72 pixels and one small encoder."""
    root = tmp_path_factory.mktemp("attend") / "study"
    study = Study.create(root, gpd.GeoDataFrame(geometry=[box(0, 50, 0.1, 50.1)], crs="EPSG:4326"))
    draw = np.random.default_rng(0)
    blocks = draw.integers(0, 255, (7, 9, 12, 3), dtype=np.uint8).repeat(8, axis=1).repeat(8, axis=2)
    add_views(study, {f"view-{number}": encode_jpeg(pixels) for number, pixels in enumerate(blocks)})
    create_random_encoder(study.encoders_dir / "small", "vit_tiny_patch16_224", **SMALL)
    return root


@pytest.fixture
def study(prepared: Path, tmp_path: Path) -> Study:
    shutil.copytree(prepared, tmp_path / "study")
    return Study.open(tmp_path / "study")


def attend(study: Study, job: Silent | None = None, **values: object) -> Any:  # noqa: ANN401 - the process's outputs
    inputs = PROCESS.parse({"encoder": "small", "device": "cpu", **values})
    return PROCESS.run(study, inputs, job or Silent())


def fit(study: Study, **changes: object) -> Predictor:
    """Save a predictor of income with drawn coefficients."""
    draw = np.random.default_rng(1)
    config = json.loads((study.encoders_dir / "small" / "config.json").read_text())
    record = PredictorRecord(
        **{
            "name": "income", "task": "regress", "model": "ridge", "target": "income", "samples": "views",
            "encoder": "small", "encoder_fingerprint": config["fingerprint"], "dimension": 24, "n_samples": 50,
            "intercept": 3.0, "penalty": 1.0, "nonzero": 24, "novelty_rest": 1.0, "novelty_limit": 1.0, "scores": [],
            "labels_source": "labels.csv", "training": {}, "seed": 0, "created": "2024-01-01", "software": "test",
            **changes,
        }
    )  # fmt: skip
    linear = LinearModel("ridge", draw.normal(size=24), draw.uniform(1, 2, 24), draw.normal(size=24), 3.0, 1.0)
    predictor = Predictor(record, linear, NoveltyModel(np.zeros((0, 24)), np.zeros(0), 1.0, 1.0))
    predictor.save(study.predictors_dir / "income")
    return predictor


def encoder_inputs(study: Study, view_ids: list[str]) -> tuple[Any, torch.Tensor]:
    """The encoder, and its normalised input for some views, made the way ``embed`` makes it."""
    encoder = load_encoder(study.encoders_dir / "small")
    paths = study.views(columns=["view_id", "path"]).set_index("view_id")["path"]
    squares = [encoder.preprocess.from_bytes(study.photo_path(paths[view_id]).read_bytes()) for view_id in view_ids]
    return encoder, encoder.normalise(torch.from_numpy(np.stack(squares)))


def overlays(study: Study, outputs: Any) -> list[Path]:  # noqa: ANN401
    return sorted((study.root / outputs.overlays).iterdir())


# What comes out


def test_every_chosen_view_gets_an_overlay_as_large_as_its_photo_and_a_map(study: Study) -> None:
    outputs = attend(study, count=3)
    assert (outputs.views, outputs.skipped) == (3, 0)
    arrays = np.load(study.root / outputs.arrays, allow_pickle=False)
    assert arrays["view_id"].tolist() == ["view-0", "view-3", "view-6"]
    assert arrays["maps"].shape == (3, 4, 4)
    assert arrays["maps"].dtype == np.float32
    assert [path.name for path in overlays(study, outputs)] == arrays["overlay"].tolist()
    for path in overlays(study, outputs):
        with Image.open(path) as image:
            assert image.size == (96, 72)
            assert image.text["method"] == "relevance"


def test_the_maps_are_those_of_the_method_that_was_asked_for(study: Study) -> None:
    outputs = attend(study, method="rollout", layer=0, head=1, query="2,3", views=["view-5", "view-1"])
    encoder, images = encoder_inputs(study, ["view-5", "view-1"])
    expected = rollout(encoder.model, images, layer=0, head=1, query=(2, 3))
    np.testing.assert_allclose(np.load(study.root / outputs.arrays)["maps"], expected.numpy(), rtol=1e-5, atol=1e-7)
    assert outputs.overlays == "results/attention/small-rollout-2_3-layer0-head1/overlays"


def test_the_batch_size_has_no_influence_on_the_maps(study: Study) -> None:
    one, four = (attend(study, count=7, batch_size=size, name=f"batches of {size}") for size in (1, 4))
    maps = [np.load(study.root / outputs.arrays)["maps"] for outputs in (one, four)]
    np.testing.assert_allclose(maps[0], maps[1], rtol=1e-5, atol=1e-5 * maps[0].max())


def test_a_predictor_is_explained_through_its_weights_on_the_embedding(study: Study) -> None:
    predictor = fit(study)
    outputs = attend(study, encoder=None, predictor="income", count=2)
    encoder, images = encoder_inputs(study, ["view-0", "view-6"])
    weight = torch.from_numpy(predictor.linear.coefficients / predictor.linear.scale).float()
    expected = relevance(encoder.model, images, target=lambda embedding: embedding @ weight)
    found = np.load(study.root / outputs.arrays)["maps"]
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-4, atol=1e-6 * float(expected.max()))
    assert outputs.overlays == "results/attention/small-relevance-income/overlays"


def test_more_views_join_the_maps_that_are_there(study: Study) -> None:
    attend(study, views=["view-4"])
    outputs = attend(study, views=["view-2", "view-1"])
    assert outputs.views == 2
    assert np.load(study.root / outputs.arrays)["view_id"].tolist() == ["view-2", "view-1", "view-4"]


# Interruption


def test_an_interrupted_run_goes_on_where_it_stopped(study: Study) -> None:
    with pytest.raises(Cancelled):
        attend(study, Listener(stop_at=4), count=7, batch_size=2)  # the first report comes before the first batch
    folder = study.results_dir / "attention" / "small-relevance" / "overlays"
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert sorted(before) == ["view-0.png", "view-1.png", "view-2.png", "view-3.png"]
    outputs = attend(study, count=7, batch_size=2)
    after = {path.name: path.stat().st_mtime_ns for path in overlays(study, outputs)}
    assert len(after) == outputs.views == 7
    assert {name: after[name] for name in before} == before
    whole = attend(study, count=7, name="whole")
    maps = [np.load(study.root / found.arrays)["maps"] for found in (outputs, whole)]
    np.testing.assert_allclose(maps[0], maps[1], rtol=1e-5, atol=1e-5 * maps[1].max())


def test_an_overlay_that_was_lost_is_made_again(study: Study) -> None:
    first = overlays(study, attend(study, count=2))
    first[0].unlink()
    assert overlays(study, attend(study, count=2)) == first


def test_what_a_killed_run_left_half_written_is_removed(study: Study) -> None:
    outputs = attend(study, count=2)
    leftover = study.root / outputs.overlays / ".unfinished-1234-view-9.png"
    leftover.write_bytes(b"half")
    attend(study, count=2)
    assert not leftover.exists()


def test_maps_of_other_settings_are_not_mixed_with_these(study: Study) -> None:
    attend(study, name="mine", count=3)
    outputs = attend(study, name="mine", count=1, method="raw")
    assert len(overlays(study, outputs)) == 1
    assert np.load(study.root / outputs.arrays)["view_id"].tolist() == ["view-0"]


def test_maps_are_made_anew_when_the_encoder_has_other_weights(study: Study) -> None:
    before = np.load(study.root / attend(study, count=1).arrays)["maps"]
    create_random_encoder(study.encoders_dir / "small", "vit_tiny_patch16_224", seed=1, **SMALL)
    after = np.load(study.root / attend(study, count=1).arrays)["maps"]
    assert not np.allclose(before, after)


def test_a_question_that_cannot_be_answered_costs_no_earlier_map(study: Study) -> None:
    outputs = attend(study, name="mine", count=2)
    with pytest.raises(InputError, match="head: 5 does not exist"):
        attend(study, name="mine", head=5)
    assert np.load(study.root / outputs.arrays)["view_id"].size == 2


# Bad input


def test_a_photo_that_cannot_be_read_is_named_and_left_out(study: Study) -> None:
    views = study.views().set_index("view_id")["path"]
    study.photo_path(views["view-0"]).write_bytes(b"")
    study.photo_path(views["view-6"]).unlink()
    job = Listener()
    outputs = attend(study, job, count=3)
    assert (outputs.views, outputs.skipped) == (1, 2)
    assert [warning.split(":")[0] for warning in job.warnings] == ["view view-0", "view view-6"]


def test_photos_of_which_none_can_be_read_are_a_failure(study: Study) -> None:
    shutil.rmtree(study.photos_dir)
    with pytest.raises(StreetSenseError, match="none of their photos could be read"):
        attend(study, count=3)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"encoder": "other"}, "encoder: there is no 'other'"),
        ({"encoder": "../small"}, "encoder: '../small' cannot be used as a name"),
        ({"name": "../../mine"}, "name: '../../mine' cannot be used as a name"),
        ({"views": ["view-1", "view-9"]}, "views: the study has no usable view 'view-9'"),
        ({"views": []}, "views: the list is empty"),
        ({"query": "sky"}, "query: 'sky' is not known"),
        ({"query": "4,0"}, "query: patch 4,0 is outside the grid"),
        ({"layer": 2}, "layer: 2 does not exist"),
        ({"predictor": "none"}, "predictor: there is no predictor 'none'"),
        ({"encoder": None}, "the encoder is missing"),
        ({"predictor": "income", "method": "raw"}, "a predictor is explained by relevance"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(study: Study, values: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        attend(study, **values)
    assert not list(study.results_dir.rglob("*.png"))


def test_a_study_without_views_says_what_to_do(tmp_path: Path) -> None:
    empty = Study.create(tmp_path / "new", gpd.GeoDataFrame(geometry=[box(0, 50, 0.1, 50.1)], crs="EPSG:4326"))
    with pytest.raises(InputError, match="run 'streetsense fetch' first"):
        attend(empty)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"encoder": "large"}, "was fitted to encoder 'large', not 'small'"),
        ({"encoder": None, "features_source": "census.csv"}, "takes the columns of a file, not photos"),
        ({"encoder_fingerprint": "0" * 64}, "was fitted when encoder 'small' had other weights"),
    ],
)
def test_a_predictor_of_other_embeddings_is_refused(study: Study, changes: dict[str, object], message: str) -> None:
    fit(study, **changes)
    with pytest.raises(InputError, match=message):
        attend(study, predictor="income")


def test_a_predictor_without_coefficients_is_warned_about(study: Study) -> None:
    fit(study, nonzero=0)
    job = Listener()
    attend(study, job, predictor="income", count=1)
    assert "gives every view the same value" in job.warnings[0]


# The folder of maps


def test_views_whose_names_are_no_file_names_get_safe_ones(tmp_path: Path) -> None:
    folder = MapFolder(tmp_path / "maps", {})
    names = ["a/b", "../x", "a:b", "ä", ".hidden", "x" * 200]
    paths = [folder.overlay_path(name) for name in names]
    assert len(set(paths)) == len(names)
    assert all(path.parent == folder.overlays and path.stem.isalnum() for path in paths)


def test_a_view_is_done_only_with_map_and_overlay(tmp_path: Path) -> None:
    folder = MapFolder(tmp_path / "maps", {"method": "raw"})
    one = np.ones((2, 2), np.float32)
    folder.add({"a": one}, {"a": b"png"})
    folder.add({"map alone": one}, {})
    folder.overlay_path("overlay-alone").write_bytes(b"png")
    assert [folder.has(name) for name in ("a", "map alone", "overlay-alone")] == [True, False, False]
    assert MapFolder(tmp_path / "maps", {"method": "raw"}).has("a")


# Real photos


@pytest.mark.real
def test_real_street_photos_get_overlays(study: Study, shared_data: Path, decode: Callable[[Path], Any]) -> None:
    folders = ("panoramax_capferret/faces", "wuhan_drive/images")
    files = [path for folder in folders for path in sorted((shared_data / folder).glob("*.jpg"))[:3]]
    add_views(study, {f"real-{path.stem}": path.read_bytes() for path in files})
    outputs = attend(study, views=[f"real-{path.stem}" for path in files])
    assert outputs.views == 6
    sizes = {path.stem.removeprefix("real-"): decode(path).shape for path in overlays(study, outputs)}
    assert sizes == {path.stem: decode(path).shape for path in files}
    drive = decode(next(path for path in overlays(study, outputs) if path.stem.removeprefix("real-") in files[-1].stem))
    assert (drive[:, :20] == drive[:, :20, :1]).all()  # 300 x 256: the encoder saw no more than the centre square


@pytest.fixture
def decode() -> Callable[[Path], Any]:
    def pixels(path: Path) -> Any:  # noqa: ANN401
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB"))

    return pixels
