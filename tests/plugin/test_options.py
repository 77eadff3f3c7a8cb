"""The page of StreetSense in QGIS' settings."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from engines import ROOT, RunningEngine
from loopback import TOKEN, health, loopback
from qgis.core import QgsApplication, QgsSettings
from qgis.PyQt.QtWidgets import QLineEdit
from streetsense_qgis.connection.address import same_host
from streetsense_qgis.connection.processstart import started_at
from streetsense_qgis.connection.session import Session
from streetsense_qgis.connection.settings import ConnectionSettings, read_token
from streetsense_qgis.connection.statefile import EngineNote, token_file, write_note
from streetsense_qgis.gui.options.factory import OptionsFactory
from streetsense_qgis.gui.options.page import OptionsPage

pytestmark = pytest.mark.usefixtures("qgis_app")
ENGINE_PYTHON = str(ROOT / ".venv" / "bin" / "python")


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


@pytest.mark.parametrize(
    ("python", "words"),
    [
        (ENGINE_PYTHON, f"✓ The engine in {ENGINE_PYTHON} works (version 0.1.0, PyTorch 2"),
        ("/nonexistent/python", "✗ There is no Python at /nonexistent/python"),
    ],
)
def test_another_python_is_tried_without_touching_the_engine_that_runs(
    opened: Opened, wait_for: Callable[..., None], tmp_path: Path, python: str, words: str
) -> None:
    token_file(tmp_path).write_text(TOKEN)
    running = subprocess.Popen(["sleep", "600"])
    with loopback(lambda asked: asked.say(200, health())) as server:
        write_note(tmp_path, EngineNote(server.url, running.pid, started_at(running.pid)))
        opened.page.python.setFilePath(python)
        opened.page.test()
        wait_for(opened.page.test_button.isEnabled, 90)
        assert server.asked == []
    assert opened.page.result.text().startswith(words)
    assert ConnectionSettings.load().python == ""
    assert opened.session.state == "off"
    assert running.poll() is None
    running.kill()
    running.wait()


def test_another_folder_without_an_engine_is_told(
    opened: Opened, wait_for: Callable[..., None], tmp_path: Path
) -> None:
    opened.page.data_folder.setFilePath(str(tmp_path / "other"))
    opened.page.test()
    wait_for(opened.page.test_button.isEnabled)
    assert opened.page.result.text().startswith("✗ The engine is not installed in this folder yet")


@pytest.mark.parametrize("state", ["off", "missing-engine"])
def test_changed_settings_connect_whatever_was_before(
    opened: Opened, engine: RunningEngine, wait_for: Callable[..., None], state: str
) -> None:
    if state == "missing-engine":
        opened.session.connect_engine()
        wait_for(lambda: opened.session.state == state)
    opened.page.apply()
    assert opened.session.state == state  # nothing was changed
    opened.choose_remote(engine.url, engine.token)
    opened.page.apply()
    wait_for(lambda: opened.session.state == "connected")
    assert not opened.session.is_local


def test_the_token_of_one_host_is_shown_to_no_other(opened: Opened, wait_for: Callable[..., None]) -> None:
    with (
        loopback(lambda asked: asked.say(200, health())) as first,
        loopback(lambda asked: asked.say(200, health())) as second,
    ):
        opened.choose_remote(first.url)
        opened.page.apply()
        wait_for(lambda: opened.session.state == "connected")
        opened.choose_remote(second.url, token="")
        opened.page.test()
        wait_for(opened.page.test_button.isEnabled)
        assert opened.page.result.text() == (
            f"✗ The stored token is for {first.url}; enter the token of {second.url} as well."
        )
        opened.page.apply()
        assert opened.told == [opened.page.result.text()[2:]]
        assert ConnectionSettings.load().address == first.url
        # Nor by way of settings for this computer, with the address changed beside them.
        opened.page.here.setChecked(True)
        opened.page.apply()
        assert ConnectionSettings.load().authcfg == ""
        opened.page.there.setChecked(True)
        opened.page.apply()
        wait_for(lambda: opened.session.state == "failed")
        assert "no token yet" in opened.session.describe()
        assert second.asked == []
        opened.choose_remote(second.url, "another-token-that-is-long-enough")
        opened.page.apply()
        wait_for(lambda: opened.session.state == "connected")
        assert second.asked


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("https://host:8765/", "https://HOST:8765", True),
        ("https://host", "https://host:443/below", True),
        ("https://host", "http://host", False),
        ("https://host:1", "https://host:2", False),
        ("https://host", "https://host.elsewhere", False),
        ("", "https://host", False),
        ("", "", True),
    ],
)
def test_hosts_are_compared_by_scheme_name_and_port(one: str, other: str, is_same: bool) -> None:
    assert same_host(one, other) is is_same


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
