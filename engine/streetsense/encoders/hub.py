"""Pre-trained weights from the hub that timm knows, with a quick and clear answer where it cannot be reached."""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from dataclasses import dataclass

from torch import nn

from streetsense.encoders.architecture import create_model
from streetsense.errors import InputError, StreetSenseError
from streetsense.images import IMAGENET, Normalisation

#: Seconds that the hub has to answer at all, before a download is begun.
PATIENCE = 10.0


@dataclass(frozen=True)
class HubWeights:
    """A model with weights from the hub, and what timm records about them."""

    model: nn.Module
    source: str
    normalisation: Normalisation
    licence: str


def hub_weights(architecture: str, image_size: int | None = None) -> HubWeights:
    """Build a model with its pre-trained weights, from the local cache or by download.

    Parameters
    ----------
    architecture : str
        timm's name, with or without a ``.tag`` of weights.
    image_size : int, optional
        Side of the square images in pixels; position embeddings are interpolated to it.

    Raises
    ------
    InputError
        When timm has no such model or no weights for it.
    StreetSenseError
        When the weights cannot be downloaded.
    """
    options = {} if image_size is None else {"img_size": image_size}
    settings = create_model(architecture, **options).pretrained_cfg
    hub_id = settings.get("hf_hub_id")  # type: ignore[operator, union-attr]
    address = settings.get("url")  # type: ignore[operator, union-attr]
    if not hub_id and not address:
        raise InputError(f"architecture: timm has no pre-trained weights of '{architecture}'; use --weights.")
    _require_reachable(architecture, hub_id, address)
    try:
        model = create_model(architecture, pretrained=True, **options)
    except InputError:
        raise
    except Exception as error:  # The hub's client raises errors of several libraries.
        raise _unreachable(architecture, hub_id or address, error) from error
    return HubWeights(
        model=model,
        source=f"timm hub {hub_id or address}",
        normalisation=Normalisation(
            mean=settings.get("mean", IMAGENET.mean),  # type: ignore[operator, union-attr]
            std=settings.get("std", IMAGENET.std),  # type: ignore[operator, union-attr]
        ),
        licence=str(settings.get("license") or "unknown"),  # type: ignore[operator, union-attr]
    )


def _require_reachable(architecture: str, hub_id: str | None, address: str | None) -> None:
    """Raise quickly when the hub does not answer: its client would try again for minutes."""
    if hub_id and _is_cached(hub_id):
        return
    endpoint = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
    target = f"{endpoint}/{hub_id}/resolve/main/config.json" if hub_id else str(address)
    try:
        with urllib.request.urlopen(urllib.request.Request(target, method="HEAD"), timeout=PATIENCE):
            return
    except urllib.error.HTTPError as error:
        if error.code in (401, 403, 404, 407) or error.code >= 500:
            raise _unreachable(architecture, hub_id or target, error) from error
    except (OSError, ValueError) as error:
        raise _unreachable(architecture, hub_id or target, error) from error


def _is_cached(hub_id: str) -> bool:
    from huggingface_hub import try_to_load_from_cache

    return any(
        isinstance(try_to_load_from_cache(hub_id, name), str) for name in ("model.safetensors", "pytorch_model.bin")
    )


def _unreachable(architecture: str, where: str | None, error: Exception) -> StreetSenseError:
    reason = str(getattr(error, "reason", "") or error).splitlines()[0][:160] if str(error) else type(error).__name__
    return StreetSenseError(
        f"encoders: the weights of {architecture} could not be downloaded ({reason}); download the file "
        f"model.safetensors of {where} elsewhere and use --weights."
    )
