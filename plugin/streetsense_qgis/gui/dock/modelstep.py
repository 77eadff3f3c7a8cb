"""The third step: what to map, from which labels, with which encoder."""

from __future__ import annotations

import re
from typing import Any

from qgis.core import QgsFieldProxyModel, QgsMapLayerProxyModel
from qgis.gui import QgsFieldComboBox, QgsFileWidget, QgsMapLayerComboBox
from qgis.PyQt.QtWidgets import QComboBox, QLabel, QLineEdit, QSpinBox, QWidget

from ...i18n import tr
from ...runs import plan as plans
from ...runs.missing import missing_of_model
from ...runs.plan import APPEARANCE, DEMOCITY, INDICATOR, VIEW_SCORE, Labels, RunPlan
from ...runs.sources import Sources
from .step import Step, uploaded

#: What the synthetic city knows of its block groups and of its views.
_CITY_INDICATORS = {
    "median_income": "USD a year",
    "poverty_rate": "%",
    "obesity": "% of adults",
    "diabetes": "% of adults",
    "mental_distress": "% of adults",
    "walk_bike_commute": "% of workers",
    "crime_rate": "incidents per 1000 residents a year",
}
_LABEL_AREAS, _OWN_LAYER, _VIEWS = "labels", "layer", "views"


