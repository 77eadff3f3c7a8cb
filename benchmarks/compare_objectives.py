"""What encoders learn from self, temporal, spatial and joint pairs, side by side on the synthetic city.

The paper finds temporal pairs best for recognising places, spatial ones for indicators of neighbourhoods, and self ones
for how safe a view looks (sections 4.2 to 4.4). Here twelve small encoders (four objectives, three seeds) learn from
the same photos with the same budget of pairs, and are judged in months that none of them saw: places and safety on
blocks of the city that none of them saw, indicators on the whole city. Beside them stand encoders with fresh weights.
The joint ones share each batch among three objectives, so each of their keys has fewer negatives. All is synthetic.

``python benchmarks/compare_objectives.py WORK_FOLDER [data] [train] [evaluate] [report]`` runs the stages that are
named, or all; each continues where it stopped.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from objectives.data import make_data
from objectives.design import Workplace
from objectives.evaluate import evaluate
from objectives.summary import summarise
from objectives.train import make_random_encoders, train

STAGES = ("data", "train", "evaluate", "report")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="work folder; what is there already is kept")
    parser.add_argument("stages", nargs="*", metavar="STAGE", help=f"{', '.join(STAGES)}; all by default")
    parser.add_argument("--device", default="auto", help="cpu, cuda, cuda:N or auto")
    options = parser.parse_args()
    if unknown := set(options.stages) - set(STAGES):
        parser.error(f"there is no stage {', '.join(sorted(unknown))}; the stages are {', '.join(STAGES)}")
    stages = options.stages or STAGES
    place = Workplace(options.folder)
    study = make_data(place)
    if "train" in stages:
        train(place, study, options.device)
    if "evaluate" in stages:
        make_random_encoders(study)
        evaluate(place, study, options.device)
    if "report" in stages:
        summarise(place)


if __name__ == "__main__":
    main()
