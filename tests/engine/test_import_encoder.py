"""``import-encoder``: the same encoders as ``streetsense encoders import`` makes, as a process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import torch
from safetensors.torch import save_file
from shapely import box

from streetsense.encoders import create_model, create_random_encoder, load_encoder, read_config
from streetsense.errors import InputError
from streetsense.processes.import_encoder import PROCESS, RANDOM_NOTE
from streetsense.processes.reads import check_served
from streetsense.progress import Silent
from streetsense.study import Study

TINY = "vit_tiny_patch16_224"


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return Study.create(tmp_path / "study", gpd.GeoDataFrame(geometry=[box(0, 50, 0.1, 50.1)], crs="EPSG:4326"))


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    torch.manual_seed(3)
    save_file(create_model(TINY, img_size=32).state_dict(), tmp_path / "model.safetensors")
    return tmp_path / "model.safetensors"


def add(study: Study, **values: object) -> Any:  # noqa: ANN401 - the process's outputs
    inputs = PROCESS.parse({"name": "e", "architecture": TINY, "image_size": 32, **values})
    return PROCESS.run(study, inputs, Silent())


def test_an_encoder_is_made_of_a_file_of_weights(study: Study, weights: Path) -> None:
    outputs = add(study, weights=str(weights), normalisation="half", licence="CC-BY-NC")
    encoder = load_encoder(study.encoders_dir / "e")
    assert outputs.fingerprint == encoder.fingerprint
    assert (outputs.dimension, outputs.image_size, outputs.source) == (192, 32, "model.safetensors")
    assert outputs.licence == "CC-BY-NC"
    assert encoder.preprocess.normalisation.mean == (0.5, 0.5, 0.5)
    assert "loaded" in outputs.report


def test_random_weights_are_those_of_the_seed_and_called_so(study: Study, tmp_path: Path) -> None:
    outputs = add(study, random=7)
    assert outputs.fingerprint == create_random_encoder(tmp_path / "same", TINY, 7, image_size=32).fingerprint
    assert outputs.report == RANDOM_NOTE


def test_an_encoder_is_replaced_only_when_asked(study: Study) -> None:
    add(study, random=0)
    with pytest.raises(InputError, match="name: the study has an encoder 'e' already"):
        add(study, random=1)
    assert read_config(study.encoders_dir / "e").source == "random seed 0"
    add(study, random=1, replace=True)
    assert read_config(study.encoders_dir / "e").source == "random seed 1"


def test_a_replacement_that_fails_leaves_the_encoder_as_it_was(study: Study, tmp_path: Path) -> None:
    before = add(study, random=0).fingerprint
    save_file({"other": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(InputError, match="weights: none of the file's 1 tensors fits"):
        add(study, weights=str(tmp_path / "other.safetensors"), replace=True)
    assert load_encoder(study.encoders_dir / "e").fingerprint == before


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, "give exactly one of weights"),
        ({"random": 0, "hub": True}, "give exactly one of weights"),
        ({"random": 0, "name": "../e"}, "encoder: '../e' cannot be used as a name"),
        ({"random": 0, "normalisation": "1,2/3"}, "normalisation: '1,2/3' cannot be used"),
        ({"random": 0, "image_size": 8}, "image_size: '8' cannot be used"),
        ({"random": 0, "architecture": "resnet50", "image_size": None}, "not a vision transformer"),
        ({"random": 0, "architecture": "local-dir:/etc"}, "architecture: timm has no model 'local-dir:/etc'"),
        ({"weights": "absent.safetensors"}, "weights: absent.safetensors does not exist"),
    ],
)
def test_bad_input_is_one_sentence(study: Study, values: dict[str, object], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        add(study, **values)
    assert not study.encoders_dir.exists()


def test_over_http_only_safetensors_inside_the_study_are_taken(study: Study) -> None:
    (study.root / "uploads").mkdir()
    for name in ("w.safetensors", "w.pth.tar"):
        (study.root / "uploads" / name).write_bytes(b"weights")
    check_served(PROCESS, {"weights": "uploads/w.safetensors"}, study.root)
    with pytest.raises(InputError, match=r"weights: .*give a file of \.safetensors"):
        check_served(PROCESS, {"weights": "uploads/w.pth.tar"}, study.root)
    with pytest.raises(InputError, match=r"weights: .*lies outside the study"):
        check_served(PROCESS, {"weights": "../w.safetensors"}, study.root)
