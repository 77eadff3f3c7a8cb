"""Encoders: building them, weights from every kind of file, and what they are on disk."""

from __future__ import annotations

import argparse
import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file
from torch import Tensor, nn
from typer.testing import CliRunner

from streetsense.cli.main import app
from streetsense.encoders import (
    Encoder,
    EncoderConfig,
    apply_weights,
    choose_precision,
    create_model,
    create_random_encoder,
    import_encoder,
    import_hub_encoder,
    list_encoders,
    load_encoder,
    load_weights,
    read_config,
)
from streetsense.encoders.torchvision_ops import declare_missing_operators
from streetsense.errors import InputError, StreetSenseError
from streetsense.images import HALF, IMAGENET
from streetsense.study import Study

TINY = "vit_tiny_patch16_224"
SHAPE: dict[str, Any] = {"img_size": 64, "depth": 2}


def tiny(seed: int = 0, **options: object) -> nn.Module:
    """A ViT of 2 layers for 64 x 64 pixels, with weights that tell all of its parts apart."""
    torch.manual_seed(seed)
    model = create_model(TINY, **{**SHAPE, **options})
    for parameter in model.parameters():
        parameter.data += 0.05 * torch.randn_like(parameter)
    return model


def squares(number: int = 3, size: int = 64) -> Tensor:
    return torch.randint(0, 256, (number, size, size, 3), generator=torch.Generator().manual_seed(1), dtype=torch.uint8)


def moco_checkpoint(model: nn.Module) -> dict[str, object]:
    """What MoCo v3 saves: the encoder under base_encoder, a momentum copy, projection heads, and the optimizer."""
    state = {f"module.base_encoder.{key}": value for key, value in model.state_dict().items()}
    state |= {f"module.momentum_encoder.{key}": value + 1 for key, value in model.state_dict().items()}
    for name in ("base_encoder", "momentum_encoder"):
        state |= {
            f"module.{name}.head.0.weight": torch.randn(8, 192),
            f"module.{name}.head.3.weight": torch.randn(8, 8),
        }
    state["module.predictor.0.weight"] = torch.randn(8, 8)
    moments = {"exp_avg": torch.zeros(4), "step": torch.tensor(9.0)}
    return {
        "epoch": 300,
        "arch": "vit_base",
        "state_dict": state,
        "optimizer": {"state": {0: moments}, "param_groups": [{"lr": 6e-4, "betas": (0.9, 0.999), "params": [0]}]},
        "scaler": {"scale": 65536.0},
    }


# Building


def test_torchvision_operators_are_declared_once_or_not_at_all() -> None:
    assert declare_missing_operators() == declare_missing_operators()
    assert "torchvision::nms" in torch._C._dispatch_get_all_op_names()


def test_an_unknown_architecture_is_refused_with_near_names() -> None:
    with pytest.raises(InputError, match=r"no model 'vit_bse_patch16_224'; did you mean .*vit_base_patch16_224"):
        create_model("vit_bse_patch16_224")


def test_a_network_that_is_no_vision_transformer_is_refused() -> None:
    with pytest.raises(InputError, match="'resnet18' is a ResNet, not a vision transformer"):
        create_model("resnet18")


def test_an_option_that_does_not_exist_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="colour=3"):
        create_model(TINY, colour=3)


def test_a_model_has_no_head_and_is_in_evaluation_mode() -> None:
    model = tiny()
    assert not model.training
    assert model(torch.zeros(1, 3, 64, 64)).shape == (1, 192)


# Weights from files


@pytest.mark.parametrize("legacy", [False, True])
def test_a_moco_v3_checkpoint_gives_the_class_token_of_the_original(tmp_path: Path, legacy: bool) -> None:
    original, path = tiny(1), tmp_path / "vit-b-300ep.pth.tar"
    torch.save(moco_checkpoint(original), path, _use_new_zipfile_serialization=not legacy)
    model = tiny(2)
    report = apply_weights(model, load_weights(path))
    images = torch.randn(2, 3, 64, 64)
    with torch.inference_mode():
        difference = (model.forward_features(images)[:, 0] - original.forward_features(images)[:, 0]).abs().max()
    assert difference < 1e-5
    assert report.is_complete
    assert report.prefix == "state_dict.module.base_encoder."
    assert report.unexpected == ("head.0.weight", "head.3.weight")
    assert "from 'state_dict.module.base_encoder.*'" in report.as_text()


