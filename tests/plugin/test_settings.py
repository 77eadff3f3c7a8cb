"""What the user decided about the engine, and the token in QGIS' authentication database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from qgis.core import QgsApplication, QgsSettings
from qgis.PyQt.QtCore import QSettings
from streetsense_qgis.connection import settings as module
from streetsense_qgis.connection.errors import EngineError
from streetsense_qgis.connection.settings import ConnectionSettings, default_data_folder, read_token, store_token

pytestmark = pytest.mark.usefixtures("qgis_app")


@pytest.fixture(autouse=True)
def empty() -> Iterator[None]:
    QgsSettings().remove("streetsense")
    yield
    QgsSettings().remove("streetsense")


@pytest.fixture
def unlocked() -> None:
    assert QgsApplication.authManager().setMasterPassword("a master password", True)


def test_nothing_needs_to_be_set() -> None:
    found = ConnectionSettings.load()
    assert found == ConnectionSettings(data_folder=default_data_folder())
    assert (found.mode, found.build) == ("local", "cpu")
    assert Path(found.data_folder).name == "streetsense"


def test_what_is_saved_is_loaded() -> None:
    wanted = ConnectionSettings(
        "remote", "https://host:1", "abc1234", "/usr/bin/python3", "/data/Büro 1", "cuda", "/x/streetsense.whl"
    )
    wanted.save()
    assert ConnectionSettings.load() == wanted
    assert all(key.startswith("streetsense/") for key in QgsSettings().allKeys() if "authcfg" in key and "abc" in key)


def test_nonsense_in_the_settings_becomes_the_default() -> None:
    QgsSettings().setValue("streetsense/connection/mode", "elsewhere")
    QgsSettings().setValue("streetsense/connection/build", 7)
    assert ConnectionSettings.load() == ConnectionSettings(data_folder=default_data_folder())


def test_a_profile_that_cannot_be_written_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed(QgsSettings):
        def fileName(self) -> str:
            return "/proc/none/QGIS3.ini"

    monkeypatch.setattr(module, "QgsSettings", Closed)
    assert not QSettings("/proc/none/QGIS3.ini", QSettings.Format.IniFormat).isWritable()
    with pytest.raises(EngineError) as error:
        ConnectionSettings(address="http://x").save()
    assert error.value.kind == "disk"
    assert "cannot be written" in str(error.value)


@pytest.mark.usefixtures("unlocked")
def test_a_token_is_stored_changed_and_read_but_not_in_the_settings() -> None:
    first = store_token("the-first-token-of-this-host", "", "https://host")
    assert read_token(first, may_ask=False) == "the-first-token-of-this-host"
    assert store_token("the-second-token", first, "https://host") == first
    assert read_token(first, may_ask=False) == "the-second-token"
    ConnectionSettings(authcfg=first).save()
    kept = QgsSettings()
    assert not any("token" in str(kept.value(key)) for key in kept.allKeys() if key.startswith("streetsense"))
    QgsApplication.authManager().removeAuthenticationConfig(first)
    assert store_token("a-third", first, "https://host") != ""


@pytest.mark.usefixtures("unlocked")
def test_a_token_that_is_gone_is_one_sentence() -> None:
    for authcfg, words in (("", "no token yet"), ("zzzzzzz", "any more")):
        with pytest.raises(EngineError) as error:
            read_token(authcfg, may_ask=False)
        assert error.value.kind == "token"
        assert words in str(error.value)


@pytest.mark.usefixtures("unlocked")
def test_nobody_is_asked_for_the_master_password_unless_somebody_wanted_to_connect() -> None:
    manager = QgsApplication.authManager()
    authcfg = store_token("a-token", "", "https://host")
    manager.clearMasterPassword()
    try:
        with pytest.raises(EngineError) as error:
            read_token(authcfg, may_ask=False)
        assert "locked" in str(error.value)
        assert not manager.masterPasswordIsSet()
    finally:
        manager.setMasterPassword("a master password", True)
