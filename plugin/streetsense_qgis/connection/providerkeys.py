"""What providers of street views gave the user to identify themselves: kept encrypted by QGIS, never in the settings.

The settings have the ids of the configurations in QGIS' authentication database, one for each provider and kind of key.
"""

from __future__ import annotations

from qgis.core import QgsSettings

from ..i18n import tr
from .errors import EngineError
from .passwords import (
    LOCKED,
    is_stored,
    password_file,
    read_password,
    remove_password,
    store_password,
    why_closed,
)

_GROUP = "streetsense/providers"


def has_key(provider: str, name: str) -> bool:
    """Tell whether a key of a provider is kept; asks for no master password.

    Parameters
    ----------
    provider, name : str
        As the engine calls them: ``mapillary``, ``key``.
    """
    return is_stored(_authcfg(provider, name))


def store_key(provider: str, name: str, title: str, key: str) -> None:
    """Keep a key; QGIS may ask for its master password.

    Parameters
    ----------
    provider, name : str
        As the engine calls them.
    title : str
        For people: ``Mapillary access token``.
    key : str
        What the provider gave.

    Raises
    ------
    EngineError
        When it can be no key, the database stays locked or cannot be written.
    """
    key = key.strip()
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        sentence = tr("Connection", "{title}: this can be none, it has spaces or other signs in it; copy it once more.")
        raise EngineError(sentence.format(title=title), "token")
    _open(title, may_ask=True)
    authcfg = store_password(key, _authcfg(provider, name), f"StreetSense {title}")
    if not authcfg:
        sentence = tr(
            "Connection",
            "{title}: it could not be stored in QGIS' authentication database; check who may write to {file}.",
        )
        raise EngineError(sentence.format(title=title, file=password_file()), "disk")
    QgsSettings().setValue(_path(provider, name), authcfg)


def forget_key(provider: str, name: str, title: str) -> None:
    """Take a key away.

    Raises
    ------
    EngineError
        When the database cannot be written.
    """
    if not remove_password(_authcfg(provider, name)):
        sentence = tr(
            "Connection",
            "{title}: it could not be taken out of QGIS' authentication database; check who may write to {file}.",
        )
        raise EngineError(sentence.format(title=title, file=password_file()), "disk")
    QgsSettings().remove(_path(provider, name))


def unlock_keys(provider: str) -> None:
    """Let QGIS ask for its master password where keys of a provider are kept: somebody wants to use them now.

    Raises
    ------
    EngineError
        When they stay locked.
    """
    if _kept(provider):
        _open(provider, may_ask=True)


def read_keys(provider: str) -> dict[str, str]:
    """Return the keys of a provider that are kept, by name; nobody is asked for anything.

    Raises
    ------
    EngineError
        When they are locked, or cannot be read any more (kind ``token``).
    """
    kept = _kept(provider)
    if not kept:
        return {}
    _open(provider, may_ask=False)
    keys = {name: read_password(authcfg) for name, authcfg in kept.items()}
    if not all(keys.values()):
        sentence = tr("Connection", "The key for {title} cannot be read from QGIS' authentication database; enter it "
                      "again.")  # fmt: skip
        raise EngineError(sentence.format(title=provider), "token")
    return keys


def _kept(provider: str) -> dict[str, str]:
    """Return the ids of the configurations that are there, by the names of the keys."""
    settings = QgsSettings()
    settings.beginGroup(f"{_GROUP}/{provider}")
    found = {name: str(settings.value(name, "") or "") for name in settings.childKeys()}
    settings.endGroup()
    return {name: authcfg for name, authcfg in found.items() if is_stored(authcfg)}


def _open(title: str, *, may_ask: bool) -> None:
    why = why_closed(may_ask=may_ask)
    if why == LOCKED and may_ask:
        sentence = tr(
            "Connection", "The key for {title} needs QGIS' master password; try again and enter that password."
        )
        raise EngineError(sentence.format(title=title), "token")
    if why == LOCKED:
        sentence = tr(
            "Connection",
            "The key for {title} is locked with QGIS' master password; press Stop, then Go on, and enter it.",
        )
        raise EngineError(sentence.format(title=title), "token")
    if why:
        sentence = tr("Connection", "QGIS' authentication database is switched off, so keys cannot be kept there.")
        raise EngineError(sentence, "token")


def _authcfg(provider: str, name: str) -> str:
    return str(QgsSettings().value(_path(provider, name), "") or "")


def _path(provider: str, name: str) -> str:
    return f"{_GROUP}/{provider}/{name}"
