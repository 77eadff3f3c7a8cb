"""Pre-training of every objective with an equal budget: as many pairs, steps and parameters for each."""

from __future__ import annotations

from objectives import design
from objectives.data import run
from objectives.design import Workplace
from streetsense.study import Study


def encoder_name(objective: str, seed: int) -> str:
    """Return what an encoder of the comparison is called."""
    return f"{objective}-s{seed}"


def pair_inputs(place: Workplace, objective: str) -> dict[str, object]:
    """Return the inputs of ``pair``: equally many pairs for every objective, none from held-out ground or days."""
    return {
        "objective": objective,
        "name": objective,
        "size": design.PAIRS,
        "redraw": True,
        "until": design.UNTIL,
        "hold_out_area": str(place.held_out),
        "seed": design.CITY,
    }


def pretrain_inputs(objective: str, seed: int, device: str) -> dict[str, object]:
    """Return the inputs of ``pretrain``: one recipe for every objective.

    The joint one shares each batch among three, so that its epochs have three times the steps: a third of the epochs
    are as many pairs, steps and updates.
    """
    learned = list(design.SINGLE) if objective == "joint" else [objective]
    return {
        "pairs": learned,
        "name": encoder_name(objective, seed),
        "recipe": design.RECIPE,
        **design.RECIPE_CHANGES,
        "epochs": design.EPOCHS / len(learned),
        "warmup_epochs": design.WARMUP_EPOCHS / len(learned),
        "seed": seed,
        "device": device,
        "probe_every": 0,
    }


def make_pairs(place: Workplace, study: Study) -> None:
    """Draw the pairs of every single objective that the study lacks."""
    for objective in design.SINGLE:
        if not (study.root / "pairs" / objective / "pairs.json").is_file():
            print(run(study, "pair", **pair_inputs(place, objective)))


def make_random_encoders(study: Study) -> None:
    """Make the encoders that learned nothing: what the others were before their first step."""
    import torch

    from streetsense.encoders import describe, save_encoder
    from streetsense.images import IMAGENET
    from streetsense_training.vit import build_backbone

    options = {"img_size": design.IMAGE_SIZE, **design.ARCHITECTURE_OPTIONS}
    for seed in design.SEEDS:
        folder = study.encoders_dir / encoder_name(design.RANDOM, seed)
        if not (folder / "config.json").is_file():
            torch.manual_seed(seed)
            model = build_backbone(design.ARCHITECTURE, design.IMAGE_SIZE, design.ARCHITECTURE_OPTIONS)
            record = {"objective": "none: fresh weights"}
            config = describe(
                folder.name, design.ARCHITECTURE, model, options, f"seed {seed}", IMAGENET, "none needed", record
            )
            with study.lock("encoders"):
                save_encoder(folder, model, config)


def train(place: Workplace, study: Study, device: str) -> None:
    """Pre-train what the study lacks; a run that was stopped goes on from its last checkpoint."""
    make_pairs(place, study)
    for seed in design.SEEDS:
        for objective in design.OBJECTIVES:
            name = encoder_name(objective, seed)
            if not (study.encoders_dir / name / "config.json").is_file():
                print(run(study, "pretrain", **pretrain_inputs(objective, seed, device)), flush=True)
