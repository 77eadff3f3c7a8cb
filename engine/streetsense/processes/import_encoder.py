"""``import-encoder``: an encoder from a file of weights, from timm's hub, or with random weights."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, model_validator

from streetsense.errors import InputError
from streetsense.processes.forms import ADVANCED
from streetsense.processes.process import Process, ProcessInputs, ProcessOutputs
from streetsense.processes.reads import Reads
from streetsense.progress import Progress
from streetsense.study import Study, checked_name

if TYPE_CHECKING:
    from streetsense.encoders import EncoderConfig
    from streetsense.images import Normalisation

#: What is said of encoders that have learnt nothing.
RANDOM_NOTE = "random weights, for tests and demos: its embeddings are no measurement"


class Inputs(ProcessInputs):
    """Which encoder, and where its weights come from."""

    name: str = Field(description="what the study calls the encoder")
    architecture: str = Field(description="timm's name of the vision transformer, such as vit_base_patch16_224")
    # Other formats are pickles. They are read without running anything in them, but of strangers not even that.
    weights: Annotated[Path, Reads(served=(".safetensors",), kind="weights")] | None = Field(
        None, description="file of weights: safetensors, MoCo v3 .pth.tar, or a plain state dict"
    )
    hub: bool = Field(False, description="take the pre-trained weights of timm's hub")
    random: Annotated[int | None, ADVANCED] = Field(
        None, description="random weights with this seed, for tests and demos"
    )
    image_size: Annotated[int | None, ADVANCED] = Field(
        None, ge=16, le=4096, description="side of the square images; the architecture's unless given",
        json_schema_extra={"unit": "px"},
    )  # fmt: skip
    normalisation: Annotated[str | None, ADVANCED] = Field(
        None,
        description="of the pixels: imagenet, half (to -1..1), or MEAN,MEAN,MEAN/STD,STD,STD of values scaled to 0..1; "
        "imagenet unless given, with hub what the hub says",
    )
    licence: str | None = Field(None, description="of the weights")
    partial: Annotated[bool, ADVANCED] = Field(False, description="accept weights that do not cover the whole model")
    replace: bool = Field(False, description="replace an encoder of that name")

    @model_validator(mode="after")
    def _one_source(self) -> Inputs:
        if sum((self.weights is not None, self.hub, self.random is not None)) != 1:
            raise ValueError("give exactly one of weights (a file), hub and random (a seed)")
        return self


class Outputs(ProcessOutputs):
    """The encoder as the study has it now."""

    name: str = Field(description="what the study calls it")
    architecture: str = Field(description="timm's name")
    dimension: int = Field(description="number of values of an embedding")
    image_size: int = Field(description="side of the square images (pixels)")
    pooling: str = Field(description="what the embedding is read from: token is [CLS], avg the mean of tokens")
    source: str = Field(description="where the weights come from")
    licence: str = Field(description="of the weights")
    fingerprint: str = Field(description="sha256 that tells it from other encoders")
    report: str = Field(description="what of the file went into the encoder, in a few lines")


def run(study: Study, inputs: Inputs, job: Progress) -> Outputs:
    """Make the encoder; one of the same name stays as it was when this fails."""
    folder = study.encoders_dir / checked_name(inputs.name, "encoder")
    if (folder / "config.json").exists() and not inputs.replace:
        raise InputError(
            f"name: the study has an encoder '{inputs.name}' already; choose another name, or --replace it."
        )
    pixels = None if inputs.normalisation is None else parse_normalisation(inputs.normalisation)
    job.report(0, 1, f"making encoder {inputs.name}")
    config, report = _make(folder, inputs, pixels)
    return Outputs(
        name=config.name,
        architecture=config.architecture,
        dimension=config.dimension,
        image_size=config.image_size,
        pooling=config.pooling,
        source=config.source,
        licence=config.licence,
        fingerprint=config.fingerprint,
        report=report,
    )


def _make(folder: Path, inputs: Inputs, pixels: Normalisation | None) -> tuple[EncoderConfig, str]:
    """Write the encoder; return its record and what there is to say about its weights."""
    from streetsense.encoders import create_random_encoder, import_encoder, import_hub_encoder
    from streetsense.images import IMAGENET

    if inputs.weights is not None:
        config, loaded = import_encoder(
            folder,
            inputs.architecture,
            inputs.weights,
            image_size=inputs.image_size,
            normalisation=pixels or IMAGENET,
            licence=inputs.licence or "unknown",
            partial=inputs.partial,
        )
        return config, loaded.as_text()
    if inputs.random is not None:
        config = create_random_encoder(
            folder,
            inputs.architecture,
            inputs.random,
            image_size=inputs.image_size,
            normalisation=pixels or IMAGENET,
        )
        return config, RANDOM_NOTE
    config = import_hub_encoder(
        folder, inputs.architecture, image_size=inputs.image_size, normalisation=pixels, licence=inputs.licence
    )
    return config, f"weights of {config.source}"


def parse_normalisation(text: str) -> Normalisation:
    """Read ``imagenet``, ``half`` or ``M,M,M/S,S,S``.

    Raises
    ------
    InputError
        When it is none of them.
    """
    from streetsense.images import NORMALISATIONS, Normalisation

    if text in NORMALISATIONS:
        return NORMALISATIONS[text]
    try:
        (red, green, blue), (red_std, green_std, blue_std) = (map(float, half.split(",")) for half in text.split("/"))
        return Normalisation(mean=(red, green, blue), std=(red_std, green_std, blue_std))
    except ValueError as error:
        raise InputError(
            f"normalisation: '{text}' cannot be used; write imagenet, half, or three means and three standard "
            "deviations above 0 such as 0.5,0.5,0.5/0.5,0.5,0.5."
        ) from error


PROCESS = Process(
    id="import-encoder",
    title="Add an encoder",
    description="Adds an encoder to the study: from a file of weights, from timm's hub, or with random weights.",
    inputs=Inputs,
    outputs=Outputs,
    run=run,
)
