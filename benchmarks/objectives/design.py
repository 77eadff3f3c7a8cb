"""What the comparison holds fixed: the city, its dates, and which ground and days no pre-training sees."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

CITY: Final = 0
#: Metres between sample points: 942 places of four views each.
SPACING: Final = 40.0
#: Pixels; the encoders see 96, and random crops want some more.
PHOTO_SIZE: Final = 128
#: Six months in which pre-training may look, over years and seasons (every panorama has its own hour, 9:00 to 16:00).
TRAINING_DATES: Final = ("2016-01", "2017-07", "2018-04", "2019-10", "2020-08", "2021-12")
#: Two months that no pre-training sees: a summer to look for, in a winter.
QUERY_DATE: Final = "2022-06"
GALLERY_DATE: Final = "2023-01"
TEST_DATES: Final = (QUERY_DATE, GALLERY_DATE)
#: The last month that pairs may come from.
UNTIL: Final = TRAINING_DATES[-1]
#: Blocks of the city in metres: 7 by 5 of them, and the share that no pre-training sees on any date.
BLOCK: Final = (1600 / 7, 240.0)
HELD_OUT_SHARE: Final = 0.3
HELD_OUT_SEED: Final = 20

OBJECTIVES: Final = ("self", "temporal", "spatial", "joint")
#: The single objectives that the joint one weighs against each other.
SINGLE: Final = ("self", "temporal", "spatial")
RANDOM: Final = "random"
SEEDS: Final = (0, 1, 2)

#: What all encoders are: small enough that twelve can be trained.
ARCHITECTURE: Final = "vit_tiny_patch16_224"
ARCHITECTURE_OPTIONS: Final[dict[str, int]] = {"depth": 4}
IMAGE_SIZE: Final = 64
#: Pairs of one epoch: about as many as there are views to learn from.
PAIRS: Final = 15_000
RECIPE: Final = "cpu-small"
#: What the comparison changes in the recipe, alike for every objective.
RECIPE_CHANGES: Final[dict[str, object]] = {
    "architecture": ARCHITECTURE,
    "options": ARCHITECTURE_OPTIONS,
    "image_size": IMAGE_SIZE,
    "shard_side": PHOTO_SIZE,
}
#: How often the pairs of one objective are gone through, and how long the learning rate rises.
EPOCHS, WARMUP_EPOCHS = 6.0, 0.5
#: Views of training ground and dates that the safety classifier learns from.
SAFETY_VIEWS: Final = 4000
#: What counts as safe and unsafe: above and below these percentiles of those views.
SAFE_ABOVE, UNSAFE_BELOW = 60.0, 40.0
#: How near in place and heading a view of another date must be to be the right answer.
SAME_PLACE_M, SAME_WAY_DEG = 10.0, 22.5
#: Side of the blocks that the indicators are left out in, and how often the grid of blocks is shifted.
INDICATOR_BLOCK_M, REPEATS = 300.0, 5


@dataclass(frozen=True)
class Workplace:
    """Where the stages leave what they made, so that the next call continues.

    Attributes
    ----------
    root : Path
        The folder given on the command line.
    """

    root: Path

    @property
    def study(self) -> Path:
        """The study of the synthetic city."""
        return self.root / "study"

    @property
    def held_out(self) -> Path:
        """The blocks that no pre-training sees."""
        return self.root / "held_out.gpkg"

    @property
    def scores(self) -> Path:
        """One JSON file an encoder."""
        return self.root / "scores"
