"""Requests to one server: with the token, again when the connection broke, and every failure as one sentence."""

from __future__ import annotations

import ipaddress
import json
import logging
import os
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import stamina

from streetsense.errors import InputError, StreetSenseError

#: The version of what is spoken over HTTP beside the OGC standard, as in `streetsense.server`.
PROTOCOL_VERSION = 1

Kind = TypeVar("Kind", bound=BaseException)

#: Seconds between two attempts, at first and at most.
_WAIT_FIRST, _WAIT_MOST = 0.1, 5.0
#: Answers that mean "not now".
_NOT_NOW = frozenset({408, 423, 429, 502, 503, 504})

# Without a handler Python prints every attempt on standard error.
logging.getLogger("stamina").addHandler(logging.NullHandler())


class Unreachable(StreetSenseError):
    """The server did not answer, or not now; asking again may help."""


class Refused(InputError):
    """The server understood the request and refused it.

    Attributes
    ----------
    status : int
        The HTTP status.
    """

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


class Connection:
    """A server's address, the token for it, and a pool of connections. Thread-safe.

    Parameters
    ----------
    url : str
        ``http://127.0.0.1:8765`` or ``https://host``; a path in front of all routes may follow.
    token : str
        What the server wants to see. It is sent to this address alone: redirects are not followed.
    timeout : float
        Seconds to wait for a connection, or for the next bytes of an answer.
    patience : float
        Seconds for which requests that may be repeated are tried again.
    """

    def __init__(self, url: str, token: str, *, timeout: float = 60.0, patience: float = 60.0) -> None:
        self.url = _checked_url(url)
        self.patience = patience
        self._has_answered = False
        if not token.isascii() or not token.isprintable() or not token.strip():
            raise InputError("token: it has characters that no token has; copy it again from the server.")
        # Certificates: the system's, or those of the file that SSL_CERT_FILE names.
        self._http = httpx2.Client(
            base_url=self.url,
            headers={"Authorization": f"Bearer {token.strip()}", "Accept-Encoding": "identity"},
            verify=ssl.create_default_context(),
            timeout=httpx2.Timeout(timeout, connect=min(timeout, 15.0), pool=None),
            limits=httpx2.Limits(max_connections=16, max_keepalive_connections=8),
            follow_redirects=False,
            trust_env=not self.is_loopback,
        )

    @property
    def is_loopback(self) -> bool:
        """Whether the server is on this computer, or seems to be through a tunnel."""
        host = httpx2.URL(self.url).host
        try:
            return host == "localhost" or ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False

    @property
    def is_private(self) -> bool:
        """Whether nobody between can read what is sent."""
        return self.is_loopback or self.url.startswith("https:")

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def ask(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: object = None,
        content: bytes | None = None,
        query: Mapping[str, str | int] | None = None,
        again: bool = True,
    ) -> httpx2.Response:
        """Send a request and return the answer, read whole.

        Parameters
        ----------
        method, path : str
            What to do with what; the path is escaped already.
        headers, query : mapping, optional
            Further ones.
        body : JSON, optional
            Sent as JSON.
        content : bytes, optional
            Sent as they are.
        again : bool
            Whether the request may be repeated.

        Raises
        ------
        Unreachable
            When there is no answer within the patience.
        Refused
            When the answer is an error; the sentence is the server's.
        StreetSenseError
            When the server failed, or is none of ours.
        """
        for attempt in self.attempts(again=again):
            with attempt, self._failures():
                answer = self._http.request(
                    method,
                    path,
                    headers=dict(headers or {}),
                    content=content,
                    json=body,
                    params=dict(query or {}) or None,
                )
                self.check(answer)
        return answer

    def attempts(self, *, again: bool = True) -> Iterator[Any]:
        """Yield context managers: the block inside is repeated while it raises `Unreachable`, with growing pauses."""
        return iter(
            stamina.retry_context(
                on=Unreachable,
                attempts=None if again else 1,
                timeout=self.patience if again else None,
                wait_initial=_WAIT_FIRST,
                wait_max=_WAIT_MOST,
            )
        )

    @contextmanager
    def stream(self, method: str, path: str, headers: Mapping[str, str]) -> Iterator[httpx2.Response]:
        """Send a request once, and read the answer as it comes; see `ask` for what is raised."""
        with self._failures(), self._http.stream(method, path, headers=dict(headers)) as answer:
            if answer.status_code >= 300:
                answer.read()
                self.check(answer)
            yield answer

    def check(self, answer: httpx2.Response) -> None:
        """Raise what an answer means when it is an error."""
        self._has_answered = True
        status = answer.status_code
        if status < 300 or status == 304:
            return
        if status < 400:
            raise StreetSenseError(
                f"remote: {self.url} sends requests on to another address, where the token does not go; give that "
                "address itself."
            )
        sentence = _sentence(answer)
        if status == 401:
            raise Refused(
                f"token: {self.url} refuses it; give the token that 'streetsense serve' names at its start.", status
            )
        if status in _NOT_NOW:
            raise Unreachable(sentence or f"remote: {self.url} has too much to do; try again later.")
        if sentence is None:
            raise StreetSenseError(
                f"remote: {self.url} answered with {status} alone; check that a StreetSense server is there."
            )
        if status >= 500 and status != 507:
            raise StreetSenseError(sentence)
        raise Refused(sentence, status)

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """Say in one sentence why there is no answer."""
        try:
            yield
        except httpx2.TransportError as error:
            raise self._failure(error) from error

    def _failure(self, error: httpx2.TransportError) -> StreetSenseError:
        certificate = _cause(error, ssl.SSLCertVerificationError)
        if certificate is not None:
            return InputError(f"remote: {_about_certificate(self.url, certificate)}")
        if _cause(error, ssl.SSLError) is not None and isinstance(error, httpx2.ConnectError):
            return InputError(f"remote: {self.url} does not speak TLS; try http:// or check the port.")
        if _cause(error, ConnectionRefusedError) is not None:
            return Unreachable(
                f"remote: nobody answers at {self.url} (connection refused); check the address and that 'streetsense "
                "serve' runs there."
            )
        match error:
            case httpx2.ConnectTimeout() | httpx2.ConnectError():
                return Unreachable(
                    f"remote: {self.url} cannot be reached ({_short(error)}); check the address and the network."
                )
            case httpx2.TimeoutException():
                return Unreachable(f"remote: {self.url} did not answer in time; try again, or look at the server.")
            case _:
                # A server that wants TLS breaks off without a word.
                other = "" if self._has_answered or self.url.startswith("https:") else ", or try https://"
                return Unreachable(f"remote: the connection to {self.url} broke ({_short(error)}); try again{other}.")


