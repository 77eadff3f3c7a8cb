"""The demonstration on the synthetic city: every verb once, then a map and a page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from streetsense.demo.page import DemoPage, PhotoPair
from streetsense.demo.steps import INTERVAL_NOTE, Steps
from streetsense.maps.figure import MapText
from streetsense.progress import Progress, Stage
from streetsense.study import Study
from streetsense.vectors import write_vector

SYNTHETIC = (
    "Everything here is synthetic: the streets, the photos, the people's incomes. A program made them up (democity)."
)
#: The encoder that is pre-trained here, and the pairs that it learns from: self pairs teach most in minutes, and views
#: of one date are enough for them.
ENCODER, OBJECTIVE = "self-vit-tiny", "self"
#: A recipe that takes a few minutes on two processor cores. Larger images than its own show better what was looked at.
RECIPE, IMAGE_SIZE = "cpu-small", 96
EPOCHS = 8
#: Fewer views than this begin several pairs each, so that they fill batches.
FEW_VIEWS = 500
INDICATOR, SAFETY = "median_income", "safety"
#: Metres of town that are held out together: several block groups, so that no neighbour gives the answer away.
HELD_OUT = "300"


@dataclass(frozen=True)
class CityPlan:
    """How large the demonstration is.

    Attributes
    ----------
    seed : int
        Which city.
    spacing : float
        Metres between sample points.
    dates : tuple of str
        When views are taken.
    """

    seed: int = 0
    spacing: float = 40.0
    dates: tuple[str, ...] = ("2023-06",)


def demo_city(
    folder: Path,
    plan: CityPlan,
    *,
    screen: Progress,
    is_cancelled: Callable[[], bool] = lambda: False,
    tell: Callable[[str], None] = print,
) -> Path:
    """Make the demonstration in ``folder``; what is there already is kept and continued.

    Parameters
    ----------
    folder : Path
        Where ``index.html``, the map and the study go.
    plan : CityPlan
        How large.
    screen : Progress
        Who hears the progress, as one span from 0 to 1.
    is_cancelled : callable
        Asked often; True stops.
    tell : callable
        Called with a line of text about each finished step.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    InputError
        When the folder has the demonstration of another city.
    """
    from streetsense.streetview.democity import DemoCity
    from streetsense.streetview.synthetic import require_same_city

    city = DemoCity(plan.seed)
    study = folder / "study"
    opened = Study.open(study) if (study / "study.json").is_file() else None
    if opened is not None:  # asked before anything of the other city is replaced
        views = opened.views(columns=["provider", "source_id"])
        require_same_city(views.loc[views["provider"] == "democity", "source_id"], plan.seed)
    roads = folder / "city" / "roads.geojson"
    for name, layer in (("area", city.area()), ("roads", city.roads())):
        write_vector(layer, folder / "city" / f"{name}.geojson")
    made = opened or Study.create(study, city.area(), "democity")

    def steps(start: float, end: float) -> Steps:
        return Steps(made, Stage(screen, start, end), is_cancelled, tell)

    steps(0.0, 0.02).run("sample", roads=str(roads), spacing=plan.spacing)
    steps(0.02, 0.35).run("fetch", provider="democity", seed=plan.seed, dates=list(plan.dates))
    learned = _pretrain(made, steps(0.35, 0.37), steps(0.37, 0.75), plan.seed)
    steps(0.75, 0.80).run("embed", encoder=ENCODER)
    groups, labels = made.results_dir / "democity_block_groups.gpkg", made.results_dir / "democity_safety.csv"
    income = {"labels": str(groups), "target": INDICATOR, "target_unit": "USD a year"}
    safety = {"labels": str(labels), "target": SAFETY, "target_unit": "of 10", "model": "ridge"}
    steps(0.80, 0.86).run("fit", name=INDICATOR, encoder=ENCODER, block_size=HELD_OUT, **income)
    steps(0.86, 0.88).run("fit", name=SAFETY, encoder=ENCODER, block_size=HELD_OUT, **safety)
    steps(0.88, 0.92).run("predict", predictor=INDICATOR, units=str(groups), name=f"predicted_{INDICATOR}")
    steps(0.92, 0.94).run("predict", predictor=SAFETY, name=f"predicted_{SAFETY}")
    last = steps(0.94, 1.0)
    attended = last.attend(encoder=ENCODER, predictor=SAFETY, name=SAFETY)
    image = last.draw(
        f"predicted_{INDICATOR}",
        MapText(
            "democity (synthetic): predicted median income",
            "median income (USD a year)",
            "width of the 90 % interval (USD a year)",
            "StreetSense democity: synthetic data",
        ),
        folder / "map.png",
    )
    page = _page(folder, last, image, attended, learned)
    page.write(folder / "index.html")
    return folder / "index.html"


def _pretrain(study: Study, pairing: Steps, learning: Steps, seed: int) -> str:
    """Pre-train the demonstration's encoder on its views; return what came of it, in a sentence or two."""
    views = len(study.views(columns=["view_id"]))
    size = max(views, FEW_VIEWS)
    if not (study.root / "pairs" / OBJECTIVE / "pairs.json").is_file():
        pairing.run("pair", objective=OBJECTIVE, name=OBJECTIVE, size=size, redraw=True, seed=seed)
    outputs = learning.run(
        "pretrain",
        pairs=[OBJECTIVE],
        name=ENCODER,
        recipe=RECIPE,
        image_size=IMAGE_SIZE,
        epochs=EPOCHS,
        checkpoint_every=50,
    ).model_dump()
    return (
        f"The encoder was pre-trained here, on nothing but the photos: {outputs['steps']:,} steps in which a small "
        f"vision transformer learned to recognise a view that was cut, recoloured and blurred in two ways (loss "
        f"{outputs['loss']:.2f}; an encoder that cannot has {outputs['chance']:.2f}). That is minutes where published "
        "encoders learn for days."
    )


def _page(folder: Path, steps: Steps, image: Path, photos: list[PhotoPair], learned: str) -> DemoPage:
    results = steps.study.results_dir
    curves = steps.study.encoders_dir / ENCODER / "pretraining" / "curves.png"
    return DemoPage(
        title="StreetSense: from street photos to a map",
        notices=[SYNTHETIC, learned],
        map_image=image,
        map_caption="Left: predicted median income of each block group, with streets and the places of the views. "
        "Right: how wide the interval is. Hatched: unlike anything the model was fitted on.",
        scores=[
            steps.score_table(INDICATOR, "Median income of block groups (USD a year), from the mean of their views:"),
            steps.score_table(SAFETY, "Perceived safety of single views (0 to 10):"),
        ],
        photos=photos,
        reading=[
            f"Income: {steps.verdict(INDICATOR)}",
            f"Safety: {steps.verdict(SAFETY)}",
            "R² is the share of the differences between places that the prediction explains; 0 is no better than "
            "predicting the mean everywhere.",
            "Blocks held out together are the honest test for mapping a part of town without labels: neighbours look "
            "alike, so leaving single places out is too easy.",
            INTERVAL_NOTE,
            "Bright parts of a photo moved the prediction of safety most. They do not say why, nor whether they are a "
            "cause.",
        ],
        files=[
            (results / f"predicted_{INDICATOR}.gpkg", "layer for QGIS, with its style"),
            (results / f"predicted_{INDICATOR}.tif", "the same as a raster surface"),
            (results / f"predicted_{SAFETY}.gpkg", "perceived safety of every view"),
            (results / "roads.gpkg", "the streets that were sampled"),
            (curves, "how the encoder was pre-trained: loss, schedules, speed"),
        ],
    )
