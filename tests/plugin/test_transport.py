"""Requests to one engine: the token, what is tried again, and a sentence for every failure."""

from __future__ import annotations

import ssl
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from engines import RunningEngine
from loopback import TOKEN, Asked, health, loopback
from qgis.core import QgsApplication, QgsNetworkAccessManager
from qgis.PyQt.QtCore import QThread
from streetsense_qgis.connection.client import EngineClient
from streetsense_qgis.connection.errors import EngineError
from streetsense_qgis.connection.transport import Request, Transport

pytestmark = pytest.mark.usefixtures("qgis_app")


def failure(respond: Callable[[Asked], None], **more: object) -> EngineError:
    """Return how a request fails at a server that does this."""
    with loopback(respond) as server, pytest.raises(EngineError) as error:
        Transport(server.url, TOKEN).ask(Request("GET", "/x", **{"patience": 0, **more})).wait()
    return error.value


def test_the_token_goes_in_a_header_and_shows_nowhere_else() -> None:
    with loopback(lambda asked: asked.say(200, {})) as server:
        client = EngineClient(server.url, TOKEN)
        client.study("a b").wait()
        ((method, path, headers),) = server.asked
    assert (method, path) == ("GET", "/studies/a%20b")
    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in repr(client) + repr(client.transport) + str(client)


@pytest.mark.parametrize("text", ["", "host", "ftp://host", "http://", "http://me:secret@host", "http://host?token=x"])
def test_what_is_no_address_is_refused_without_showing_a_password(text: str) -> None:
    with pytest.raises(EngineError) as error:
        Transport(text, TOKEN)
    assert "is no address" in str(error.value)
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("token", ["", " ", "with space", "a\nb", "žluťoučký"])
def test_what_can_be_no_token_is_refused(token: str) -> None:
    with pytest.raises(EngineError) as error:
        Transport("http://host", token)
    assert error.value.kind == "token"


def test_a_wrong_token_is_one_sentence_and_opens_no_login(engine: RunningEngine) -> None:
    logins: list[object] = []
    network = QgsNetworkAccessManager.instance()  # the one that opens windows
    network.authenticationRequired.connect(lambda *_: logins.append(1))
    transport = Transport(engine.url, TOKEN)
    transport.network = lambda: network
    with pytest.raises(EngineError) as error:
        transport.ask(Request("GET", "/health")).wait()
    assert (error.value.kind, error.value.status) == ("token", 401)
    assert "refuses the token" in str(error.value)
    assert TOKEN not in str(error.value)
    assert logins == []


def test_the_engine_s_own_sentence_is_passed_on() -> None:
    for status, kind in [
        (400, "refused"),
        (409, "refused"),
        (404, "missing"),
        (410, "missing"),
        (500, "server"),
        (507, "refused"),
    ]:
        error = failure(lambda asked, it=status: asked.say(it, {"detail": "name: say it otherwise."}))
        assert (str(error), error.kind, error.status) == ("name: say it otherwise.", kind, status)


def test_something_that_is_no_engine_is_told() -> None:
    page = "<html>Welcome to the hotel's network</html>"
    for status in (200, 404, 500):
        with loopback(lambda asked, it=status: asked.say(it, page)) as server, pytest.raises(EngineError) as error:
            EngineClient(server.url, TOKEN).health().wait()
        assert error.value.kind == "version"
        assert "not as a StreetSense engine" in str(error.value)


def test_redirects_are_not_followed() -> None:
    with loopback(lambda asked: asked.say(200, {})) as other:
        error = failure(lambda asked: asked.say(302, "", Location=f"{other.url}/x"))
        assert other.asked == []
    assert "another address" in str(error)


def test_a_busy_engine_is_asked_again_after_the_time_it_names() -> None:
    times: list[float] = []

    def respond(asked: Asked) -> None:
        times.append(time.monotonic())
        asked.say(429, {"detail": "wait."}, Retry_After="1") if len(times) == 1 else asked.say(200, {"a": 1})

    with loopback(respond) as server:
        assert Transport(server.url, TOKEN).ask_json("GET", "/x").wait() == {"a": 1}
    assert 0.9 < times[1] - times[0] < 3


def test_an_engine_that_is_starting_is_asked_again() -> None:
    statuses = [503, 502, 200]
    with loopback(lambda asked: asked.say(statuses.pop(0), {"a": 1})) as server:
        assert Transport(server.url, TOKEN).ask_json("GET", "/x").wait() == {"a": 1}


def test_nobody_waits_for_ever_because_the_engine_says_so() -> None:
    begin = time.monotonic()
    error = failure(lambda asked: asked.say(429, {"detail": "wait."}, Retry_After="3600"), patience=5.0)
    assert "3600 seconds" in str(error)
    assert error.kind == "network"
    assert time.monotonic() - begin < 4


