"""The whole `fetch` from each provider that comes along, also from servers that behave badly."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import box

from streetsense.errors import InputError
from streetsense.processes import fetch
from streetsense.progress import Silent
from streetsense.study import Study

from . import google_host as google
from . import kartaview_host as kartaview
from . import mapillary_host as mapillary
from . import panoramax_host as panoramax
from .loopback import LoopbackHost
from .trouble import Trouble

WEST, SOUTH, STEP = 2.3500, 48.8500, 3e-4
#: Everything that goes wrong on the way, at once. The numbers have no common divisor, so that requests meet one each.
TROUBLE = Trouble(busy_every=23, retry_after="0", down_every=17, html_every=19, cut_every=13, wrong_type_every=29)


@dataclasses.dataclass
class Case:
    """A provider with a server of its own that knows 24 captures of a grid, and what `fetch` is asked besides."""

    host: Callable[[Trouble], LoopbackHost]
    inputs: dict[str, Any]
    views: int
    secret: str = ""
    address: str = ""


def places() -> list[tuple[str, float, float]]:
    return [(str(1_000 + row * 6 + column), WEST + column * STEP, SOUTH + row * STEP)
            for row in range(4) for column in range(6)]  # fmt: skip


CASES = {
    "mapillary": Case(
        lambda trouble: mapillary.mapillary_host(
            [mapillary.Image(*place) for place in places()], mapillary.Behaviour(trouble=trouble)
        ),
        {"key": mapillary.KEY},
        24,
        mapillary.KEY,
    ),
    "panoramax": Case(
        lambda trouble: panoramax.panoramax_host(
            [panoramax.Picture(*place) for place in places()], panoramax.Behaviour(trouble=trouble)
        ),
        {"size": 64},
        96,
    ),
    "kartaview": Case(
        lambda trouble: kartaview.kartaview_host(
            [kartaview.Snap(*place) for place in places()], kartaview.Behaviour(trouble=trouble)
        ),
        {},
        24,
    ),
    "google": Case(
        lambda trouble: google.google_host(
            [google.Panorama(*place) for place in places()],
            google.Behaviour(trouble=trouble),
            key="AIza-nobody-sees-this",
            signing_secret="vNIXE0xscrmjlyV-12Nj_BvUPaw=",
        ),
        {"key": "AIza-nobody-sees-this", "signing_secret": "vNIXE0xscrmjlyV-12Nj_BvUPaw=", "accept_terms": True,
         "max_cost": 10, "size": 128},
        96,
        "AIza-nobody-sees-this",
        "/maps/api",
    ),
}  # fmt: skip


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streetsense.streetview.online.kartaview.PER_SECOND", 500.0)


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return make_study(tmp_path / "study")


def make_study(root: Path) -> Study:
    area = gpd.GeoDataFrame(
        geometry=[box(WEST - STEP, SOUTH - STEP, WEST + 6 * STEP, SOUTH + 4 * STEP)], crs="EPSG:4326"
    )
    study = Study.create(root, area)
    lon, lat = np.array([place[1:] for place in places()]).T
    study.write_sample_points(
        gpd.GeoDataFrame(
            {"point_id": [f"p{number}" for number in range(24)], "road_id": "r", "road_bearing_deg": 45.0},
            geometry=gpd.points_from_xy(lon + 2e-5, lat),
            crs="EPSG:4326",
        )
    )
    return study


def run(study: Study, name: str, host: LoopbackHost, **more: Any) -> fetch.Outputs:
    case = CASES[name]
    values = {"provider": name, "api_url": host.url + case.address, **case.inputs, **more}
    return fetch.run(study, fetch.PROCESS.parse(values), Silent())


@pytest.mark.parametrize("name", CASES)
def test_every_capture_becomes_its_views(study: Study, name: str) -> None:
    case = CASES[name]
    with case.host(Trouble()) as host:
        outputs = run(study, name, host)
        assert outputs.views == {"ok": case.views}
        asked = len(host.requests)
        assert run(study, name, host).new_views == 0
        assert len(host.requests) == asked
    views = study.views()
    assert views["point_id"].nunique() == 24
    assert views["licence"].notna().all()
    assert views["attribution"].notna().all()
    assert views["source_url"].str.startswith("http").all()
    assert views["heading_deg"].notna().all()
    assert set(views["provider"]) == {name}


@pytest.mark.parametrize("name", CASES)
def test_a_server_that_behaves_badly_costs_time_and_nothing_else(study: Study, tmp_path: Path, name: str) -> None:
    case = CASES[name]
    with case.host(dataclasses.replace(TROUBLE)) as host:
        assert run(study, name, host).views == {"ok": case.views}
    calm = make_study(tmp_path / "calm")
    with case.host(Trouble()) as host:
        run(calm, name, host)
    one, two = (each.views().drop(columns=["geometry", "source_url"]) for each in (study, calm))
    one, two = (each.sort_values("view_id", ignore_index=True) for each in (one, two))
    assert one.equals(two)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.secret])
def test_the_key_is_nowhere_in_what_is_left(study: Study, name: str, caplog: pytest.LogCaptureFixture) -> None:
    case = CASES[name]
    caplog.set_level(0)
    with case.host(dataclasses.replace(TROUBLE)) as host:
        run(study, name, host)
    left = b"".join(path.read_bytes() for path in study.root.rglob("*") if path.is_file())
    for secret in (case.secret, *(value for key, value in case.inputs.items() if key == "signing_secret")):
        assert secret not in caplog.text
        assert secret.encode() not in left


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.secret])
def test_a_wrong_key_is_a_sentence_without_it(study: Study, name: str) -> None:
    with CASES[name].host(Trouble()) as host, pytest.raises(InputError) as refused:
        run(study, name, host, key="this-one-is-wrong")
    assert "key" in str(refused.value)
    assert "this-one-is-wrong" not in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", CASES)
def test_a_dry_run_downloads_no_photo(study: Study, name: str) -> None:
    with CASES[name].host(Trouble()) as host:
        plan = run(study, name, host, dry_run=True).plan
        assert not any("photo" in seen.path and not seen.path.startswith("/2.0/") for seen in host.requests)
        assert not any(seen.path.endswith("/streetview") for seen in host.requests)
    assert plan is not None
    assert plan.chosen == 24
    assert plan.photos == (96 if name == "google" else 24)
    assert plan.cost_usd == (0.67 if name == "google" else 0)


def test_google_is_never_asked_for_more_than_may_be_spent(study: Study) -> None:
    with CASES["google"].host(dataclasses.replace(TROUBLE)) as host:
        outputs = run(study, "google", host, max_cost=0.21)
        assert outputs.billed == 30
        assert len([seen for seen in host.requests if seen.path.endswith("/streetview")]) == 30
        assert outputs.open_photos > 60


def test_views_of_google_look_along_and_across_the_road(study: Study) -> None:
    with CASES["google"].host(Trouble()) as host:
        run(study, "google", host, relative_to="road")
        asked = {seen.query["heading"] for seen in host.requests if seen.path.endswith("/streetview")}
    assert sorted(map(float, asked)) == [45.0, 135.0, 225.0, 315.0]
    assert sorted(set(study.views()["heading_deg"])) == [45.0, 135.0, 225.0, 315.0]
