"""``streetsense serve``, as an administrator and QGIS start it."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import signal
import socket
import ssl
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import typer

from streetsense.cli.serve import serve_command
from streetsense.jobs import JobQueue, LocalRunner
from tests.server.conftest import ended, until
from tests.server.serving import Served, parsed, serving, until_closed

pytestmark = pytest.mark.e2e


def _assert_sentence(text: str, sentence: str) -> None:
    lines = text.splitlines()
    assert len(lines) == 1, text
    assert sentence in lines[0]


def _assert_refused(sentence: str, *options: object) -> None:
    """Run ``streetsense serve`` where it must not start."""
    command = [sys.executable, "-m", "streetsense", "serve", *map(str, options)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, env=os.environ)
    assert (result.returncode, result.stdout) == (2, ""), result.stderr
    _assert_sentence(result.stderr, sentence)


@pytest.fixture
def assert_refused(capsys: pytest.CaptureFixture[str]) -> Callable[..., None]:
    """The same in this process, which is faster."""
    app = typer.Typer()
    app.command()(serve_command)

    def refused(sentence: str, *options: object) -> None:
        with pytest.raises(SystemExit) as end:
            app(list(map(str, options)), standalone_mode=False)
        assert end.value.code == 2
        _assert_sentence(capsys.readouterr().err, sentence)

    return refused


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    x509 = pytest.importorskip("cryptography.x509")
    import ipaddress

    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    (folder / "certificate.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").touch(mode=0o600)
    for path, encryption in (
        (folder / "key.pem", serialization.NoEncryption()),
        (folder / "locked.pem", serialization.BestAvailableEncryption(b"word")),
    ):
        text = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
        path.touch(mode=0o600)
        path.write_bytes(text)
    return folder / "certificate.pem", folder / "key.pem"


def test_it_says_in_one_line_where_it_is_and_where_the_token_is_but_never_the_token(studies: Path) -> None:
    with serving(studies) as server:
        assert server.ask("GET", "/conformance")[0] == 200
        assert server.raw("GET /conformance HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")[9:12] == b"401"
        pid = server.process.pid
    assert server.process.returncode == 0
    token_file = studies / ".streetsense" / "token"
    assert server.said == [f"streetsense: serving at {server.url}, the token is in {token_file}.\n"]
    assert server.token not in "".join(server.said)
    assert stat.S_IMODE(token_file.stat().st_mode) == 0o600
    assert not psutil.pid_exists(pid)


def test_the_folder_is_made_when_it_is_missing(tmp_path: Path) -> None:
    with serving(tmp_path / "new" / "studies") as server:
        status, _, body = server.ask("GET", "/jobs")
    assert (status, json.loads(body)["jobs"]) == (200, [])


def test_the_token_of_the_environment_is_neither_kept_nor_inherited(studies: Path) -> None:
    token = "of-the-environment-0123456789"
    with serving(studies, environment={"STREETSENSE_TOKEN": token}) as server:
        assert server.ask("GET", "/conformance")[0] == 200
        until(lambda: psutil.Process(server.process.pid).children(), "the warm process starts")
        for child in psutil.Process(server.process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                assert token not in str(child.environ()) + str(child.cmdline())
    assert not (studies / ".streetsense" / "token").exists()
    assert "STREETSENSE_TOKEN" in "".join(server.said)


def test_one_folder_has_one_server(studies: Path) -> None:
    with serving(studies):
        _assert_refused("another server works on", "--studies", studies, "--port", 0)


def test_a_port_that_is_in_use_is_one_sentence(studies: Path, assert_refused: Callable[..., None]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert_refused(f"port: {port} on 127.0.0.1 is in use", "--studies", studies, "--port", port)


def test_an_address_that_others_can_reach_needs_encryption_or_a_word(
    studies: Path, assert_refused: Callable[..., None]
) -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1", "example.org"):
        assert_refused("give --certificate and --key, or --plain-http", "--studies", studies, "--host", host)
    assert not (studies / ".streetsense").exists()


def test_bad_options_are_one_sentence(studies: Path, tmp_path: Path, assert_refused: Callable[..., None]) -> None:
    (tmp_path / "file").touch()
    for options, sentence in [
        (["--studies", studies, "--port", 99999], "--port: it should be less than or equal to 65535"),
        (["--studies", studies, "--port", "abc"], "--port: it should be a valid integer; see"),
        (["--studies", studies, "--allowed-host", "bad host/x"], "--allowed-host: 'bad host/x' is no name of a host"),
        (["--studies", studies, "--allowed-host", "host:8765"], "--allowed-host: 'host:8765' is no name of a host"),
        (["--studies", studies, "--quota", "much"], "--quota: 'much' is no size"),
        (["--studies", studies, "--rate", 0], "--rate: it should be greater than 0"),
        (["--studies", studies / "town"], "is one study; name the folder that holds it"),
        (["--studies", tmp_path / "file"], "is a file; name a folder"),
        (["--studies", studies, "--host", "192.0.2.1", "--plain-http"], "is no address of this computer"),
        (["--studies", studies, "--key", tmp_path / "file"], "key: it belongs to a certificate"),
    ]:
        assert_refused(sentence, *options)


@pytest.mark.parametrize(("options", "scheme"), [((), "http:"), (("--behind-proxy",), "https:")])
def test_only_a_proxy_that_was_announced_is_believed(studies: Path, options: tuple[str, ...], scheme: str) -> None:
    with serving(studies, *options) as server:
        _, _, body = server.ask("GET", "/", X_Forwarded_Proto="https", X_Forwarded_For="192.0.2.1")
    assert {link["href"].partition("//")[0] for link in json.loads(body)["links"]} == {scheme}


def test_encryption_is_tls_1_2_or_later(studies: Path, certificate: tuple[Path, Path]) -> None:
    with serving(studies, "--certificate", certificate[0], "--key", certificate[1]) as server:
        assert server.url.startswith("https://127.0.0.1:")
        context = ssl.create_default_context(cafile=certificate[0])
        with (
            socket.create_connection(("127.0.0.1", server.port), timeout=60) as plain,
            context.wrap_socket(plain, server_hostname="127.0.0.1") as peer,
        ):
            peer.sendall(f"GET /conformance HTTP/1.1\r\nConnection: close\r\n{server.head}\r\n".encode())
            assert parsed(until_closed(peer))[0] == 200
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        with pytest.warns(DeprecationWarning):
            old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
        with (
            socket.create_connection(("127.0.0.1", server.port), timeout=60) as plain,
            pytest.raises((ssl.SSLError, ConnectionError)),
        ):
            old.wrap_socket(plain)


def test_files_that_cannot_encrypt_are_one_sentence(
    studies: Path, certificate: tuple[Path, Path], assert_refused: Callable[..., None]
) -> None:
    chain, key = certificate
    noise = studies.parent / "noise.pem"
    noise.write_text("no certificate")
    open_key = studies.parent / "open.pem"
    open_key.write_bytes(key.read_bytes())
    open_key.chmod(0o644)
    for options, sentence in [
        (["--certificate", studies / "none.pem", "--key", key], "certificate: "),
        (["--certificate", chain, "--key", studies / "none.pem"], "key: "),
        (["--certificate", noise, "--key", key], "cannot be used"),
        (["--certificate", chain, "--key", chain.with_name("locked.pem")], "has a password"),
        (["--certificate", chain, "--key", open_key], "everybody can read"),
    ]:
        assert_refused(sentence, "--studies", studies, "--port", 0, *options)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_and_its_streams_but_not_its_jobs(studies: Path, number: int) -> None:
    with serving(studies) as server:
        inputs = {"study": "town", "steps": 10_000, "pause": 0.01}
        status, _, body = server.ask("POST", "/processes/count/execution", {"inputs": inputs}, Prefer="respond-async")
        assert status == 201, body
        job_id = json.loads(body)["jobID"]
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as peer:
            peer.sendall(f"GET /jobs/{job_id}/events HTTP/1.1\r\n{server.head}\r\n".encode())
            began = b""
            while b'"running"' not in began:
                began += peer.recv(65536)
            server.process.send_signal(number)
            assert until_closed(peer).endswith(b"0\r\n\r\n")
        assert server.process.wait(timeout=60) == 0
    assert "1 job goes on or waits, the next start finds it again" in server.said[-1]
    queue = JobQueue(studies, runner=LocalRunner(spare=False))
    queue.start()
    try:
        assert queue.get(job_id).state.value == "running"
        assert queue.get(job_id).attempt == 1
        queue.dismiss(job_id)
        assert ended(queue, queue.get(job_id)).state.value == "dismissed"
    finally:
        queue.stop()


@contextlib.contextmanager
def _started_by_another(studies: Path) -> Iterator[tuple[subprocess.Popen[str], Served, int]]:
    """Yield a process, the server that it started with ``--stop-with-parent``, and the server's number."""
    code = (
        "import subprocess, sys, time\n"
        "command = [sys.executable, '-m', 'streetsense', 'serve', '--studies', sys.argv[1], '--port', '0', '--json']\n"
        "command.append('--stop-with-parent')\n"
        "child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)\n"
        "print(child.stdout.readline(), flush=True)\n"
        "time.sleep(600)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, str(studies)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent.stdout:
        about = json.loads(parent.stdout.readline())
    try:
        yield parent, Served(about["url"], Path(about["token_file"]).read_text().strip(), parent), about["pid"]
    finally:
        parent.kill()
        parent.wait()
        if not _is_gone(about["pid"]):
            os.kill(about["pid"], signal.SIGTERM)


@pytest.mark.skipif(os.name == "nt", reason="the parent is found in another way there")
def test_it_ends_with_the_process_that_started_it_when_it_should(studies: Path) -> None:
    with _started_by_another(studies) as (parent, _, pid):
        parent.kill()
        parent.wait()
        until(lambda: _is_gone(pid), "the server ends")


@pytest.mark.skipif(os.name == "nt", reason="the parent is found in another way there")
def test_it_outlives_the_process_that_started_it_until_no_job_runs_or_waits(studies: Path) -> None:
    with _started_by_another(studies) as (parent, server, pid):
        jobs = []
        for name in ("first", "second"):  # the one runs, the other waits for it
            inputs = {"study": "town", "steps": 300, "pause": 0.01, "name": name}
            status, _, body = server.ask(
                "POST", "/processes/count/execution", {"inputs": inputs}, Prefer="respond-async"
            )
            assert status == 201, body
            jobs.append(json.loads(body)["jobID"])
        parent.kill()
        parent.wait()
        until(lambda: json.loads(server.ask("GET", f"/jobs/{jobs[1]}")[2])["status"] == "running", "the second begins")
        until(lambda: _is_gone(pid), "the server ends")
    for name in ("first", "second"):
        assert (studies / "town" / "results" / f"{name}.txt").stat().st_size == 300


def _is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
