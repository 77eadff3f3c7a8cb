"""The second step: which photos."""

from __future__ import annotations

from qgis.core import QgsMapLayerProxyModel
from qgis.gui import QgsFileWidget, QgsMapLayerComboBox
from qgis.PyQt.QtCore import QTimer
from qgis.PyQt.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QHBoxLayout, QLabel, QLineEdit, QSpinBox, QWidget

from ...connection.errors import EngineError
from ...connection.pending import Pending
from ...i18n import tr
from ...runs.missing import missing_of_question, missing_of_views
from ...runs.plan import DEMOCITY, FOLDER, RunPlan
from ...runs.providers import Provider, built_in
from ...runs.sources import Sources, photos_in
from .providerrows import ProviderRows
from .step import Step, uploaded

_OSM, _LAYER, _FILE, _NONE, _CITY = "osm", "layer", "file", "", "democity"


class ViewsStep(Step):
    """Lets a person choose where street views come from, and along which roads."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(2, tr("Dock", "Street views"), parent)
        self.provider = QComboBox(self)
        self._offered: dict[str, Provider] = {}
        self.offer(built_in())
        self.form.addRow(tr("Dock", "Photos from"), self.provider)
        self.online = ProviderRows(self)
        self.photos = QgsFileWidget(self)
        self.photos.setStorageMode(QgsFileWidget.StorageMode.GetDirectory)
        self.photos.setToolTip(tr("Dock", "The folder and all folders in it are searched for photos"))
        self.form.addRow(tr("Dock", "Folder"), self.photos)
        self.table = QgsFileWidget(self)
        self.table.setFilter(tr("Dock", "Tables") + " (*.csv *.txt *.parquet *.geojson *.gpkg)")
        self.table.setToolTip(
            tr("Dock", "Where each photo was taken, when and in which direction; not needed where the photos know it")
        )
        self.form.addRow(tr("Dock", "Table (optional)"), self.table)
        self._found = QLabel(self)
        self.form.addRow(self._found)
        self.dates = QLineEdit("2019-07, 2023-02", self)
        self.dates.setToolTip(tr("Dock", "Months or days in which the made-up photos are taken, with commas between"))
        self.form.addRow(tr("Dock", "Dates"), self.dates)
        self._add_roads()
        self._add_headings()
        self.cap = QSpinBox(self)
        self.cap.setRange(0, 100_000_000)
        self.cap.setSpecialValueText(tr("Dock", "no limit"))
        self.cap.setSingleStep(500)
        self.cap.setGroupSeparatorShown(True)
        self.form.addRow(tr("Dock", "At most (views)"), self.cap)
        self.number_of_photos: int | None = None
        self._counting: Pending | None = None
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self._count_photos)
        self.provider.currentIndexChanged.connect(self._on_choice)
        self.roads.currentIndexChanged.connect(self._on_choice)
        self.photos.fileChanged.connect(lambda _: self._later.start(300))
        for signal in (
            self.photos.fileChanged, self.table.fileChanged, self.dates.textChanged, self.spacing.valueChanged,
            self.network.currentIndexChanged, self.road_layer.layerChanged, self.road_file.fileChanged,
            self.relative_to.currentIndexChanged, self.cap.valueChanged,
            self.online.changed, *(box.toggled for box in self.headings.values()),
        ):  # fmt: skip
            signal.connect(lambda *_: self.changed.emit())
        self._on_choice()

    def _add_roads(self) -> None:
        self.roads = QComboBox(self)
        self.roads.setToolTip(tr("Dock", "Sample points are placed along these; views are joined to the nearest one"))
        for name, title in (
            (_OSM, tr("Dock", "OpenStreetMap (downloaded)")),
            (_LAYER, tr("Dock", "Line layer of this project")),
            (_FILE, tr("Dock", "OpenStreetMap file")),
            (_NONE, tr("Dock", "None")),
            (_CITY, tr("Dock", "The synthetic city's")),
        ):
            self.roads.addItem(title, name)
        self.form.addRow(tr("Dock", "Roads"), self.roads)
        self.road_layer = QgsMapLayerComboBox(self)
        self.road_layer.setFilters(QgsMapLayerProxyModel.Filter.LineLayer)
        self.form.addRow(tr("Dock", "Road layer"), self.road_layer)
        self.road_file = QgsFileWidget(self)
        self.road_file.setFilter("OpenStreetMap (*.osm *.osm.bz2 *.osm.gz *.pbf)")
        self.form.addRow(tr("Dock", "Road file"), self.road_file)
        self.network = QComboBox(self)
        for name, title in (
            ("drive", tr("Dock", "for cars")), ("walk", tr("Dock", "for walking")),
            ("bike", tr("Dock", "for bicycles")), ("all", tr("Dock", "all")),
        ):  # fmt: skip
            self.network.addItem(title, name)
        self.form.addRow(tr("Dock", "Kind of roads"), self.network)
        self.spacing = QDoubleSpinBox(self)
        self.spacing.setRange(1, 100_000)
        self.spacing.setDecimals(0)
        self.spacing.setSingleStep(5)
        self.spacing.setValue(15)
        self.spacing.setSuffix(" m")
        self.form.addRow(tr("Dock", "Spacing"), self.spacing)

    def _add_headings(self) -> None:
        self.headings: dict[float, QCheckBox] = {}
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        for degrees in (0.0, 90.0, 180.0, 270.0):
            box = QCheckBox(f"{degrees:.0f}°", self)
            box.setChecked(True)
            row.addWidget(box)
            self.headings[degrees] = box
        self._directions = QWidget(self)
        self._directions.setLayout(row)
        self._directions.setToolTip(tr("Dock", "Where the views that are cut from a panorama look, clockwise"))
        self.form.addRow(tr("Dock", "Look towards"), self._directions)
        self.relative_to = QComboBox(self)
        self.relative_to.addItem(tr("Dock", "from the road's direction"), "road")
        self.relative_to.addItem(tr("Dock", "from north"), "north")
        self.form.addRow(tr("Dock", "Counted"), self.relative_to)

    @property
    def chosen(self) -> Provider | None:
        """What is known of the chosen provider."""
        return self._offered.get(self.provider.currentData() or "")

    def offer(self, providers: list[Provider]) -> None:
        """Offer providers in this order; what is chosen stays chosen where it is among them."""
        if list(self._offered.values()) == providers:
            return
        before = self.provider.currentData() or FOLDER
        self._offered = {provider.name: provider for provider in providers}
        self.provider.blockSignals(True)
        self.provider.clear()
        for provider in providers:
            self.provider.addItem(provider.title, provider.name)
        self.choose(self.provider, before if before in self._offered else FOLDER)
        self.provider.blockSignals(False)
        if hasattr(self, "online"):
            self._on_choice()

    def choose(self, box: QComboBox, value: str) -> None:
        """Choose an entry of a box by its value."""
        box.setCurrentIndex(max(0, box.findData(value)))

    def set_demo_city(self) -> None:
        """Choose what suits the synthetic city."""
        self.choose(self.provider, DEMOCITY)
        self.spacing.setValue(80)
        self.dates.setText("2019-07, 2023-06")

    def fill(self, plan: RunPlan, sources: Sources) -> None:
        """Write the choices into a plan."""
        plan.provider = self.provider.currentData()
        if plan.provider == FOLDER:
            sources.photos, sources.table = self.photos.filePath(), self.table.filePath()
            plan.photos = "uploads/photos" if sources.photos else ""
            plan.table = uploaded(sources.table)
        self.online.fill(plan)
        plan.dates = []
        if plan.provider == DEMOCITY:
            plan.dates = [word.strip() for word in self.dates.text().split(",") if word.strip()]
        roads = _CITY if plan.provider == DEMOCITY else self.roads.currentData()
        plan.roads = roads
        if roads == _LAYER:
            layer = self.road_layer.currentLayer()
            sources.roads = layer.id() if layer is not None else ""
            plan.roads = "uploads/roads.gpkg"
        elif roads == _FILE:
            sources.roads_file = self.road_file.filePath()
            plan.roads = uploaded(sources.roads_file)
        plan.network = self.network.currentData()
        plan.spacing = self.spacing.value()
        plan.headings = [degrees for degrees, box in self.headings.items() if box.isChecked()]
        plan.relative_to = self.relative_to.currentData()
        if not plan.roads:
            plan.relative_to = "north"
        plan.max_views = self.cap.value()

    def missing(self, plan: RunPlan) -> str:
        """Return what is missing."""
        provider = self.provider.currentData()
        if provider == DEMOCITY and not self.dates.text().strip():
            return tr("Dock", "Give at least one date, such as 2023-06.")
        if provider == FOLDER and self.photos.filePath() and self.number_of_photos == 0:
            return tr("Dock", "There is no photo in this folder; choose another one.")
        if provider != DEMOCITY and self.roads.currentData() == _LAYER and self.road_layer.currentLayer() is None:
            return tr("Dock", "The project has no line layer; add one, or take the roads from OpenStreetMap.")
        if provider != DEMOCITY and self.roads.currentData() == _FILE and not self.road_file.filePath():
            return tr("Dock", "Choose the file with the roads.")
        return self.online.missing() or missing_of_views(plan, self.chosen)

    def missing_of_preview(self, plan: RunPlan) -> str:
        """Return what is missing to ask the provider what it has; only those of the internet can be asked."""
        return self.online.missing() or missing_of_question(plan, self.chosen)

    def show_missing(self, plan: RunPlan) -> str:
        """Show what is missing for the plan's study and return it."""
        self.online.show_study(plan.study)
        return super().show_missing(plan)

    def _on_choice(self) -> None:
        provider, roads = self.provider.currentData(), self.roads.currentData()
        is_folder, is_city = provider == FOLDER, provider == DEMOCITY
        for widget, is_shown in (
            (self.photos, is_folder), (self.table, is_folder), (self._found, is_folder), (self.dates, is_city),
            (self.roads, not is_city), (self.road_layer, not is_city and roads == _LAYER),
            (self.road_file, not is_city and roads == _FILE),
            (self.network, not is_city and roads in (_OSM, _FILE)), (self.spacing, is_city or roads != _NONE),
            (self.relative_to, is_city or roads != _NONE),
        ):  # fmt: skip
            self.show_row(widget, is_shown)
        self.online.show_provider(None if is_folder or is_city else self.chosen)
        self.changed.emit()

    def _count_photos(self) -> None:
        if self._counting is not None:
            self._counting.cancel()
        self.number_of_photos = None
        folder = self.photos.filePath()
        self._found.setText(tr("Dock", "Looking for photos…") if folder else "")
        if folder:
            self._counting = photos_in(folder).then(self._on_photos, self._on_no_photos)

    def _on_photos(self, photos: list[tuple[str, str, int]]) -> None:
        self._counting = None
        self.number_of_photos = len(photos)
        self._found.setText(tr("Dock", "{number} photos found").format(number=f"{len(photos):,}"))
        self.changed.emit()

    def _on_no_photos(self, error: EngineError) -> None:
        if error.kind != "cancelled":
            self._counting, self.number_of_photos = None, 0
            self._found.setText(str(error))
            self.changed.emit()
