"""The one connection of this QGIS to an engine: begun, watched, lost and found again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

from ..i18n import tr
from .client import EngineClient
from .environment import installed_python, installed_version
from .errors import EngineError
from .handshake import described, readers_note, shake_hands, version_note
from .local import LocalEngine
from .pending import Pending
from .settings import ConnectionSettings, read_token

#: Milliseconds between two looks at the engine, and until the second one while it still looks for graphics cards.
_HEARTBEAT, _SOON = 10_000, 2_000
#: Looks in a row without an answer after which the engine counts as lost; it may be busy once.
_MISSED = 2
#: What changes all the time and concerns nobody.
_RESTLESS = ("uptime", "disk_free")


class Session(QObject):
    """The connection that everything in this QGIS shares; lives on the main thread.

    Attributes
    ----------
    state : str
        ``off``, ``starting``, ``connected``, ``failed`` or ``missing-engine`` (nothing is installed on this computer).
    client : EngineClient or None
        To ask the engine; None unless connected.
    health : dict or None
        What the engine last said about itself; None unless connected.
    error : EngineError or None
        Why it failed.
    warning : str
        What to know although it is connected; empty when nothing.
    is_local : bool
        Whether the engine is this computer's.

    Parameters
    ----------
    parent : QObject, optional
        Of this object.
    settings : callable
        Returns the settings; asked each time a connection begins.
    """

    #: The state or what is known about the engine has changed.
    changed = pyqtSignal()

    def __init__(
        self, parent: QObject | None = None, settings: Callable[[], ConnectionSettings] = ConnectionSettings.load
    ) -> None:
        super().__init__(parent)
        self.state = "off"
        self.client: EngineClient | None = None
        self.health: dict[str, Any] | None = None
        self.error: EngineError | None = None
        self.warning = ""
        self.is_local = True
        self._settings = settings
        self._chosen = settings()
        self._used: EngineClient | None = None
        self._asked: Pending | None = None
        self._engine: LocalEngine | None = None
        self._python = ""
        self._missed = 0
        self._heart = QTimer(self)
        self._heart.setSingleShot(True)
        self._heart.timeout.connect(self._beat)

    def connect_engine(self, may_ask: bool = True) -> None:
        """Begin to connect; `changed` tells how it goes.

        Parameters
        ----------
        may_ask : bool
            Whether QGIS may ask for its master password. Not where nobody pressed anything, as at the start of QGIS.
        """
        if self.state in ("starting", "connected"):
            return
        self._forget()
        settings = self._chosen = self._settings()
        self.is_local = settings.mode == "local"
        self._become("starting")
        try:
            if self.is_local:
                self._connect_here(settings)
            else:
                self._connect_to(settings.address, read_token(settings.authcfg, may_ask=may_ask))
        except EngineError as error:
            self._fail(error)

    def disconnect_engine(self) -> None:
        """Let go of the engine; one on this computer is stopped unless jobs run or wait."""
        self._forget()
        self._become("off")

    def reconnect_engine(self, may_ask: bool = True) -> None:
        """Connect anew, as after a change of the settings; see `connect_engine`."""
        self._forget()
        self.state = "off"
        self.connect_engine(may_ask)

    def close(self) -> None:
        """End for good, as when StreetSense is unloaded; nothing is waited for."""
        self.blockSignals(True)
        self._forget()
        self.state = "off"

    @property
    def engine(self) -> str:
        """What tells the engine of this connection from others, through restarts.

        By the settings with which it was begun: another window may have changed them since.
        """
        if self.is_local:
            return f"local {self._chosen.data_folder}"
        return self._chosen.address if self.client is None else self.client.address

    def describe(self) -> str:
        """Return the state as one sentence for people."""
        if self.state == "connected" and self.health is not None and self.client is not None:
            return described(self.health, self.client.address, is_local=self.is_local)
        if self.state == "failed" and self.error is not None:
            return str(self.error)
        return {
            "starting": tr("Connection", "The engine on this computer starts…")
            if self.is_local
            else tr("Connection", "Connecting…"),
            "missing-engine": tr("Connection", "The engine is not installed on this computer yet."),
        }.get(self.state, tr("Connection", "Not connected"))

    def _connect_here(self, settings: ConnectionSettings) -> None:
        python = settings.python or installed_python(settings.data_folder)
        if not python:
            self._become("missing-engine")
            return
        self._python = settings.python
        self._engine = LocalEngine(settings.data_folder, self)
        self._engine.ready.connect(self._connect_to)
        self._engine.failed.connect(self._fail)
        # What a given Python has is its owner's business.
        self._engine.start(python, "" if settings.python else installed_version(settings.data_folder) or "")

    def _connect_to(self, address: str, token: str) -> None:
        try:
            self._used = EngineClient(address, token, self)
        except EngineError as error:
            self._fail(error)
            return
        self._beat()

    def _beat(self) -> None:
        """Look at the engine."""
        if self._used is not None and (self._asked is None or self._asked.is_decided):
            self._asked = shake_hands(self._used).then(self._alive, self._silent)

    def _alive(self, health: dict[str, Any]) -> None:
        if self._used is None:
            return
        self._missed = 0
        is_news = self.state != "connected" or _facts(health) != _facts(self.health or {})
        self.health, self.client, self.warning = health, self._used, self._worry(health, self._used.address)
        self._heart.start(_HEARTBEAT if health.get("devices_complete", True) else _SOON)
        if is_news:
            self._become("connected")

    def _worry(self, health: dict[str, Any], address: str) -> str:
        """Return what to know although the engine is connected; empty when nothing."""
        if not self.is_local:
            return " ".join(filter(None, (version_note(health, is_local=False), readers_note(address))))
        if self._engine is not None and self._engine.is_another:
            return tr(
                "Connection",
                "This is still the engine from before, since jobs or other windows of QGIS need it; connect again when "
                "they have ended.",
            )
        return version_note(health, is_local=True, python=self._python)

    def _silent(self, error: EngineError) -> None:
        if self._used is None or error.kind == "cancelled":
            return
        self._missed += 1
        if self.state == "connected" and error.is_passing and self._missed < _MISSED:
            self._heart.start(_SOON)
        elif self.state == "connected" and self._engine is not None and not self._engine.is_own:
            # Another window of QGIS had started it, and has ended it: this one starts its own.
            self.reconnect_engine(may_ask=False)
        elif error.is_passing and (self.state == "connected" or self.state == "failed"):
            self._lose(error)
        else:
            self._fail(error)

    def _lose(self, error: EngineError) -> None:
        """Tell that the engine does not answer any more, and go on looking for it."""
        is_news = self.state != "failed"
        self.client = self.health = None
        self.error = error
        self._heart.start(_HEARTBEAT)
        if is_news:
            self._become("failed", error)

    def _fail(self, error: EngineError) -> None:
        self._forget()
        self._become("failed", error)

    def _forget(self) -> None:
        """Let go of everything."""
        self._heart.stop()
        client, self._used, self._asked = self._used, None, None
        self.client = self.health = None
        self.warning, self._missed = "", 0
        if client is not None:
            client.close()
            client.deleteLater()
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.ready.disconnect(self._connect_to)
            engine.failed.disconnect(self._fail)
            engine.stop()
            engine.deleteLater()

    def _become(self, state: str, error: EngineError | None = None) -> None:
        self.state, self.error = state, error
        self.changed.emit()


def _facts(health: dict[str, Any]) -> dict[str, Any]:
    """Return what is worth telling of an engine's health."""
    kept = {name: value for name, value in health.items() if name not in _RESTLESS}
    devices = [device for device in health.get("devices", []) if isinstance(device, dict)]
    kept["devices"] = [{name: value for name, value in device.items() if name != "memory_free"} for device in devices]
    return kept