class ModelStep(Step):
    """Lets a person choose what is mapped."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(3, tr("Dock", "Model"), parent)
        self.goal = QComboBox(self)
        for name, title in (
            (APPEARANCE, tr("Dock", "Where places look alike")),
            (INDICATOR, tr("Dock", "An indicator of areas (income, health, …)")),
            (VIEW_SCORE, tr("Dock", "A score of views (perceived safety, …)")),
        ):
            self.goal.addItem(title, name)
        self.form.addRow(tr("Dock", "Map"), self.goal)
        self._explained = QLabel(self)
        self._explained.setWordWrap(True)
        self.form.addRow(self._explained)
        self.labels = QgsMapLayerComboBox(self)
        self.labels.setToolTip(tr("Dock", "Where the value is known already, in the area: the model learns from it"))
        self.labels.setAllowEmptyLayer(True)
        self.form.addRow(tr("Dock", "Known values"), self.labels)
        self.field = QgsFieldComboBox(self)
        self.field.setFilters(QgsFieldProxyModel.Filter.Numeric)
        self.form.addRow(tr("Dock", "Field"), self.field)
        self.id_field = QgsFieldComboBox(self)
        self.id_field.setAllowEmptyFieldName(True)
        self.id_field.setToolTip(tr("Dock", "What tells the areas apart; their numbers unless chosen"))
        self.form.addRow(tr("Dock", "Name of areas"), self.id_field)
        self.city_field = QComboBox(self)
        self.form.addRow(tr("Dock", "Made-up values"), self.city_field)
        self.unit = QLineEdit(self)
        self.unit.setPlaceholderText(tr("Dock", "%, USD a year, of 10, …"))
        self.form.addRow(tr("Dock", "Measured in"), self.unit)
        self.units = QComboBox(self)
        self.form.addRow(tr("Dock", "Areas to map"), self.units)
        self.units_layer = QgsMapLayerComboBox(self)
        self.units_layer.setFilters(QgsMapLayerProxyModel.Filter.PolygonLayer)
        self.form.addRow(tr("Dock", "Area layer"), self.units_layer)
        self._add_encoder()
        self.attention = QSpinBox(self)
        self.attention.setRange(0, 1000)
        self.attention.setSpecialValueText(tr("Dock", "none"))
        self.attention.setToolTip(
            tr("Dock", "For so many views a layer with pictures is made; the photo viewer shows it for any view")
        )
        self.form.addRow(tr("Dock", "Attention pictures"), self.attention)
        self._provider = ""
        self.goal.currentIndexChanged.connect(self._on_goal)
        for signal in (self.units.currentIndexChanged, self.encoder.currentIndexChanged):
            signal.connect(self._on_choice)
        self.labels.layerChanged.connect(self.field.setLayer)
        self.labels.layerChanged.connect(self.id_field.setLayer)
        self.city_field.currentTextChanged.connect(self._on_city_field)
        for signal in (
            self.labels.layerChanged, self.field.fieldChanged, self.id_field.fieldChanged, self.unit.textChanged,
            self.units_layer.layerChanged,
            self.weights.fileChanged, self.architecture.currentIndexChanged, self.epochs.valueChanged,
            self.attention.valueChanged,
        ):  # fmt: skip
            signal.connect(lambda *_: self.changed.emit())
        self._on_goal()

    def _add_encoder(self) -> None:
        self.encoder = QComboBox(self)
        self.encoder.setToolTip(tr("Dock", "The model that turns a photo into numbers"))
        self.form.addRow(tr("Dock", "Encoder"), self.encoder)
        self.architecture = QComboBox(self)
        for name, title in (
            ("vit_small_patch16_224", "ViT-S/16"),
            ("vit_base_patch16_224", "ViT-B/16"),
            ("vit_tiny_patch16_224", "ViT-Ti/16"),
        ):
            self.architecture.addItem(title, name)
        self.form.addRow(tr("Dock", "Size"), self.architecture)
        self.weights = QgsFileWidget(self)
        self.weights.setFilter(tr("Dock", "Weights") + " (*.safetensors *.pth *.pth.tar *.pt *.tar)")
        self.form.addRow(tr("Dock", "File"), self.weights)
        self.epochs = QSpinBox(self)
        self.epochs.setRange(1, 1000)
        self.epochs.setValue(8)
        self.epochs.setToolTip(tr("Dock", "How often all views are looked at while learning; more takes longer"))
        self.form.addRow(tr("Dock", "Passes"), self.epochs)
        self.set_encoders([])

    def set_encoders(self, of_study: list[dict[str, Any]]) -> None:
        """Offer the encoders of the study, and the ways to get one."""
        chosen = self.encoder.currentData()
        self.encoder.blockSignals(True)
        self.encoder.clear()
        for encoder in of_study:
            name = str(encoder.get("name", ""))
            self.encoder.addItem(tr("Dock", "{name} (in the study)").format(name=name), (plans.OF_STUDY, name))
        for kind, title in (
            (plans.LEARN, tr("Dock", "Learn from these views (minutes to hours)")),
            (plans.FROM_HUB, tr("Dock", "Download one that knows everyday pictures")),
            (plans.FROM_FILE, tr("Dock", "From a file of weights")),
            (plans.RANDOM, tr("Dock", "Random weights (only to try)")),
        ):
            self.encoder.addItem(title, (kind, ""))
        place = next((row for row in range(self.encoder.count()) if self.encoder.itemData(row) == chosen), 0)
        self.encoder.setCurrentIndex(place)
        self.encoder.blockSignals(False)
        if hasattr(self, "_provider"):
            self._on_choice()

    def set_provider(self, provider: str) -> None:
        """Offer the known values that go with a provider."""
        if provider != self._provider:
            self._provider = provider
            self._on_goal()

    def set_demo_city(self) -> None:
        """Choose what suits the synthetic city: its made-up income, and an encoder that learns from its views."""
        self.set_provider(DEMOCITY)
        self.goal.setCurrentIndex(self.goal.findData(INDICATOR))
        self.city_field.setCurrentIndex(self.city_field.findData("median_income"))
        self.units.setCurrentIndex(max(0, self.units.findData(_LABEL_AREAS)))
        self._choose_encoder(plans.LEARN)

    def choose_encoder(self, kind: str, name: str = "") -> None:
        """Choose an encoder by where it comes from."""
        self._choose_encoder(kind, name)

    def fill(self, plan: RunPlan, sources: Sources) -> None:
        """Write the choices into a plan."""
        plan.goal = self.goal.currentData()
        is_city = self._provider == DEMOCITY
        if plan.goal != APPEARANCE and is_city:
            is_areas = plan.goal == INDICATOR
            source = "results/democity_block_groups.gpkg" if is_areas else "results/democity_safety.csv"
            plan.labels = Labels(source, self.city_field.currentData() or "", self.unit.text().strip(), is_areas)
        elif plan.goal != APPEARANCE:
            layer = self.labels.currentLayer()
            sources.labels = layer.id() if layer is not None else ""
            source = "uploads/labels.gpkg" if sources.labels else ""
            unit = self.unit.text().strip()
            is_areas = plan.goal == INDICATOR
            id_field = self.id_field.currentField() if is_areas else ""
            plan.labels = Labels(source, self.field.currentField(), unit, is_areas, id_field)
        units = self.units.currentData()
        plan.units = units if units and ":" in units else ""
        if units == _OWN_LAYER:
            layer = self.units_layer.currentLayer()
            sources.units = layer.id() if layer is not None else ""
            plan.units = "uploads/units.gpkg" if sources.units else ""
        kind, name = self.encoder.currentData() or ("", "")
        plan.encoder_from = kind
        plan.architecture = self.architecture.currentData()
        if kind == plans.FROM_FILE:
            sources.weights = self.weights.filePath()
            plan.weights = uploaded(sources.weights)
        plan.epochs = self.epochs.value()
        size = plan.architecture.split("_patch")[0].replace("_", "-")
        names = {
            plans.LEARN: f"{plan.study or 'own'}-views",
            plans.FROM_HUB: f"{size}-hub",
            plans.FROM_FILE: re.sub(r"[^A-Za-z0-9_-]+", "-", plan.weights.rsplit("/", 1)[-1].split(".")[0]) or "file",
            plans.RANDOM: f"{size}-random",
        }
        plan.encoder = name or names.get(kind, "")
        plan.attention = self.attention.value()

    def missing(self, plan: RunPlan) -> str:
        """Return what is missing."""
        return missing_of_model(plan)

    def _choose_encoder(self, kind: str, name: str = "") -> None:
        for row in range(self.encoder.count()):
            if self.encoder.itemData(row) == (kind, name):
                self.encoder.setCurrentIndex(row)

    def _on_goal(self) -> None:
        goal, is_city = self.goal.currentData(), self._provider == DEMOCITY
        self._explained.setText(
            {
                APPEARANCE: tr("Dock", "Needs no known values: places with like photos get like colours."),
                INDICATOR: tr(
                    "Dock",
                    "Learns from areas where the value is known, tests itself on areas that were left out, and maps "
                    "its prediction with an interval.",
                ),
                VIEW_SCORE: tr("Dock", "Learns from points where people rated what they saw."),
            }[goal]
        )
        is_areas = goal == INDICATOR
        kind = QgsMapLayerProxyModel.Filter.PolygonLayer if is_areas else QgsMapLayerProxyModel.Filter.PointLayer
        self.labels.setFilters(kind)
        self.city_field.blockSignals(True)
        self.city_field.clear()
        for name in _CITY_INDICATORS if is_areas else ("safety",):
            self.city_field.addItem(name.replace("_", " "), name)
        self.city_field.blockSignals(False)
        self.units.blockSignals(True)
        self.units.clear()
        if is_areas:
            self.units.addItem(tr("Dock", "the areas of the known values"), _LABEL_AREAS)
        if goal == VIEW_SCORE:
            self.units.addItem(tr("Dock", "each view as a point"), _VIEWS)
        for units, title in (
            ("square:200", tr("Dock", "squares of 200 m")),
            ("square:500", tr("Dock", "squares of 500 m")),
            ("h3:9", tr("Dock", "hexagons (H3, resolution 9: 0.1 km²)")),
            ("h3:8", tr("Dock", "hexagons (H3, resolution 8: 0.7 km²)")),
            (_OWN_LAYER, tr("Dock", "a polygon layer of this project")),
        ):
            self.units.addItem(title, units)
        self.units.blockSignals(False)
        learns = goal != APPEARANCE
        self.show_row(self.labels, learns and not is_city)
        self.show_row(self.field, learns and not is_city)
        self.show_row(self.id_field, is_areas and not is_city)
        self.show_row(self.city_field, learns and is_city)
        self.show_row(self.unit, learns)
        self._on_city_field()
        self._on_choice()

    def _on_city_field(self, *_: object) -> None:
        if self._provider == DEMOCITY:
            name = self.city_field.currentData()
            self.unit.setText(_CITY_INDICATORS.get(name, tr("Dock", "of 10")))
        self.changed.emit()

    def _on_choice(self, *_: object) -> None:
        kind, _name = self.encoder.currentData() or ("", "")
        self.show_row(self.units_layer, self.units.currentData() == _OWN_LAYER)
        self.show_row(self.architecture, kind in (plans.FROM_HUB, plans.FROM_FILE, plans.RANDOM))
        self.show_row(self.weights, kind == plans.FROM_FILE)
        self.show_row(self.epochs, kind == plans.LEARN)
        self.changed.emit()
