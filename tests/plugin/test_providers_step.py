"""The step Street views with providers of the internet: rows, keys, consent, the preview of the coverage."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from desks import Connected
from providers_engine import PROVIDERS, ProvidersEngine, providers_engine
from qgis.core import QgsApplication, QgsGeometry, QgsProject, QgsRectangle, QgsSettings
from qgis.PyQt.QtCore import QDate
from streetsense_qgis.connection import providerkeys
from streetsense_qgis.connection.jobwatch import JobWatch
from streetsense_qgis.connection.passwords import LOCKED
from streetsense_qgis.connection.providerkeys import forget_key, has_key
from streetsense_qgis.gui.dock.dock import StreetSenseDock
from streetsense_qgis.gui.dock.termsdialog import TermsDialog
from streetsense_qgis.layers import kinds
from streetsense_qgis.layers.results import ResultLayers
from streetsense_qgis.report.layout import layers_on_map
from streetsense_qgis.runs.providers import offered
from streetsense_qgis.runs.runner import Runner

KEY = "MLY|123456|a-key-that-nobody-may-see"
AREA = QgsGeometry.fromRect(QgsRectangle(-29.5, 44.99, -29.48, 45.01))


@pytest.fixture(autouse=True)
def own_settings(qgis_app: object) -> Iterator[None]:
    assert QgsApplication.authManager().setMasterPassword("a master password", True)
    QgsSettings().remove("streetsense")
    yield
    for provider in ("mapillary", "google"):
        for name in ("key", "signing_secret"):
            forget_key(provider, name, "")
    QgsSettings().remove("streetsense")


@pytest.fixture
def engine(qgis_new_project: object) -> Iterator[ProvidersEngine]:
    with providers_engine() as made:
        yield made


class Opened:
    """The dock, connected to an engine."""

    def __init__(self, iface: Any, engine: ProvidersEngine, folder: Path) -> None:
        self.session = Connected(engine)
        self.watch = JobWatch(self.session)
        self.layers = ResultLayers(QgsProject.instance(), None)
        self.runner = Runner(self.session, self.watch, self.layers, lambda study: str(folder / study))
        actions = dict.fromkeys(("install", "settings", "report", "atlas"), lambda *_: None)
        self.dock = StreetSenseDock(iface, self.session, self.runner, self.layers, actions)
        self.views = self.dock.views
        self.dock.area.set_area(AREA)

    def choose(self, provider: str) -> None:
        self.views.choose(self.views.provider, provider)
        self.dock._update()

    @property
    def missing(self) -> str:
        self.dock._update()
        return self.views.missing(self.dock.plan()[0])

    def close(self) -> None:
        self.dock.close_dock()
        self.runner.close()
        self.watch.close()
        self.layers.close()


@pytest.fixture
def opened(qgis_iface: Any, engine: ProvidersEngine, tmp_path: Path, wait_for: Callable[..., None]) -> Iterator[Opened]:
    QgsProject.instance().write(str(tmp_path / "project.qgz"))
    made = Opened(qgis_iface, engine, tmp_path)
    wait_for(lambda: made.views.provider.count() == len(PROVIDERS) + 1)
    yield made
    made.close()


def shown(opened: Opened) -> set[str]:
    """Return which of the rows of providers are there."""
    online = opened.views.online
    rows = {name: getattr(online, name) for name in ("since", "until", "history", "no_history", "cost", "instance")}
    rows.update(
        consent=online.consent, folder=opened.views.photos, dates=opened.views.dates, preview=opened.dock.coverage
    )
    return {name for name, row in rows.items() if not row.isHidden()}


def test_only_the_rows_of_the_chosen_provider_are_there(opened: Opened) -> None:
    time = {"since", "until", "preview"}
    for provider, rows in (
        ("folder", {"folder"}),
        ("democity", {"dates"}),
        ("mapillary", {*time, "history"}),
        ("panoramax", {*time, "history", "instance"}),
        ("google", {*time, "no_history", "cost"}),
        ("kartaview", {*time, "history"}),
        ("folder", {"folder"}),
    ):
        opened.choose(provider)
        assert shown(opened) - {"consent"} == rows, provider
        assert ("consent" in shown(opened) and not opened.views.online.isHidden()) == (provider == "google")


def test_the_folder_stays_chosen_when_the_engine_tells_its_providers(opened: Opened) -> None:
    assert opened.views.provider.currentData() == "folder"


def test_an_older_engine_offers_folder_and_synthetic_city(
    qgis_iface: Any, engine: ProvidersEngine, tmp_path: Path, wait_for: Callable[..., None]
) -> None:
    engine.providers = None
    made = Opened(qgis_iface, engine, tmp_path)
    wait_for(lambda: made.dock._providers_asked is None)
    assert [made.views.provider.itemData(row) for row in range(made.views.provider.count())] == ["folder", "democity"]
    made.close()


def test_what_the_engine_tells_is_shown_as_text(opened: Opened, engine: ProvidersEngine) -> None:
    from streetsense_qgis.runs.providers import offered

    bad = {**PROVIDERS[2], "description": "<img src=x> & more", "terms_url": "javascript:alert(1)"}
    opened.views.offer(offered([bad]))
    opened.choose("mapillary")
    assert "&lt;img" in opened.views.online.about.text()
    opened.views.online.show_terms()
    (dialog,) = opened.dock.findChildren(TermsDialog)
    assert not [label for label in dialog.findChildren(type(opened.views.online.about)) if "javascript" in label.text()]
    dialog.close()


def test_a_key_is_entered_stored_and_forgotten(opened: Opened) -> None:
    opened.choose("mapillary")
    (row,) = opened.views.online.keys
    assert opened.missing == "Enter your Mapillary access token."
    assert row.field.echoMode() == row.field.EchoMode.Password
    row.field.setText(KEY)
    assert opened.missing.startswith("Press Store")
    row.store.click()
    assert not opened.missing
    assert row.field.text() == ""
    assert has_key("mapillary", "key")
    row.forget.click()
    assert opened.missing == "Enter your Mapillary access token."
    assert not has_key("mapillary", "key")


def test_a_key_that_the_engine_has_need_not_be_entered(opened: Opened) -> None:
    from streetsense_qgis.runs.providers import offered

    told = json.loads(json.dumps(PROVIDERS))
    told[2]["secrets"][0]["configured"] = "keyring"
    opened.views.offer(offered(told))
    opened.choose("mapillary")
    assert not opened.missing
    assert "keyring" in opened.views.online.keys[0]._said.text()


def test_google_needs_key_consent_and_limit_one_after_the_other(opened: Opened) -> None:
    opened.choose("google")
    first, second = opened.views.online.keys
    first.field.setText("an-api-key")
    first.store.click()
    assert not second.missing()
    assert "Read the terms" in opened.missing
    assert "forbid" in opened.views.online.notice.text()
    opened.views.online.consent.click()
    assert "may cost" in opened.missing
    assert opened.dock.run.button.toolTip() == opened.missing
    opened.views.online.cost.setValue(12.5)
    assert not opened.missing
    plan, _ = opened.dock.plan()
    assert (plan.accept_terms, plan.max_cost, plan.history) == (True, 12.5, False)


def test_terms_are_confirmed_for_each_study_anew(opened: Opened) -> None:
    opened.choose("google")
    opened.dock.run._is_study_own = True
    opened.dock.run.study.setText("one")
    opened.dock._update()
    opened.views.online.consent.click()
    assert opened.dock.plan()[0].accept_terms
    opened.dock.run.study.setText("two")
    opened.dock._update()
    assert not opened.views.online.consent.isChecked()
    assert not opened.dock.plan()[0].accept_terms
    opened.dock.run.study.setText("one")
    opened.dock._update()
    assert opened.views.online.consent.isChecked()


def test_days_and_instance_come_into_the_plan_and_can_be_emptied(opened: Opened) -> None:
    opened.choose("panoramax")
    online = opened.views.online
    online.since.setDate(QDate(2019, 7, 1))
    online.until.setDate(QDate(2020, 7, 1))
    online.history.setChecked(True)
    online.instance.setEditText("https://panoramax.ign.fr/")
    plan, _ = opened.dock.plan()
    assert (plan.since, plan.until, plan.history) == ("2019-07-01", "2020-07-01", True)
    assert plan.api_url == "https://panoramax.ign.fr"
    online.since.clear()
    online.instance.clearEditText()
    plan, _ = opened.dock.plan()
    assert (plan.since, plan.api_url) == ("", "")
    assert online.since.text() == "any day"
    opened.choose("folder")
    plan, _ = opened.dock.plan()
    assert (plan.until, plan.history) == ("", False)


def preview(opened: Opened, wait_for: Callable[..., None]) -> None:
    opened.dock._update()
    assert opened.dock.coverage.button.isEnabled(), opened.dock.coverage.button.toolTip()
    opened.dock.coverage.button.click()
    wait_for(lambda: not opened.dock.coverage.is_busy)
    opened.dock._update()


def coverage_layers() -> list[Any]:
    return [one for one in QgsProject.instance().mapLayers().values() if kinds.kind_of(one) == kinds.COVERAGE]


def test_the_coverage_is_counted_and_drawn_by_year(
    opened: Opened, engine: ProvidersEngine, wait_for: Callable[..., None]
) -> None:
    opened.choose("panoramax")
    preview(opened, wait_for)
    ((process, inputs),) = engine.executions
    assert (process, inputs["dry_run"], inputs["provider"]) == ("fetch", True, "panoramax")
    assert list(engine.studies) == [inputs["study"]]
    assert "5,120 captures" in opened.dock.coverage.said.text()
    assert "2019: 2210" in opened.dock.coverage.bars.accessibleDescription()
    assert "1,400" in opened.dock.run.estimate.text()
    wait_for(coverage_layers)
    (layer,) = coverage_layers()
    labels = [category.label() for category in layer.renderer().categories()]
    assert labels == ["2015", "2018", "2019", "2023", "year unknown"]
    assert "attribution" in layer.mapTipTemplate()
    assert layer.customProperty(kinds.ATTRIBUTION) == "© Panoramax contributors"
    wait_for(lambda: "© Panoramax contributors" in QgsProject.instance().readEntry("CopyrightLabel", "/Label")[0])
    assert layer.featureCount() == 5


def test_a_provider_that_is_asked_at_points_gets_them_before_the_preview(
    opened: Opened, engine: ProvidersEngine, wait_for: Callable[..., None]
) -> None:
    opened.views.offer(offered([{**one, "needs_points": one["name"] == "panoramax"} for one in PROVIDERS]))
    opened.choose("panoramax")
    preview(opened, wait_for)
    assert [process for process, _ in engine.executions] == ["sample", "fetch"]
    assert engine.executions[0][1]["roads"] == "osm"
    assert "5,120 captures" in opened.dock.coverage.said.text()


def test_a_new_preview_takes_the_place_of_the_one_before(opened: Opened, wait_for: Callable[..., None]) -> None:
    opened.choose("panoramax")
    preview(opened, wait_for)
    wait_for(coverage_layers)
    first = coverage_layers()[0].id()
    opened.views.online.since.setDate(QDate(2020, 1, 1))
    preview(opened, wait_for)
    wait_for(lambda: coverage_layers() and coverage_layers()[0].id() != first)
    assert len(coverage_layers()) == 1
    assert len(QgsProject.instance().layerTreeRoot().children()) == 1
    opened.choose("kartaview")
    preview(opened, wait_for)
    wait_for(lambda: len(coverage_layers()) == 2)


def test_the_preview_is_no_part_of_reports(opened: Opened, wait_for: Callable[..., None]) -> None:
    opened.choose("panoramax")
    preview(opened, wait_for)
    wait_for(coverage_layers)
    (layer,) = coverage_layers()
    other = layer.clone()
    other.setCustomProperty(kinds.KIND, kinds.PREDICTION)
    QgsProject.instance().addMapLayer(other)
    assert layers_on_map(QgsProject.instance(), other) == [other]


def test_a_preview_of_other_choices_says_so_and_is_not_used(opened: Opened, wait_for: Callable[..., None]) -> None:
    opened.choose("panoramax")
    preview(opened, wait_for)
    opened.views.online.history.setChecked(True)
    opened.dock._update()
    assert "other choices" in opened.dock.coverage.said.text()
    assert "not known yet" in opened.dock.run.estimate.text()


def test_a_run_makes_the_preview_of_its_study_an_old_one(opened: Opened, wait_for: Callable[..., None]) -> None:
    opened.choose("panoramax")
    preview(opened, wait_for)
    opened.dock.coverage.outdate("another study")
    opened.dock._update()
    plan = opened.dock.plan()[0]
    assert opened.dock.coverage.coverage_for(plan) is not None
    opened.dock.coverage.outdate(plan.study)
    opened.dock._update()
    assert "before the last run" in opened.dock.coverage.said.text()
    assert "not known yet" in opened.dock.run.estimate.text()
    preview(opened, wait_for)
    assert opened.dock.coverage.coverage_for(plan) is not None


def test_another_area_is_suggested_another_study(opened: Opened, wait_for: Callable[..., None]) -> None:
    opened.choose("panoramax")
    preview(opened, wait_for)
    first = opened.dock.run.study.text()
    opened.dock.area.set_area(QgsGeometry.fromRect(QgsRectangle(0, 0, 0.01, 0.01)))
    opened.dock._update()
    assert opened.dock.run.study.text() == f"{first}-2"
    preview(opened, wait_for)
    opened.dock.area.set_area(AREA)
    opened.dock._update()
    assert opened.dock.run.study.text() == first


def test_a_preview_can_be_stopped(opened: Opened, engine: ProvidersEngine, wait_for: Callable[..., None]) -> None:
    engine.looks = 1000
    opened.choose("panoramax")
    opened.dock._update()
    opened.dock.coverage.button.click()
    wait_for(lambda: engine.jobs)
    opened.dock.coverage.stop.click()
    wait_for(lambda: engine.dismissed)
    wait_for(lambda: not opened.dock.coverage.is_busy)
    assert opened.dock.coverage.said.text() == "This was stopped."
    assert opened.dock.coverage.button.isEnabled()


def test_a_failure_is_one_sentence(opened: Opened, engine: ProvidersEngine, wait_for: Callable[..., None]) -> None:
    engine.failure = "key: Mapillary refuses the token; get another one."
    opened.choose("panoramax")
    preview(opened, wait_for)
    assert opened.dock.coverage.said.text() == engine.failure
    assert not coverage_layers()


def test_an_engine_without_dry_runs_is_told_to_update(
    opened: Opened, engine: ProvidersEngine, wait_for: Callable[..., None]
) -> None:
    engine.plan = None
    opened.choose("panoramax")
    preview(opened, wait_for)
    assert "update it" in opened.dock.coverage.said.text()


def test_the_preview_has_the_key_but_no_limit_of_costs(
    opened: Opened, engine: ProvidersEngine, wait_for: Callable[..., None]
) -> None:
    opened.choose("google")
    opened.views.online.keys[0].field.setText("an-api-key")
    opened.views.online.keys[0].store.click()
    opened.views.online.consent.click()
    opened.views.online.cost.setValue(3)
    preview(opened, wait_for)
    (_, for_points), (_, inputs) = engine.executions
    assert "key" not in for_points
    assert (inputs["key"], inputs["accept_terms"]) == ("an-api-key", True)
    assert "max_cost" not in inputs


def test_nothing_can_be_previewed_without_an_area(opened: Opened) -> None:
    opened.dock.area.set_area(QgsGeometry())
    opened.choose("panoramax")
    assert not opened.dock.coverage.button.isEnabled()
    assert "area" in opened.dock.coverage.button.toolTip()


def test_a_study_of_another_place_is_one_sentence(
    opened: Opened, engine: ProvidersEngine, wait_for: Callable[..., None]
) -> None:
    opened.choose("panoramax")
    opened.dock._update()
    elsewhere = QgsGeometry.fromRect(QgsRectangle(5, 5, 6, 6))
    engine.studies[opened.dock.run.study.text()] = json.loads(elsewhere.asJson())
    preview(opened, wait_for)
    assert "another area" in opened.dock.coverage.said.text()
    assert not engine.executions


def test_nothing_begins_without_the_master_password(
    opened: Opened, engine: ProvidersEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened.choose("mapillary")
    opened.views.online.keys[0].field.setText(KEY)
    opened.views.online.keys[0].store.click()
    monkeypatch.setattr(providerkeys, "why_closed", lambda may_ask: LOCKED)  # somebody closes QGIS' question
    opened.dock._update()
    opened.dock.coverage.button.click()
    assert "master password" in opened.dock.coverage.said.text()
    assert not opened.dock.coverage.is_busy
    assert opened.dock.run.button.isEnabled()
    opened.dock.begin()
    assert not opened.runner.runs()
    assert not engine.executions
