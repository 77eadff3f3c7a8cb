"""The choices about the overlay: whose attention, by which method, in which layer, how strongly drawn."""

from __future__ import annotations

from typing import Any

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QToolButton,
    QWidget,
)

from ...i18n import tr
from .attention import WHOLE_VIEW, Question, layers_of

_OPACITY = 60


class AttentionBar(QWidget):
    """Makes a question of what a person chooses."""

    #: A `Question`, or None while the overlay is off or there is no model.
    asked = pyqtSignal(object)
    #: From 0 to 1.
    opacity_changed = pyqtSignal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._query = WHOLE_VIEW
        self._layers: dict[str, int] = {}
        self.shown = QCheckBox(tr("PhotoViewer", "Show where the model &looked"), self)
        self.shown.setToolTip(tr("PhotoViewer", "Lay the model's attention over the photo (T)"))
        self.opacity = QSlider(Qt.Orientation.Horizontal, self)
        self.opacity.setRange(0, 100)
        self.opacity.setValue(_OPACITY)
        self.opacity.setToolTip(tr("PhotoViewer", "How strongly the colours cover the photo"))
        self.opacity.setAccessibleName(self.opacity.toolTip())
        self.model, self.method, self.layer = QComboBox(self), QComboBox(self), QComboBox(self)
        for box in (self.model, self.method, self.layer):
            box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            box.setMinimumWidth(90)
        self.model.setToolTip(tr("PhotoViewer", "An encoder's view of the photo, or what led to a predicted indicator"))
        self.method.setToolTip(
            tr(
                "PhotoViewer",
                "What counted: attention weighted by its effect on the result. Through all layers: attention followed "
                "from layer to layer. One layer: the attention of a single layer as it is.",
            )
        )
        for name, words in (
            ("relevance", tr("PhotoViewer", "What counted")),
            ("rollout", tr("PhotoViewer", "Through all layers")),
            ("raw", tr("PhotoViewer", "One layer")),
        ):
            self.method.addItem(words, name)
        self.token = QLabel(self)
        self.token.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.whole = QToolButton(self)
        self.whole.setText(tr("PhotoViewer", "Whole photo"))
        self.whole.setToolTip(tr("PhotoViewer", "Ask about the whole photo again (Esc)"))
        self._lay_out()
        self._fill_layers()
        self._say_token()
        self.shown.toggled.connect(self._changed)
        self.opacity.valueChanged.connect(lambda value: self.opacity_changed.emit(value / 100))
        self.model.currentIndexChanged.connect(self._model_chosen)
        self.method.currentIndexChanged.connect(self._method_chosen)
        self.layer.currentIndexChanged.connect(self._changed)
        self.whole.clicked.connect(self.ask_whole)
        self._enable()

    @property
    def question(self) -> Question | None:
        """What is asked; None while the overlay is off or there is no model."""
        chosen = self.model.currentData()
        if not self.shown.isChecked() or chosen is None:
            return None
        kind, name = chosen
        if kind == "predictor":
            return Question(predictor=name, layer=self.layer.currentData())
        return Question(
            encoder=name, method=self.method.currentData(), layer=self.layer.currentData(), query=self._query
        )

    @property
    def explains_predictor(self) -> bool:
        """Whether the choice is a predictor, which explains whole photos alone."""
        chosen = self.model.currentData()
        return chosen is not None and chosen[0] == "predictor"

    def set_models(self, encoders: list[dict[str, Any]], predictors: list[str]) -> None:
        """Offer the models of a study; what was chosen stays chosen where it still exists."""
        self._layers = {str(encoder.get("name")): layers_of(encoder) for encoder in encoders}
        before, known = self.model.currentData(), [self.model.itemData(place) for place in range(self.model.count())]
        offered = [("predictor", name) for name in predictors] + [("encoder", name) for name in self._layers]
        if known == offered:  # asking the same again would only take the engine's time
            return
        self.model.blockSignals(True)
        self.model.clear()
        for kind, name in offered:
            words = (
                tr("PhotoViewer", "Indicator: {name}") if kind == "predictor" else tr("PhotoViewer", "Encoder: {name}")
            )
            self.model.addItem(words.format(name=name), (kind, name))
        first_encoder = next((index for index, (kind, _) in enumerate(offered) if kind == "encoder"), 0)
        self.model.setCurrentIndex(offered.index(before) if before in offered else first_encoder)
        self.model.blockSignals(False)
        self._model_chosen()

    def ask_patch(self, row: int, column: int) -> None:
        """Ask about one square of the photo."""
        self._set_query(f"{row},{column}")

    def forget_patch(self) -> None:
        """Mean the whole photo again, without telling: the next photo is another one."""
        self._query = WHOLE_VIEW
        self._say_token()
        self._enable()

    def ask_whole(self) -> None:
        """Ask about the whole photo."""
        self._set_query(WHOLE_VIEW)

    def _set_query(self, query: str) -> None:
        if query != self._query:
            self._query = query
            self._say_token()
            self._changed()

    def _model_chosen(self) -> None:
        if self.explains_predictor:
            self._query = WHOLE_VIEW
            self._say_token()
        self._fill_layers()
        self._changed()

    def _method_chosen(self) -> None:
        self._fill_layers()
        self._changed()

    def _changed(self) -> None:
        self._enable()
        self.asked.emit(self.question)

    def _enable(self) -> None:
        is_on = self.shown.isChecked() and self.model.count() > 0
        self.model.setEnabled(self.model.count() > 0 and self.shown.isChecked())
        self.method.setEnabled(is_on and not self.explains_predictor)
        self.layer.setEnabled(is_on)
        self.opacity.setEnabled(is_on)
        self.whole.setEnabled(is_on and self._query != WHOLE_VIEW)

    def _fill_layers(self) -> None:
        chosen = self.model.currentData()
        is_encoder = chosen is not None and chosen[0] == "encoder"
        # Which encoder a predictor has is not known here; the first layers are there in every one of them.
        count = self._layers.get(chosen[1], 12) if is_encoder else min(self._layers.values(), default=12)
        method = "relevance" if self.explains_predictor else self.method.currentData()
        words = {
            "relevance": tr("PhotoViewer", "From layer {number}"),
            "rollout": tr("PhotoViewer", "Up to layer {number}"),
            "raw": tr("PhotoViewer", "Layer {number}"),
        }[method]
        before = self.layer.currentData()
        self.layer.blockSignals(True)
        self.layer.clear()
        self.layer.addItem(
            tr("PhotoViewer", "Last layer") if method == "raw" else tr("PhotoViewer", "All layers"), None
        )
        for number in range(count):
            self.layer.addItem(words.format(number=number + 1), number)
        self.layer.setCurrentIndex(max(0, self.layer.findData(before)) if before is not None and is_encoder else 0)
        self.layer.blockSignals(False)

    def _say_token(self) -> None:
        if self._query == WHOLE_VIEW:
            self.token.setText(tr("PhotoViewer", "Asked about: the whole photo (click a square)"))
            return
        row, column = (int(part) + 1 for part in self._query.split(","))
        self.token.setText(tr("PhotoViewer", "Asked about: row {row}, column {column}").format(row=row, column=column))

    def _lay_out(self) -> None:
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setVerticalSpacing(3)
        layout.addWidget(self.shown, 0, 0, 1, 2)
        layout.addWidget(self.opacity, 0, 2)
        layout.addWidget(self.model, 1, 0)
        layout.addWidget(self.method, 1, 1)
        layout.addWidget(self.layer, 1, 2)
        layout.addWidget(self.token, 2, 0, 1, 2)
        layout.addWidget(self.whole, 2, 2, Qt.AlignmentFlag.AlignRight)
        for column in range(3):
            layout.setColumnStretch(column, 1)