WRAPPINGS: dict[str, Callable[[dict[str, Tensor]], object]] = {
    "plain": lambda state: state,
    "state_dict": lambda state: {"state_dict": state, "epoch": 1},
    "model": lambda state: {"model": state, "args": argparse.Namespace(lr=0.1)},
    "model_state": lambda state: {"model_state": state},
    "module": lambda state: {f"module.{key}": value for key, value in state.items()},
    "backbone": lambda state: {"state_dict": {f"backbone.{key}": value for key, value in state.items()}},
    "head kept": lambda state: {**state, "head.weight": torch.zeros(10, 192), "head.bias": torch.zeros(10)},
}


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_weights_are_found_whatever_they_are_wrapped_in(tmp_path: Path, wrapping: str) -> None:
    original, path = tiny(1), tmp_path / "weights.pt"
    torch.save(WRAPPINGS[wrapping](original.state_dict()), path)
    model = tiny(2)
    assert apply_weights(model, load_weights(path)).is_complete
    assert all(torch.equal(value, original.state_dict()[key]) for key, value in model.state_dict().items())


@settings(deadline=None, max_examples=20)
@given(st.lists(st.from_regex(r"[a-z_]{1,8}", fullmatch=True), max_size=3))
def test_any_prefix_is_found(words: list[str]) -> None:
    original = tiny(1, depth=1)
    prefix = "".join(f"{word}." for word in words)
    renamed = {prefix + key: value for key, value in original.state_dict().items()}
    assert apply_weights(tiny(2, depth=1), renamed).prefix == prefix


def test_safetensors_are_read(tmp_path: Path) -> None:
    original = tiny(1)
    save_file(original.state_dict(), tmp_path / "w.safetensors")
    assert apply_weights(tiny(2), load_weights(tmp_path / "w.safetensors")).is_complete


def test_the_averaged_copy_is_taken_where_authors_publish_it() -> None:
    state = tiny(1).state_dict()
    both = {f"student.{key}": value for key, value in state.items()} | {f"teacher.{k}": v for k, v in state.items()}
    assert apply_weights(tiny(2), both).prefix == "teacher."


