"""``pretrain`` started by ``torchrun`` on two nodes that meet at an address, as under SLURM."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.e2e.test_pretraining import TINY, losses, make_twice_seen_study, run_verb, tiny_options

pytestmark = pytest.mark.e2e


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_two_nodes_that_meet_at_an_address_learn_what_one_process_does(tmp_path: Path) -> None:
    study = make_twice_seen_study(tmp_path)
    run_verb(study, "pretrain", pairs=["spatial"], name="alone", **TINY)
    command = [
        sys.executable, "-m", "torch.distributed.run", "--nnodes", "2", "--nproc-per-node", "1",
        "--rdzv-backend", "c10d", "--rdzv-endpoint", f"127.0.0.1:{free_port()}", "--local-addr", "127.0.0.1",
        "-m", "streetsense", "pretrain", str(study.root), "--pairs", "spatial", "--name", "nodes", *tiny_options(),
        "--json",
    ]  # fmt: skip
    nodes = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ))
        for _ in range(2)
    ]
    spoken = [node.communicate(timeout=120) for node in nodes]
    assert [node.returncode for node in nodes] == [0, 0], spoken
    steps, alone = zip(*losses(study.root, "alone"), strict=True)
    assert [step for step, _ in losses(study.root, "nodes")] == list(steps)
    np.testing.assert_allclose([loss for _, loss in losses(study.root, "nodes")], alone, rtol=0, atol=1e-5)
    (told,) = [json.loads(out) for out, _ in spoken if out.strip()]  # only the process that leads speaks
    assert told["encoder"] == "nodes"
