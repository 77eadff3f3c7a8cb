"""Shards of views, and what a worker makes of one; without a cluster."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.cluster.conftest import make_study

from streetsense.encoders import read_config
from streetsense.errors import InputError, StreetSenseError
from streetsense.processes.embed import PROCESS
from streetsense.processes.embedshards import _places, list_shards
from streetsense.processes.embedworkers import LIST, ShardEmbedder, ShardOrder, decode_shard
from streetsense.progress import Silent
from streetsense.study import Study

VIEWS = 20


def views(number: int = 10, photo: str = "p") -> pa.Table:
    text = pa.large_string()
    names = [f"v{index}" for index in range(number)]
    return pa.table({"view_id": pa.array(names, text), "path": pa.array(names, text),
                     "sha256": pa.array([f"{photo}{name}" for name in names], text)})  # fmt: skip


def listed(
    folder: Path, pending: list[bool] | None = None, rows: pa.Table | None = None, **options: object
) -> list[str]:
    rows = views() if rows is None else rows
    mask = pa.chunked_array([pa.array([True] * rows.num_rows if pending is None else pending)])
    return list_shards(folder / "list", rows, mask, 4, **{"first": 1, "salt": "encoder", **options})  # type: ignore[arg-type]


def test_a_shard_is_a_row_group_of_the_list(tmp_path: Path) -> None:
    names = listed(tmp_path, first=7)
    assert [name[:12] for name in names] == ["part-000007-", "part-000008-", "part-000009-"]
    file = pq.ParquetFile(tmp_path / "list")
    assert [file.read_row_group(n)["view_id"].to_pylist() for n in range(3)] == [
        ["v0", "v1", "v2", "v3"], ["v4", "v5", "v6", "v7"], ["v8", "v9"],
    ]  # fmt: skip


def test_a_shard_has_the_same_name_in_every_run_and_another_one_when_its_content_differs(tmp_path: Path) -> None:
    names = listed(tmp_path)
    assert names == listed(tmp_path) and len(set(names)) == 3
    assert not set(names) & set(listed(tmp_path, salt="another encoder"))
    assert not set(names) & set(listed(tmp_path, rows=views(photo="q")))


def test_shards_that_are_done_are_not_listed_and_the_others_stay_as_they_are(tmp_path: Path) -> None:
    whole = [name[12:] for name in listed(tmp_path)]
    assert [name[12:] for name in listed(tmp_path, [True] * 4 + [False] * 4 + [True] * 2)] == [whole[0], whole[2]]
    assert pq.ParquetFile(tmp_path / "list").read()["view_id"].to_pylist() == ["v0", "v1", "v2", "v3", "v8", "v9"]


def test_a_shard_of_which_some_is_done_lists_the_rest(tmp_path: Path) -> None:
    whole = listed(tmp_path)
    part = listed(tmp_path, [False] * 3 + [True] + [False] * 6)
    assert len(part) == 1 and part[0] not in whole
    assert pq.ParquetFile(tmp_path / "list").read()["view_id"].to_pylist() == ["v3"]


@pytest.mark.parametrize(
    ("resources", "device", "expected"),
    [
        ({"CPU": 2.0}, "auto", ("cpu", 1, {"num_cpus": 1})),
        ({"CPU": 64.0}, "auto", ("cpu", 56, {"num_cpus": 1})),
        ({"CPU": 64.0, "GPU": 4.0}, "auto", ("cuda", 4, {"num_gpus": 1, "num_cpus": 0})),
        ({"CPU": 64.0, "GPU": 4.0}, "cpu", ("cpu", 56, {"num_cpus": 1})),
    ],
)
def test_workers_take_the_gpus_or_leave_processors_to_decode(
    resources: dict[str, float], device: str, expected: object
) -> None:
    assert _places(resources, device) == expected


@pytest.mark.parametrize(
    ("resources", "device", "sentence"),
    [
        ({"CPU": 8.0}, "cuda", "device: no GPU is in the cluster"),
        ({"CPU": 8.0, "GPU": 1.0}, "cuda:0", "device: 'cuda:0' is one of this computer"),
        ({"CPU": 1.0}, "auto", "cluster: it has fewer than 2 processors"),
    ],
)
def test_a_cluster_that_cannot_do_it_is_refused(resources: dict[str, float], device: str, sentence: str) -> None:
    with pytest.raises(InputError, match=f"^{sentence}"):
        _places(resources, device)


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return make_study(tmp_path / "study", VIEWS)


def order_of(study: Study, **changes: str) -> ShardOrder:
    """Write the list of one shard with all views, and return the order that goes with it."""
    rows = study.views_table.read(["view_id", "path", "sha256"])
    folder = study.embeddings_table("tiny").folder
    folder.mkdir(parents=True)
    pq.write_table(rows, folder / LIST, row_group_size=VIEWS)
    fingerprint = changes.get("fingerprint", read_config(study.encoders_dir / "tiny").fingerprint)
    return ShardOrder(str(study.root), "tiny", fingerprint, "cpu", "auto", 8, 2)


TASK = pa.table({"shard": [0], "name": ["part-000001-0123456789abcdef.parquet"]})


def test_a_worker_writes_the_part_that_one_process_writes(study: Study) -> None:
    order = order_of(study)
    told = ShardEmbedder(order)(decode_shard(TASK, order)).to_pylist()[0]
    assert (told["embedded"], told["failed"], told["device"]) == (
        VIEWS - 1, '{"the photo\'s file is missing": 1}', "cpu",
    )  # fmt: skip
    folder = study.embeddings_table("tiny").folder
    made = pq.read_table(folder / TASK["name"][0].as_py())
    (folder / TASK["name"][0].as_py()).unlink()
    PROCESS.run(study, PROCESS.parse({"encoder": "tiny", "batch_size": 8}), Silent())
    (part,) = study.embeddings_table("tiny").parts()
    alone = pq.read_table(part)
    assert made.schema.equals(alone.schema, check_metadata=True)
    assert made.equals(alone)
    assert np.isfinite(np.stack(made["embedding"].to_pylist())).all()


def test_a_shard_that_ends_its_worker_again_and_again_ends_the_job(study: Study) -> None:
    order = order_of(study)
    decoded, worker = decode_shard(TASK, order), ShardEmbedder(order)
    for _ in range(4):
        worker._begin(TASK["name"][0].as_py())  # what stays behind of a worker that dies
    assert "has ended its worker 4 times" in worker(decoded)["error"][0].as_py()


def test_a_worker_refuses_an_encoder_that_was_replaced_meanwhile(study: Study) -> None:
    with pytest.raises(StreetSenseError, match="'tiny' was replaced while it was used"):
        _ = ShardEmbedder(order_of(study, fingerprint="of another encoder")).encoder
