"""The rows of the second step that providers of the internet need: terms, keys, dates, history, costs."""

from __future__ import annotations

import html

from qgis.gui import QgsDateEdit
from qgis.PyQt.QtCore import QDate, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QLabel, QSizePolicy, QVBoxLayout, QWidget

from ...i18n import tr
from ...runs.estimate import money
from ...runs.plan import RunPlan
from ...runs.providers import INSTANCES, Provider
from .keyrow import KeyRow
from .step import Step
from .termsdialog import TermsDialog

_DAY = "yyyy-MM-dd"


class ProviderRows(QWidget):
    """Shows what a provider is, and asks for what it needs; only the rows of the one that is chosen are there.

    Parameters
    ----------
    step : Step
        Where the rows go.
    """

    #: Something was chosen.
    changed = pyqtSignal()

    def __init__(self, step: Step) -> None:
        super().__init__(step)
        self._step = step
        self._provider: Provider | None = None
        #: Studies and providers whose terms were confirmed since the window was opened.
        self._confirmed: set[tuple[str, str]] = set()
        self._study = ""
        # This widget itself has the explanation and the keys, which take the whole width.
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self.about = _text(self)
        self.about.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        self.about.linkActivated.connect(lambda _: self.show_terms())
        column.addWidget(self.about)
        self.keys: list[KeyRow] = []
        self._keys = QVBoxLayout()
        column.addLayout(self._keys)
        self.notice = _text(self)
        column.addWidget(self.notice)
        self.consent = QCheckBox(tr("Dock", "I confirm this for this study"), self)
        self.consent.toggled.connect(self._on_consent)
        column.addWidget(self.consent)
        step.form.addRow(self)
        self.since, self.until = _day(step), _day(step)
        step.form.addRow(tr("Dock", "Captured since"), self.since)
        step.form.addRow(tr("Dock", "Captured until"), self.until)
        self.history = QCheckBox(tr("Dock", "Also older captures (history)"), step)
        self.history.setToolTip(tr("Dock", "All captures of a place, to compare them in time, instead of the nearest"))
        step.form.addRow(self.history)
        self.no_history = _text(step)
        step.form.addRow(self.no_history)
        self.cost = QDoubleSpinBox(step)
        self.cost.setRange(0, 1_000_000)
        self.cost.setDecimals(2)
        self.cost.setSingleStep(5)
        self.cost.setSuffix(" US$")
        self.cost.setGroupSeparatorShown(True)
        self.cost.setSpecialValueText(tr("Dock", "set a limit"))
        step.form.addRow(tr("Dock", "Cost at most"), self.cost)
        self.instance = QComboBox(step)
        self.instance.setEditable(True)
        self.instance.setToolTip(
            tr("Dock", "Advanced: ask one instance alone; one that is not listed must be set up where the engine runs")
        )
        self.instance.lineEdit().setPlaceholderText(tr("Dock", "the engine's usual one"))
        step.form.addRow(tr("Dock", "Instance"), self.instance)
        for signal in (
            self.since.dateValueChanged, self.until.dateValueChanged, self.history.toggled, self.cost.valueChanged,
            self.instance.editTextChanged,
        ):  # fmt: skip
            signal.connect(lambda *_: self.changed.emit())
        self.show_provider(None)

    def show_provider(self, provider: Provider | None) -> None:
        """Show the rows of a provider; None hides all."""
        if provider != self._provider:
            self._provider = provider
            self._fill_rows()
        is_online = provider is not None and provider.is_online
        asks_consent = provider is not None and provider.needs_consent
        self.notice.setVisible(asks_consent)
        self.consent.setVisible(asks_consent)
        for row, is_shown in (
            (self, provider is not None),
            (self.since, is_online), (self.until, is_online), (self.history, is_online and provider.has_history),
            (self.no_history, is_online and not provider.has_history and bool(self.no_history.text())),
            (self.cost, is_online and provider.price_per_1000 is not None),
            (self.instance, is_online and provider.name in INSTANCES),
        ):  # fmt: skip
            self._step.show_row(row, is_shown)

    def show_study(self, study: str) -> None:
        """Show whether the terms were confirmed for a study: each one is asked about."""
        self._study = study
        self.consent.blockSignals(True)
        self.consent.setChecked(self._is_confirmed)
        self.consent.blockSignals(False)

    def show_terms(self) -> None:
        """Show the terms of the provider."""
        if self._provider is not None:
            TermsDialog(self._provider, self).show()

    def fill(self, plan: RunPlan) -> None:
        """Write the choices into a plan; keys are not among them."""
        provider = self._provider
        if provider is None:
            return
        plan.accept_terms = provider.needs_consent and (plan.study, provider.name) in self._confirmed
        if not provider.is_online:
            return
        plan.since, plan.until = _chosen(self.since), _chosen(self.until)
        plan.history = provider.has_history and self.history.isChecked()
        if provider.price_per_1000 is not None:
            plan.max_cost = self.cost.value()
        if provider.name in INSTANCES:
            plan.api_url = self.instance.currentText().strip().rstrip("/")

    def missing(self) -> str:
        """Return which key is missing, in a sentence; empty when none."""
        return next((sentence for sentence in (key.missing() for key in self.keys) if sentence), "")

    @property
    def _is_confirmed(self) -> bool:
        return self._provider is not None and (self._study, self._provider.name) in self._confirmed

    def _fill_rows(self) -> None:
        """Put what is known of the provider into the rows."""
        provider = self._provider
        for key in self.keys:
            self._keys.removeWidget(key)
            key.hide()
            key.deleteLater()
        self.keys = []
        if provider is None:
            return
        self.about.setText(_about(provider))
        for wanted in provider.secrets:
            key = KeyRow(provider, wanted, self)
            key.changed.connect(self.changed)
            self._keys.addWidget(key)
            self.keys.append(key)
        self.notice.setText(html.escape(provider.notice))
        self.consent.setAccessibleDescription(provider.notice)
        self.show_study(self._study)
        self.no_history.setText(html.escape(provider.history_notice))
        if provider.price_per_1000 is not None:
            told = tr("Dock", "{price} US$ for 1,000 photos; fetching ends before they cost more than this")
            self.cost.setToolTip(told.format(price=money(provider.price_per_1000)))
        self.instance.blockSignals(True)
        self.instance.clear()
        self.instance.addItems(INSTANCES.get(provider.name, ()))
        self.instance.setCurrentIndex(-1)
        self.instance.clearEditText()
        self.instance.blockSignals(False)

    def _on_consent(self, is_given: bool) -> None:
        if self._provider is not None:
            about = (self._study, self._provider.name)
            self._confirmed = self._confirmed | {about} if is_given else self._confirmed - {about}
        self.changed.emit()


