"""``streetsense encoders``: list, show and import the encoders of a study."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from streetsense.cli.console import err, one_sentence, out
from streetsense.cli.verbs import JsonOption, StudyArgument
from streetsense.errors import InputError
from streetsense.study import Study, checked_name

if TYPE_CHECKING:
    from streetsense.encoders import EncoderConfig
    from streetsense.images import Normalisation

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
        folder = Study.open(study).encoders_dir
        from streetsense.encoders import list_encoders

        configs = list_encoders(folder)
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
        folder = Study.open(study).encoders_dir
        from streetsense.encoders import read_config

        _show(read_config(folder / checked_name(name, "encoder")), as_json)


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
    with one_sentence():
        if sum((weights is not None, hub, random is not None)) != 1:
            raise InputError("weights: give exactly one of --weights FILE, --hub and --random SEED.")
        opened = Study.open(study)
        folder = opened.encoders_dir / checked_name(name, "encoder")
        if (folder / "config.json").exists() and not replace:
            raise InputError(f"name: the study has an encoder '{name}' already; choose another name, or --replace it.")
        from streetsense.encoders import create_random_encoder, import_encoder, import_hub_encoder
        from streetsense.images import IMAGENET

        pixels = None if normalisation is None else parse_normalisation(normalisation)
        with opened.lock("encoders import"):
            if weights is not None:
                config, report = import_encoder(
                    folder,
                    architecture,
                    weights,
                    image_size=image_size,
                    normalisation=pixels or IMAGENET,
                    licence=licence or "unknown",
                    partial=partial,
                )
                err.print(report.as_text(), markup=False)
            elif random is not None:
                config = create_random_encoder(
                    folder, architecture, random, image_size=image_size, normalisation=pixels or IMAGENET
                )
                err.print("random weights, for tests and demos: its embeddings are no measurement", markup=False)
            else:
                config = import_hub_encoder(
                    folder, architecture, image_size=image_size, normalisation=pixels, licence=licence
                )
        _show(config, as_json)


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