def _checked_url(url: str) -> str:
    try:
        parsed = httpx2.URL(url.strip().rstrip("/"))
    except httpx2.InvalidURL as error:
        raise InputError(f"remote: '{url[:200]}' is no address ({error}); write it as https://host:8765.") from None
    if parsed.scheme not in ("http", "https") or not parsed.host or parsed.query or parsed.userinfo:
        raise InputError(f"remote: '{parsed.host or url[:200]}' is no address; write it as https://host:8765.")
    return str(parsed)


def _sentence(answer: httpx2.Response) -> str | None:
    try:
        detail = json.loads(answer.content)["detail"]
    except (ValueError, KeyError, TypeError):
        return None
    return detail if isinstance(detail, str) and detail else None


def _about_certificate(url: str, error: ssl.SSLCertVerificationError) -> str:
    reason = error.verify_message or "it cannot be verified"
    if "expired" in reason:
        return f"the certificate of {url} has expired; ask its administrator to renew it."
    if "self-signed" in reason or "unable to get" in reason:
        if unread := _unread_certificates():
            return f"the certificate of {url} cannot be checked, since {unread}."
        return (
            f"the certificate of {url} is signed by nobody this computer knows; set SSL_CERT_FILE to a copy of the "
            "certificate that you got from its administrator."
        )
    return f"the certificate of {url} is for another host ({reason}); use the name that it was made for."


def _unread_certificates() -> str | None:
    """Say why the file that SSL_CERT_FILE names is of no use; OpenSSL passes over such a one in silence."""
    file = os.environ.get("SSL_CERT_FILE")
    if not file:
        return None
    try:
        Path(file).open("rb").close()
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=file)
    except ssl.SSLError:
        return f"the file {file}, which SSL_CERT_FILE names, holds no certificate; give one in PEM form"
    except OSError as error:
        return f"the file {file}, which SSL_CERT_FILE names, cannot be read ({error.strerror}); check the path"
    return None


def _cause(error: BaseException | None, kind: type[Kind]) -> Kind | None:
    """Return the first error of a kind among an error and what led to it."""
    while error is not None:
        if isinstance(error, kind):
            return error
        error = error.__cause__ or error.__context__
    return None


def _short(error: Exception) -> str:
    return str(error).strip().rstrip(".")[:120] or type(error).__name__
