"""The page of StreetSense in QGIS' settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import ROOT, RunningEngine
from loopback import TOKEN, health, loopback
from qgis.core import QgsApplication, QgsSettings
from qgis.PyQt.QtWidgets import QLineEdit
from streetsense_qgis.connection.session import Session
from streetsense_qgis.connection.settings import ConnectionSettings, read_token
from streetsense_qgis.gui.options.factory import OptionsFactory
from streetsense_qgis.gui.options.page import OptionsPage

pytestmark = pytest.mark.usefixtures("qgis_app")


class Opened:
    """The page, and what it called."""

    def __init__(self) -> None:
        self.installs: list[bool] = []
        self.told: list[str] = []
        self.session = Session()
        self.factory = OptionsFactory(self.session, lambda: self.installs.append(True), self.told.append)
        self.page: OptionsPage = self.factory.createWidget()

    def choose_remote(self, address: str, token: str = TOKEN) -> None:
        self.page.there.setChecked(True)
        self.page.address.setText(address)
        self.page.token.setText(token)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    QgsApplication.authManager().setMasterPassword("a master password", True)
    QgsSettings().remove("streetsense")
    ConnectionSettings(data_folder=str(tmp_path)).save()
    one = Opened()
    yield one
    one.session.close()
    one.page.deleteLater()
    QgsSettings().remove("streetsense")


def test_it_has_a_name_and_an_icon_of_its_own(opened: Opened) -> None:
    assert opened.factory.title() == "StreetSense"
    assert not opened.factory.icon().isNull()


def test_what_was_entered_is_stored_with_ok(opened: Opened) -> None:
    opened.choose_remote("https://host:8765/")
    opened.page.apply()
    stored = ConnectionSettings.load()
    assert (stored.mode, stored.address) == ("remote", "https://host:8765")
    assert read_token(stored.authcfg, may_ask=False) == TOKEN
    assert opened.told == []
    again = opened.factory.createWidget()
    assert again.there.isChecked()
    assert again.address.text() == "https://host:8765"
    assert again.token.text() == ""


def test_the_token_is_never_shown(opened: Opened) -> None:
    assert opened.page.token.echoMode() == QLineEdit.EchoMode.Password


def test_an_address_that_is_none_is_told_and_not_stored(opened: Opened) -> None:
    opened.choose_remote("host")
    opened.page.apply()
    assert "is no address" in opened.told[0]
    assert ConnectionSettings.load().mode == "local"


def test_the_test_says_what_is_there_without_storing_anything(
    opened: Opened, engine: RunningEngine, wait_for: Callable[..., None]
) -> None:
    opened.choose_remote(engine.url, engine.token)
    opened.page.test_button.click()
    assert not opened.page.test_button.isEnabled()
    wait_for(opened.page.test_button.isEnabled)
    assert opened.page.result.text().startswith(f"✓ Connected: {engine.url}, engine 0.1.0")
    assert ConnectionSettings.load().mode == "local"


def test_the_test_says_what_is_wrong(opened: Opened, wait_for: Callable[..., None]) -> None:
    with loopback(lambda asked: asked.say(401, {"detail": "no"})) as server:
        opened.choose_remote(server.url)
        opened.page.test()
        wait_for(opened.page.test_button.isEnabled)
        assert "✗" in opened.page.result.text()
        assert "refuses the token" in opened.page.result.text()
    opened.choose_remote("http://127.0.0.1:1")
    opened.page.test()
    wait_for(opened.page.test_button.isEnabled)
    assert "No engine answers" in opened.page.result.text()


def test_the_test_warns_of_another_version(opened: Opened, wait_for: Callable[..., None]) -> None:
    with loopback(lambda asked: asked.say(200, health(engine_version="0.9.9"))) as server:
        opened.choose_remote(server.url)
        opened.page.test()
        wait_for(opened.page.test_button.isEnabled)
    assert "The engine has version 0.9.9" in opened.page.result.text()


def test_another_python_is_tried_before_it_is_stored(opened: Opened, wait_for: Callable[..., None]) -> None:
    opened.page.python.setFilePath(str(ROOT / ".venv" / "bin" / "python"))
    opened.page.test()
    wait_for(opened.page.test_button.isEnabled, 90)
    assert opened.page.result.text().startswith("✓ Connected: this computer")
    assert ConnectionSettings.load().python == ""
    assert opened.session.state == "off"


def test_without_an_engine_the_test_says_so(opened: Opened, wait_for: Callable[..., None]) -> None:
    opened.page.test()
    wait_for(opened.page.test_button.isEnabled)
    assert "not installed" in opened.page.result.text()


def test_installing_uses_what_is_entered(opened: Opened) -> None:
    opened.page.build.setCurrentIndex(opened.page.build.findData("cuda"))
    opened.page.wheel.setFilePath("/x/streetsense.whl")
    opened.page.install_button.click()
    assert opened.installs == [True]
    assert ConnectionSettings.load().build == "cuda"
    assert ConnectionSettings.load().wheel == "/x/streetsense.whl"


def test_an_address_that_others_can_read_is_warned_of(opened: Opened) -> None:
    for address, is_warned in [
        ("http://host", True),
        ("https://host", False),
        ("http://127.0.0.1:1", False),
        ("x", False),
    ]:
        opened.page.address.setText(address)
        assert opened.page.warning.isHidden() != is_warned


def test_a_page_that_was_closed_while_it_tested_is_left_alone(opened: Opened, wait_for: Callable[..., None]) -> None:
    from qgis.PyQt import sip

    with loopback(lambda asked: asked.say(200, health())) as server:
        page = opened.factory.createWidget()
        page.there.setChecked(True)
        page.address.setText(server.url)
        page.token.setText(TOKEN)
        page.test()
        sip.delete(page)
        wait_for(lambda: server.asked)
    opened.session.changed.emit()
