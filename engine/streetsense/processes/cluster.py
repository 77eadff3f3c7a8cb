"""A Ray cluster that a process uses for as long as it runs."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from streetsense.errors import InputError

#: What an address can be: the cluster of this computer, or where the first node of one listens.
ADDRESS_PATTERN = r"^(auto|[A-Za-z0-9._-]+:\d{1,5})$"
#: Seconds that the first node has to answer.
_PATIENCE = 5.0


@contextmanager
def connected(address: str) -> Iterator[None]:
    """Join a cluster; leaving it ends whatever this process has running there.

    Parameters
    ----------
    address : str
        ``auto`` for the cluster that this computer is a node of, or ``HOST:PORT`` of its first node. This computer must
        be a node in both cases.

    Raises
    ------
    InputError
        When Ray is not installed or no cluster answers.
    """
    # Ray reads this when it is imported, and then tells nobody that it is used.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError as error:
        raise InputError(
            "cluster: Ray is not installed; install it with 'pip install streetsense[cluster]', or leave cluster out."
        ) from error
    try:
        if address != "auto":
            host, _, port = address.rpartition(":")
            # Ray itself would try for a minute.
            socket.create_connection((host, int(port)), timeout=_PATIENCE).close()
        ray.init(address=address, log_to_driver=False, logging_level=logging.CRITICAL)
    except (OSError, OverflowError, RuntimeError, ValueError) as error:
        raise InputError(
            f"cluster: no Ray cluster answers at '{address}'; start one with 'ray start --head' and join it from this "
            "computer, correct the address, or leave cluster out."
        ) from error
    try:
        yield
    finally:
        ray.shutdown()


def on_this_node(task: Any, **options: object) -> Any:  # noqa: ANN401 - a function or class, and what Ray makes of it
    """Return a function or class for Ray to run on this computer's node, in a process of its own.

    It takes no processor, it ends when the cluster is left, and it is lost only together with this computer. What
    blocks for long runs there, so that the caller stays free to report and to stop.
    """
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    return ray.remote(task).options(num_cpus=0, scheduling_strategy=here, **options)
