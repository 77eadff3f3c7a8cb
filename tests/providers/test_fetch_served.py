"""`fetch` for requests over HTTP: which addresses they may choose, and that the key they bring is left nowhere."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import aiohttp.web
import pytest

from streetsense.errors import InputError
from streetsense.processes import fetch
from streetsense.processes.fetchinputs import PANORAMAX_INSTANCES
from streetsense.processes.reads import check_served
from streetsense.study import Study
from tests.server.conftest import until
from tests.server.serving import serving

from . import toy
from .loopback import LoopbackHost


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:8080",
        "http://localhost",
        "http://169.254.169.254/latest",
        "https://api.panoramax.xyz.example.org",
        "https://api.panoramax.xyz@example.org",
        "https://api.panoramax.xyz/../",
        "file:///etc/passwd",
        "",
        ["https://api.panoramax.xyz"],
        {"a": 1},
    ],
)
def test_requests_choose_no_address_but_those_of_public_instances(study: Study, address: Any) -> None:
    for provider in ("panoramax", "mapillary", "google", "kartaview"):
        with pytest.raises(InputError, match="api_url: the host decides this"):
            check_served(fetch.PROCESS, {"provider": provider, "api_url": address}, study.root)


def test_requests_may_choose_public_instances_and_none_at_all(study: Study) -> None:
    for address in (*PANORAMAX_INSTANCES, None):
        check_served(fetch.PROCESS, {"provider": "panoramax", "api_url": address}, study.root)
        assert address is None or address.startswith("https://")


def test_requests_give_no_panoramas_from_outside_the_study(study: Study) -> None:
    with pytest.raises(InputError, match=r"panoramas: .* outside the study"):
        check_served(fetch.PROCESS, {"provider": "google", "panoramas": "/etc/passwd"}, study.root)


@pytest.mark.e2e
@pytest.mark.parametrize("ends_well", [True, False])
def test_the_key_of_a_job_is_nowhere_in_what_it_leaves(study: Study, tmp_path: Path, ends_well: bool) -> None:
    server = toy.ToyServer(toy.grid(7.0, 50.0, 6, 5))
    server.broken, server.gone = {"t000001"}, {"t000002"}

    async def refuse_in_the_end(request: aiohttp.web.Request) -> aiohttp.web.Response | None:
        is_late = not ends_well and sum(server.photos.values()) > 9
        return aiohttp.web.Response(status=403, text=f"not with {request.query['key']}") if is_late else None

    server.before = refuse_in_the_end
    root = Path(__file__).resolve().parents[2]
    path = os.pathsep.join([str(toy.install(tmp_path / "site")), str(root), os.environ.get("PYTHONPATH", "")])
    seen: dict[str, bytes] = {}
    with LoopbackHost(server.handler) as host:
        environment = {"PYTHONPATH": path, toy.URL_VARIABLE: host.url}
        with serving(study.root.parent, "--access-log", environment=environment) as served:
            inputs = {"study": study.root.name, "provider": "toy", "key": toy.KEY}
            refused = served.ask("POST", "/processes/fetch/execution", {"inputs": {**inputs, "api_url": host.url}})
            assert refused[0] == 400
            assert b"the host decides this" in refused[2]
            status, headers, body = served.ask("POST", "/processes/fetch/execution", {"inputs": inputs})
            assert status == 201, body
            job = f"/jobs/{json.loads(body)['jobID']}"
            until(lambda: said(served.ask("GET", job)[2]) not in ("accepted", "running"), "the job ends")
            seen |= {"refused": refused[2], "accepted": body, "headers": repr(headers).encode()}
            for part in ("", "/results", "/log", "/events"):
                seen[f"GET {part}"] = served.ask("GET", job + part)[2]
        seen["standard error"] = "".join(served.said).encode()
    assert said(seen["GET "]) == ("successful" if ends_well else "failed"), seen
    seen |= {str(file): file.read_bytes() for file in study.root.parent.rglob("*") if file.is_file()}
    forms = {toy.KEY, json.dumps(toy.KEY)[1:-1], toy.KEY.replace("'", "%27"), re.escape(toy.KEY)}
    assert not [(where, form) for where, content in seen.items() for form in forms if form.encode() in content]
    assert len(study.views()) == (28 if ends_well else len(server.photos))


def said(status: bytes) -> str:
    """Return the state in a job's status."""
    return str(json.loads(status)["status"])
