"""Where the token comes from."""

from __future__ import annotations

import os
import secrets
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from streetsense.errors import InputError
from streetsense.server.token import obtain_token

GIVEN = "given-by-the-administrator-0123456789"


def test_a_token_is_made_on_the_first_start_and_kept(tmp_path: Path) -> None:
    first = obtain_token(tmp_path / "state", None, {})
    again = obtain_token(tmp_path / "state", None, {})
    assert first == again
    assert first.file == tmp_path / "state" / "token"
    assert len(first.value.get_secret_value()) == 43


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such limits")
@pytest.mark.parametrize("fate", ["SIG_DFL", "SIG_IGN"], ids=["killed", "full"])
def test_a_token_that_could_not_be_written_stops_no_later_start(tmp_path: Path, fate: str) -> None:
    code = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from streetsense.server.token import obtain_token\n"
        f"signal.signal(signal.SIGXFSZ, signal.{fate})\n"
        "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
        "obtain_token(Path(sys.argv[1]), None, {})\n"
    )
    first = subprocess.run([sys.executable, "-c", code, str(tmp_path / "state")], capture_output=True, text=True)
    assert first.returncode != 0
    assert not (tmp_path / "state" / "token").exists()
    assert len(obtain_token(tmp_path / "state", None, {}).value.get_secret_value()) == 43


def test_a_token_of_another_start_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = secrets.token_urlsafe

    def slower(size: int) -> str:
        (tmp_path / "token").write_text(GIVEN)
        (tmp_path / "token").chmod(0o600)
        return made(size)

    monkeypatch.setattr(secrets, "token_urlsafe", slower)
    assert obtain_token(tmp_path, None, {}).value.get_secret_value() == GIVEN
    assert [path.name for path in tmp_path.iterdir()] == ["token"]


def test_two_servers_have_different_tokens(tmp_path: Path) -> None:
    assert obtain_token(tmp_path / "a", None, {}).value != obtain_token(tmp_path / "b", None, {}).value


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
def test_only_the_owner_can_read_a_made_token_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        token = obtain_token(tmp_path / "state", None, {})
    finally:
        os.umask(before)
    assert token.file is not None
    assert stat.S_IMODE(token.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(token.file.parent.stat().st_mode) == 0o700


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
def test_an_open_state_folder_is_closed(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir(mode=0o755)
    obtain_token(state, None, {})
    assert stat.S_IMODE(state.stat().st_mode) == 0o700


def test_the_environment_gives_the_token_and_children_do_not_inherit_it(tmp_path: Path) -> None:
    environment = {"STREETSENSE_TOKEN": GIVEN}
    token = obtain_token(tmp_path, None, environment)
    assert (token.value.get_secret_value(), token.file, token.place) == (GIVEN, None, "STREETSENSE_TOKEN")
    assert environment == {}
    assert not (tmp_path / "token").exists()


def test_a_file_goes_before_the_environment(tmp_path: Path) -> None:
    path = tmp_path / "token.txt"
    path.write_text(f"{GIVEN}\n")
    path.chmod(0o600)
    environment = {"STREETSENSE_TOKEN": "another-one-that-is-long-enough"}
    token = obtain_token(tmp_path / "state", path, environment)
    assert (token.value.get_secret_value(), token.file) == (GIVEN, path)
    assert environment == {}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_a_token_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "token.txt"
    path.write_text(GIVEN)
    path.chmod(mode)
    with pytest.raises(InputError, match=r"token-file: .* is open to others; run 'chmod 600"):
        obtain_token(tmp_path / "state", path, {})


@pytest.mark.parametrize(
    "text", ["", "short", "two words that are long enough", "line\nbreak-that-is-long-enough", "é" * 30]
)
def test_a_token_that_could_be_guessed_or_sent_wrongly_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "token.txt"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    with pytest.raises(InputError, match=r"a token (has at least|is made of)"):
        obtain_token(tmp_path / "state", path, {})


def test_a_missing_token_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"token-file: .*none cannot be read \(No such file"):
        obtain_token(tmp_path, tmp_path / "none", {})
