"""``attend``: where in the views the encoder, or a predictor, looked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from streetsense.errors import InputError, StreetSenseError
from streetsense.processes.process import Process, ProcessInputs, ProcessOutputs
from streetsense.progress import Progress
from streetsense.study import Study
from streetsense.study.folder import checked_name

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from streetsense.attention import MapFolder, Question
    from streetsense.encoders import Encoder
    from streetsense.indicators import Predictor


class Inputs(ProcessInputs):
    """What is asked, and of which views."""

    encoder: str | None = Field(None, description="the encoder's name; that of the predictor unless given")
    predictor: str | None = Field(
        None, description="explain the output of this predictor instead of the embedding (method relevance)"
    )
    method: Literal["relevance", "rollout", "raw"] = Field(
        "relevance",
        description="relevance: attention weighted by its gradient; rollout: attention followed through the layers; "
        "raw: the attention of one layer",
    )
    layer: int | None = Field(
        None,
        description="raw: the layer; rollout: the last layer that is followed (both: the encoder's last unless given); "
        "relevance: the first layer that takes part (0 unless given); -1 is the last",
    )
    head: int | None = Field(None, ge=0, description="one attention head, from 0; all of them unless given")
    query: str = Field(
        "embedding",
        description="whose attention: embedding (the token that the embedding is read from), cls, mean, the number of "
        "a patch, or ROW,COLUMN of a patch",
    )
    views: list[str] | None = Field(None, description="view_id of the views; chosen by count unless given")
    count: int = Field(12, ge=1, description="number of views, evenly spaced over all that are ok")
    batch_size: int = Field(8, ge=1, le=1024, description="views at a time; more need more memory")
    device: str = Field("auto", description="auto, cpu, cuda or cuda:NUMBER")
    name: str | None = Field(None, description="folder inside results/attention; made from the choices unless given")

    @model_validator(mode="after")
    def _consistent(self) -> Inputs:
        if self.encoder is None and self.predictor is None:
            raise ValueError("the encoder is missing; name one of the study, or a predictor")
        if self.predictor is not None and (self.method != "relevance" or self.query != "embedding"):
            raise ValueError("a predictor is explained by relevance of the embedding; leave method and query out")
        return self


class Outputs(ProcessOutputs):
    """What was made."""

    overlays: str = Field(description="folder of the overlays (PNG) inside the study")
    arrays: str = Field(description="file inside the study with view_id, maps [N, rows, columns] and overlay (NPZ)")
    views: int = Field(description="views that were asked about and have a map")
    skipped: int = Field(description="views whose photo could not be read")


def run(study: Study, inputs: Inputs, job: Progress) -> Outputs:
    """Make the maps of the chosen views, in batches; views that have one already are not done again."""
    from streetsense.attention import MapFolder
    from streetsense.encoders import load_encoder

    views = _chosen_views(study, inputs)
    predictor = _predictor(study, inputs)
    name = inputs.encoder or (predictor.record.encoder if predictor else None) or ""
    if predictor is not None and predictor.record.nonzero == 0:
        job.warn(f"predictor '{inputs.predictor}' gives every view the same value, so its maps are empty.")
    job.report(0, len(views), f"loading encoder {name}")
    encoder = load_encoder(study.encoders_dir / checked_name(name, "encoder"), inputs.device)
    question = _question(inputs, encoder, predictor)
    settings = _settings(inputs, name, encoder, question, predictor)
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
    """Load the predictor, making sure that it looks at this encoder's embeddings."""
    from streetsense.indicators import load_predictor

    if inputs.predictor is None:
        return None
    predictor = load_predictor(study.predictors_dir / checked_name(inputs.predictor, "predictor"))
    made_from = predictor.record.encoder
    if made_from is None:
        raise InputError(
            f"predictor: '{inputs.predictor}' takes the columns of a file, not photos; choose one fitted to an encoder."
        )
    if inputs.encoder not in (None, made_from):
        raise InputError(
            f"encoder: predictor '{inputs.predictor}' was fitted to encoder '{made_from}', not '{inputs.encoder}'; "
            "leave the encoder out."
        )
    return predictor


