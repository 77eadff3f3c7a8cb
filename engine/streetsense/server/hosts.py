"""The names a server answers to: a page whose own name was bound to this address anew gets nothing (DNS rebinding)."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Sequence

from streetsense.server.problems import Problem
from streetsense.server.settings import ServerSettings

_NAME = re.compile(r"(?P<name>[a-z0-9_.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?", re.IGNORECASE)


class AllowedHosts:
    """Check the ``Host`` header of requests.

    Loopback names are allowed on a loopback address. On another one the name it was given, this computer's name and
    every bare IP address are: no name stands in a bare address, so none can have been bound anew.

    Parameters
    ----------
    settings : ServerSettings
        Where the server listens, and the further names it is called by.
    """

    def __init__(self, settings: ServerSettings) -> None:
        self._is_local = settings.is_local
        own = {"localhost"} if settings.is_local else {"localhost", socket.gethostname().lower()}
        self._names = own | {_bare(name) for name in (settings.host, *settings.allowed_hosts)}

    def check(self, values: Sequence[str]) -> None:
        """Check the values of all ``Host`` headers of one request; the port does not matter.

        Raises
        ------
        Problem
            400 when there is not exactly one well-formed value, 421 when it names another host.
        """
        match = _NAME.fullmatch(values[0].strip()) if len(values) == 1 else None
        if match is None:
            raise Problem(400, "", "Host: this header must be there once and name a host; correct the request.")
        name = _bare(match["name"])
        if name in self._names or self._is_allowed_address(name):
            return
        raise Problem(
            421,
            "",
            f"Host: this server does not go by the name '{name[:100]}'; ask by one of its names, or start it with "
            "--allowed-host NAME.",
        )

    def _is_allowed_address(self, name: str) -> bool:
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return False
        return address.is_loopback or not self._is_local


def _bare(name: str) -> str:
    """Return a name as it is compared: lower case, without brackets and the root's dot."""
    return name.strip().lower().removeprefix("[").removesuffix("]").removesuffix(".")
