"""Judging every encoder of the study by the three tasks; what is judged already is left alone."""

from __future__ import annotations

import json
import time

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from objectives import design, tasks
from objectives.design import Workplace
from objectives.train import encoder_name
from objectives.views import JudgedViews, judged_views
from streetsense.atomic import write_json
from streetsense.embedding import embed_photos
from streetsense.encoders import load_encoder, read_config
from streetsense.study import Study

Floats = NDArray[np.float64]
#: Baselines without an encoder: 8 x 8 pixels of the photo, and what the renderer knows to be visible.
THUMBNAIL, VISIBLE = "thumbnail", "visible-truth"
_SIDE = 8


def evaluate(place: Workplace, study: Study, device: str) -> None:
    """Write ``scores/<encoder>.json`` for every encoder and baseline that lacks it."""
    views = judged_views(study, place)
    for name in (THUMBNAIL, VISIBLE):
        if not (place.scores / f"{name}.json").is_file():
            embeddings = thumbnails(study, views) if name == THUMBNAIL else visible_shares(views)
            judge(place, name, "", views, embeddings)
    for objective in (*design.OBJECTIVES, design.RANDOM):
        for seed in design.SEEDS:
            name = encoder_name(objective, seed)
            folder = study.encoders_dir / name
            if not (folder / "config.json").is_file():
                print(f"{name}: not there yet", flush=True)
            elif not is_judged(place, name, fingerprint := read_config(folder).fingerprint):
                judge(place, name, fingerprint, views, embedded(study, name, views, device))


def is_judged(place: Workplace, name: str, fingerprint: str) -> bool:
    """Tell whether the scores of this very encoder are there."""
    path = place.scores / f"{name}.json"
    return path.is_file() and json.loads(path.read_text(encoding="utf-8"))["fingerprint"] == fingerprint


def judge(place: Workplace, name: str, fingerprint: str, views: JudgedViews, embeddings: Floats) -> None:
    """Run the three tasks and write the scores."""
    begun = time.monotonic()
    scores = {
        "encoder": name,
        "fingerprint": fingerprint,
        "places": tasks.places(views, embeddings),
        "indicators": tasks.indicators(views, embeddings),
        "safety": tasks.safety(views, embeddings),
    }
    write_json(place.scores / f"{name}.json", scores)
    print(
        f"{name}: Recall@1 {scores['places']['recall_at_1']['value']:.3f}, "
        f"R² {scores['indicators']['mean_r2_blocked']:.3f}, AUC {scores['safety']['auc']['value']:.3f} "
        f"({time.monotonic() - begun:.0f} s)",
        flush=True,
    )


def embedded(study: Study, name: str, views: JudgedViews, device: str) -> Floats:
    """Embed the judged views with an encoder of the study."""
    encoder = load_encoder(study.encoders_dir / name, device)
    photos = zip(views.table["view_id"], map(study.photo_path, views.table["path"]), strict=True)
    batches = list(embed_photos(encoder, photos, batch_size=128))
    if failures := [failure for batch in batches for failure in batch.failures]:
        raise SystemExit(f"{name}: {len(failures)} photos could not be used, the first: {failures[0]}")
    return np.concatenate([batch.embeddings for batch in batches]).astype(np.float64)


def thumbnails(study: Study, views: JudgedViews) -> Floats:
    """Return photos as 8 x 8 pixels, [views, 192]."""
    rows = []
    for path in views.table["path"]:
        with Image.open(study.photo_path(path)) as photo:
            rows.append(np.asarray(photo.resize((_SIDE, _SIDE), Image.Resampling.BOX), dtype=np.float64).ravel())
    pixels = np.stack(rows)
    return np.asarray(pixels - pixels.mean(axis=0))


def visible_shares(views: JudgedViews) -> Floats:
    """Return what the renderer knows to be visible in each view: no encoder has that."""
    columns = [name for name in views.table.columns if name.startswith("visible_")]
    return np.sqrt(views.table[columns].to_numpy(np.float64))
