"""The warm process: it answers what it is asked, fails in one sentence, and never outlives the server."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import psutil
import pytest
from PIL import Image

from streetsense.encoders import create_random_encoder, load_encoder
from streetsense.errors import InputError
from streetsense.images import encode_jpeg
from streetsense.processes.question import Asked
from streetsense.server.devices import cpu_device
from streetsense.server.kept import Kept
from streetsense.server.warm import NotWarm, Patience, WarmProcess
from tests.server.conftest import until

Made = TypeVar("Made")
SMALL = {"image_size": 64, "embed_dim": 24, "depth": 2, "num_heads": 3}
PHOTO = encode_jpeg(np.random.default_rng(0).integers(0, 255, (9, 12, 3), dtype=np.uint8).repeat(8, 0).repeat(8, 1))


class Warm:
    """A warm process and the loop that it belongs to."""

    def __init__(
        self, *, patience: Patience | None = None, most_waiting: int = 64, command: Sequence[str] | None = None
    ) -> None:
        async def made() -> WarmProcess:
            return WarmProcess("cpu", patience=patience or Patience(), most_waiting=most_waiting, command=command)

        self.runner = asyncio.Runner()
        self.process = self.run(made())

    def run(self, work: Coroutine[Any, Any, Made]) -> Made:
        return self.runner.run(work)

    def ask(
        self, study: Path, asked: dict[str, Any] | None = None, photo: bytes = PHOTO
    ) -> tuple[bytes, dict[str, Any]]:
        question = Asked.model_validate(asked or {"encoder": "small"})
        return self.run(self.process.attention(study, "a", photo, question, opacity=0.6, size=640))

    def pid(self) -> int | None:
        async def pid() -> int | None:
            return self.process.pid

        return self.run(pid())

    def close(self) -> None:
        self.run(self.process.stop())
        self.runner.close()


@pytest.fixture(scope="module")
def warm() -> Iterator[Warm]:
    made = Warm()
    yield made
    made.close()


@pytest.fixture
def study(tmp_path: Path) -> Path:
    create_random_encoder(tmp_path / "encoders" / "small", "vit_tiny_patch16_224", **SMALL)
    return tmp_path


def instead(tmp_path: Path, script: str) -> Sequence[str]:
    """The command of a process that does what ``script`` does."""
    (tmp_path / "script.py").write_text(textwrap.dedent(script))
    return sys.executable, str(tmp_path / "script.py")


# What it answers


def test_the_picture_and_the_numbers_are_those_of_the_encoder(warm: Warm, study: Path) -> None:
    import torch

    from streetsense.attention import rollout

    png, facts = warm.ask(study, {"encoder": "small", "method": "rollout", "head": 1, "query": "2,3"})
    encoder = load_encoder(study / "encoders" / "small")
    images = encoder.normalise(torch.from_numpy(encoder.preprocess.from_bytes(PHOTO)[None].copy()))
    expected = rollout(encoder.model, images, head=1, query=(2, 3))[0]
    np.testing.assert_allclose(facts["values"], expected.numpy(), rtol=1e-4, atol=1e-7)
    assert facts["encoder_fingerprint"] == encoder.fingerprint
    assert facts["seen"] == pytest.approx([0.125, 0.0, 0.875, 1.0], abs=0.01)  # whole pixels of the resized photo
    with Image.open(io.BytesIO(png)) as picture:
        assert (picture.format, picture.size, picture.text["method"]) == ("PNG", (96, 72), "rollout")


def test_the_devices_begin_with_the_processor(warm: Warm) -> None:
    devices = warm.run(warm.process.devices(patience=60))
    assert warm.process.knows_devices
    assert devices[0].name == "cpu"
    assert 0 < devices[0].memory_free <= devices[0].memory_total


def test_encoders_stay_in_memory_and_are_told(warm: Warm, study: Path) -> None:
    warm.ask(study)
    last = warm.run(warm.process.warm_encoders())[-1]
    assert (last.study, last.name, last.device) == (study.name, "small", "cpu")
    assert last.bytes > 10_000


def test_an_encoder_that_was_replaced_is_loaded_again(warm: Warm, study: Path) -> None:
    _, before = warm.ask(study)
    create_random_encoder(study / "encoders" / "small", "vit_tiny_patch16_224", seed=1, **SMALL)
    _, after = warm.ask(study)
    assert after["encoder_fingerprint"] != before["encoder_fingerprint"]
    assert after["values"] != before["values"]


def test_weights_that_were_changed_by_hand_are_refused(warm: Warm, study: Path) -> None:
    warm.ask(study)
    weights = study / "encoders" / "small" / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    with pytest.raises(InputError, match="were changed after it was made"):
        warm.ask(study)


def test_many_questions_at_once_get_each_their_own_answer(warm: Warm, study: Path) -> None:
    async def all_heads() -> list[tuple[bytes, dict[str, Any]]]:
        asked = [Asked.model_validate({"encoder": "small", "method": "raw", "head": head % 3}) for head in range(9)]
        answers = [warm.process.attention(study, "a", PHOTO, one, opacity=0.6, size=640) for one in asked]
        return await asyncio.gather(*answers)

    assert [facts["head"] for _, facts in warm.run(all_heads())] == [0, 1, 2] * 3


def test_a_caller_who_leaves_does_not_disturb_the_next_one(warm: Warm, study: Path) -> None:
    async def leave_and_ask() -> dict[str, Any]:
        def ask(head: int) -> Coroutine[Any, Any, tuple[bytes, dict[str, Any]]]:
            asked = Asked.model_validate({"encoder": "small", "method": "raw", "head": head})
            return warm.process.attention(study, "a", PHOTO, asked, opacity=0.6, size=640)

        leaving = asyncio.create_task(ask(0))
        await asyncio.sleep(0)
        leaving.cancel()
        return (await ask(2))[1]

    assert warm.run(leave_and_ask())["head"] == 2


# What it says when it cannot


@pytest.mark.parametrize(
    ("asked", "photo", "sentence"),
    [
        ({"encoder": "other"}, PHOTO, "encoder: there is no 'other'"),
        ({"encoder": "small", "head": 9}, PHOTO, "head: 9 does not exist"),
        ({"encoder": "small", "query": "sky"}, PHOTO, "query: 'sky' is not known"),
        ({"predictor": "none"}, PHOTO, "predictor: there is no predictor 'none'"),
        ({"encoder": "small"}, b"<html>", "view: the photo of 'a' cannot be read"),
    ],
)
def test_what_cannot_be_answered_is_one_sentence_and_ends_nothing(
    warm: Warm, study: Path, asked: dict[str, Any], photo: bytes, sentence: str
) -> None:
    warm.ask(study)
    before = warm.pid()
    with pytest.raises(InputError, match=sentence):
        warm.ask(study, asked, photo)
    assert warm.pid() == before


def test_one_that_was_killed_is_started_again_at_the_next_question(warm: Warm, study: Path) -> None:
    _, before = warm.ask(study)
    pid = warm.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    until(lambda: warm.run(_gone(warm.process)), "the end of the process is noticed")
    _, after = warm.ask(study)
    assert after == before
    assert warm.pid() != pid


async def _gone(process: WarmProcess) -> bool:
    await asyncio.sleep(0)
    return not process.is_running


def test_one_that_hangs_is_killed_and_said_so(tmp_path: Path) -> None:
    patience = Patience(start=0.2, answer=0.2)
    warm = Warm(command=instead(tmp_path, "import time; time.sleep(600)"), patience=patience)
    with pytest.raises(NotWarm, match="there was no answer within"):
        warm.ask(tmp_path)
    assert warm.pid() is None
    warm.close()


@pytest.mark.parametrize(
    "script",
    [
        "raise SystemExit('no torch here')",
        "import sys; sys.stdin.buffer.read(8); print('not an answer at all', flush=True)",
        "import os; os.write(1, b'\\xff' * 64); import time; time.sleep(600)",
    ],
)
def test_one_that_ends_or_talks_nonsense_is_said_so(tmp_path: Path, script: str) -> None:
    warm = Warm(command=instead(tmp_path, script))
    with pytest.raises(NotWarm, match="ended unexpectedly"):
        warm.ask(tmp_path)
    assert warm.pid() is None
    assert [device.name for device in warm.run(warm.process.devices())] == ["cpu"]
    warm.close()


def test_more_questions_than_may_wait_are_refused(tmp_path: Path) -> None:
    warm = Warm(command=instead(tmp_path, "import time; time.sleep(600)"), most_waiting=2)

    async def ask_three() -> BaseException:
        asked = Asked.model_validate({"encoder": "small"})
        waiting = [
            asyncio.create_task(warm.process.attention(tmp_path, "a", PHOTO, asked, opacity=0.6, size=640))
            for _ in range(3)
        ]
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        await warm.process.stop()
        await asyncio.wait(waiting)
        error = done.pop().exception()
        assert error is not None
        return error

    assert "too many pictures" in str(warm.run(ask_three()))
    warm.close()


# When it ends


def test_one_without_work_is_let_go(study: Path) -> None:
    warm = Warm(patience=Patience(idle=0.01))
    warm.ask(study)
    until(lambda: warm.run(_gone(warm.process)), "the idle process is let go")
    assert warm.run(warm.process.warm_encoders()) == []
    assert warm.process.knows_devices is False
    warm.close()


def test_stopping_ends_it_even_while_it_imports(study: Path) -> None:
    warm = Warm()

    async def start_and_stop() -> int:
        await warm.process.start()
        while (pid := warm.process.pid) is None:
            await asyncio.sleep(0)
        await warm.process.stop()
        return pid

    pid = warm.run(start_and_stop())
    assert not psutil.pid_exists(pid)
    with pytest.raises(NotWarm, match="the server is stopping"):
        warm.ask(study)
    warm.close()


def test_it_ends_when_the_server_is_killed() -> None:
    script = """
        import asyncio
        from streetsense.server.warm import WarmProcess
        async def main():
            warm = WarmProcess("cpu")
            await warm.devices(patience=120)
            print(warm.pid, flush=True)
            await asyncio.sleep(600)
        asyncio.run(main())
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        child = psutil.Process(int(server.stdout.readline()))
        server.kill()
    until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, "the end of the warm process")


