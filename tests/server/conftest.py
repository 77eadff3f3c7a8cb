"""What the tests of jobs and of the server share: a folder with a study, and processes that behave as told."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from streetsense.jobs import Job, JobQueue, LocalRunner, QueueLimits
from streetsense.processes import load_processes
from streetsense.study import Study
from tests.extra_processes import install_extra_processes

#: Seconds that a test waits for what must happen, on a busy machine.
PATIENCE = 60.0


@pytest.fixture(scope="session")
def extra_path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Processes of another package (`tests.extra_processes`), for this process and all children."""
    folder = install_extra_processes(tmp_path_factory.mktemp("extra"))
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(folder), *([before] if before else [])])
    sys.path.insert(0, str(folder))
    load_processes.cache_clear()
    yield folder
    sys.path.remove(str(folder))
    load_processes.cache_clear()
    if before is None:
        del os.environ["PYTHONPATH"]
    else:
        os.environ["PYTHONPATH"] = before


def make_study(folder: Path) -> Study:
    """Make a small study."""
    import geopandas as gpd
    from shapely import box

    return Study.create(folder, gpd.GeoDataFrame(geometry=[box(-1.252, 44.648, -1.242, 44.658)], crs="EPSG:4326"))


@pytest.fixture
def studies(tmp_path: Path, extra_path: Path) -> Path:
    """A folder of studies with one, called 'town', in it."""
    folder = tmp_path / "studies"
    folder.mkdir()
    make_study(folder / "town")
    return folder


@pytest.fixture
def new_queue(studies: Path) -> Iterator[Callable[..., JobQueue]]:
    """A function that starts a queue on the folder; all are stopped in the end."""
    queues: list[JobQueue] = []

    def start(**limits: float) -> JobQueue:
        queue = JobQueue(studies, limits=QueueLimits(**limits), runner=LocalRunner(spare=False))  # type: ignore[arg-type]
        queue.start()
        queues.append(queue)
        return queue

    yield start
    for queue in queues:
        queue.stop()


def until(condition: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"did not happen within {patience:.0f} s: {what}")
        time.sleep(0.01)


def ended(queue: JobQueue, job: Job) -> Job:
    """Wait until a job has ended, and return it."""
    until(lambda: queue.get(job.id).state.ended, f"end of {job.id}: {queue.get(job.id)}")
    return queue.get(job.id)
