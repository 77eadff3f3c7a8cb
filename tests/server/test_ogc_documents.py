"""What OGC API - Processes, Part 1: Core asks of the landing page, conformance, processes and errors."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from streetsense.jobs import JobQueue
from streetsense.processes import load_processes
from tests.server.ogc import REL, links
from tests.server.served import BASE, client_of

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def client(studies: Path, new_queue: Callable[..., JobQueue]) -> TestClient:
    return client_of(studies, new_queue())


def test_the_landing_page_links_to_all_that_the_standard_names(client: TestClient) -> None:
    found = links(client.get("/").json())
    assert found["service-desc"] == f"{BASE}/api"
    assert found[REL + "conformance"] == f"{BASE}/conformance"
    assert found[REL + "processes"] == f"{BASE}/processes"
    assert found[REL + "job-list"] == f"{BASE}/jobs"


def test_every_link_of_the_landing_page_leads_somewhere(client: TestClient) -> None:
    for link in client.get("/").json()["links"]:
        assert client.get(link["href"]).status_code == 200, link


def test_the_conformance_classes_are_those_that_are_met(client: TestClient) -> None:
    classes = {uri.rpartition("/conf/")[2] for uri in client.get("/conformance").json()["conformsTo"]}
    assert classes == {"core", "ogc-process-description", "json", "oas30", "job-list", "dismiss"}


def test_the_list_of_processes_has_all_that_are_installed(client: TestClient) -> None:
    found = client.get("/processes").json()
    assert [process["id"] for process in found["processes"]] == list(load_processes())
    assert links(found)["self"] == f"{BASE}/processes"


def test_a_limited_list_of_processes_links_to_the_next_page_until_all_were_seen(client: TestClient) -> None:
    seen, address = [], f"{BASE}/processes?limit=2"
    while address:
        page = client.get(address).json()
        assert len(page["processes"]) <= 2
        seen += [process["id"] for process in page["processes"]]
        address = links(page).get("next", "")
    assert seen == list(load_processes())


def test_a_description_names_inputs_outputs_and_where_to_execute(client: TestClient) -> None:
    found = client.get("/processes/count").json()
    assert next(iter(found["inputs"])) == "study"
    assert found["inputs"]["study"]["minOccurs"] == 1
    assert found["inputs"]["steps"]["schema"]["type"] == "integer"
    assert set(found["outputs"]) == {"total", "file"}
    assert links(found)[REL + "execute"] == f"{BASE}/processes/count/execution"
    assert found["outputTransmission"] == ["value"]


def test_only_short_processes_offer_synchronous_execution(client: TestClient) -> None:
    def options(process: str) -> set[str]:
        return set(client.get(f"/processes/{process}").json()["jobControlOptions"])

    assert options("count") == {"sync-execute", "async-execute", "dismiss"}
    assert options("end") == {"async-execute", "dismiss"}


def test_an_unknown_process_is_the_standards_exception(client: TestClient) -> None:
    answer = client.get("/processes/none")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/no-such-process"
    assert "there is no 'none'" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/nothing", "/processes/", "/processes/count/execution/more"])
def test_a_path_that_is_not_there_is_a_problem_document(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json()["instance"] == path


def test_a_method_that_is_not_there_is_a_problem_that_names_those_that_are(client: TestClient) -> None:
    answer = client.put("/jobs/any")
    assert (answer.status_code, answer.headers["content-type"]) == (405, "application/problem+json")
    assert answer.headers["allow"] == "DELETE, GET, HEAD"


@pytest.mark.parametrize("query", ["limit=0", "limit=many", "offset=-1"])
def test_a_query_that_cannot_be_used_is_a_problem_that_names_it(client: TestClient, query: str) -> None:
    answer = client.get(f"/processes?{query}")
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(query.partition("=")[0] + ":")


@pytest.mark.parametrize("path", ["/", "/conformance", "/processes", "/processes/count", "/jobs", "/api"])
def test_head_answers_as_get_without_a_body(client: TestClient, path: str) -> None:
    full, head = client.get(path), client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == full.headers["content-length"]
    assert head.headers["content-type"] == full.headers["content-type"]


def test_head_of_what_only_takes_post_is_refused(client: TestClient) -> None:
    answer = client.head("/processes/count/execution")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_a_browser_gets_a_page_and_a_program_gets_json(client: TestClient) -> None:
    assert client.get("/", headers=HTML).headers["content-type"].startswith("text/html")
    assert client.get("/", headers={"Accept": "*/*"}).headers["content-type"] == "application/json"
    assert client.get("/", headers={"Accept": "application/json, text/html"}).headers["content-type"] == (
        "application/json"
    )


def test_without_a_token_a_browser_gets_the_page_that_asks_for_it_and_a_program_gets_a_problem(
    client: TestClient,
) -> None:
    del client.headers["Authorization"]
    page, problem = client.get("/", headers=HTML), client.get("/", headers={"Accept": "application/json"})
    assert page.status_code == problem.status_code == 401
    assert 'id="ask"' in page.text
    assert problem.headers["content-type"] == "application/problem+json"


def test_the_page_runs_and_loads_nothing_but_its_own_two_parts(client: TestClient) -> None:
    page = client.get("/", headers=HTML)
    policy = dict(part.strip().split(" ", 1) for part in page.headers["content-security-policy"].split(";"))
    assert (policy["default-src"], policy["script-src"], policy["style-src"]) == ("'none'", "'self'", "'self'")
    assert set(re.findall(r'(?:src|href)="([^"]*)"', page.text)) == {"data:,", "landing.css", "landing.js"}
    assert not re.search(r"<style|style=|\son\w+=|<script(?![^>]*src=)", page.text)
    del client.headers["Authorization"]
    for name, kind in (("landing.css", "text/css"), ("landing.js", "text/javascript")):
        answer = client.get(f"/{name}")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(kind)


def test_the_page_writes_no_html_from_what_the_server_says(client: TestClient) -> None:
    program = client.get("/landing.js").text
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", program)


def test_an_address_behind_a_proxys_prefix_is_the_clients(studies: Path, new_queue: Callable[..., JobQueue]) -> None:
    inner = client_of(studies, new_queue())
    client = TestClient(inner.app, base_url=BASE, headers=dict(inner.headers), root_path="/streets")
    assert links(client.get("/processes").json())["self"] == f"{BASE}/streets/processes"
