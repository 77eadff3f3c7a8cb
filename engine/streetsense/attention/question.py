"""One question about where an encoder looked: the method and its choices, checked against the encoder."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

from torch import Tensor, nn

from streetsense.attention.methods import raw_attention, rollout
from streetsense.attention.relevance import Target, relevance
from streetsense.attention.tokens import Query, TokenLayout
from streetsense.errors import InputError

Method = Literal["relevance", "rollout", "raw"]


@dataclass(frozen=True)
class Question:
    """What is asked of an encoder.

    Attributes
    ----------
    method : {"relevance", "rollout", "raw"}
        See `relevance`, `rollout` and `raw_attention`.
    layer : int, optional
        Relevance: the first layer that takes part (default 0). Rollout: the last one that is followed, raw: the one
        that is shown (default: the last of the encoder).
    head : int, optional
        One head; all of them by default.
    query : str, int or (int, int)
        The token (see `streetsense.attention.Query`).
    target : str or callable
        What relevance explains; the other methods have none.
    """

    method: Method = "relevance"
    layer: int | None = None
    head: int | None = None
    query: Query = "embedding"
    target: Target = "argmax"

    def checked(self, layout: TokenLayout) -> Question:
        """Return the same question with layer and query in plain form, for an encoder with this layout.

        Raises
        ------
        InputError
            When the method is unknown or the encoder has no such layer or token.
        """
        if self.method not in get_args(Method):
            raise InputError(f"method: '{self.method}' is not known; use {', '.join(get_args(Method))}.")
        return replace(self, layer=layout.layer(self._layer), query=layout.resolve(self.query))

    def maps(self, model: nn.Module, images: Tensor) -> Tensor:
        """Return the answer for ``[B, 3, H, W]`` preprocessed images: ``[B, rows, columns]`` float32.

        Raises
        ------
        InputError
            When the encoder has no such layer, head or token.
        """
        layer, query, head = self._layer, self.query, self.head
        match self.method:
            case "relevance":
                return relevance(model, images, target=self.target, layer=layer, query=query, head=head)
            case "rollout":
                return rollout(model, images, layer=layer, query=query, head=head)
            case "raw":
                return raw_attention(model, images, layer=layer, query=query, head=head)

    @property
    def _layer(self) -> int:
        if self.layer is not None:
            return self.layer
        return 0 if self.method == "relevance" else -1
