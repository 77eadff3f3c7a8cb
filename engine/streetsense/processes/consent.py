"""That a person confirmed a provider's terms, once per study."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from streetsense.atomic import write_json
from streetsense.errors import InputError

if TYPE_CHECKING:
    from streetsense.streetview.terms import Terms
    from streetsense.study import Study

_FILE = "consents.json"


def require_consent(study: Study, provider: str, terms: Terms, *, is_given: bool) -> None:
    """Make sure that the terms of a provider which wants it were confirmed for this study; record it when they are.

    Parameters
    ----------
    study : Study
        Keeps the record: provider, when, and what was confirmed, in ``consents.json``.
    provider : str
        Its name.
    terms : Terms
        What is to be confirmed.
    is_given : bool
        Whether the user confirms it now.

    Raises
    ------
    InputError
        With the terms, when nobody confirmed them.
    """
    if not terms.needs_consent:
        return
    given = consents(study)
    if any(one["provider"] == provider and one["notice"] == terms.notice for one in given):
        return
    if not is_given:
        raise InputError(
            f"accept_terms: {terms.title} wants it confirmed that you may do this: {terms.notice.rstrip('.')} "
            f"({terms.url}); set accept_terms to confirm it for this study."
        )
    now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    given.append({"provider": provider, "confirmed": now, "terms": terms.url, "notice": terms.notice})
    write_json(study.root / _FILE, given)


def consents(study: Study) -> list[dict[str, Any]]:
    """Return what was confirmed for a study: ``provider``, ``confirmed`` (UTC), ``terms`` (address), ``notice``."""
    path = study.root / _FILE
    if not path.is_file():
        return []
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path}: this is no JSON any more ({error}); delete the file and confirm again.") from error
    return found if isinstance(found, list) else []
