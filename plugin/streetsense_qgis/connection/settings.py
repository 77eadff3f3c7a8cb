"""What the user decided about the engine; the token lies in QGIS' encrypted authentication database."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields

from qgis.core import QgsSettings
from qgis.PyQt.QtCore import QSettings, QStandardPaths

from ..i18n import tr
from .errors import EngineError
from .passwords import OFF, password_file, read_password, store_password, why_closed

_GROUP = "streetsense/connection"


def default_data_folder() -> str:
    """Return where the engine and the studies go unless somebody moves them."""
    place = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericDataLocation)
    return os.path.join(place, "streetsense")  # noqa: PTH118 - a text that the user sees and edits


@dataclass
class ConnectionSettings:
    """The connection's settings; read and written on the main thread.

    Attributes
    ----------
    mode : str
        ``local`` (this computer) or ``remote``.
    address : str
        Of the remote host.
    authcfg : str
        Id of the configuration in QGIS' authentication database whose password is the token.
    python : str
        A given Python with the engine in it; empty: the one that StreetSense installs.
    data_folder : str
        Where the engine is installed and the studies are kept.
    build : str
        ``cpu`` or ``cuda``.
    wheel : str
        A file to install the engine from; empty: the package index.
    """

    mode: str = "local"
    address: str = ""
    authcfg: str = ""
    python: str = ""
    data_folder: str = ""
    build: str = "cpu"
    wheel: str = ""

    @classmethod
    def load(cls) -> ConnectionSettings:
        """Return what is stored, with defaults for all else."""
        stored, found = QgsSettings(), cls(data_folder=default_data_folder())
        for entry in fields(cls):
            value = str(stored.value(f"{_GROUP}/{entry.name}", "") or "")
            if value:
                setattr(found, entry.name, value)
        found.mode = found.mode if found.mode in ("local", "remote") else "local"
        found.build = found.build if found.build in ("cpu", "cuda") else "cpu"
        return found

    def save(self) -> None:
        """Store everything.

        Raises
        ------
        EngineError
            When QGIS' settings cannot be written.
        """
        stored = QgsSettings()
        for entry in fields(self):
            stored.setValue(f"{_GROUP}/{entry.name}", getattr(self, entry.name))
        stored.sync()
        # QgsSettings does not tell; another look at the same file does.
        file = QSettings(stored.fileName(), QSettings.Format.IniFormat)
        file.sync()
        if file.status() != QSettings.Status.NoError or not file.isWritable():
            sentence = tr(
                "Connection",
                "QGIS' settings cannot be written, so the change holds until QGIS is closed; "
                "check who may write to {file}.",
            )
            raise EngineError(sentence.format(file=stored.fileName()), "disk")


def read_token(authcfg: str, *, may_ask: bool) -> str:
    """Return the token in a configuration of QGIS' authentication database.

    Parameters
    ----------
    authcfg : str
        Which configuration.
    may_ask : bool
        Whether QGIS may ask for its master password: only when somebody just wanted to connect.

    Raises
    ------
    EngineError
        When there is none, or the database stays locked.
    """
    if not authcfg:
        raise EngineError(tr("Connection", "There is no token yet; enter it in the settings of StreetSense."), "token")
    _unlock(may_ask=may_ask)
    token = read_password(authcfg)
    if not token:
        sentence = tr("Connection", "The token is not in QGIS' authentication database any more; enter it again.")
        raise EngineError(sentence, "token")
    return token


def store_token(token: str, authcfg: str, address: str) -> str:
    """Store a token in QGIS' authentication database and return the configuration's id.

    Parameters
    ----------
    token : str
        The token.
    authcfg : str
        A configuration to change; empty, or gone: a new one is made.
    address : str
        Of the engine, to name the configuration after.

    Raises
    ------
    EngineError
        When the database stays locked or cannot be written.
    """
    _unlock(may_ask=True)
    stored = store_password(token, authcfg, f"StreetSense {address}".strip())
    if not stored:
        sentence = tr(
            "Connection",
            "The token could not be stored in QGIS' authentication database; check who may write to {file}.",
        )
        raise EngineError(sentence.format(file=password_file()), "disk")
    return stored


def _unlock(*, may_ask: bool) -> None:
    why = why_closed(may_ask=may_ask)
    if why == OFF:
        sentence = tr("Connection", "QGIS' authentication database is switched off, so the token cannot be kept there.")
        raise EngineError(sentence, "token")
    if why:
        sentence = tr(
            "Connection", "The token is locked with QGIS' master password; press Connect and enter that password."
        )
        raise EngineError(sentence, "token")