def _about(provider: Provider) -> str:
    """Return what is there, on what terms (HTML); empty where nothing is known."""
    licence = provider.licence and tr("Dock", "Licence: {licence}.").format(licence=provider.licence.rstrip("."))
    words = " ".join(filter(None, (provider.description, licence)))
    terms = f'<a href="terms">{html.escape(tr("Dock", "Terms…"))}</a>' if provider.notice or provider.terms_url else ""
    return " ".join(filter(None, (html.escape(words), terms)))


def _text(parent: QWidget) -> QLabel:
    label = QLabel(parent)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.RichText)
    return label


def _day(parent: QWidget) -> QgsDateEdit:
    """Return a date that may be left empty."""
    edit = QgsDateEdit(parent)
    edit.setDisplayFormat(_DAY)
    edit.setCalendarPopup(True)
    edit.setAllowNull(True)
    edit.setNullRepresentation(tr("Dock", "any day"))
    edit.clear()
    # Beside the day there are buttons to empty it and for the calendar.
    edit.setMinimumWidth(edit.fontMetrics().horizontalAdvance("0000-00-00") + 64)
    edit.dateValueChanged.connect(lambda date: None if date.isValid() else _show_none(edit))
    edit.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return edit


def _show_none(edit: QgsDateEdit) -> None:
    """Show that a date is empty: QGIS itself would show today's in grey."""
    edit.blockSignals(True)
    edit.setDate(QDate())
    edit.blockSignals(False)


def _chosen(edit: QgsDateEdit) -> str:
    date: QDate = edit.date()
    return "" if edit.isNull() or not date.isValid() else date.toString(_DAY)