def test_a_connection_that_breaks_is_tried_again() -> None:
    count: list[int] = []

    def respond(asked: Asked) -> None:
        count.append(1)
        asked.cut() if len(count) < 3 else asked.say(200, {"a": 1})

    with loopback(respond) as server:
        assert Transport(server.url, TOKEN).ask_json("GET", "/x").wait() == {"a": 1}


def test_what_must_not_be_asked_twice_is_asked_once() -> None:
    with loopback(lambda asked: asked.say(503, {"detail": "not now."})) as server:
        with pytest.raises(EngineError):
            EngineClient(server.url, TOKEN).create_study("a", {}).wait()
        assert len(server.asked) == 1


def test_a_silent_engine_is_given_up() -> None:
    begin = time.monotonic()
    error = failure(lambda asked: time.sleep(3), silence=0.5)
    assert "did not answer in time" in str(error)
    assert error.kind == "network"
    assert time.monotonic() - begin < 2.5


@pytest.mark.parametrize(
    ("address", "words"),
    [("http://127.0.0.1:1", "No engine answers"), ("http://no-such-host.invalid:1", "no computer named in")],
)
def test_a_host_that_cannot_be_reached_is_one_sentence(address: str, words: str) -> None:
    with pytest.raises(EngineError) as error:
        EngineClient(address, TOKEN).health().wait()
    assert words in str(error.value)
    assert error.value.kind == "network"
    assert error.value.is_passing


def test_plain_answers_to_a_secure_request_are_told() -> None:
    with loopback(lambda asked: asked.say(200, {})) as server, pytest.raises(EngineError) as error:
        EngineClient(server.url.replace("http:", "https:"), TOKEN).health().wait()
    assert error.value.kind == "certificate"
    assert "offers no secure connection" in str(error.value)


@pytest.mark.parametrize(
    ("dates", "words"),
    [
        (("20200101000000Z", "20200201000000Z"), "has expired"),
        (("20260101000000Z", "20990101000000Z"), "signed by nobody QGIS knows"),
    ],
)
def test_a_certificate_that_cannot_be_trusted_is_one_sentence(
    tmp_path: Path, dates: tuple[str, str], words: str
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate(tmp_path, *dates))
    with loopback(lambda asked: asked.say(200, health()), context) as server, pytest.raises(EngineError) as error:
        EngineClient(server.url, TOKEN).health().wait()
    assert error.value.kind == "certificate"
    assert words in str(error.value)


def test_an_answer_arrives_in_a_worker_thread(wait_for: Callable[..., None]) -> None:
    found: list[object] = []
    with loopback(lambda asked: asked.say(200, health())) as server:

        class Worker(QThread):
            def run(self) -> None:
                found.append(EngineClient(server.url, TOKEN).health().wait()["engine_version"])

        worker = Worker()
        worker.start()
        wait_for(lambda: worker.isFinished())
    assert found == ["0.1.0"]


def test_closing_breaks_off_what_is_under_way() -> None:
    with loopback(lambda asked: time.sleep(2)) as server:
        client = EngineClient(server.url, TOKEN)
        pending = client.health()
        client.close()
        with pytest.raises(EngineError) as error:
            pending.wait()
    assert error.value.kind == "cancelled"


def test_a_client_that_nobody_keeps_still_brings_its_answer() -> None:
    with loopback(lambda asked: asked.say(200, health())) as server:
        assert EngineClient(server.url, TOKEN).health().wait()["protocol_version"] == 1


def test_loopback_goes_past_the_proxy_of_qgis() -> None:
    assert Transport("http://127.0.0.1:1", TOKEN).network() is not QgsNetworkAccessManager.instance()
    assert Transport("https://host", TOKEN).network() is QgsNetworkAccessManager.instance()
    assert QgsApplication.instance() is not None


def certificate(folder: Path, begin: str, end: str) -> tuple[Path, Path]:
    """Make a certificate that nobody signed, for a time."""
    chain, key, request = folder / "chain.pem", folder / "key.pem", folder / "request.pem"
    run = ["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request, "-subj", "/CN=127.0.0.1"]
    subprocess.run(list(map(str, run)), check=True, capture_output=True)
    (folder / "index.txt").write_text("")
    (folder / "serial").write_text("01")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1\n")
    (folder / "ca.conf").write_text(
        "[ca]\ndefault_ca=x\n[x]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\n"
        "policy=p\n[p]\ncommonName=supplied\n"
    )
    sign = ["openssl", "ca", "-batch", "-selfsign", "-config", "ca.conf", "-keyfile", key, "-in", request, "-out",
            chain, "-startdate", begin, "-enddate", end, "-notext", "-extfile", "names"]  # fmt: skip
    subprocess.run(list(map(str, sign)), check=True, capture_output=True, cwd=folder)
    return chain, key
