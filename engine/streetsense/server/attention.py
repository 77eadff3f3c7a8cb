"""Attention on demand: where an encoder looked in a view, as a picture and as numbers."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from streetsense import __version__
from streetsense.processes.question import Asked
from streetsense.server import files
from streetsense.server.kept import signature_of
from streetsense.server.photos import photo_of
from streetsense.server.problems import RESPONSES, Problem
from streetsense.server.warm import NotWarm
from streetsense.study import checked_name

router = APIRouter(tags=["views"])
#: Seconds after which a client may try again when the warm process could not answer.
RETRY_AFTER = 2


class PictureAsked(Asked):
    """A question, and how its answer is drawn."""

    opacity: float = Field(0.6, ge=0, le=1, description="share of the map's colours in the picture")
    size: int = Field(512, ge=64, le=4096, description="longest side of the picture (pixels); photos are not enlarged")


class AttentionMap(BaseModel):
    """Where an encoder looked in a view, as numbers."""

    view_id: str
    encoder: str
    encoder_fingerprint: str = Field(description="sha256 that tells the encoder's weights from others")
    predictor: str | None = None
    method: str
    layer: int
    head: int | None = None
    query: str | int
    values: list[list[float]] = Field(description="one value a patch, row by row from the top left")
    scale: tuple[float, float] = Field(description="the values of the picture's darkest and lightest colour")
    seen: tuple[float, float, float, float] = Field(
        description="the part of the photo that the map covers: left, top, right, bottom as shares of its sides"
    )


@dataclass(frozen=True)
class _Made:
    etag: str
    png: bytes
    facts: dict[str, Any]


class _Pictures:
    """The pictures that were made last, by everything that they depend on."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes, self._bytes = most_bytes, 0
        self._made: OrderedDict[str, _Made] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, etag: str) -> _Made | None:
        with self._lock:
            if etag in self._made:
                self._made.move_to_end(etag)
            return self._made.get(etag)

    def add(self, made: _Made) -> None:
        with self._lock:
            if made.etag in self._made:
                return
            self._made[made.etag] = made
            self._bytes += len(made.png)
            while self._bytes > self._most_bytes and len(self._made) > 1:
                self._bytes -= len(self._made.popitem(last=False)[1].png)


_PICTURES = _Pictures(64 * 2**20)


@router.get(
    "/studies/{study}/views/{view_id}/attention",
    operation_id="getAttentionPicture",
    summary="Show where an encoder looked in a view",
    response_class=Response,
    responses={
        **RESPONSES,
        200: {
            "description": "The map drawn on the photo; its text fields say what made it.",
            "content": {"image/png": {"schema": {"type": "string", "format": "binary"}}},
            "headers": {
                "ETag": {"schema": {"type": "string"}, "description": "changes with anything the picture depends on"},
                "Attention-Scale": {
                    "schema": {"type": "string"},
                    "description": "the values of the darkest and the lightest colour",
                },
            },
        },
        304: {"description": "The picture has not changed."},
    },
)
async def attention_picture(
    request: Request, study: str, view_id: str, asked: Annotated[PictureAsked, Query()]
) -> Response:
    """Return a picture of where the encoder looked, or of what made a predictor's output."""
    etag, photo, folder = await run_in_threadpool(_look_up, request, study, view_id, asked)
    headers = {"ETag": f'"{etag}"', "Cache-Control": "private, no-cache"}
    if _is_known(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=304, headers=headers)
    made = await _made(request, etag, folder, view_id, photo, asked)
    darkest, lightest = made.facts["scale"]
    return Response(
        made.png, headers={**headers, "Attention-Scale": f"{darkest:.6g} {lightest:.6g}"}, media_type="image/png"
    )


@router.get(
    "/studies/{study}/views/{view_id}/attention.json",
    operation_id="getAttentionMap",
    summary="Tell where an encoder looked in a view",
    responses=RESPONSES,
)
async def attention_map(
    request: Request, study: str, view_id: str, asked: Annotated[PictureAsked, Query()]
) -> AttentionMap:
    """Return the map as numbers."""
    etag, photo, folder = await run_in_threadpool(_look_up, request, study, view_id, asked)
    return AttentionMap.model_validate((await _made(request, etag, folder, view_id, photo, asked)).facts)


async def _made(request: Request, etag: str, folder: Path, view_id: str, photo: bytes, asked: PictureAsked) -> _Made:
    """Return the answer: an earlier one, or one that the warm process makes now."""
    if (known := _PICTURES.get(etag)) is not None:
        return known
    try:
        png, facts = await request.app.state.warm.attention(
            folder, view_id, photo, asked, opacity=asked.opacity, size=asked.size
        )
    except NotWarm as error:
        raise Problem(503, "Not available now", str(error), headers={"Retry-After": str(RETRY_AFTER)}) from error
    made = _Made(etag, png, facts)
    _PICTURES.add(made)
    return made


def _look_up(request: Request, study: str, view_id: str, asked: PictureAsked) -> tuple[str, bytes, Path]:
    """Return the key of the answer, the photo's bytes, and the study's folder."""
    folder = files.study_folder(request.app.state.settings, study)
    photo = _photo(folder, view_id)
    digest = hashlib.sha256()
    facts = [__version__, view_id, asked.model_dump(), *_made_from(folder, asked)]
    digest.update(json.dumps(facts, sort_keys=True).encode())
    digest.update(hashlib.sha256(photo).digest())
    return digest.hexdigest()[:40], photo, folder


def _photo(folder: Path, view_id: str) -> bytes:
    """Read the photo of a view.

    Raises
    ------
    Problem
        404 when there is no such view, or no photo of it in the study's own folder.
    """
    path, _ = photo_of(folder, view_id)
    try:
        return path.read_bytes()
    except OSError as error:
        sentence = f"view: the photo of '{view_id[:100]}' cannot be read ({error.strerror}); fetch it again."
        raise Problem(404, "No photo", sentence) from error


def _made_from(folder: Path, asked: Asked) -> list[object]:
    """Return what changes with the encoder and the predictor that are asked about.

    Raises
    ------
    Problem
        404 when the study does not have them.
    """
    changing: list[object] = []
    encoder = asked.encoder
    if asked.predictor is not None:
        record = _record(folder, "predictors", asked.predictor, "predictor.json")
        changing += [record, signature_of(folder / "predictors" / asked.predictor, ("predictor.json",))]
        encoder = encoder or _encoder_of(record)
    if encoder is not None:
        changing.append(_record(folder, "encoders", encoder, "config.json"))
        changing.append(signature_of(folder / "encoders" / encoder, ("config.json", "model.safetensors")))
    return changing


def _record(folder: Path, kind: str, name: str, file: str) -> str:
    """Read the record of an encoder or predictor as text."""
    what = kind.removesuffix("s")
    try:
        return (folder / kind / checked_name(name, what) / file).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        names = ", ".join(sorted(path.parent.name for path in (folder / kind).glob(f"*/{file}"))) or "none yet"
        sentence = f"{what}: the study has no '{name[:100]}'; there is {names}."
        raise Problem(404, f"No such {what}", sentence) from error


def _encoder_of(predictor_record: str) -> str | None:
    """Return the encoder that a predictor was fitted to, where its record says one."""
    try:
        name = json.loads(predictor_record).get("encoder")
    except (ValueError, AttributeError):
        return None
    return name if isinstance(name, str) else None


def _is_known(if_none_match: str, etag: str) -> bool:
    """Tell whether the client has this picture (RFC 9110, section 13.1.2)."""
    names = [name.strip().removeprefix("W/") for name in if_none_match.split(",")]
    return "*" in names or f'"{etag}"' in names
