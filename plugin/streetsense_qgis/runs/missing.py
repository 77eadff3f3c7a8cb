"""What a plan still lacks, step by step, in a sentence for people."""

from __future__ import annotations

import re

from ..i18n import tr
from .plan import APPEARANCE, FOLDER, FROM_FILE, RunPlan
from .providers import Provider

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._+-]{0,79}")


def name_problem(name: str) -> str:
    """Return what is wrong with a name of a study or result, in a sentence; empty when nothing is."""
    if not name:
        return tr("Run", "Give the result a name.")
    if not _NAME.fullmatch(name) or name.endswith((".", " ")):
        return tr("Run", "The name may have letters a to z, digits, spaces and . _ + - only; please change it.")
    return ""


def missing_of_area(plan: RunPlan) -> str:
    """Return what the first step lacks; empty when nothing."""
    return "" if plan.area else tr("Run", "Draw an area, or take the map extent or selected features.")


def missing_of_question(plan: RunPlan, provider: Provider | None) -> str:
    """Return what is lacking to ask a provider what it has; empty when nothing."""
    if provider is None or not plan.provider:
        return tr("Run", "Choose where the photos come from.")
    if provider.needs_consent and not plan.accept_terms:
        return tr("Run", "Read the terms of {provider} and confirm them.").format(provider=provider.title)
    if plan.since and plan.until and plan.since > plan.until:
        return tr("Run", "The first day of capture comes after the last one; change one of them.")
    if plan.api_url and not plan.api_url.startswith("https://"):
        return tr("Run", "The address of an instance begins with https://; please change it.")
    return ""


def missing_of_views(plan: RunPlan, provider: Provider | None = None) -> str:
    """Return what the second step lacks; empty when nothing.

    Parameters
    ----------
    plan : RunPlan
        The choices.
    provider : Provider, optional
        What is known of the plan's provider, where it is one of the internet.
    """
    if not plan.provider:
        return tr("Run", "Choose where the photos come from.")
    if plan.provider == FOLDER and not plan.photos:
        return tr("Run", "Choose the folder with the photos.")
    if provider is not None:
        lacking = missing_of_question(plan, provider)
        if lacking:
            return lacking
        if provider.price_per_1000 is not None and not plan.max_cost:
            return tr("Run", "Set how much the photos may cost at most (US dollars).")
    if not plan.headings:
        return tr("Run", "Choose at least one direction to look in.")
    return ""


def missing_of_model(plan: RunPlan) -> str:
    """Return what the third step lacks; empty when nothing."""
    if plan.goal != APPEARANCE and not plan.labels.source:
        return tr("Run", "Choose the layer with the known values to learn from.")
    if plan.goal != APPEARANCE and not plan.labels.field:
        return tr("Run", "Choose the field with the known values.")
    if plan.goal == APPEARANCE and not plan.units:
        return tr("Run", "Choose the areas to map.")
    if plan.encoder_from == FROM_FILE and not plan.weights:
        return tr("Run", "Choose the file with the encoder's weights.")
    if not plan.encoder:
        return tr("Run", "Choose an encoder.")
    return ""
