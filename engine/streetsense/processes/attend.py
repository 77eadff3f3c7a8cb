"""``attend``: where in the views the encoder, or a predictor, looked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from streetsense.errors import InputError, StreetSenseError
from streetsense.processes.forms import ADVANCED, Makes
from streetsense.processes.process import Process, ProcessOutputs
from streetsense.processes.question import Asked, encoder_asked, pose, settings_of, texts_of
from streetsense.progress import Progress
from streetsense.study import Study
from streetsense.study.folder import checked_name

if TYPE_CHECKING:
    import pandas as pd

    from streetsense.attention import MapFolder, Question, SeenPhoto
    from streetsense.encoders import Encoder
    from streetsense.indicators import Predictor


class Inputs(Asked):
    """What is asked, and of which views."""

    views: list[str] | None = Field(None, description="view_id of the views; chosen by count unless given")
    count: int = Field(12, ge=1, description="number of views, evenly spaced over all that are ok")
    batch_size: Annotated[int, ADVANCED] = Field(8, ge=1, le=1024, description="views at a time; more need more memory")
    device: Annotated[str, ADVANCED] = Field("auto", description="auto, cpu, cuda or cuda:NUMBER")
    name: str | None = Field(None, description="folder inside results/attention; made from the choices unless given")


class Outputs(ProcessOutputs):
    """What was made."""

    overlays: Annotated[str, Makes("folder")] = Field(description="folder of the overlays (PNG) inside the study")
    arrays: Annotated[str, Makes("file")] = Field(
        description="file inside the study with view_id, maps [N, rows, columns] and overlay (NPZ)"
    )
    views: int = Field(description="views that were asked about and have a map")
    skipped: int = Field(description="views whose photo could not be read")


def run(study: Study, inputs: Inputs, job: Progress) -> Outputs:
    """Make the maps of the chosen views, in batches; views that have one already are not done again."""
    from streetsense.attention import MapFolder
    from streetsense.encoders import load_encoder

    views = _chosen_views(study, inputs)
    predictor = _predictor(study, inputs)
    name = encoder_asked(inputs, predictor)
    if predictor is not None and predictor.record.nonzero == 0:
        job.warn(f"predictor '{inputs.predictor}' gives every view the same value, so its maps are empty.")
    job.report(0, len(views), f"loading encoder {name}")
    encoder = load_encoder(study.encoders_dir / checked_name(name, "encoder"), inputs.device)
    question = pose(inputs, encoder, predictor)
    _try_out(question, encoder)
    settings = settings_of(question, name, encoder, inputs, predictor)
    folder = MapFolder(study.results_dir / "attention" / _folder_name(inputs, name), settings)

    waiting = views[[not folder.has(view_id) for view_id in views["view_id"]]]
    done, skipped = len(views) - len(waiting), 0
    for first in range(0, len(waiting), inputs.batch_size):
        job.report(done, len(views), f"{done} of {len(views)} views")
        batch = waiting.iloc[first : first + inputs.batch_size]
        skipped += len(batch) - _attend(study, batch, encoder, question, folder, settings, job)
        done += len(batch)
    if skipped == len(views):
        raise StreetSenseError("views: none of their photos could be read; fetch them again.")
    number = folder.finish(views["view_id"].tolist())
    job.report(len(views), len(views), f"{number} overlays")
    return Outputs(
        overlays=folder.overlays.relative_to(study.root).as_posix(),
        arrays=folder.arrays.relative_to(study.root).as_posix(),
        views=number,
        skipped=skipped,
    )


def _chosen_views(study: Study, inputs: Inputs) -> pd.DataFrame:
    """Return ``view_id`` and ``path`` of the views that were named, or of ``count`` views evenly spaced over all."""
    import numpy as np

    views = study.views(columns=["view_id", "path"])
    if len(views) == 0:
        raise InputError("views: the study has none with a photo; run 'streetsense fetch' first.")
    if inputs.views is None:
        rows = np.linspace(0, len(views) - 1, min(inputs.count, len(views))).round().astype(int)
        spread: pd.DataFrame = views.iloc[rows]
        return spread
    known = views.set_index("view_id", drop=False)
    named = list(dict.fromkeys(inputs.views))
    if unknown := [view_id for view_id in named if view_id not in known.index]:
        raise InputError(
            f"views: the study has no usable view '{unknown[0]}'"
            + (f" (and {len(unknown) - 1} more of those given)" if len(unknown) > 1 else "")
            + "; the view_id column of its views lists them."
        )
    if not named:
        raise InputError("views: the list is empty; name views, or leave it out to have some chosen.")
    chosen: pd.DataFrame = known.loc[named]
    return chosen


def _predictor(study: Study, inputs: Inputs) -> Predictor | None:
    from streetsense.indicators import load_predictor

    if inputs.predictor is None:
        return None
    return load_predictor(study.predictors_dir / checked_name(inputs.predictor, "predictor"))


def _try_out(question: Question, encoder: Encoder) -> None:
    """Ask about a blank image: what the encoder cannot answer must not cost earlier results."""
    import torch

    side = encoder.preprocess.size
    question.maps(encoder.model, torch.zeros(1, 3, side, side, device=encoder.device))


def _folder_name(inputs: Inputs, encoder: str) -> str:
    """Return the name given, or one that says how these maps differ from others of the study."""
    if inputs.name is not None:
        return checked_name(inputs.name, "name")
    parts = [encoder, inputs.method, inputs.predictor or ""]
    parts += [] if inputs.query == "embedding" else [inputs.query.strip().replace(",", "_").replace(" ", "")]
    parts += [] if inputs.layer is None else [f"layer{inputs.layer}"]
    parts += [] if inputs.head is None else [f"head{inputs.head}"]
    return "-".join(filter(None, parts))


def _attend(
    study: Study,
    batch: pd.DataFrame,
    encoder: Encoder,
    question: Question,
    folder: MapFolder,
    settings: dict[str, object],
    job: Progress,
) -> int:
    """Make the maps and overlays of one batch; return how many views it had a readable photo for."""
    from streetsense.attention import answer

    photos = _photos(study, batch, encoder, job)
    if not photos:
        return 0
    texts = [texts_of(settings, view_id) for view_id in photos]
    answers = dict(zip(photos, answer(encoder, question, list(photos.values()), texts), strict=True))
    folder.add(
        {view_id: found.map for view_id, found in answers.items()},
        {view_id: found.png for view_id, found in answers.items()},
    )
    return len(photos)


def _photos(study: Study, batch: pd.DataFrame, encoder: Encoder, job: Progress) -> dict[str, SeenPhoto]:
    """Decode the photos of a batch, by view_id; those that cannot be read are named and left out."""
    from streetsense.attention import see_photo
    from streetsense.images import PhotoError

    photos = {}
    for view_id, path in zip(batch["view_id"], batch["path"], strict=True):
        try:
            photos[view_id] = see_photo(study.photo_path(path).read_bytes(), encoder.preprocess)
        except (OSError, PhotoError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            job.warn(f"view {view_id}: its photo was left out ({reason}).")
    return photos


PROCESS = Process(
    id="attend",
    title="Attention maps",
    description="Shows where in the views an encoder looked, or what made a predictor's output: overlays on photos, "
    "and the maps as arrays.",
    inputs=Inputs,
    outputs=Outputs,
    run=run,
)
