"""From photos to answers: what the encoder looked at in each, as a map and as a picture."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from streetsense.attention.overlay import Pixels, colour_scale, encode_png, overlay, seen_box
from streetsense.attention.question import Question
from streetsense.encoders import Encoder
from streetsense.images import Preprocess, decode_photo, read_header
from streetsense.images.preprocess import OVERSAMPLING


@dataclass(frozen=True)
class SeenPhoto:
    """A photo as people see it and as the encoder does.

    Attributes
    ----------
    pixels : ndarray of uint8
        ``[H, W, 3]``, RGB: what the map is drawn on.
    square : ndarray of uint8
        ``[S, S, 3]``, made the way that ``embed`` takes, so that maps belong to the very embeddings.
    """

    pixels: Pixels
    square: Pixels


@dataclass(frozen=True)
class Answer:
    """Where the encoder looked in one photo.

    Attributes
    ----------
    map : ndarray of float32
        ``[rows, columns]``, one value a patch.
    scale : (float, float)
        The values of the darkest and the lightest colour of the picture.
    png : bytes
        The map drawn on the photo.
    """

    map: NDArray[np.float32]
    scale: tuple[float, float]
    png: bytes


def see_photo(data: bytes, preprocess: Preprocess, longest: int | None = None) -> SeenPhoto:
    """Decode a photo for an encoder and for a picture.

    Parameters
    ----------
    data : bytes
        The encoded photo.
    preprocess : Preprocess
        The encoder's.
    longest : int, optional
        Longest side of the picture in pixels; the photo's own by default. A smaller photo is not enlarged.

    Raises
    ------
    PhotoError
        When the file cannot be used as a photo.
    """
    pixels = decode_photo(data, math.ceil(OVERSAMPLING * preprocess.size))
    square = preprocess.from_pixels(pixels)
    info = read_header(data)
    share = 1.0 if longest is None else min(1.0, longest / max(info.width, info.height))
    width, height = max(1, round(info.width * share)), max(1, round(info.height * share))
    if min(pixels.shape[:2]) < min(width, height):
        # What the encoder needs is a smaller scale of the JPEG than what people look at.
        pixels = decode_photo(data, min(width, height))
    if pixels.shape[:2] != (height, width):
        pixels = np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BILINEAR, reducing_gap=2))
    return SeenPhoto(pixels, square)


def answer(
    encoder: Encoder,
    question: Question,
    photos: Sequence[SeenPhoto],
    texts: Sequence[Mapping[str, str]],
    *,
    opacity: float = 0.6,
    compression: int = 6,
) -> list[Answer]:
    """Ask the encoder about some photos at once.

    Parameters
    ----------
    encoder : Encoder
        Whom to ask.
    question : Question
        What is asked, checked against the encoder (`Question.checked`).
    photos : sequence of SeenPhoto
        At least one.
    texts : sequence of mapping
        For each photo what its picture says about itself, keyword to text; the scale is added.
    opacity : float
        Share of the map's colours in the picture, 0 to 1.
    compression : int
        zlib's level of the picture, 1 (fast) to 9 (small).

    Raises
    ------
    InputError
        When the encoder has no such layer, head or token.
    """
    squares = torch.from_numpy(np.stack([photo.square for photo in photos]))
    maps = question.maps(encoder.model, encoder.normalise(squares)).cpu().numpy()
    answers = []
    for photo, text, found in zip(photos, texts, maps, strict=True):
        patch = divmod(question.query, found.shape[1]) if isinstance(question.query, int) else None
        box = seen_box(photo.pixels.shape[1], photo.pixels.shape[0], encoder.preprocess.size)
        scale = colour_scale(found)
        drawn = overlay(photo.pixels, found, box, opacity=opacity, scale=scale, patch=patch)
        says = {**text, "scale": f"{scale[0]:.6g} (dark) to {scale[1]:.6g} (light)"}
        answers.append(Answer(found, scale, encode_png(drawn, says, compression)))
    return answers
