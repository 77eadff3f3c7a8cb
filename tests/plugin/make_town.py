"""Makes a small study of the synthetic city in the folder that is given; runs in the engine's environment."""

from __future__ import annotations

import sys
from pathlib import Path

from streetsense.encoders import create_random_encoder
from streetsense.jobs import execute
from streetsense.processes import find_process
from streetsense.progress import Silent
from streetsense.streetview.democity import DemoCity
from streetsense.study import Study
from streetsense.vectors import write_vector


def make(folder: Path) -> None:
    """Make the study."""
    city = DemoCity(0)
    study = Study.create(folder, city.area(), "Town")
    (folder / "uploads").mkdir()
    write_vector(city.roads(), folder / "uploads" / "roads.gpkg")
    create_random_encoder(study.encoders_dir / "tiny", "vit_tiny_patch16_224", seed=0, image_size=64)
    blocks, safety = study.results_dir / "democity_block_groups.gpkg", study.results_dir / "democity_safety.csv"
    steps = [
        ("sample", {"roads": str(folder / "uploads" / "roads.gpkg"), "spacing": 400}),
        ("fetch", {"provider": "democity", "dates": ["2019-07", "2023-02"], "size": 96, "max_views": 2400}),
        ("embed", {"encoder": "tiny"}),
        ("fit", {"name": "median_income", "encoder": "tiny", "labels": str(blocks), "target": "median_income",
                 "target_unit": "USD a year", "penalties": 20}),
        ("fit", {"name": "safety", "encoder": "tiny", "labels": str(safety), "target": "safety", "model": "ridge",
                 "target_unit": "of 10"}),
        ("predict", {"name": "predicted_median_income", "predictor": "median_income", "units": str(blocks)}),
        ("predict", {"name": "predicted_safety", "predictor": "safety"}),
    ]  # fmt: skip
    for verb, inputs in steps:
        process = find_process(verb)
        execute(process, study, process.parse(inputs), screen=Silent())


if __name__ == "__main__":
    make(Path(sys.argv[1]))
