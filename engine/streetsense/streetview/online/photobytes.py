"""The photo in an answer, checked to its last byte before anything else sees it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from streetsense.web import TryAgain

if TYPE_CHECKING:
    from streetsense.web import WebAnswer

#: Storage hosts that do not know what they store say so; the bytes decide then.
_UNDECIDED = frozenset({"", "application/octet-stream", "binary/octet-stream"})


async def read_photo(answer: WebAnswer) -> bytes:
    """Return the photo in an answer; made for `streetsense.web.Web.ask`.

    The photo is decoded in a thread, because that takes milliseconds in which no other answer would be heard.

    Parameters
    ----------
    answer : WebAnswer
        What a host answered to the request for a photo.

    Returns
    -------
    bytes
        As they came.

    Raises
    ------
    TryAgain
        When the answer is a page or other text, or the photo is empty, cut or broken: the next attempt may bring it
        whole.
    """
    kind = answer.content_type
    if kind not in _UNDECIDED and not kind.startswith("image/"):
        raise TryAgain(f"the answer is {_words(kind)} and no photo")
    await asyncio.to_thread(_check, answer.body)
    return answer.body


def _check(data: bytes) -> None:
    from streetsense.images import PhotoError, check_photo

    try:
        check_photo(data)
    except PhotoError as error:
        raise TryAgain(f"the photo cannot be used: {error}") from error


def _words(content_type: str) -> str:
    """Say a content type in words that are safe to print, whatever the host sent."""
    if content_type in {"text/html", "application/xhtml+xml"}:
        return "a page (HTML)"
    return "JSON" if content_type.endswith("json") else "text" if content_type.startswith("text/") else "something else"
