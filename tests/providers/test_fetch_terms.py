"""What has to be said before a fetch: what it may cost, that its terms are known, and inputs that make sense."""

from __future__ import annotations

import re
from typing import Any

import pytest

from streetsense.errors import InputError
from streetsense.study import Study

from .loopback import LoopbackHost
from .toyfetch import Listener, photos_asked, run

pytestmark = pytest.mark.usefixtures("installed_toys")


def test_money_needs_a_cap_and_the_cap_holds_over_runs(study: Study, host: LoopbackHost) -> None:
    paid = {"provider": "paidtoy", "accept_terms": True}
    with pytest.raises(InputError, match="max_cost: photos of Paid toy cost about 10 US dollars"):
        run(study, host, **paid)
    plan = run(study, host, **paid, dry_run=True).plan
    assert plan is not None
    assert (plan.billed, plan.cost_usd) == (120, 1.2)
    job = Listener()
    first = run(study, host, job, **paid, max_cost=0.3)
    assert "asking for 30 photos, about 0.30 USD" in job.messages
    assert first.views == {"ok": 30}
    assert first.billed == 30
    assert first.open_photos == 90
    job = Listener()
    assert run(study, host, job, **paid, max_cost=0.3).new_views == 0
    assert "used up" in " ".join(job.warnings)
    assert run(study, host, **paid, max_cost=0.5).billed == 50
    assert len(photos_asked(host)) == 50


def test_terms_are_confirmed_once_per_study(study: Study, host: LoopbackHost) -> None:
    with pytest.raises(InputError, match=r"accept_terms: .*You may if you may"):
        run(study, host, provider="paidtoy", dry_run=True)
    assert not host.requests
    run(study, host, provider="paidtoy", dry_run=True, accept_terms=True)
    run(study, host, provider="paidtoy", dry_run=True)
    assert "You may if you may" in (study.root / "consents.json").read_text()


def test_a_provider_without_history_says_so(study: Study, host: LoopbackHost) -> None:
    job = Listener()
    run(study, host, job, provider="paidtoy", accept_terms=True, history=True, max_views=1)
    assert "history: there is none" in job.warnings


@pytest.mark.parametrize(
    ("inputs", "sentence"),
    [
        ({"until": "2019-02-31"}, "until: '2019-02-31' is no day"),
        ({"since": "2019-13"}, "since: '2019-13' is no day, month or year"),
        ({"since": "2020", "until": "2019-05"}, "'since' is later than 'until'"),
        ({"per_point": 0}, "per_point"),
        ({"max_cost": -1}, "max_cost"),
        ({"provider": "toys"}, "provider: there is no 'toys'"),
        ({"api_url": "https://panoramax.ign.fr"}, "is an instance of Panoramax, not of Toy"),
    ],
)
def test_bad_inputs_are_one_sentence(study: Study, host: LoopbackHost, inputs: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=re.escape(sentence)):
        run(study, host, **inputs)
    assert not host.requests