def _question(inputs: Inputs, encoder: Encoder, predictor: Predictor | None) -> Question:
    """Return what is asked, tried on a blank image: what the encoder cannot answer must not cost earlier results."""
    import torch

    from streetsense.attention import Question, linear_output, parse_query, token_layout

    if predictor is not None and predictor.record.encoder_fingerprint not in (None, encoder.fingerprint):
        raise InputError(
            f"predictor: '{inputs.predictor}' was fitted when encoder '{predictor.record.encoder}' had other weights; "
            "run 'streetsense fit' again."
        )
    question = Question(inputs.method, inputs.layer, inputs.head, parse_query(inputs.query))
    if predictor is not None:
        weights, biases = predictor.linear_weights()
        target = linear_output(torch.from_numpy(weights[0]), float(biases[0]))
        question = Question(inputs.method, inputs.layer, inputs.head, question.query, target)
    side = encoder.preprocess.size
    blank = torch.zeros(1, 3, side, side, device=encoder.device)
    encoder.model.requires_grad_(False)  # gradients are taken of the attention only
    question = question.checked(token_layout(encoder.model, blank))
    question.maps(encoder.model, blank)
    return question


def _settings(
    inputs: Inputs, name: str, encoder: Encoder, question: Question, predictor: Predictor | None
) -> dict[str, object]:
    """Return everything that a map depends on, as JSON; with other settings, maps are made anew."""
    return {
        "encoder": name,
        "encoder_fingerprint": encoder.fingerprint,
        "method": question.method,
        "layer": question.layer,
        "head": question.head,
        "query": question.query,
        "target": question.target if predictor is None else "predictor",
        "predictor": inputs.predictor,
        "predictor_arrays": predictor.record.arrays if predictor else None,
    }


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
    import torch

    from streetsense.attention import colour_scale, encode_png, overlay, seen_box

    photos, squares = _photos(study, batch, encoder, job)
    if not photos:
        return 0
    answers = question.maps(encoder.model, encoder.normalise(torch.from_numpy(squares))).cpu().numpy()
    maps, pictures = dict(zip(photos, answers, strict=True)), {}
    for view_id, photo in photos.items():
        found, box = maps[view_id], seen_box(photo.shape[1], photo.shape[0], encoder.preprocess.size)
        patch = divmod(question.query, found.shape[1]) if isinstance(question.query, int) else None
        darkest, lightest = colour_scale(found)
        texts = {key: str(value) for key, value in settings.items() if value is not None}
        texts |= {"view_id": view_id, "scale": f"{darkest:.6g} (dark) to {lightest:.6g} (light)"}
        pictures[view_id] = encode_png(overlay(photo, found, box, patch=patch), texts)
    folder.add(maps, pictures)
    return len(photos)


def _photos(
    study: Study, batch: pd.DataFrame, encoder: Encoder, job: Progress
) -> tuple[dict[str, NDArray[np.uint8]], NDArray[np.uint8]]:
    """Decode the photos of a batch: whole, by view_id, and as the squares ``[B, size, size, 3]`` the encoder sees.

    The squares are decoded apart, by the way that ``embed`` takes, so that the maps belong to the very embeddings.
    Photos that cannot be read are named and left out.
    """
    import numpy as np

    from streetsense.images import PhotoError, decode_photo

    photos, squares = {}, []
    for view_id, path in zip(batch["view_id"], batch["path"], strict=True):
        try:
            data = study.photo_path(path).read_bytes()
            photo, square = decode_photo(data), encoder.preprocess.from_bytes(data)
        except (OSError, PhotoError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            job.warn(f"view {view_id}: its photo was left out ({reason}).")
            continue
        photos[view_id] = photo
        squares.append(square)
    return photos, np.stack(squares) if squares else np.zeros((0, 0, 0, 3), np.uint8)


PROCESS = Process(
    id="attend",
    title="Attention maps",
    description="Shows where in the views an encoder looked, or what made a predictor's output: overlays on photos, "
    "and the maps as arrays.",
    inputs=Inputs,
    outputs=Outputs,
    run=run,
)
