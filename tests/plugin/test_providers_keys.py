"""Keys of providers: encrypted by QGIS, sent with the request that needs them, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from desks import Connected, Desk, city_plan
from providers_engine import ProvidersEngine, providers_engine
from qgis.core import QgsApplication, QgsProject, QgsSettings
from streetsense_qgis.connection.errors import EngineError
from streetsense_qgis.connection.providerkeys import forget_key, has_key, read_keys, store_key, unlock_keys
from streetsense_qgis.runs import record as states
from streetsense_qgis.runs.sources import Sources

pytestmark = pytest.mark.usefixtures("qgis_app")
KEY = "MLY|123456|a-key-that-nobody-may-see"
MASTER = "a master password"


@pytest.fixture(autouse=True)
def own_settings() -> Iterator[None]:
    assert QgsApplication.authManager().setMasterPassword(MASTER, True)
    QgsSettings().remove("streetsense")
    yield
    QgsApplication.authManager().setMasterPassword(MASTER, True)
    for provider in ("mapillary", "google"):
        for name in ("key", "signing_secret"):
            forget_key(provider, name, "")
    QgsSettings().remove("streetsense")


@pytest.fixture
def locked() -> Iterator[None]:
    """The database is locked until the test unlocks it; nobody is asked: there is nobody."""
    store_key("mapillary", "key", "Mapillary access token", KEY)
    QgsApplication.authManager().clearMasterPassword()
    yield


@pytest.fixture
def engine(qgis_new_project: object) -> Iterator[ProvidersEngine]:
    with providers_engine() as made:
        yield made


@pytest.fixture
def desk(engine: ProvidersEngine, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(Connected(engine), tmp_path)
    yield made
    made.close()


def everything_in_the_settings() -> str:
    settings = QgsSettings()
    return "\n".join(f"{name}={settings.value(name)}" for name in settings.allKeys())


def test_a_key_is_kept_changed_and_forgotten_but_not_in_the_settings() -> None:
    store_key("mapillary", "key", "Mapillary access token", f"  {KEY}\n")
    assert has_key("mapillary", "key")
    assert read_keys("mapillary") == {"key": KEY}
    before = len(QgsApplication.authManager().configIds())
    store_key("mapillary", "key", "Mapillary access token", "another-key")
    assert read_keys("mapillary") == {"key": "another-key"}
    assert len(QgsApplication.authManager().configIds()) == before
    assert "another-key" not in everything_in_the_settings()
    forget_key("mapillary", "key", "Mapillary access token")
    assert not has_key("mapillary", "key")
    assert read_keys("mapillary") == {}
    assert len(QgsApplication.authManager().configIds()) == before - 1


def test_a_provider_has_as_many_keys_as_it_wants() -> None:
    store_key("google", "key", "Google key", "one")
    store_key("google", "signing_secret", "Google signing secret", "two")
    assert read_keys("google") == {"key": "one", "signing_secret": "two"}
    assert read_keys("mapillary") == {}


@pytest.mark.parametrize("nonsense", ["", "   ", "two words", "with\ttab", "schlüssel", "line\nbreak"])
def test_what_can_be_no_key_is_refused_without_repeating_it(nonsense: str) -> None:
    with pytest.raises(EngineError, match="Mapillary access token") as error:
        store_key("mapillary", "key", "Mapillary access token", nonsense)
    assert not nonsense.strip() or nonsense not in str(error.value)
    assert not has_key("mapillary", "key")


def test_a_key_that_somebody_took_out_of_the_database_is_not_there() -> None:
    store_key("mapillary", "key", "Mapillary access token", KEY)
    authcfg = QgsSettings().value("streetsense/providers/mapillary/key")
    QgsApplication.authManager().removeAuthenticationConfig(authcfg)
    assert not has_key("mapillary", "key")
    assert read_keys("mapillary") == {}


@pytest.mark.usefixtures("locked")
def test_nobody_is_asked_for_the_master_password_while_a_run_goes_on() -> None:
    with pytest.raises(EngineError, match="locked") as error:
        read_keys("mapillary")
    assert error.value.kind == "token"
    assert not QgsApplication.authManager().masterPasswordIsSet()


@pytest.mark.usefixtures("locked")
def test_providers_without_keys_need_no_master_password() -> None:
    unlock_keys("panoramax")
    assert read_keys("panoramax") == {}
    assert not QgsApplication.authManager().masterPasswordIsSet()


def test_a_key_travels_with_the_request_to_fetch_alone(
    desk: Desk, engine: ProvidersEngine, tmp_path: Path, wait_for: Callable[..., None]
) -> None:
    store_key("mapillary", "key", "Mapillary access token", KEY)
    engine.looks = 1000
    run = desk.runner.start(city_plan("secret", provider="mapillary", dates=[], roads="osm"), Sources())
    wait_for(lambda: len(desk.run(run.id).jobs) == 5)
    assert [process for process, inputs in engine.executions if "key" in inputs] == ["fetch"]
    assert dict(engine.executions)["fetch"]["key"] == KEY
    QgsProject.instance().write(str(tmp_path / "project.qgs"))
    QgsSettings().sync()
    assert KEY not in everything_in_the_settings()
    assert KEY not in repr(desk.run(run.id))
    left = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert left
    assert not [file for file in left if KEY.encode() in file.read_bytes()]
    assert KEY.encode() not in Path(QgsSettings().fileName()).read_bytes()
    desk.runner.cancel(run)


@pytest.mark.usefixtures("locked")
def test_a_run_waits_for_the_master_password_and_goes_on_with_it(
    desk: Desk, engine: ProvidersEngine, wait_for: Callable[..., None]
) -> None:
    engine.looks = 1000
    run = desk.runner.start(city_plan("locked", provider="mapillary", dates=[], roads="osm"), Sources())
    wait_for(lambda: "locked" in desk.runner.progress(desk.run(run.id))[1])
    assert desk.run(run.id).state in states.UNFINISHED
    assert [process for process, _ in engine.executions] == ["sample"]
    assert QgsApplication.authManager().setMasterPassword(MASTER, True)
    desk.watch.look()
    wait_for(lambda: len(desk.run(run.id).jobs) == 5)
    assert dict(engine.executions)["fetch"]["key"] == KEY
    desk.runner.cancel(run)


def test_a_run_that_is_taken_up_in_the_next_qgis_has_the_key_again(
    engine: ProvidersEngine, tmp_path: Path, wait_for: Callable[..., None]
) -> None:
    store_key("mapillary", "key", "Mapillary access token", KEY)
    QgsApplication.authManager().clearMasterPassword()
    engine.looks = 1000
    first = Desk(Connected(engine), tmp_path)
    run = first.runner.start(city_plan("next", provider="mapillary", dates=[], roads="osm"), Sources())
    wait_for(lambda: len(first.run(run.id).jobs) == 1)
    first.close()
    QgsApplication.authManager().setMasterPassword(MASTER, True)
    second = Desk(Connected(engine), tmp_path)
    second.watch.look()
    wait_for(lambda: len(second.run(run.id).jobs) == 5)
    assert dict(engine.executions)["fetch"]["key"] == KEY
    second.runner.cancel(run)
    second.close()


def test_an_engine_that_has_a_key_of_its_own_is_sent_none(
    desk: Desk, engine: ProvidersEngine, wait_for: Callable[..., None]
) -> None:
    engine.looks = 1000
    run = desk.runner.start(city_plan("own", provider="mapillary", dates=[], roads="osm"), Sources())
    wait_for(lambda: len(desk.run(run.id).jobs) == 5)
    assert "key" not in dict(engine.executions)["fetch"]
    desk.runner.cancel(run)
