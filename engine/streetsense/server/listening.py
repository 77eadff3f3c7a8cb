"""The address a server listens on: taken before anything else is started."""

from __future__ import annotations

import errno
import os
import socket

from streetsense.errors import InputError
from streetsense.server.settings import ServerSettings


def listen(settings: ServerSettings) -> socket.socket:
    """Take the address and return the socket.

    Raises
    ------
    InputError
        When it cannot be had.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise InputError(f"host: '{settings.host}' is no address of this computer ({error.strerror}).") from error
    taken = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":
            # A port counts as taken for a minute after its last connection otherwise.
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(address)
        # Two could bind a port that was to be used again; only one can listen.
        taken.listen(1024)
    except OSError as error:
        taken.close()
        raise InputError(_refusal(error, settings)) from error
    return taken


def url_of(taken: socket.socket, settings: ServerSettings) -> str:
    """Return the address that a client on this computer, or a person, would use."""
    host, port = taken.getsockname()[:2]
    if host in ("0.0.0.0", "::"):
        host = socket.gethostname()
    elif settings.host == "localhost" or settings.has_tls:
        host = settings.host  # the name that the certificate holds
    return f"{'https' if settings.has_tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"


def _refusal(error: OSError, settings: ServerSettings) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"port: {settings.port} on {settings.host} is in use; choose another one, or 0 for any that is free."
        case errno.EACCES:
            return f"port: {settings.port} needs rights that this user lacks; choose one above 1023."
        case errno.EADDRNOTAVAIL:
            return f"host: {settings.host} is no address of this computer; choose another one, such as 127.0.0.1."
        case _:
            return f"host: {settings.host}, port {settings.port} cannot be had ({error.strerror}); choose others."
