"""Making encoders: from a file of weights, from timm's hub, or with random weights."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import torch
from torch import nn

from streetsense.encoders.architecture import create_model, default_image_size
from streetsense.encoders.checkpoint import LoadReport, apply_weights, load_weights
from streetsense.encoders.config import EncoderConfig
from streetsense.encoders.hub import hub_weights
from streetsense.encoders.store import save_encoder
from streetsense.images import IMAGENET, Normalisation, Preprocess

RANDOM = "random weights, for tests and demos"


def import_encoder(
    folder: Path,
    architecture: str,
    weights: Path,
    *,
    image_size: int | None = None,
    normalisation: Normalisation = IMAGENET,
    licence: str = "unknown",
    pretraining: dict[str, Any] | None = None,
    partial: bool = False,
    **options: Any,  # noqa: ANN401 - whatever timm takes
) -> tuple[EncoderConfig, LoadReport]:
    """Make an encoder from a file of weights.

    Parameters
    ----------
    folder : Path
        ``encoders/<name>``.
    architecture : str
        timm's name of the model that the weights were trained with.
    weights : Path
        safetensors, a MoCo v3 ``.pth.tar``, or any plain state dict (`load_weights`).
    image_size : int, optional
        Side of the square images in pixels; the architecture's by default.
    normalisation : Normalisation
        What the weights were trained with.
    licence : str
        Of the weights.
    pretraining : dict, optional
        What is known of it: objective, data, schedule.
    partial : bool
        Accept weights that do not cover the whole model.
    **options
        Passed to timm.

    Raises
    ------
    InputError
        When the architecture, the file or their fit is wrong, or the disk refuses.
    """
    tensors = load_weights(weights)
    model, told = _build(architecture, image_size, options)
    report = apply_weights(model, tensors, partial=partial)
    record = dict(pretraining or {})
    if not report.is_complete:
        record["left random"] = [*report.missing, *report.mismatched]
    config = describe(folder.name, architecture, model, told, weights.name, normalisation, licence, record)
    return save_encoder(folder, model, config), report


def import_hub_encoder(
    folder: Path,
    architecture: str,
    *,
    image_size: int | None = None,
    normalisation: Normalisation | None = None,
    licence: str | None = None,
) -> EncoderConfig:
    """Make an encoder with the pre-trained weights that timm's hub has for ``architecture``.

    Normalisation and licence are those that timm records for the weights, unless they are given.

    Raises
    ------
    InputError
        When timm has no such model or no weights for it.
    StreetSenseError
        When the weights cannot be downloaded.
    """
    found = hub_weights(architecture, image_size)
    told = {} if image_size is None else {"img_size": image_size}
    config = describe(
        folder.name,
        architecture,
        found.model,
        told,
        found.source,
        normalisation or found.normalisation,
        licence or found.licence,
        {"source": found.source},
    )
    return save_encoder(folder, found.model, config)


def create_random_encoder(
    folder: Path,
    architecture: str,
    seed: int = 0,
    *,
    image_size: int | None = None,
    normalisation: Normalisation = IMAGENET,
    **options: Any,  # noqa: ANN401 - whatever timm takes
) -> EncoderConfig:
    """Make an encoder with random weights, for tests and demos; the same seed gives the same encoder.

    Raises
    ------
    InputError
        When the architecture is wrong or the disk refuses.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model, told = _build(architecture, image_size, options)
    config = describe(
        folder.name,
        architecture,
        model,
        told,
        f"random seed {seed}",
        normalisation,
        "none needed",
        {"objective": RANDOM},
    )
    return save_encoder(folder, model, config)


def describe(
    name: str,
    architecture: str,
    model: nn.Module,
    options: dict[str, Any],
    source: str,
    normalisation: Normalisation,
    licence: str,
    pretraining: dict[str, Any],
) -> EncoderConfig:
    """Return the record of a model that is about to be saved (`save_encoder` adds the fingerprint)."""
    size = default_image_size(model)
    return EncoderConfig(
        name=name,
        architecture=architecture,
        options=options,
        image_size=size,
        dimension=int(model.num_features),  # type: ignore[arg-type]
        pooling=str(getattr(model, "global_pool", "token")),
        preprocess=Preprocess(size=size, normalisation=normalisation),
        source=source,
        pretraining=pretraining,
        licence=licence,
        created=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        fingerprint="",
    )


def _build(architecture: str, image_size: int | None, options: dict[str, Any]) -> tuple[nn.Module, dict[str, Any]]:
    told = dict(options) if image_size is None else {**options, "img_size": image_size}
    return create_model(architecture, **told), told
