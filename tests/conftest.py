"""Fixtures that every suite shares."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# Two workers share two cores: one thread each is faster than two that fight.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of third-party data beside the checkout (or where STREETSENSE_SHARED_DATA says); skips when absent."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("STREETSENSE_SHARED_DATA", default))
    if not folder.is_dir():
        pytest.skip(f"real data: {folder} is absent")
    return folder
