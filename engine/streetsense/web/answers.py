"""What comes of a request: an answer, a reason to ask again, or an error that says what a person can do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from streetsense.errors import StreetSenseError


@dataclass(frozen=True)
class WebAnswer:
    """An answer that arrived whole.

    Attributes
    ----------
    status : int
        HTTP status.
    headers : mapping
        Names in lower case.
    body : bytes
        As long as ``Content-Length`` said, decompressed.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        """The type without its parameters, in lower case; empty when there is none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def json(self) -> Any:  # noqa: ANN401 - JSON
        """Return the body as JSON.

        Raises
        ------
        TryAgain
            When it is none: a proxy's or a maintenance page, or cut short.
        """
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            what = "HTML" if b"<html" in self.body[:1000].lower() else "no JSON"
            raise TryAgain(f"the answer is {what}") from error


class TryAgain(Exception):
    """Raised while an answer is read: it is no use, and the same question may get a better one.

    Parameters
    ----------
    reason : str
        A few words.
    after : float, optional
        Seconds to wait; the usual, growing pause when not given.
    is_busy : bool
        Whether the server asks for fewer questions: the host's rate is lowered then.
    """

    def __init__(self, reason: str, after: float | None = None, *, is_busy: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.after, self.is_busy = reason, after, is_busy


class WebError(StreetSenseError):
    """A question that stayed without a usable answer.

    Attributes
    ----------
    reason : str
        A few words, without the address: ``"HTTP 503"``, ``"no connection"``.
    host : str
        Who was asked.
    """

    def __init__(self, host: str, reason: str, sentence: str | None = None) -> None:
        super().__init__(sentence or f"{host}: {reason}; try again later, what was finished is kept.")
        self.host, self.reason = host, reason


class WebRefusal(WebError):
    """An answer that says no (HTTP 400 to 499, but 408, 425 and 429), which asking again does not change.

    Attributes
    ----------
    answer : WebAnswer
        The answer, for whoever knows what the server means by it.
    """

    def __init__(self, host: str, answer: WebAnswer) -> None:
        super().__init__(host, f"HTTP {answer.status}", f"{host} refuses the request (HTTP {answer.status}).")
        self.answer = answer


class HostDown(WebError):
    """A host that has failed again and again, and is not asked for a while.

    Attributes
    ----------
    again_s : float or None
        Seconds until it gets a question to see whether it is back; None when it is left alone for good.
    """

    def __init__(self, host: str, reason: str, again_s: float | None) -> None:
        super().__init__(
            host,
            reason,
            f"{host} does not answer ({reason}); what was finished is kept, run the same again later.",
        )
        self.again_s = again_s


class OutOfTime(WebError):
    """The time that there was for all questions is over."""

    def __init__(self, host: str) -> None:
        super().__init__(
            host,
            "out of time",
            f"{host}: the time was over before it answered; what was finished is kept, run the same again later.",
        )
