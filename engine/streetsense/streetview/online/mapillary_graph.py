"""Questions to Mapillary's Graph API, and what its error objects mean.

Errors come with any HTTP status, 200 among them; their code says more. Their text is never repeated, because it may
hold the access token.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from streetsense.errors import InputError
from streetsense.streetview.online.apiaddress import host_of
from streetsense.streetview.online.jsonvalues import members, number
from streetsense.web import TryAgain, Web, WebAnswer, WebError

T = TypeVar("T")

KEY_URL = "https://www.mapillary.com/dashboard/developers"
VARIABLE = "STREETSENSE_MAPILLARY_TOKEN"

_KEY_CODES = frozenset({102, 190})
_LIMIT_CODES = frozenset({4, 17, 32, 613})
_TIME_OUT = (-2, 3404014)
_GONE = (100, 33)
#: Below 500, what means that the same question may be answered later.
_NOT_NOW = frozenset({408, 425, 429})


@dataclass(frozen=True)
class Fault:
    """Why Mapillary did not answer a question.

    Attributes
    ----------
    status : int
        HTTP status.
    code, subcode : int or None
        As the error object has them.
    message : str
        Its text in lower case; for comparison, never to be shown.
    is_transient : bool
        Whether the error object says so.
    """

    status: int
    code: int | None = None
    subcode: int | None = None
    message: str = ""
    is_transient: bool = False

    @property
    def is_about_the_key(self) -> bool:
        """Whether the access token is not accepted."""
        return self.status == 401 or self.code in _KEY_CODES

    @property
    def is_limit(self) -> bool:
        """Whether too much was asked in too short a time."""
        return self.code in _LIMIT_CODES

    @property
    def is_too_large(self) -> bool:
        """Whether the same question about less may be answered: it took too long, or there is too much."""
        return (self.code, self.subcode) == _TIME_OUT or "reduce the amount of data" in self.message

    @property
    def is_gone(self) -> bool:
        """Whether what was asked for does not exist (any more)."""
        is_error = self.code is None or (self.code, self.subcode) == _GONE
        return (self.status in {404, 410} and is_error) or "does not exist" in self.message

    @property
    def words(self) -> str:
        """What can be shown."""
        return f"HTTP {self.status}" + ("" if self.code is None else f", error {self.code}")


class GraphFault(WebError):
    """A question that Mapillary answered with an error which asking again does not change."""

    def __init__(self, host: str, fault: Fault) -> None:
        super().__init__(host, fault.words)
        self.fault = fault


def fault_in(answer: WebAnswer) -> Fault | None:
    """Return the error that an answer holds; None when it holds none."""
    error: Mapping[str, Any] = {}
    if b'"error"' in answer.body[:4096]:
        try:
            error = members(members(json.loads(answer.body)).get("error"))
        except (ValueError, RecursionError):
            error = {}
    if not error:
        return Fault(answer.status) if answer.status >= 400 else None
    code, subcode = number(error.get("code")), number(error.get("error_subcode"))
    return Fault(
        answer.status,
        None if code is None else int(code),
        None if subcode is None else int(subcode),
        str(error.get("message", "")).lower(),
        error.get("is_transient") is True,
    )


class Graph:
    """Asks Mapillary with a user's access token.

    Parameters
    ----------
    api : str
        The Graph API's address.
    key : str
        The access token. It travels in a header, to this address and that of the tiles alone.
    """

    def __init__(self, api: str, key: str) -> None:
        self.api = api
        self._headers = {"Authorization": f"OAuth {key}"}

    async def objects(self, web: Web, path: str, params: Mapping[str, str]) -> Mapping[str, Any]:
        """Ask for JSON.

        Raises
        ------
        InputError
            When the access token is not accepted.
        GraphFault
            When the answer is another error that lasts.
        WebError
            When there was no usable answer.
        """

        def read(answer: WebAnswer) -> Mapping[str, Any]:
            self.require_no_fault(answer)
            found = answer.json()
            if not isinstance(found, Mapping):
                raise TryAgain("the answer is no JSON object")
            return found

        return await self.ask(web, f"{self.api}/{path}", read, params)

    async def ask(
        self, web: Web, url: str, read: Callable[[WebAnswer], Awaitable[T] | T], params: Mapping[str, str] | None = None
    ) -> T:
        """Ask for anything; errors as in `objects`."""
        # Mapillary says the same things with many a status, 200 and 500 among them.
        return await web.ask(url, read, params=params, headers=self._headers, judge=self.require_no_fault)

    def _judge(self, answer: WebAnswer) -> None:
        """Raise what an error means, unless it says no more than its status, which counts then."""
        fault = fault_in(answer)
        says_more = fault is not None and (fault.is_about_the_key or fault.is_limit)
        if says_more or (answer.status < 500 and answer.status not in _NOT_NOW):
            self.require_no_fault(answer)

    def require_no_fault(self, answer: WebAnswer) -> None:
        """Raise what an error in an answer means."""
        fault = fault_in(answer)
        if fault is None:
            return
        if fault.is_about_the_key:
            raise refused_key()
        if fault.is_limit:
            raise TryAgain("Mapillary's limit of requests is reached", is_busy=True)
        if fault.is_transient and not fault.is_too_large:
            raise TryAgain(fault.words)
        raise GraphFault(host_of(self.api), fault)


def missing_key() -> InputError:
    """Say how to give an access token."""
    return InputError(
        f"key: Mapillary wants an access token of your own, free of charge from {KEY_URL}; put it into the environment "
        f"variable {VARIABLE}, or give it as the input key."
    )


def refused_key() -> InputError:
    """Say that the access token is wrong."""
    return InputError(
        f"key: Mapillary does not accept the access token; compare it with the one at {KEY_URL} and correct the input "
        f"key or the environment variable {VARIABLE}."
    )
