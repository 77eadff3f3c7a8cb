"""One request and its answer: sent once, read whole or not at all, every trouble in words that hold no secret."""

from __future__ import annotations

import ssl
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import aiohttp
from aiohttp.client_middlewares import ClientHandlerType
from yarl import URL

from streetsense.web.answers import TryAgain, WebAnswer, WebError
from streetsense.web.retryafter import retry_after

#: Answers below 500 that mean "not now".
_NOT_NOW = frozenset({408, 425, 429})
_MIB = 2**20


@dataclass(frozen=True)
class Request:
    """What is sent.

    Attributes
    ----------
    url : yarl.URL
        Where to.
    headers : mapping
        Further ones.
    body : bytes or None
        Sent with POST; None for GET.
    max_bytes : int
        How long the answer may be, as sent and decompressed.
    judge : function or None
        Looks at answers of a status from 400 on before the status counts: it raises what such an answer really means.
    """

    url: URL
    headers: Mapping[str, str]
    body: bytes | None
    max_bytes: int
    judge: Callable[[WebAnswer], None] | None = None


def new_session(user_agent: str) -> aiohttp.ClientSession:
    """Open a pool of connections that has no limits of its own, keeps no cookies and does nothing twice."""
    return aiohttp.ClientSession(
        # Certificates: the system's, or those of the file that SSL_CERT_FILE names now.
        connector=aiohttp.TCPConnector(limit=0, ttl_dns_cache=300, ssl=ssl.create_default_context()),
        headers={"User-Agent": user_agent, "Accept-Encoding": "gzip, deflate"},
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        max_line_size=2**16,
        max_field_size=2**16,
        middlewares=(_only_once,),
    )


async def exchange(
    session: aiohttp.ClientSession, host: str, request: Request, timeout: aiohttp.ClientTimeout, proxy: str | None
) -> WebAnswer:
    """Send a request and read the answer.

    Parameters
    ----------
    session : aiohttp.ClientSession
        From `new_session`.
    host : str
        Its name, for errors.
    request : Request
        What to send. Redirects are not followed.
    timeout : aiohttp.ClientTimeout
        For everything together.
    proxy : str or None
        Through which one.

    Returns
    -------
    WebAnswer
        Of a status from 200 to 499 that is final.

    Raises
    ------
    TryAgain
        When there is none, or one that says "not now".
    WebError
        When asking again cannot help.
    Exception
        Whatever the request's judge raises.
    """
    try:
        async with session.request(
            "GET" if request.body is None else "POST",
            request.url,
            headers=request.headers,
            data=request.body,
            allow_redirects=False,
            timeout=timeout,
            proxy=proxy,
        ) as response:
            headers = {name.lower(): value for name, value in response.headers.items()}
            status, body = response.status, b""
            is_final = status < 500 and status not in _NOT_NOW
            if is_final or request.judge is not None:
                body = await _read(response, host, request.max_bytes)
                body = _unpacked(body, headers.get("content-encoding"), host, request.max_bytes)
            trouble = None
    except (aiohttp.ClientError, OSError, ValueError) as error:
        trouble = _trouble(error, host, timeout)
    if trouble is not None:
        # Outside the block above: what aiohttp raises has the address in it, and would stay as the context of this one.
        raise trouble
    answer = WebAnswer(status, headers, body)
    if status >= 400 and request.judge is not None:
        request.judge(answer)
    if is_final:
        return answer
    after = retry_after(headers)
    raise TryAgain(f"HTTP {status}", after, is_busy=status == 429 or (status == 503 and after is not None))


async def _only_once(request: aiohttp.ClientRequest, send: ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep aiohttp from sending a request again by itself when the connection breaks: attempts are counted."""
    try:
        return await send(request)
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        trouble = _trouble(error, request.url.host or "", aiohttp.ClientTimeout())
    raise trouble


async def _read(response: aiohttp.ClientResponse, host: str, max_bytes: int) -> bytes:
    if (response.content_length or 0) > max_bytes:
        raise _too_large(host, max_bytes)
    parts, length = [], 0
    while part := await response.content.readany():
        length += len(part)
        if length > max_bytes:
            raise _too_large(host, max_bytes)
        parts.append(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _unpacked(body: bytes, encoding: str | None, host: str, max_bytes: int) -> bytes:
    if encoding is None or encoding.lower() == "identity" or not body:
        return body
    if encoding.lower() not in ("gzip", "x-gzip", "deflate"):
        raise TryAgain("the answer is compressed in an unknown way")
    parts, left = [], max_bytes
    is_raw = encoding.lower() == "deflate" and body[0] & 0x0F != zlib.DEFLATED
    while body:
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS if is_raw else zlib.MAX_WBITS | 32)
        try:
            part = unpacker.decompress(body, left + 1)
        except zlib.error:
            part = None
        if part is None:
            raise TryAgain("the answer is damaged")
        left -= len(part)
        if left < 0:
            raise _too_large(host, max_bytes)
        if not unpacker.eof:
            raise TryAgain("the answer is cut")
        parts.append(part)
        body = unpacker.unused_data
    return b"".join(parts)


def _too_large(host: str, max_bytes: int) -> WebError:
    return WebError(host, "answer too large", f"{host}: an answer is larger than {max_bytes / _MIB:.3g} MiB.")


def _trouble(error: Exception, host: str, timeout: aiohttp.ClientTimeout) -> TryAgain | WebError:
    """Say what happened in a few words, and whether asking again may help."""
    match error:
        case aiohttp.ClientConnectorCertificateError() | ssl.SSLCertVerificationError():
            return WebError(
                host,
                "bad certificate",
                f"{host}: its certificate cannot be verified; check this computer's clock, and set SSL_CERT_FILE where "
                "the network uses certificates of its own.",
            )
        case aiohttp.ConnectionTimeoutError():
            return TryAgain("no connection in time")
        case TimeoutError():
            return TryAgain(f"no answer within {timeout.total:g} s")
        case aiohttp.ClientProxyConnectionError():
            return TryAgain("the proxy cannot be reached")
        case aiohttp.ClientHttpProxyError():
            return TryAgain(f"the proxy says HTTP {error.status}")
        case aiohttp.ClientConnectorDNSError():
            return TryAgain("its name is not found")
        case aiohttp.ClientConnectorError():
            is_refused = isinstance(error.os_error, ConnectionRefusedError)
            return TryAgain("connection refused" if is_refused else "no connection")
        case aiohttp.ClientPayloadError():
            return TryAgain("the answer is cut")
        case aiohttp.ClientConnectionError() | OSError():
            return TryAgain("the connection broke")
        case aiohttp.ClientResponseError():
            return TryAgain("the answer is not HTTP")
        case _:
            return WebError(host, "bad address", f"{host}: the address cannot be asked.")
