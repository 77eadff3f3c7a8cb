"""The first words with an engine: whether the two understand each other, and what it is, for people."""

from __future__ import annotations

import os
import re
from typing import Any

from ..i18n import tr
from ..version import version
from .address import is_private
from .client import EngineClient
from .errors import EngineError
from .pending import Pending

#: The version of what is spoken over HTTP beside the OGC standard; an engine with another one is refused.
PROTOCOL_VERSION = 1
_GIB = 2**30


def shake_hands(client: EngineClient) -> Pending:
    """Ask an engine what it is; ends with its health, or with an error of kind ``version``."""
    pending = Pending()
    asked = client.health()
    pending.on_cancel(asked.cancel)

    def check(health: dict[str, Any]) -> None:
        error = mismatch(health, client.address)
        if error is None:
            pending.succeed(health)
        else:
            pending.fail(error)

    asked.then(check, pending.fail)
    return pending


def mismatch(health: dict[str, Any], address: str) -> EngineError | None:
    """Return the error when an engine speaks another version; None when the two understand each other."""
    theirs = health["protocol_version"]
    if theirs == PROTOCOL_VERSION:
        return None
    if theirs > PROTOCOL_VERSION:
        sentence = tr(
            "Connection",
            "The engine at {address} is newer ({engine}) than StreetSense in QGIS ({here}); "
            "update StreetSense in QGIS' list of extensions.",
        )
    else:
        sentence = tr(
            "Connection",
            "The engine at {address} is older ({engine}) than StreetSense in QGIS ({here}); "
            "update the engine in the settings, or ask its administrator to.",
        )
    said = sentence.format(address=address, engine=health["engine_version"], here=version())
    return EngineError(said, "version")


def version_note(health: dict[str, Any], *, is_local: bool, python: str = "") -> str:
    """Return what to know when the engine has another version that understands this one; empty when it has the same.

    ``python`` is the one on this computer that somebody gave, empty for the one that StreetSense installs.
    """
    theirs, ours = health["engine_version"], version()
    if theirs == ours:
        return ""
    if python:
        sentence = tr(
            "Connection",
            "The engine in {python} has version {engine} and StreetSense in QGIS {here}; install streetsense {here} "
            "there, or let StreetSense install its own engine.",
        )
    elif is_local:
        sentence = tr(
            "Connection",
            "The engine has version {engine} and StreetSense in QGIS {here}; press 'Install or update the engine…' in "
            "the settings of StreetSense.",
        )
    elif _numbers(theirs) < _numbers(ours):
        sentence = tr(
            "Connection",
            "The engine has version {engine} and StreetSense in QGIS {here}; ask the engine's administrator to update "
            "it.",
        )
    else:
        sentence = tr(
            "Connection",
            "The engine has version {engine} and StreetSense in QGIS {here}; update StreetSense in QGIS' list of "
            "extensions.",
        )
    return sentence.format(engine=theirs, here=ours, python=python)


def readers_note(address: str) -> str:
    """Return what to know about an address on the way to which others can read; empty when nobody can."""
    if is_private(address):
        return ""
    return tr(
        "Connection",
        "Others on the way can read the token and the photos of an address with http://; use https:// instead.",
    )


def described(health: dict[str, Any], address: str, *, is_local: bool) -> str:
    """Return one sentence about a connected engine: where, which version, what it computes with."""
    where = tr("Connection", "this computer") if is_local else address
    sentence = tr("Connection", "Connected: {where}, engine {version}, {device}")
    return sentence.format(where=where, version=health["engine_version"], device=_device(health, is_local=is_local))


def _device(health: dict[str, Any], *, is_local: bool) -> str:
    """Return what the engine computes with: its graphics cards, else its processor."""
    devices = [device for device in health.get("devices", []) if isinstance(device, dict)]
    cards = [device for device in devices if not str(device.get("name", "")).startswith("cpu")]
    if cards:
        first = cards[0]
        memory = round(int(first.get("memory_total") or 0) / _GIB)
        text = tr("Connection", "{model} ({memory} GB)").format(model=first.get("model", ""), memory=memory)
        return text if len(cards) == 1 else f"{len(cards)} × {text}"
    if is_local:
        return tr("Connection", "processor ({count} cores)").format(count=os.cpu_count() or 1)
    model = str(devices[0].get("model", "")) if devices else ""
    return tr("Connection", "processor ({model})").format(model=model) if model else tr("Connection", "processor")


def _numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", text)]
