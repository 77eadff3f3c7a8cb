"""The providers of street views that the server has, with their terms and whether it has keys for them."""

from __future__ import annotations

from fastapi import APIRouter

from streetsense.server.problems import RESPONSES
from streetsense.streetview.providerlist import ProviderList, list_providers

router = APIRouter(tags=["processes"])


@router.get(
    "/providers", operation_id="getProviders", summary="List the providers of street views", responses=RESPONSES
)
def providers() -> ProviderList:
    """Return the providers with their terms, and for each secret where the server has it, never the secret."""
    return list_providers()
