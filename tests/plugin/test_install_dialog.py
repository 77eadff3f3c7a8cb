"""The window that installs the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from qgis.core import QgsSettings
from qgis.PyQt.QtWidgets import QLabel, QPushButton
from streetsense_qgis.connection import environment
from streetsense_qgis.connection.settings import ConnectionSettings
from streetsense_qgis.gui.install.dialog import InstallDialog
from streetsense_qgis.version import version
from stub_wheels import write_engine, write_pip_config, write_torch

Wait = Callable[..., None]


@pytest.fixture
def dialog(qgis_app: object, tmp_path: Path) -> Iterator[InstallDialog]:
    write_torch(tmp_path / "wheels")
    config = write_pip_config(tmp_path / "pip.conf", tmp_path / "wheels")
    made = InstallDialog(ConnectionSettings(data_folder=str(tmp_path / "data")), pip_config=config)
    made.show()
    yield made
    made.shut_down()
    QgsSettings().remove("streetsense")


def texts(dialog: InstallDialog) -> str:
    return "\n".join(label.text() for label in dialog.findChildren(QLabel) if label.isVisible())


def button(dialog: InstallDialog, text: str) -> QPushButton:
    (found,) = [one for one in dialog.findChildren(QPushButton) if one.text() == text and one.isVisible()]
    return found


def test_it_says_what_comes_and_where_before_anything_starts(dialog: InstallDialog, tmp_path: Path) -> None:
    assert version() in texts(dialog) and str(tmp_path / "data" / "engine") in texts(dialog)
    assert not dialog.isModal() and not dialog.is_installing
    assert not (tmp_path / "data").exists()


def test_it_installs_and_remembers_what_was_chosen(dialog: InstallDialog, wait_for: Wait, tmp_path: Path) -> None:
    write_engine(tmp_path / "wheels")
    ends: list[str] = []
    dialog.installed.connect(ends.append)
    button(dialog, "Install").click()
    assert dialog.is_installing and button(dialog, "Cancel").isEnabled()
    wait_for(lambda: ends or not dialog.is_installing, 120)
    assert ends == [environment.installed_python(tmp_path / "data")], texts(dialog)
    assert "up to date" in texts(dialog) and button(dialog, "Install again")
    stored = ConnectionSettings.load()
    assert (stored.build, stored.wheel, stored.python) == ("cpu", "", "")


@pytest.mark.slow
def test_a_failure_shows_its_sentence_and_can_be_tried_again(
    dialog: InstallDialog, wait_for: Wait, tmp_path: Path
) -> None:
    button(dialog, "Install").click()
    wait_for(lambda: not dialog.is_installing, 120)
    assert "does not have the version" in texts(dialog)
    write_engine(tmp_path / "wheels")
    button(dialog, "Try again").click()
    wait_for(lambda: not dialog.is_installing, 120)
    assert environment.is_current(tmp_path / "data"), texts(dialog)


def test_it_can_be_cancelled_and_goes_on_when_it_is_hidden(dialog: InstallDialog, wait_for: Wait) -> None:
    button(dialog, "Install").click()
    button(dialog, "Hide").click()
    wait_for(lambda: "PyTorch" in dialog.message, 60)
    dialog.show()
    button(dialog, "Cancel").click()
    wait_for(lambda: not dialog.is_installing, 10)
    assert "cancelled" in texts(dialog) and button(dialog, "Install").isVisible()


def test_the_log_is_shown_on_demand(dialog: InstallDialog, wait_for: Wait) -> None:
    button(dialog, "Show log").click()
    button(dialog, "Install").click()
    wait_for(lambda: not dialog.is_installing, 120)
    assert "No matching distribution" in dialog.log
    button(dialog, "Hide log").click()


def test_it_follows_the_settings(dialog: InstallDialog, tmp_path: Path) -> None:
    dialog.use(ConnectionSettings(data_folder=str(tmp_path / "moved"), build="cuda", wheel="/a/b.whl"))
    assert str(tmp_path / "moved" / "engine") in texts(dialog)
    assert (dialog.build, dialog.wheel) == ("cuda", "/a/b.whl")


def test_settings_that_were_changed_meanwhile_are_kept(dialog: InstallDialog, wait_for: Wait, tmp_path: Path) -> None:
    write_engine(tmp_path / "wheels")
    button(dialog, "Install").click()
    changed = ConnectionSettings.load()
    changed.mode, changed.address, changed.python = "remote", "https://host.example.org", "/usr/bin/python3"
    changed.save()
    wait_for(lambda: not dialog.is_installing, 120)
    stored = ConnectionSettings.load()
    assert (stored.mode, stored.address, stored.python) == ("remote", "https://host.example.org", "")