class _Payload:
    """Unpickling this runs a command."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        import os

        return os.system, (f"touch '{self.path}'",)


@pytest.mark.parametrize("how", ["torch", "torch legacy", "pickle"])
def test_a_program_hidden_in_a_checkpoint_does_not_run(tmp_path: Path, how: str) -> None:
    path, trace = tmp_path / "evil.pth.tar", tmp_path / "it-ran"
    content = {"state_dict": tiny().state_dict(), "extra": _Payload(trace)}
    if how == "pickle":
        path.write_bytes(pickle.dumps(_Payload(trace)))
    else:
        torch.save(content, path, _use_new_zipfile_serialization=how == "torch")
    with pytest.raises(InputError, match=r"evil\.pth\.tar holds more than plain weights.*safetensors"):
        load_weights(path)
    assert not trace.exists()
    pickle.loads(pickle.dumps(_Payload(trace)))
    assert trace.exists(), "the payload works where pickle is used, so the test can fail"


@pytest.mark.parametrize("name", ["w.safetensors", "w.pth", "w.pth.tar"])
@pytest.mark.parametrize("content", [b"", b"<html>", b"PK\x03\x04" + bytes(50), bytes(200)])
def test_a_damaged_file_is_refused_by_name(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=f"weights: .*{name}"):
        load_weights(tmp_path / name)


def test_a_cut_checkpoint_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "w.pth"
    torch.save(tiny().state_dict(), path)
    path.write_bytes(path.read_bytes()[:-5000])
    with pytest.raises(InputError, match="no whole file of weights"):
        load_weights(path)


def test_weights_of_something_else_are_refused() -> None:
    with pytest.raises(InputError, match="none of the file's 1 tensors fits"):
        apply_weights(tiny(), {"conv1.weight": torch.zeros(3)})


def test_missing_weights_are_refused_unless_partial_is_asked_for() -> None:
    state = dict(tiny(1).state_dict())
    del state["blocks.1.mlp.fc1.weight"]
    model = tiny(2)
    before = model.state_dict()["cls_token"].clone()
    with pytest.raises(
        InputError, match=r"1 of the model's tensors are missing in the file \(blocks\.1\.mlp\.fc1\.weight\)"
    ):
        apply_weights(model, state)
    assert torch.equal(model.state_dict()["cls_token"], before), "a refused file changes nothing"
    report = apply_weights(model, state, partial=True)
    assert report.missing == ("blocks.1.mlp.fc1.weight",)
    assert torch.equal(model.state_dict()["cls_token"], state["cls_token"])


def test_weights_of_another_width_are_refused_with_both_shapes() -> None:
    with pytest.raises(InputError, match=r"30 have another shape \(.*bias \(file 96, model 192\)"):
        apply_weights(tiny(), tiny(embed_dim=96).state_dict())


def test_weights_that_are_not_finite_are_refused() -> None:
    state = dict(tiny().state_dict())
    state["norm.weight"] = state["norm.weight"] * float("nan")
    with pytest.raises(InputError, match=r"'norm\.weight' holds values that are not finite"):
        apply_weights(tiny(), state)


def test_position_embeddings_of_another_grid_are_interpolated_and_reported() -> None:
    original, model = tiny(1, img_size=128), tiny(2)
    report = apply_weights(model, original.state_dict())
    assert report.resized == ("position embedding from 8 x 8 to 4 x 4 patches",)
    given, fitted = original.state_dict()["pos_embed"], model.state_dict()["pos_embed"]
    assert torch.equal(fitted[:, 0], given[:, 0])
    inner = given[0, 1:].reshape(4, 2, 4, 2, -1).mean((1, 3)).reshape(16, -1)
    assert torch.corrcoef(torch.stack([fitted[0, 1:].flatten(), inner.flatten()]))[0, 1] > 0.9


# Encoders on disk and at work


def test_an_encoder_is_loaded_as_it_was_imported(tmp_path: Path) -> None:
    original = tiny(1)
    torch.save(moco_checkpoint(original), tmp_path / "moco.pth.tar")
    config, _ = import_encoder(
        tmp_path / "gsv", TINY, tmp_path / "moco.pth.tar", image_size=64, licence="CC-BY-NC", depth=2
    )
    encoder = load_encoder(tmp_path / "gsv", precision="fp32")
    assert encoder.config == config == read_config(tmp_path / "gsv")
    assert (config.source, config.licence, config.dimension) == ("moco.pth.tar", "CC-BY-NC", 192)
    images = squares()
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (IMAGENET.mean, IMAGENET.std))
    with torch.inference_mode():
        expected = original.forward_features((images.permute(0, 3, 1, 2) / 255 - mean) / std)[:, 0]
    assert torch.allclose(encoder.encode(images), expected, atol=1e-4)


def test_register_tokens_do_not_become_the_embedding(tmp_path: Path) -> None:
    options: dict[str, Any] = {"image_size": 64, "depth": 2, "reg_tokens": 4}
    create_random_encoder(tmp_path / "reg", TINY, **options)
    encoder = load_encoder(tmp_path / "reg", precision="fp32")
    with torch.inference_mode():
        tokens = encoder.model.forward_features(encoder.normalise(squares()))
    assert torch.allclose(encoder.encode(squares()), tokens[:, 0])


def test_a_model_without_class_token_gives_what_it_pools(tmp_path: Path) -> None:
    options: dict[str, Any] = {"image_size": 64, "depth": 2, "class_token": False, "global_pool": "avg"}
    config = create_random_encoder(tmp_path / "gap", TINY, **options)
    encoder = load_encoder(tmp_path / "gap", precision="fp32")
    assert config.pooling == "avg"
    with torch.inference_mode():
        expected = encoder.model(encoder.normalise(squares()))
    assert torch.allclose(encoder.encode(squares()), expected)


def test_the_same_seed_gives_the_same_encoder_and_leaves_the_generator_alone(tmp_path: Path) -> None:
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    prints = {
        create_random_encoder(tmp_path / name, TINY, seed, image_size=64, depth=1).fingerprint
        for name, seed in (("a", 3), ("b", 3), ("c", 4))
    }
    assert len(prints) == 2
    assert torch.equal(torch.random.get_rng_state(), before)


def test_the_fingerprint_tells_normalisations_apart(tmp_path: Path) -> None:
    prints = {
        create_random_encoder(tmp_path / name, TINY, 0, image_size=64, depth=1, normalisation=pixels).fingerprint
        for name, pixels in (("a", IMAGENET), ("b", HALF))
    }
    assert len(prints) == 2


@pytest.mark.parametrize("damage", ["cut", "changed", "missing"])
def test_changed_weights_are_noticed(tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "e"
    create_random_encoder(folder, TINY, image_size=64, depth=1)
    weights = folder / "model.safetensors"
    content = bytearray(weights.read_bytes())
    if damage == "cut":
        weights.write_bytes(content[:-100])
    elif damage == "changed":
        content[-3] ^= 1
        weights.write_bytes(content)
    else:
        weights.unlink()
    with pytest.raises(InputError, match=r"import (it|the encoder) again"):
        load_encoder(folder)


def test_an_unknown_encoder_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is none yet"):
        load_encoder(tmp_path / "x")
    create_random_encoder(tmp_path / "demo", TINY, image_size=64, depth=1)
    with pytest.raises(InputError, match="there is no 'x', the encoders are demo"):
        load_encoder(tmp_path / "x")
    assert [config.name for config in list_encoders(tmp_path)] == ["demo"]


def test_a_record_of_a_later_version_is_still_read(tmp_path: Path) -> None:
    config = create_random_encoder(tmp_path / "e", TINY, image_size=64, depth=1)
    path = tmp_path / "e" / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"invented_later": 1}))
    assert read_config(tmp_path / "e") == config


@pytest.mark.parametrize("device", ["cuda:99", "tpu", "nonsense"])
def test_a_device_that_is_not_there_is_refused(tmp_path: Path, device: str) -> None:
    create_random_encoder(tmp_path / "e", TINY, image_size=64, depth=1)
    with pytest.raises(InputError, match=r"device: .*use auto"):
        load_encoder(tmp_path / "e", device)


def test_bf16_embeddings_point_where_fp32_embeddings_point(tmp_path: Path) -> None:
    create_random_encoder(tmp_path / "e", TINY, image_size=64, depth=12)
    half, full = (load_encoder(tmp_path / "e", precision=precision) for precision in ("bf16", "fp32"))
    cosine = torch.cosine_similarity(half.encode(squares(16)), full.encode(squares(16)))
    assert cosine.min() > 0.9998
    assert half.encode(squares(1)).dtype == torch.float32


def test_automatic_precision_is_one_of_the_two() -> None:
    assert choose_precision(torch.device("cpu"), "auto") in ("bf16", "fp32")
    assert choose_precision(torch.device("cpu"), "fp32") == "fp32"


def test_gradients_reach_the_attention_of_a_loaded_encoder(tmp_path: Path) -> None:
    create_random_encoder(tmp_path / "e", TINY, image_size=64, depth=1)
    encoder: Encoder = load_encoder(tmp_path / "e")
    encoder.model(encoder.normalise(squares(1))).sum().backward()
    assert encoder.model.blocks[0].attn.qkv.weight.grad is not None  # type: ignore[index, union-attr]


def test_a_hub_that_cannot_be_reached_is_said_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    with pytest.raises(
        StreetSenseError, match=r"weights of vit_tiny.* could not be downloaded .*refused.*use --weights"
    ):
        import_hub_encoder(tmp_path / "e", TINY)
    assert not (tmp_path / "e").exists()


def test_encoders_import_beside_any_torchvision() -> None:
    code = "import streetsense.encoders, timm; print(timm.create_model('vit_tiny_patch16_224', depth=1).num_features)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "192"


# The command line


@pytest.fixture
def study(tmp_path: Path) -> Study:
    import geopandas as gpd
    from shapely import box

    area = gpd.GeoDataFrame(geometry=[box(-1.2, 44.6, -1.0, 44.8)], crs="EPSG:4326")
    return Study.create(tmp_path / "study", area)


def cli(*arguments: object) -> Any:  # noqa: ANN401 - typer's result
    return CliRunner().invoke(app, ["encoders", *map(str, arguments)])


def test_importing_reports_what_was_loaded_and_shows_the_encoder(study: Study, tmp_path: Path) -> None:
    torch.save(moco_checkpoint(create_model(TINY, img_size=64)), tmp_path / "moco.pth.tar")
    options = ("--architecture", TINY, "--weights", tmp_path / "moco.pth.tar", "--image-size", 64)
    result = cli("import", study.root, "gsv", *options, "--normalisation", "half", "--licence", "CC-BY-NC")
    assert result.exit_code == 0, result.output
    assert "from 'state_dict.module.base_encoder.*'" in result.output
    assert "(not part of the encoder, left out): head.0.weight" in result.output
    assert "mean 0.5 0.5 0.5" in result.output
    shown = cli("show", study.root, "gsv", "--json")
    assert EncoderConfig.model_validate_json(shown.stdout).licence == "CC-BY-NC"
    assert "gsv" in cli("list", study.root).stdout


def test_random_weights_are_called_what_they_are(study: Study) -> None:
    result = cli("import", study.root, "demo", "--architecture", TINY, "--random", 0, "--image-size", 32)
    assert "random weights, for tests and demos" in result.output
    assert json.loads(cli("list", study.root, "--json").stdout)[0]["source"] == "random seed 0"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ((), "exactly one of --weights FILE, --hub and --random SEED"),
        (("--random", 0, "--hub"), "exactly one of"),
        (("--random", 0, "--normalisation", "1,2/3"), "normalisation: '1,2/3' cannot be used"),
        (("--weights", "absent.pth"), "weights: absent.pth does not exist"),
    ],
)
def test_a_wrong_import_is_one_sentence_and_exit_code_2(
    study: Study, options: tuple[object, ...], sentence: str
) -> None:
    result = cli("import", study.root, "x", "--architecture", TINY, *options)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_an_encoder_is_replaced_only_when_asked(study: Study) -> None:
    first = ("import", study.root, "e", "--architecture", TINY, "--image-size", 32)
    assert cli(*first, "--random", 0).exit_code == 0
    refused = cli(*first, "--random", 1)
    assert refused.exit_code == 2
    assert "--replace" in refused.stderr
    assert cli(*first, "--random", 1, "--replace").exit_code == 0
    assert read_config(study.encoders_dir / "e").source == "random seed 1"
