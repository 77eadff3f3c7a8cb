"""What a run is to do: the choices of a person, and the executions that they come to."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from ..i18n import tr

#: What can be mapped.
APPEARANCE, INDICATOR, VIEW_SCORE = "appearance", "indicator", "view-score"
#: Where an encoder comes from.
OF_STUDY, FROM_HUB, FROM_FILE, LEARN, RANDOM = "study", "hub", "file", "learn", "random"
#: Providers that need no choice of photos.
DEMOCITY, FOLDER = "democity", "folder"
#: Where an encoder learns from the views themselves: pairs an epoch, and the side of its images (pixels). They take
#: minutes on a processor.
_PAIRS, _LEARNED_SIDE = 2000, 96


@dataclass
class Labels:
    """What is known, to learn from.

    Attributes
    ----------
    source : str
        A path inside the study (``uploads/labels.gpkg``, ``results/democity_block_groups.gpkg``).
    field : str
        The column with the values.
    unit : str
        What it is measured in.
    polygons : bool
        Whether these are areas; labelled views or points otherwise.
    id_field : str
        The column that tells the areas apart; a usual name, or their numbers, unless given.
    """

    source: str = ""
    field: str = ""
    unit: str = ""
    polygons: bool = True
    id_field: str = ""


@dataclass
class RunPlan:
    """The choices of a person; what is empty is not chosen yet.

    Attributes
    ----------
    study : str
        Name of the study, which is made where it is missing.
    name : str
        Name of the result.
    area : dict
        GeoJSON geometry (WGS84).
    provider : str
        Where the views come from.
    photos, table : str
        Paths inside the study, for the provider ``folder``.
    roads : str
        ``osm``, ``democity`` or a path inside the study; empty where no sample points are wanted.
    spacing : float
        Metres between sample points.
    network : str
        Which ways of OpenStreetMap are roads.
    headings : list of float
        Degrees; where the views of a panorama look.
    relative_to : str
        ``road`` or ``north``.
    dates : list of str
        Of the synthetic city.
    max_views : int
        Stop there; 0 takes all.
    since, until : str
        First and last day of capture (``2019-07-15``); empty for no limit.
    history : bool
        Also older captures of a place, not the newest alone.
    max_cost : float
        Stop before a provider's photos cost more (US dollars); 0 where nothing is billed.
    accept_terms : bool
        The user confirms the provider's terms for this study.
    api_url : str
        Another address than the provider's usual one.
    goal : str
        What is mapped: `APPEARANCE`, `INDICATOR`, `VIEW_SCORE`.
    labels : Labels
        What to learn from, for the goals that learn.
    units : str
        ``h3:9``, ``square:200`` or a path inside the study; empty for the label polygons (or for points).
    encoder_from : str
        `OF_STUDY`, `FROM_HUB`, `FROM_FILE`, `LEARN` or `RANDOM`.
    encoder : str
        Its name in the study.
    architecture : str
        timm's name, where an encoder is made.
    weights : str
        Path inside the study, for `FROM_FILE`.
    epochs : int
        Passes over the views, for `LEARN`.
    attention : int
        For so many views pictures of the model's attention are made; 0 for none.
    """

    study: str = ""
    name: str = ""
    area: dict[str, Any] = field(default_factory=dict)
    provider: str = ""
    photos: str = ""
    table: str = ""
    roads: str = "osm"
    spacing: float = 15.0
    network: str = "drive"
    headings: list[float] = field(default_factory=lambda: [0.0, 90.0, 180.0, 270.0])
    relative_to: str = "road"
    dates: list[str] = field(default_factory=list)
    max_views: int = 0
    since: str = ""
    until: str = ""
    history: bool = False
    max_cost: float = 0.0
    accept_terms: bool = False
    api_url: str = ""
    goal: str = APPEARANCE
    labels: Labels = field(default_factory=Labels)
    units: str = ""
    encoder_from: str = RANDOM
    encoder: str = ""
    architecture: str = "vit_small_patch16_224"
    weights: str = ""
    epochs: int = 8
    attention: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> RunPlan:
        """Return the plan of JSON values; what this version does not know is left out."""
        known = {name: value for name, value in values.items() if name in cls.__dataclass_fields__}
        given = known.get("labels") or {}
        labels = Labels(**{name: value for name, value in given.items() if name in Labels.__dataclass_fields__})
        return cls(**{**known, "labels": labels})


@dataclass(frozen=True)
class Execution:
    """One execution of a process.

    Attributes
    ----------
    process : str
        The verb.
    inputs : dict
        Its inputs, without the study.
    title : str
        What it does, for people.
    """

    process: str
    inputs: dict[str, Any]
    title: str


def executions(plan: RunPlan) -> list[Execution]:
    """Return what has to be executed, in order.

    They are submitted together: the engine runs the jobs of one study one after the other, so a run goes on when QGIS
    is closed.
    """
    fetch = Execution("fetch", fetch_inputs(plan), tr("Run", "Fetching street views"))
    steps = [*sampling(plan), fetch, *_encoder(plan)]
    steps.append(Execution("embed", {"encoder": plan.encoder}, tr("Run", "Looking at the photos")))
    steps += _mapping(plan)
    if plan.attention:
        asked: dict[str, Any] = {"count": plan.attention, "name": plan.name}
        asked.update({"encoder": plan.encoder} if plan.goal == APPEARANCE else {"predictor": plan.name})
        steps.append(Execution("attend", asked, tr("Run", "Asking the model where it looked")))
    return steps


def sampling(plan: RunPlan) -> list[Execution]:
    """Return how sample points are placed; nothing where none are wanted."""
    if not plan.roads:
        return []
    inputs: dict[str, Any] = {"roads": plan.roads, "spacing": plan.spacing}
    if plan.roads == "osm":
        inputs["network"] = plan.network
    return [Execution("sample", inputs, tr("Run", "Placing sample points along the roads"))]


def fetch_inputs(plan: RunPlan) -> dict[str, Any]:
    """Return what ``fetch`` is asked; keys are not among it, they belong to no plan."""
    inputs: dict[str, Any] = {"provider": plan.provider, "headings": plan.headings, "relative_to": plan.relative_to}
    if plan.provider == FOLDER:
        inputs["photos"] = plan.photos
    given = {
        "table": plan.table if plan.provider == FOLDER else "",
        "dates": plan.dates,
        "max_views": plan.max_views,
        "since": plan.since,
        "until": plan.until,
        "history": plan.history,
        "max_cost": plan.max_cost,
        "accept_terms": plan.accept_terms,
        "api_url": plan.api_url,
    }
    inputs.update({name: value for name, value in given.items() if value})
    return inputs


def _encoder(plan: RunPlan) -> list[Execution]:
    if plan.encoder_from == OF_STUDY:
        return []
    if plan.encoder_from == LEARN:
        # Self pairs need one date only; they teach the whole scene.
        pair = {"objective": "self", "name": plan.encoder, "size": _PAIRS, "redraw": True}
        learn = {
            "name": plan.encoder,
            "pairs": [plan.encoder],
            "recipe": "cpu-small",
            "image_size": _LEARNED_SIDE,
            "epochs": plan.epochs,
            "checkpoint_every": 50,
        }
        return [
            Execution("pair", pair, tr("Run", "Pairing views")),
            Execution("pretrain", learn, tr("Run", "Learning to see from these views")),
        ]
    inputs: dict[str, Any] = {"name": plan.encoder, "architecture": plan.architecture, "replace": True}
    given = {FROM_HUB: {"hub": True}, FROM_FILE: {"weights": plan.weights}, RANDOM: {"random": 0}}
    return [Execution("import-encoder", {**inputs, **given[plan.encoder_from]}, tr("Run", "Adding the encoder"))]


def _mapping(plan: RunPlan) -> list[Execution]:
    layer: dict[str, Any] = {"name": plan.name}
    if plan.units:
        layer["units"] = plan.units
    if plan.goal == APPEARANCE:
        layer["encoder"] = plan.encoder
        return [Execution("predict", layer, tr("Run", "Mapping where places look alike"))]
    known = {
        "name": plan.name,
        "encoder": plan.encoder,
        "labels": plan.labels.source,
        "target": plan.labels.field,
        "replace": True,
    }
    if plan.labels.unit:
        known["target_unit"] = plan.labels.unit
    if not plan.labels.polygons:
        known["model"] = "ridge"
    elif plan.labels.id_field:
        known["id_column"] = plan.labels.id_field
    if plan.goal == INDICATOR and "units" not in layer:
        layer["units"] = plan.labels.source
        if plan.labels.id_field:
            layer["id_column"] = plan.labels.id_field
    layer["predictor"] = plan.name
    return [
        Execution("fit", known, tr("Run", "Learning the indicator")),
        Execution("predict", layer, tr("Run", "Mapping the prediction")),
    ]
