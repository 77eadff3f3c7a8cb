"""``streetsense encoders``: list, show and import the encoders of a study."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streetsense.cli.console import Interrupt, err, one_sentence, out
from streetsense.cli.place import place
from streetsense.cli.verbs import JsonOption, StudyArgument
from streetsense.errors import InputError
from streetsense.processes.import_encoder import PROCESS, Outputs
from streetsense.study import checked_name

if TYPE_CHECKING:
    from streetsense.encoders import EncoderConfig

encoders_app = typer.Typer(
    help="List, show and import the encoders of a study.", no_args_is_help=True, rich_markup_mode=None
)
NameArgument = Annotated[str, typer.Argument(help="the encoder's name in the study", show_default=False)]
ArchitectureOption = Annotated[
    str, typer.Option(help="timm's name of the vision transformer, such as vit_base_patch16_224", show_default=False)
]
WeightsOption = Annotated[
    Path | None, typer.Option(help="file of weights: safetensors, MoCo v3 .pth.tar, or a plain state dict")
]
SeedOption = Annotated[int | None, typer.Option(help="random weights with this seed, for tests and demos")]
SizeOption = Annotated[
    int | None, typer.Option(help="side of the square images in pixels [default: the architecture's]", min=16, max=4096)
]
NormalisationOption = Annotated[
    str | None,
    typer.Option(
        help="of the pixels: imagenet, half (to -1..1), or MEAN,MEAN,MEAN/STD,STD,STD of values scaled to 0..1 "
        "[default: imagenet; with --hub what the hub says]",
        metavar="imagenet|half|M,M,M/S,S,S",
    ),
]


@encoders_app.command("list")
def list_them(study: StudyArgument, as_json: JsonOption = False) -> None:
    """List the encoders of a study."""
    with one_sentence():
        configs = place().encoders(study)
    if as_json:
        sys.stdout.write("[" + ",\n".join(config.model_dump_json(indent=2) for config in configs) + "]\n")
    elif not configs:
        out.print("none; add one with 'streetsense encoders import'", markup=False)
    for config in [] if as_json else configs:
        facts = (config.architecture, f"{config.dimension} values", f"{config.image_size} px", config.source)
        out.print(f"{config.name:<20} {', '.join(facts)}", markup=False)


@encoders_app.command("show")
def show_one(study: StudyArgument, name: NameArgument, as_json: JsonOption = False) -> None:
    """Show what is known about an encoder."""
    with one_sentence():
        _show(_record(study, checked_name(name, "encoder")), as_json)


@encoders_app.command("import")
def import_one(
    study: StudyArgument,
    name: NameArgument,
    architecture: ArchitectureOption,
    weights: WeightsOption = None,
    hub: Annotated[bool, typer.Option("--hub", help="take the pre-trained weights of timm's hub")] = False,
    random: SeedOption = None,
    image_size: SizeOption = None,
    normalisation: NormalisationOption = None,
    licence: Annotated[str | None, typer.Option(help="of the weights")] = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="accept weights that do not cover the whole model")
    ] = False,
    replace: Annotated[bool, typer.Option("--replace", help="replace an encoder of that name")] = False,
    as_json: JsonOption = False,
) -> None:
    """Add an encoder to a study: from a file of weights, from timm's hub, or with random weights."""
    with one_sentence(), Interrupt().listening() as interrupt:
        if sum((weights is not None, hub, random is not None)) != 1:
            raise InputError("weights: give exactly one of --weights FILE, --hub and --random SEED.")
        given = {
            "name": name,
            "architecture": architecture,
            "weights": None if weights is None else str(weights),
            "hub": hub,
            "random": random,
            "image_size": image_size,
            "normalisation": normalisation,
            "licence": licence,
            "partial": partial,
            "replace": replace,
        }
        outputs = place().run(
            PROCESS, study, {key: value for key, value in given.items() if value is not None}, interrupt
        )
        if isinstance(outputs, Outputs) and not hub:
            err.print(outputs.report, markup=False)
        _show(_record(study, name), as_json)


def _record(study: Path, name: str) -> EncoderConfig:
    configs = place().encoders(study)
    for config in configs:
        if config.name == name:
            return config
    there = f"the encoders are {', '.join(config.name for config in configs)}" if configs else "there is none yet"
    raise InputError(f"encoder: there is no '{name}', {there}; add one with 'streetsense encoders import'.")


def _show(config: EncoderConfig, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(config.model_dump_json(indent=2) + "\n")
        return
    pixels = config.preprocess.normalisation
    rows = {
        "name": config.name,
        "architecture": config.architecture + "".join(f", {key} {value}" for key, value in config.options.items()),
        "embedding": f"{config.dimension} values, pooled by '{config.pooling}'",
        "images": f"{config.image_size} px: short side resized (bicubic), centre cropped",
        "normalisation": f"mean {_numbers(pixels.mean)}, standard deviation {_numbers(pixels.std)}",
        "weights": config.source,
        "pre-training": ", ".join(f"{key}: {value}" for key, value in config.pretraining.items()) or "not known",
        "licence": config.licence,
        "decoder": config.decoder,
        "created": config.created,
        "fingerprint": config.fingerprint,
    }
    for title, text in rows.items():
        out.print(f"{title:<14} {text}", markup=False)


def _numbers(values: tuple[float, ...]) -> str:
    return " ".join(f"{value:g}" for value in values)
