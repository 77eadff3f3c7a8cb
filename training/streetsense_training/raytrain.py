"""Pre-training by a group of processes on a Ray cluster, started again from the last checkpoint when one is lost.

Ray Train starts the processes, tells each its place (RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR) and joins them; they
run together what ``torchrun`` would have them run. The driver holds the study's lock and the job's record. The study
is on storage that all nodes see, and checkpoints are the trainer's own.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import Any

from streetsense.errors import Cancelled, InputError, StreetSenseError
from streetsense.processes.cluster import connected, on_this_node
from streetsense.progress import Progress
from streetsense.study import Study

#: How often a group that lost a process is started again.
_RESTARTS = 3
#: Seconds between two questions to the board, and between two words of the first process.
_ASK_EVERY = 0.5
#: Seconds that processes get to write a checkpoint when they are stopped, as torchrun gives them.
_STOPPING = 30.0
#: Seconds that they get to end by themselves when all is done.
_LEAVING = 10.0
#: The share of the work after which a run has begun to train: what comes before is shrinking photos.
_TRAINING_FROM = 0.1
#: How long processes wait for each other: the first one may shrink many photos before the others have work.
_PATIENCE = 12 * 3600


class Board:
    """Where the first process and the driver leave each other messages (an actor of the cluster)."""

    def __init__(self) -> None:
        self._told: list[tuple[str, Any]] = []
        self._stopped = self._has_begun = False

    def tell(self, kind: str, what: object) -> bool:
        """Leave a message for the driver; return whether it asks to stop."""
        self._told.append((kind, what))
        if kind == "report" and isinstance(what, tuple):
            self._has_begun |= what[0] > _TRAINING_FROM * what[1]
        return self._stopped

    def has_begun(self) -> bool:
        """Tell whether the run trains or has trained, in this group or in one that was lost."""
        return self._has_begun

    def take(self) -> list[tuple[str, Any]]:
        """Return the messages since the last time."""
        told, self._told = self._told, []
        return told

    def stop(self) -> None:
        """Ask the processes to stop."""
        self._stopped = True


class BoardProgress:
    """The `Progress` of the first process: the driver hears it through the board.

    Parameters
    ----------
    board : Any
        Handle of a `Board`.
    """

    def __init__(self, board: Any) -> None:  # noqa: ANN401 - Ray makes the class of a handle at run time
        self._board, self._told = board, float("-inf")
        self._stopped = False

    def report(self, done: float, total: float, message: str = "") -> None:
        """Tell how far it is, twice a second.

        Raises
        ------
        Cancelled
            When the driver asks to stop.
        """
        import ray

        if time.monotonic() - self._told > _ASK_EVERY:
            self._stopped = ray.get(self._board.tell.remote("report", (done, total, message)))
            self._told = time.monotonic()
        # Said again at every report: processes stop together, at a step where they meet.
        if self._stopped:
            raise Cancelled("interrupted; what is finished is kept, run the same command again to continue.")

    def warn(self, message: str) -> None:
        """Pass a warning on."""
        import ray

        ray.get(self._board.tell.remote("warn", message))


class _Quiet:
    """The `Progress` of the other processes."""

    def report(self, done: float, total: float, message: str = "") -> None:
        """Tell nobody."""

    def warn(self, message: str) -> None:
        """Tell nobody."""


def train_on_cluster(address: str, workers: int, study: Study, values: dict[str, Any], job: Progress) -> dict[str, Any]:
    """Pre-train with several processes on a cluster.

    Parameters
    ----------
    address : str
        See `streetsense.processes.cluster.connected`.
    workers : int
        How many processes; one for each GPU where the cluster has GPUs.
    study : Study
        Where pairs and photos are.
    values : dict
        Raw inputs of ``pretrain`` for each process.
    job : Progress
        Told several times a second; it can end the work.

    Returns
    -------
    dict
        Raw outputs of ``pretrain``.

    Raises
    ------
    InputError
        When the cluster cannot be reached, is too small, or what a process found wrong is an input.
    Cancelled
        When the user stops; a checkpoint is written first.
    StreetSenseError
        When the group was started again and again in vain.
    """
    study.encoders_dir.mkdir(exist_ok=True)
    # Ray Train wants a folder that all nodes see for its notes. Nobody needs them: checkpoints are the trainer's.
    with (
        tempfile.TemporaryDirectory(prefix=".ray-", dir=study.encoders_dir, ignore_cleanup_errors=True) as notes,
        connected(address),
    ):
        import ray

        use_gpu = _use_gpu(ray.cluster_resources(), workers, str(values.get("device", "auto")))
        board = on_this_node(Board).remote()
        config = {"board": board, "root": str(study.root.resolve()), "values": _with_whole_paths(values)}
        group = on_this_node(_fit, max_retries=0).remote(config, workers, use_gpu, str(Path(notes).resolve()))
        return _follow(board, group, job)


def _with_whole_paths(values: dict[str, Any]) -> dict[str, Any]:
    """Return the inputs with files named from the root: processes on other nodes work in other folders."""
    names = [name for name in ("recipe", "warm_start") if values.get(name) and Path(values[name]).is_file()]
    return values | {name: str(Path(values[name]).resolve()) for name in names}


def _use_gpu(resources: dict[str, float], workers: int, device: str) -> bool:
    """Tell whether the processes run on GPUs.

    Raises
    ------
    InputError
        When the cluster has too little for them.
    """
    if device not in ("auto", "cpu", "cuda"):
        raise InputError(f"device: '{device}' is one of this computer; with a cluster give auto, cpu or cuda.")
    use_gpu = device == "cuda" or (device == "auto" and resources.get("GPU", 0) >= 1)
    have = int(resources.get("GPU" if use_gpu else "CPU", 0))
    if have < workers:
        what = "GPU(s)" if use_gpu else "processor(s)"
        raise InputError(f"ray_workers: the cluster has {have} {what} for {workers} processes; ask for fewer.")
    return use_gpu


def _follow(board: Any, group: Any, job: Progress) -> dict[str, Any]:  # noqa: ANN401 - handles that Ray makes
    """Pass on what the first process tells, until the group has ended; return its outputs."""
    import ray

    stop: Cancelled | None = None
    give_up = float("inf")
    last: tuple[float, float, str] = (0, 1, "starting processes on the cluster")
    while True:
        # Asked before the board is read: what was told before the end is then certainly seen.
        ended = bool(ray.wait([group], timeout=_ASK_EVERY)[0])
        for kind, what in ray.get(board.take.remote()):
            if kind == "outputs":
                ray.wait([group], timeout=_LEAVING)
                return dict(what)
            if kind == "error":
                sentence, exit_code = what
                if exit_code == Cancelled.exit_code:
                    raise stop or Cancelled(sentence)
                raise (InputError if exit_code == InputError.exit_code else StreetSenseError)(sentence)
            if kind == "warn":
                job.warn(what)
            else:
                last = what
        if ended:
            raise StreetSenseError(
                f"pretrain: the processes on the cluster died {_RESTARTS + 1} times; run the same command again to go "
                "on from the last checkpoint."
            )
        if stop is not None:
            if time.monotonic() > give_up:
                raise stop
            continue
        try:
            job.report(*last)
        except Cancelled as cancelled:
            stop, give_up = cancelled, time.monotonic() + _STOPPING
            ray.get(board.stop.remote())


def _fit(config: dict[str, Any], workers: int, use_gpu: bool, notes: str) -> None:
    """Run the group until all have ended."""
    from ray.train import FailureConfig, RunConfig, ScalingConfig
    from ray.train.torch import TorchConfig, TorchTrainer

    share = None if use_gpu else {"CPU": 1.0}
    TorchTrainer(
        _train,
        train_loop_config=config,
        torch_config=TorchConfig(timeout_s=_PATIENCE),
        scaling_config=ScalingConfig(num_workers=workers, use_gpu=use_gpu, resources_per_worker=share),
        run_config=RunConfig(name="pretrain", storage_path=notes, failure_config=FailureConfig(max_failures=_RESTARTS)),
    ).fit()


def _train(config: dict[str, Any]) -> None:
    """Run ``pretrain`` in one of the processes.

    An error of our own would be the same after a restart, so it is told and not raised. Any other one (a process that
    the others wait for is gone) makes Ray start the group again.
    """
    import ray

    from streetsense_training.processes.pretrain import PROCESS

    leads = os.environ["RANK"] == "0"
    board, values = config["board"], config["values"]
    # A group that replaces a lost one goes on with what that one began anew.
    values = {**values, "again": values["again"] and not ray.get(board.has_begun.remote())}
    progress: Progress = BoardProgress(board) if leads else _Quiet()
    try:
        outputs = PROCESS.run(Study.open(config["root"]), PROCESS.parse(values), progress)
        told: tuple[str, Any] = ("outputs", outputs.model_dump(mode="json"))
    except StreetSenseError as error:
        told = ("error", (str(error), error.exit_code))
    # Of the others nothing but what went wrong; that they were stopped too is no news.
    if leads or (told[0] == "error" and told[1][1] != Cancelled.exit_code):
        ray.get(board.tell.remote(*told))