# What it is made of


def test_things_that_were_not_used_for_longest_go_first(tmp_path: Path) -> None:
    loaded: list[str] = []

    def load(folder: Path) -> str:
        loaded.append(folder.name)
        return folder.name

    kept = Kept(load, ("file",), len, most=2, most_bytes=100)
    for name in ("a", "b", "a", "c", "a", "b"):
        kept.get(tmp_path / name)
    assert loaded == ["a", "b", "c", "b"]
    assert [thing for _, thing, _ in kept.things()] == ["a", "b"]


def test_large_things_push_others_out_but_the_last_one_stays(tmp_path: Path) -> None:
    kept: Kept[str] = Kept(lambda folder: folder.name, (), len, most=9, most_bytes=5)
    for name in ("aa", "bb", "cc", "dddddddd"):
        kept.get(tmp_path / name)
    assert [thing for _, thing, _ in kept.things()] == ["dddddddd"]


def test_a_container_has_no_more_memory_than_its_limit(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text("1000000\n")
    (tmp_path / "memory.current").write_text("700000\n")
    (tmp_path / "memory.stat").write_text("anon 1\ninactive_file 200000\n")
    device = cpu_device(tmp_path)
    assert (device.memory_total, device.memory_free) == (1_000_000, 500_000)
    (tmp_path / "memory.max").write_text("max\n")
    assert cpu_device(tmp_path).memory_total == psutil.virtual_memory().total
