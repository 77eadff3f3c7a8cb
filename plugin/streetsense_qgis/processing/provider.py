"""The provider: every process of the engine in the toolbox, in models, in batches and on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qgis.core import QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from ..connection.pending import Pending
from ..i18n import tr
from ..version import version
from .algorithm import ProcessAlgorithm
from .base import icon
from .description import Description, snapshot
from .newstudy import NewStudyAlgorithm
from .reach import Reach
from .secretfields import SecretReader

if TYPE_CHECKING:
    from ..connection.session import Session


class StreetSenseProvider(QgsProcessingProvider):
    """Offers the processes of the engine as algorithms.

    They are those of the engine that came out together with this version, until an engine was reached that has others.

    Parameters
    ----------
    session : Session, optional
        The connection of this QGIS; without it, as on a command line, the algorithms find an engine themselves.
    """

    def __init__(self, session: Session | None = None) -> None:
        super().__init__()
        self.reach = Reach(session)
        self._secret_reader = SecretReader()
        self._session = session
        self._descriptions: list[Description] | None = None
        self._asked_at = ""
        self._asking: list[Pending] = []
        if session is not None:
            session.changed.connect(self._ask)
            self._ask()

    def id(self) -> str:
        """Return what programs call it."""
        return "streetsense"

    def name(self) -> str:
        """Return what people call it."""
        return "StreetSense"

    def longName(self) -> str:
        """Return its name with the version."""
        return f"StreetSense {version()}"

    def icon(self) -> QIcon:
        """Return the icon of StreetSense."""
        return icon()

    def supportsNonFileBasedOutput(self) -> bool:
        """Tell that results are files."""
        return False

    def loadAlgorithms(self) -> None:
        """Offer the algorithms."""
        if self._descriptions is None:
            self._descriptions = snapshot()
        self.addAlgorithm(NewStudyAlgorithm(self.reach))
        for description in self._descriptions:
            group = _group(description)
            self.addAlgorithm(ProcessAlgorithm(description, group, self.reach, self._secret_reader))

    def refresh(self, descriptions: list[dict[str, Any]]) -> None:
        """Offer what an engine describes: it can have further processes, or other inputs.

        Parameters
        ----------
        descriptions : list of dict
            OGC process descriptions, whole.
        """
        try:
            found = [Description.from_json(entry) for entry in descriptions]
        except (KeyError, TypeError, AttributeError):
            return  # of an engine that describes its processes in another way: what is offered stays
        if found and found != self._descriptions:
            self._descriptions = found
            self.refreshAlgorithms()

    def unload(self) -> None:
        """Let go of the connection."""
        if self._session is not None:
            self._session.changed.disconnect(self._ask)
            self._session = None
        for pending in self._asking:
            pending.cancel()
        self.reach.close()
        super().unload()

    def _ask(self) -> None:
        """Ask an engine that was just reached for its descriptions, once."""
        client = self._session.client if self._session is not None else None
        if client is None or self._session is None or self._session.state != "connected":
            self._asked_at = ""
            return
        if self._asked_at == client.address:
            return
        self._asked_at = client.address
        pending = client.processes()
        self._asking = [pending]
        # Failing, it leaves the snapshot, and the connection tells what is wrong.
        pending.then(self._ask_each)

    def _ask_each(self, listed: list[dict[str, Any]]) -> None:
        client = self._session.client if self._session is not None else None
        if client is None:
            return
        found: dict[str, dict[str, Any]] = {}

        def hear(entry: dict[str, Any]) -> None:
            found[entry["id"]] = entry
            if len(found) == len(listed):
                self.refresh([found[one["id"]] for one in listed])

        self._asking = [client.process(entry["id"]).then(hear) for entry in listed]


def _group(description: Description) -> tuple[str, str]:
    """Return identifier and name of the group that a process belongs to."""
    for group, name, members in (
        ("streetviews", tr("Processing", "Street views"), ("sample", "fetch")),
        ("encoders", tr("Processing", "Encoders"), ("import-encoder", "pair", "pretrain", "embed")),
        ("indicators", tr("Processing", "Indicators"), ("fit", "predict")),
        ("attention", tr("Processing", "Attention"), ("attend",)),
    ):
        if description.id in members:
            return group, name
    return "further", tr("Processing", "Further")
