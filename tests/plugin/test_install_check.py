"""A Python that is given, and what pip and QGIS' proxy settings are read for."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from qgis.core import QgsSettings
from streetsense_qgis.connection.childenvironment import child_environment
from streetsense_qgis.connection.enginecheck import CheckedEngine, EngineCheck
from streetsense_qgis.connection.errors import EngineError
from streetsense_qgis.connection.pip_output import PipOutput, bytes_arrived
from streetsense_qgis.connection.proxy import proxy_environment
from streetsense_qgis.version import version
from stub_wheels import write_engine, write_torch

Wait = Callable[..., None]


def check(wait_for: Wait, python: str) -> Any:
    ends: list[Any] = []
    asking = EngineCheck(python, child_environment())
    asking.succeeded.connect(ends.append)
    asking.failed.connect(ends.append)
    asking.start()
    wait_for(lambda: ends, 60)
    return ends[0]


@pytest.fixture
def python(tmp_path: Path) -> str:
    """Return the Python of an environment without pip, in which a test puts what it needs."""
    subprocess.run(["/usr/bin/python3", "-I", "-m", "venv", "--without-pip", tmp_path / "own"], check=True)
    return str(tmp_path / "own" / "bin" / "python")


def put(python: str, tmp_path: Path, *wheels: Path) -> None:
    import zipfile

    (packages,) = Path(python).parents[1].glob("lib/python3*/site-packages")
    for wheel in wheels:
        zipfile.ZipFile(wheel).extractall(packages)


def test_a_given_python_with_the_engine_is_taken(wait_for: Wait, python: str, tmp_path: Path) -> None:
    write_torch(tmp_path)
    put(python, tmp_path, write_engine(tmp_path), *tmp_path.glob("torch-*.whl"))
    assert check(wait_for, python) == CheckedEngine(python, version(), "2.13.0+cpu", False)


def test_one_with_another_version_is_refused(wait_for: Wait, python: str, tmp_path: Path) -> None:
    write_torch(tmp_path)
    put(python, tmp_path, write_engine(tmp_path, "9.9.9"), *tmp_path.glob("torch-*.whl"))
    error = check(wait_for, python)
    assert error.kind == "environment" and "9.9.9" in str(error) and version() in str(error)


def test_one_without_the_engine_is_refused(wait_for: Wait, python: str) -> None:
    assert "The engine is not in" in str(check(wait_for, python))


def test_what_is_no_python_is_refused(wait_for: Wait, tmp_path: Path) -> None:
    missing = check(wait_for, str(tmp_path / "python"))
    assert isinstance(missing, EngineError) and "There is no Python" in str(missing)
    (tmp_path / "python").write_text("not a program")
    assert "does not start" in str(check(wait_for, str(tmp_path / "python")))


def test_a_folder_named_like_the_engine_is_not_taken_for_it(
    wait_for: Wait, python: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here" / "streetsense").mkdir(parents=True)
    (tmp_path / "here" / "torch.py").write_text("__version__ = '0'")
    monkeypatch.chdir(tmp_path / "here")
    assert "The engine is not in" in str(check(wait_for, python))


def test_pip_is_told_in_words_for_people() -> None:
    output = PipOutput(4)
    assert not output.read("Looking in indexes: https://index/simple")
    assert output.read("Collecting torch==2.13.0+cpu") and output.message == "Looking for packages…"
    assert not output.read("  Downloading torch-2.13.0-cp311-cp311-linux.whl.metadata (29 kB)")
    assert output.read("  Downloading https://index/torch-2.13.0%2Bcpu-cp311-cp311-linux.whl (191.8 MB)")
    assert output.message == "Downloading PyTorch (191.8 MB)…" and output.downloading == 191_800_000
    assert not output.read("Downloading idna-3.20-py3-none-any.whl (70 kB)") and output.downloading == 0
    before = output.share
    assert output.read("Installing collected packages: torch, idna, sympy")
    assert "3 packages" in output.message and output.share > before


def test_a_download_is_measured_by_its_file(tmp_path: Path) -> None:
    assert bytes_arrived(tmp_path / "nowhere") == 0
    (tmp_path / "pip-unpack-x").mkdir()
    (tmp_path / "pip-unpack-x" / "torch.whl").write_bytes(b"0" * 1234)
    assert bytes_arrived(tmp_path) == 1234


@pytest.fixture
def proxy(qgis_app: object) -> Iterator[Callable[..., None]]:
    settings = QgsSettings()

    def choose(**values: object) -> None:
        for name, value in values.items():
            settings.setValue(f"proxy/{name}", value)

    yield choose
    settings.remove("proxy")


def test_without_a_proxy_there_are_no_variables(proxy: Callable[..., None]) -> None:
    assert proxy_environment() == {}
    proxy(proxyEnabled=False, proxyType="HttpProxy", proxyHost="proxy.example.org")
    assert proxy_environment() == {}
    proxy(proxyEnabled=True, proxyType="DefaultProxy", proxyHost="")
    assert proxy_environment() == {}


def test_the_proxy_of_qgis_is_used_with_its_login(proxy: Callable[..., None]) -> None:
    proxy(proxyEnabled=True, proxyType="HttpProxy", proxyHost="proxy.example.org", proxyPort="8080")
    proxy(proxyUser="amt\\müller", proxyPassword="a:b@c/ü")
    variables = proxy_environment()
    assert variables["HTTPS_PROXY"] == "http://amt%5Cm%C3%BCller:a%3Ab%40c%2F%C3%BC@proxy.example.org:8080"
    assert variables["https_proxy"] == variables["HTTP_PROXY"] == variables["HTTPS_PROXY"]
    assert "NO_PROXY" not in variables


def test_hosts_that_qgis_reaches_directly_are_left_out(proxy: Callable[..., None]) -> None:
    proxy(proxyEnabled=True, proxyType="Socks5Proxy", proxyHost="10.1.2.3", proxyPort="1080")
    proxy(proxyExcludedUrls=["https://intern.example.org/x", "http://[kaputt"], noProxyUrls=["localhost"])
    variables = proxy_environment()
    assert variables["HTTP_PROXY"] == "socks5://10.1.2.3:1080"
    assert variables["NO_PROXY"] == "intern.example.org,localhost"
