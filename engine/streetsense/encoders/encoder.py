"""An encoder at work: from squares of pixels to embeddings."""

from __future__ import annotations

import contextlib
from typing import Any, Literal

import torch
from torch import Tensor, nn

from streetsense.encoders.config import EncoderConfig
from streetsense.errors import InputError
from streetsense.images import Preprocess

Precision = Literal["auto", "bf16", "fp32"]


class Encoder:
    """A vision transformer, its record, and the device and precision that it runs with.

    Parameters
    ----------
    model : nn.Module
        A timm vision transformer without head (`create_model`), float32.
    config : EncoderConfig
        Its record.
    device : str
        ``cpu``, ``cuda``, ``cuda:N``, or ``auto`` for a GPU where there is one.
    precision : {"auto", "bf16", "fp32"}
        ``bf16`` multiplies matrices in bfloat16 and keeps the rest in float32; ``auto`` takes it where the device has
        instructions for it. Embeddings of the two agree to a cosine of 0.9999.

    Attributes
    ----------
    device : torch.device
        Where the model is.
    precision : str
        ``bf16`` or ``fp32``: what runs.

    Raises
    ------
    InputError
        When the device does not exist.
    """

    def __init__(
        self, model: nn.Module, config: EncoderConfig, device: str = "cpu", precision: Precision = "auto"
    ) -> None:
        self.config = config
        self.device = find_device(device)
        self.precision = choose_precision(self.device, precision)
        self.model = model.eval().to(self.device)
        normalisation = config.preprocess.normalisation
        std = torch.tensor(normalisation.std, device=self.device)
        # (x / 255 - mean) / std, in one multiplication and one addition.
        self._scale = (1 / (255 * std)).view(1, 3, 1, 1)
        self._shift = (-torch.tensor(normalisation.mean, device=self.device) / std).view(1, 3, 1, 1)

    @property
    def preprocess(self) -> Preprocess:
        """What happens to a photo before the model sees it."""
        return self.config.preprocess

    @property
    def fingerprint(self) -> str:
        """The sha256 that tells this encoder from others (`streetsense.encoders.fingerprint`)."""
        return self.config.fingerprint

    @property
    def dimension(self) -> int:
        """Number of values of an embedding."""
        return self.config.dimension

    def normalise(self, squares: Tensor) -> Tensor:
        """Move ``[B, S, S, 3]`` uint8 squares to the device as normalised ``[B, 3, S, S]`` float32."""
        moved = squares.to(self.device, non_blocking=True)
        return moved.permute(0, 3, 1, 2).float().mul_(self._scale).add_(self._shift)

    @torch.inference_mode()
    def encode(self, squares: Tensor) -> Tensor:
        """Return embeddings of a batch.

        The embedding is what the architecture pools: [CLS] after the final norm for models that have it (register
        tokens come after it and are not used), the mean of the tokens for those built that way. It is not normalised
        to unit length.

        Parameters
        ----------
        squares : Tensor
            ``[B, S, S, 3]`` uint8, RGB, as `streetsense.images.Preprocess` makes them.

        Returns
        -------
        Tensor
            ``[B, dimension]`` float32 on the CPU.
        """
        model: Any = self.model
        autocast: contextlib.AbstractContextManager[Any] = (
            torch.autocast(self.device.type, torch.bfloat16) if self.precision == "bf16" else contextlib.nullcontext()
        )
        with autocast:
            embeddings = model.forward_head(model.forward_features(self.normalise(squares)), pre_logits=True)
        return embeddings.float().cpu()  # type: ignore[no-any-return]


def find_device(device: str) -> torch.device:
    """Return the device of that name; ``auto`` is a GPU where there is one.

    Raises
    ------
    InputError
        When it does not exist on this machine.
    """
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        found = torch.device(device)
    except RuntimeError as error:
        raise InputError(f"device: '{device}' is not known; use auto, cpu, cuda or cuda:N.") from error
    if found.type not in ("cpu", "cuda"):
        raise InputError(f"device: '{device}' is not supported; use auto, cpu, cuda or cuda:N.")
    if found.type == "cuda" and (found.index or 0) >= torch.cuda.device_count():
        count = torch.cuda.device_count()
        has = "no GPU that torch can use" if count == 0 else f"{count} GPU(s), numbered from 0"
        raise InputError(f"device: '{device}' does not exist, this machine has {has}; use auto or cpu.")
    return found


def choose_precision(device: torch.device, precision: Precision) -> Literal["bf16", "fp32"]:
    """Return what ``auto`` means on a device: bf16 where its matrix products have instructions of their own."""
    if precision != "auto":
        return precision
    if device.type == "cuda":
        return "bf16" if torch.cuda.get_device_capability(device) >= (8, 0) else "fp32"
    capabilities = torch.cpu.get_capabilities()
    return "bf16" if capabilities.get("avx512_bf16") or capabilities.get("amx_bf16") else "fp32"
