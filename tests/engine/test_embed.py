"""The process ``embed``: what it writes, what it skips, and how it continues."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image
from shapely import Point, box

from streetsense.encoders import create_random_encoder
from streetsense.errors import Cancelled, InputError
from streetsense.images import DECODER, encode_jpeg
from streetsense.processes.embed import PROCESS, Outputs
from streetsense.progress import Silent
from streetsense.study import Study
from streetsense.study.photos import store_photo

NUMBER = 20


def photo(seed: int) -> bytes:
    coarse = np.random.default_rng(seed).integers(0, 255, (5, 5, 3), dtype=np.uint8)
    return encode_jpeg(np.asarray(Image.fromarray(coarse).resize((80, 80), Image.Resampling.BICUBIC)))


def add_views(study: Study, first: int, number: int) -> None:
    """Add views with photos to a study."""
    ids = [f"v{index:03d}" for index in range(first, first + number)]
    paths, digests = zip(*(store_photo(study, photo(index)) for index in range(first, first + number)), strict=True)
    columns = {"view_id": ids, "path": paths, "sha256": digests, "status": "ok"}
    study.views_table.append_frame(gpd.GeoDataFrame(columns, geometry=[Point(-1.1, 44.7)] * number, crs=4326))


def add_encoder(study: Study, seed: int = 0, **options: int) -> str:
    shape = {"image_size": 32, "depth": 1, **options}
    return create_random_encoder(study.encoders_dir / "tiny", "vit_tiny_patch16_224", seed, **shape).fingerprint


@pytest.fixture
def study(tmp_path: Path) -> Study:
    area = gpd.GeoDataFrame(geometry=[box(-1.2, 44.6, -1.0, 44.8)], crs="EPSG:4326")
    made = Study.create(tmp_path / "study", area)
    add_views(made, 0, NUMBER)
    add_encoder(made)
    return made


def embed(study: Study, job: object = None, **inputs: object) -> Outputs:
    made = PROCESS.run(study, PROCESS.parse({"encoder": "tiny", **inputs}), job or Silent())  # type: ignore[arg-type]
    assert isinstance(made, Outputs)
    return made


class Interrupted(Silent):
    """A progress that stops the work after some photos."""

    def __init__(self, after: int) -> None:
        self.after = after

    def report(self, done: float, total: float, message: str = "") -> None:
        if done >= self.after:
            raise Cancelled("stop")


class Warned(Silent):
    """A progress that keeps warnings."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warn(self, message: str) -> None:
        self.warnings.append(message)


def test_every_view_gets_an_embedding(study: Study) -> None:
    outputs = embed(study)
    assert (outputs.embedded, outputs.skipped, outputs.failed, outputs.dimension) == (NUMBER, 0, {}, 192)
    assert outputs.device == "cpu"
    assert outputs.images_per_second > 0
    table = study.embeddings_table("tiny").read()
    assert table["view_id"].to_pylist() == [f"v{index:03d}" for index in range(NUMBER)]
    vectors = np.stack(table["embedding"].to_pylist())
    assert vectors.shape == (NUMBER, 192)
    assert np.isfinite(vectors).all()
    assert len(np.unique(vectors.round(4), axis=0)) == NUMBER


def test_parts_say_decoder_precision_and_fingerprint(study: Study) -> None:
    outputs = embed(study, precision="fp32", part_size=8, batch_size=4)
    parts = study.embeddings_table("tiny").parts()
    assert [pq.read_metadata(part).num_rows for part in parts] == [8, 8, 4]
    metadata = pq.read_schema(parts[0]).metadata
    assert metadata[b"decoder"].decode() == DECODER
    assert metadata[b"precision"] == b"fp32" == outputs.precision.encode()
    assert set(pq.read_table(parts[0])["fingerprint"].to_pylist()) == {add_encoder(study)}


