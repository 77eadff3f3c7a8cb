"""What is known about an encoder, as its ``config.json`` says it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from streetsense.images import DECODER, Preprocess


class EncoderConfig(BaseModel):
    """The record of one encoder."""

    model_config = ConfigDict(extra="ignore")

    name: str = Field(description="what the study calls it")
    architecture: str = Field(description="timm's name")
    options: dict[str, Any] = Field(default_factory=dict, description="what timm was told besides the name")
    image_size: int = Field(description="side of the square images in pixels")
    dimension: int = Field(description="number of values of an embedding")
    pooling: str = Field(
        default="token", description="what the embedding is read from: token is [CLS], avg the mean of tokens"
    )
    preprocess: Preprocess = Preprocess()
    source: str = Field(description="where the weights come from: a file's name, a hub name, or a random seed")
    pretraining: dict[str, Any] = Field(default_factory=dict, description="objective, data, schedule; as far as known")
    licence: str = Field(default="unknown", description="of the weights")
    decoder: str = Field(default=DECODER, description="what decoded photos when the encoder was made")
    created: str = Field(description="ISO 8601, UTC")
    fingerprint: str = Field(description="sha256 of weights, architecture and preprocessing (see `fingerprint`)")


def fingerprint(
    weights: Mapping[str, Tensor], architecture: str, options: Mapping[str, Any], preprocess: Preprocess
) -> str:
    """Return the sha256 that tells two encoders apart.

    It covers all that decides an embedding: the weights' names, types, shapes and bytes in the order of their names,
    the architecture with its options, and the preprocessing. The decoder's version is left out: an update of it must
    not make every embedding look foreign.
    """
    digest = hashlib.sha256()
    settings = {
        "architecture": architecture,
        "options": dict(options),
        "preprocess": preprocess.model_dump(mode="json", exclude={"decoder"}),
    }
    digest.update(json.dumps(settings, sort_keys=True).encode())
    for key in sorted(weights):
        value = weights[key].detach().cpu().contiguous()
        digest.update(f"\n{key} {value.dtype} {tuple(value.shape)}\n".encode())
        digest.update(value.flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()
