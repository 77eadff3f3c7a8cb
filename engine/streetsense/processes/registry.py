"""Finding processes: the engine's own, the training's and third parties', all by entry point."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points

from streetsense.errors import InputError, StreetSenseError
from streetsense.processes.process import Process

GROUP = "streetsense.processes"


@cache
def load_processes() -> dict[str, Process]:
    """Return all installed processes by id, in the order of a study's life, then third parties' by name.

    Raises
    ------
    StreetSenseError
        When an installed package registers something that is no `Process`, or two register the same id.
    """
    found: dict[str, Process] = {}
    for entry in entry_points(group=GROUP):
        process = entry.load()
        if not isinstance(process, Process) or process.id != entry.name:
            raise StreetSenseError(
                f"processes: the entry point '{entry.name}' ({entry.value}) is no process of that name."
            )
        if process.id in found and found[process.id] is not process:
            raise StreetSenseError(f"processes: two packages register '{process.id}'; uninstall one of them.")
        found[process.id] = process
    order = [
        "sample",
        "fetch",
        "import-encoder",
        "pair",
        "pretrain",
        "pretrain-location",
        "embed",
        "fit",
        "predict",
        "attend",
        "locate",
        "change",
    ]
    rank = {verb: number for number, verb in enumerate(order)}
    return dict(sorted(found.items(), key=lambda item: (rank.get(item[0], len(order)), item[0])))


def find_process(verb: str) -> Process:
    """Return the process with id ``verb``.

    Raises
    ------
    InputError
        When there is none; the sentence lists those that there are.
    """
    processes = load_processes()
    if verb not in processes:
        raise InputError(f"process: there is no '{verb}'; the processes are {', '.join(processes)}.")
    return processes[verb]