def test_a_second_run_embeds_only_what_is_new(study: Study) -> None:
    embed(study)
    add_views(study, NUMBER, 3)
    outputs = embed(study)
    assert (outputs.embedded, outputs.skipped) == (3, NUMBER)
    assert len(study.embeddings_table("tiny").keys()) == NUMBER + 3


def test_a_view_whose_photo_was_replaced_is_embedded_again(study: Study) -> None:
    embed(study)
    before = study.embeddings_table("tiny").read().to_pandas().set_index("view_id")["embedding"]
    path, digest = store_photo(study, photo(99))
    replaced = study.views(status="ok").iloc[[7]].assign(path=path, sha256=digest)
    study.views_table.append_frame(replaced)
    assert embed(study).embedded == 1
    after = study.embeddings_table("tiny").read().to_pandas().set_index("view_id")["embedding"]
    changed = [view_id for view_id in before.index if not np.array_equal(before[view_id], after[view_id])]
    assert changed == ["v007"]


def test_again_embeds_everything_once_more(study: Study) -> None:
    embed(study)
    assert embed(study, again=True).embedded == NUMBER
    assert study.embeddings_table("tiny").read().num_rows == NUMBER


def test_an_interrupted_run_keeps_its_rows_and_continues(study: Study) -> None:
    with pytest.raises(Cancelled):
        embed(study, Interrupted(after=10), batch_size=4)
    kept = len(study.embeddings_table("tiny").keys())
    assert kept == 8
    outputs = embed(study, batch_size=4)
    assert (outputs.embedded, outputs.skipped) == (NUMBER - kept, kept)
    assert pq.read_table(study.embeddings_table("tiny").folder).num_rows == NUMBER


@pytest.mark.parametrize("options", [{}, {"embed_dim": 96}])
def test_another_encoder_of_that_name_replaces_all_embeddings(study: Study, options: dict[str, int]) -> None:
    embed(study)
    fingerprint = add_encoder(study, seed=1, **options)
    (study.root / study.views(columns=["path"])["path"].iloc[0]).unlink()
    told = Warned()
    outputs = embed(study, told)
    assert (outputs.embedded, outputs.skipped) == (NUMBER - 1, 0)
    table = study.embeddings_table("tiny").read()
    assert set(table["fingerprint"].to_pylist()) == {fingerprint}
    assert table.num_rows == NUMBER - 1
    assert "earlier encoder" in told.warnings[0]


def test_photos_that_cannot_be_used_are_counted_by_reason_and_tried_again(study: Study) -> None:
    paths = [study.photo_path(path) for path in study.views(columns=["path"])["path"]]
    whole = paths[1].read_bytes()
    paths[0].unlink()
    paths[1].write_bytes(whole[:300])
    paths[2].write_bytes(b"")
    told = Warned()
    outputs = embed(study, told)
    assert outputs.embedded == NUMBER - 3
    assert sum(outputs.failed.values()) == 3
    assert any("missing" in reason for reason in outputs.failed)
    assert told.warnings == ["3 photos could not be used; their views have no embedding."]
    paths[1].write_bytes(whole)
    assert embed(study).embedded == 1


def test_a_study_without_photos_is_told_what_to_do(tmp_path: Path, study: Study) -> None:
    empty = Study.create(tmp_path / "empty", study.area)
    add_encoder(empty)
    with pytest.raises(InputError, match=r"views: the study has no photos; run .*fetch"):
        embed(empty)


def test_an_unknown_encoder_is_refused_with_those_there_are(study: Study) -> None:
    with pytest.raises(InputError, match="there is no 'big', the encoders are tiny"):
        embed(study, encoder="big")


@pytest.mark.parametrize("inputs", [{"batch_size": 0}, {"precision": "fp8"}, {"part_size": 0}, {"encoder": "../x"}])
def test_wrong_inputs_are_refused_by_name(study: Study, inputs: dict[str, object]) -> None:
    with pytest.raises(InputError, match=f"^{next(iter(inputs))}: "):
        embed(study, **inputs)
