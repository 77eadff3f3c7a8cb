"""The study folder: what it keeps, who may write, and what it refuses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point, box

from streetsense.errors import InputError, StreetSenseError
from streetsense.study import SCHEMA_VERSION, PartTable, Study
from streetsense.study.folder import checked_name
from streetsense.study.lock import LockOwner
from streetsense.study.photos import store_photo
from streetsense.study.summary import summarise

AREA = gpd.GeoDataFrame(geometry=[box(-1.2, 44.6, -1.0, 44.8)], crs="EPSG:4326")


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return Study.create(tmp_path / "study", AREA, "Lège")


def _views(ids: list[str], status: str = "ok") -> gpd.GeoDataFrame:
    points = [Point(-1.1, 44.7)] * len(ids)
    return gpd.GeoDataFrame({"view_id": ids, "status": status, "heading_deg": 90.0}, geometry=points, crs="EPSG:4326")


def test_a_study_opens_as_it_was_created(study: Study) -> None:
    again = Study.open(study.root)
    assert again.name == "Lège"
    assert again.crs.to_epsg() == 32630
    assert again.area.total_bounds == pytest.approx(AREA.total_bounds)


def test_an_area_in_any_projection_is_the_same_area(study: Study, tmp_path: Path) -> None:
    other = Study.create(tmp_path / "other", AREA.to_crs("EPSG:2154"))
    assert other.area.total_bounds == pytest.approx(study.area.total_bounds, abs=1e-6)
    assert other.crs == study.crs


def test_a_newer_schema_is_refused_with_advice(study: Study) -> None:
    record = json.loads((study.root / "study.json").read_text())
    (study.root / "study.json").write_text(json.dumps(record | {"schema_version": SCHEMA_VERSION + 1}))
    with pytest.raises(InputError, match=r"newer StreetSense .*update StreetSense"):
        Study.open(study.root)


GOOD = {"schema_version": 1, "name": "a", "created": "", "crs": "EPSG:32630", "area": {"features": []}}
DAMAGED = ["", "{", "[]", '{"schema_version": 1}', '{"schema_version": "x"}', json.dumps(GOOD)]
DAMAGED += [json.dumps(GOOD | {"area": {}}), json.dumps(GOOD | {"crs": "EPSG:nothing"})]


@pytest.mark.parametrize("content", DAMAGED)
def test_a_damaged_record_is_one_sentence(study: Study, content: str) -> None:
    (study.root / "study.json").write_text(content)
    with pytest.raises(InputError, match="damaged; restore it"):
        Study.open(study.root)


def test_a_folder_that_is_no_study_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="streetsense new"):
        Study.open(tmp_path)


def test_a_folder_with_other_peoples_files_is_never_taken_over(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("precious")
    with pytest.raises(InputError, match="not an empty folder"):
        Study.create(tmp_path, AREA)
    with pytest.raises(InputError, match="already"):
        Study.create(Study.create(tmp_path / "s", AREA).root, AREA)


def test_an_area_needs_polygons_with_a_crs(tmp_path: Path) -> None:
    line = gpd.GeoDataFrame(geometry=[LineString([(0, 0), (1, 1)])], crs="EPSG:4326")
    with pytest.raises(InputError, match="no polygon"):
        Study.create(tmp_path / "a", line)
    with pytest.raises(InputError, match="coordinate reference system is missing"):
        Study.create(tmp_path / "b", AREA.set_crs(None, allow_override=True))
    assert not (tmp_path / "a").exists()


def test_later_rows_replace_earlier_ones_with_the_same_key(study: Study) -> None:
    study.views_table.append_frame(_views(["a", "b"], "failed"))
    study.views_table.append_frame(_views(["b", "c"], "ok"))
    assert study.views(columns=["view_id"])["view_id"].tolist() == ["b", "c"]
    assert len(study.views(status=None)) == 3


@given(parts=st.lists(st.lists(st.sampled_from("abcdef"), unique=True), max_size=5))
@settings(max_examples=30, deadline=None)
def test_a_part_table_is_a_dictionary_of_its_newest_rows(
    parts: list[list[str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    table = PartTable(tmp_path_factory.mktemp("table"), "key")
    expected: dict[str, int] = {}
    for number, keys in enumerate(parts):
        table.append(pa.table({"key": pa.array(keys, pa.string()), "part": pa.array([number] * len(keys), pa.int64())}))
        expected |= dict.fromkeys(keys, number)
    rows = table.read()
    found = dict(zip(rows["key"].to_pylist(), rows["part"].to_pylist(), strict=True)) if expected else {}
    assert found == expected
    assert rows.num_rows == len(expected)


def test_parts_are_geoparquet_that_geopandas_reads(study: Study) -> None:
    path = study.views_table.append_frame(_views(["a"]))
    assert path is not None
    frame = gpd.read_parquet(path)
    assert frame.crs == "OGC:CRS84"
    assert frame.geometry.iloc[0].equals(Point(-1.1, 44.7))


def test_what_a_killed_writer_left_is_never_read(study: Study) -> None:
    study.views_table.append_frame(_views(["a"]))
    (study.root / "views" / ".unfinished-0000-part-000002.parquet").write_bytes(b"PAR1 half")
    assert study.views_table.keys() == {"a"}


def test_a_damaged_part_is_named(study: Study) -> None:
    path = study.views_table.append_frame(_views(["a"]))
    assert path is not None
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(StreetSenseError, match=r"part-000001\.parquet: this part of the table is damaged"):
        study.views()


def test_rows_without_a_position_are_kept(study: Study) -> None:
    frame = _views(["a", "b"])
    frame.loc[0, "geometry"] = None
    study.views_table.append_frame(frame)
    assert study.views(status="ok").geometry.isna().tolist() == [True, False]


def test_every_licence_of_the_photos_is_named_once(study: Study) -> None:
    names = [f"licence {letter}" for letter in "gfedcbaa"] + ["", None]
    study.views_table.append_frame(_views([f"v{i}" for i in range(10)]).assign(licence=names))
    assert study.photo_licences() == [f"licence {letter}" for letter in "abcdefg"]


def test_sample_points_survive_in_degrees(study: Study) -> None:
    points = gpd.GeoDataFrame(
        {"point_id": ["p"], "road_id": ["r"], "road_bearing_deg": [12.5]}, geometry=[Point(-1.1, 44.7)], crs="EPSG:4326"
    )
    assert study.sample_points().empty
    study.write_sample_points(points.to_crs(study.crs))
    assert study.sample_points().geometry.iloc[0].distance(points.geometry.iloc[0]) < 1e-9


def test_photos_are_named_by_their_content_and_stored_once(study: Study) -> None:
    path, digest = store_photo(study, b"jpeg")
    assert path == f"photos/{digest[:2]}/{digest}.jpg"
    before = study.photo_path(path).stat().st_mtime_ns
    assert store_photo(study, b"jpeg") == (path, digest)
    assert study.photo_path(path).stat().st_mtime_ns == before


def test_a_second_writer_hears_who_the_first_is(study: Study) -> None:
    with study.lock("embed"), pytest.raises(InputError, match=rf"embed, process {os.getpid()} "), study.lock("fit"):
        pass
    with study.lock("fit"):
        pass


def test_a_dead_writer_does_not_keep_the_study(study: Study) -> None:
    code = (
        "import sys, os, signal\nfrom streetsense.study import Study\n"
        "Study.open(sys.argv[1]).lock('embed').__enter__()\nos.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(study.root)], check=False).returncode == -9
    assert (study.root / "study.lock").exists()
    with study.lock("fit") as lock:
        owner = lock.owner()
        assert owner is not None
        assert owner.doing == "fit"


def test_a_killed_writer_that_nobody_has_waited_for_does_not_keep_the_study(study: Study) -> None:
    code = (
        "import sys, os, signal\nfrom streetsense.study import Study\n"
        "Study.open(sys.argv[1]).lock('embed').__enter__()\nprint('locked', flush=True)\nsignal.pause()"
    )
    writer = subprocess.Popen([sys.executable, "-c", code, str(study.root)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    assert writer.stdout.readline() == "locked\n"
    with pytest.raises(InputError, match="another job"), study.lock("fit"):
        pass
    writer.kill()
    os.waitid(os.P_PID, writer.pid, os.WEXITED | os.WNOWAIT)  # dead, and still in the process table
    with study.lock("fit"):
        pass
    writer.wait()


def test_a_writer_on_another_computer_counts_until_it_falls_silent(study: Study) -> None:
    elsewhere = LockOwner.this_process("embed").model_copy(update={"host": "elsewhere", "pid": 1})
    lock = study.root / "study.lock"
    lock.write_text(elsewhere.model_dump_json())
    with pytest.raises(InputError, match="elsewhere"), study.lock("fit"):
        pass
    os.utime(lock, (0, 0))
    with study.lock("fit"):
        assert json.loads(lock.read_text())["doing"] == "fit"


def test_the_summary_counts_what_is_there(study: Study) -> None:
    study.views_table.append_frame(_views(["a", "b"]).assign(provider="folder"))
    study.views_table.append_frame(_views(["c"], "quarantined").assign(provider="folder"))
    table = pa.table({"view_id": ["a"], "embedding": pa.array([np.zeros(2, "f4")])})
    study.embeddings_table("tiny").append(table)
    summary = summarise(study)
    assert summary.views == {"ok": 2, "quarantined": 1}
    assert summary.embeddings == {"tiny": 1}
    assert summary.area_km2 == pytest.approx(352.6, rel=0.01)
    assert "2 ok, 1 quarantined" in summary.as_text()


@pytest.mark.parametrize("name", ["", "..", "a/b", "a\\b", "/etc", ".hidden", "a..b", "x" * 200])
def test_names_that_could_leave_the_study_are_refused(name: str) -> None:
    with pytest.raises(InputError):
        checked_name(name, "encoder")


def test_every_part_is_a_whole_file(study: Study) -> None:
    for number in range(3):
        study.views_table.append_frame(_views([str(number)]))
    assert [p.name for p in study.views_table.parts()] == [f"part-00000{n}.parquet" for n in (1, 2, 3)]
    assert sum(pq.read_metadata(p).num_rows for p in study.views_table.parts()) == 3
