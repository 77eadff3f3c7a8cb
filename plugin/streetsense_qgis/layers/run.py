"""What is known of the run that layers come from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from qgis.PyQt.QtCore import QDateTime, QLocale, Qt


@dataclass
class RunFacts:
    """What is known of the run that layers come from; everything but the name may be unknown.

    Attributes
    ----------
    name : str
        What people call it.
    study, engine : str
        The study's name; the engine in a few words (computer, version).
    made : str
        When, ISO 8601.
    processes : list of dict
        ``{"process": id, "version": text, "inputs": {…}}``, in the order they ran; no secrets.
    attribution, licence : str
        Whom to name, and what others may do with the photos and what was made of them.
    scores : dict or None
        The predictor's record, as ``predictors/<name>/predictor.json`` of the study holds it.
    target, unit : str
        What was predicted, and its unit.
    """

    name: str
    study: str = ""
    engine: str = ""
    made: str = ""
    processes: list[dict[str, Any]] = field(default_factory=list)
    attribution: str = ""
    licence: str = ""
    scores: dict[str, Any] | None = None
    target: str = ""
    unit: str = ""

    def __post_init__(self) -> None:
        if self.scores:
            self.target = self.target or str(self.scores.get("target") or "")
            self.unit = self.unit or str(self.scores.get("target_unit") or "")

    @property
    def date(self) -> str:
        """The day it was made, as the user writes dates; today where unknown."""
        moment = QDateTime.fromString(self.made, Qt.DateFormat.ISODate) if self.made else QDateTime()
        if not moment.isValid():
            moment = QDateTime.currentDateTime()
        return QLocale().toString(moment.toLocalTime().date(), QLocale.FormatType.ShortFormat)

    @property
    def title(self) -> str:
        """Name and day: how the group of its layers is called."""
        return f"{self.name}, {self.date}"
