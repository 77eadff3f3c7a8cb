"""What the tokens of a vision transformer are, and which of them a question is about."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from streetsense.errors import InputError

#: ``"cls"``: the class token; ``"mean"``: the mean of all patch tokens; a number: that patch, row by row from the top
#: left; ``(row, column)``: that patch; ``"embedding"``: the one of the first two that the encoder's embedding is read
#: from.
Query = str | int | tuple[int, int]


@dataclass(frozen=True)
class TokenLayout:
    """The token sequence of one encoder at one image size: class token, then registers, then patches row by row.

    Attributes
    ----------
    grid : tuple of int
        Rows and columns of patches.
    prefix : int
        Tokens before the patches (class token and registers).
    has_class_token : bool
        Whether token 0 is a class token.
    pooling : str
        How timm makes the embedding of the tokens: ``token`` (class token), ``avg``, or another of its poolings.
    pools_prefix : bool
        Whether average pooling includes the prefix tokens.
    depth : int
        Number of blocks (layers).
    patch_size : tuple of int
        Height and width of a patch in pixels of the network's input.
    """

    grid: tuple[int, int]
    prefix: int
    has_class_token: bool
    pooling: str
    pools_prefix: bool
    depth: int
    patch_size: tuple[int, int]

    @property
    def patches(self) -> int:
        """Number of patch tokens."""
        return self.grid[0] * self.grid[1]

    @property
    def count(self) -> int:
        """Number of all tokens."""
        return self.prefix + self.patches

    def layer(self, layer: int) -> int:
        """Return ``layer`` counted from 0 (negative ones count from the last).

        Raises
        ------
        InputError
            When the encoder has no such layer.
        """
        if not -self.depth <= layer < self.depth:
            raise InputError(
                f"layer: {layer} does not exist; choose 0 to {self.depth - 1}, or -1 for the last of the encoder."
            )
        return layer % self.depth

    def resolve(self, query: Query) -> Query:
        """Return the query in its plain form: ``"cls"``, ``"mean"`` or a patch number.

        Raises
        ------
        InputError
            When the encoder has no such token.
        """
        if query == "embedding":
            query = {"token": "cls", "avg": "mean"}.get(self.pooling, "pooled")
        if query == "cls" and not self.has_class_token:
            raise InputError("query: this encoder has no class token; use 'mean' or the number of a patch.")
        if query == "pooled":
            raise InputError(
                f"query: this encoder pools its tokens by '{self.pooling}', which reads no single token; "
                "use 'mean' or the number of a patch."
            )
        if isinstance(query, str):
            if query not in ("cls", "mean"):
                raise InputError(f"query: '{query}' is not known; use 'cls', 'mean', a patch number or row,column.")
            return query
        rows, columns = self.grid
        if isinstance(query, tuple):
            row, column = query
            if not (0 <= row < rows and 0 <= column < columns):
                raise InputError(
                    f"query: patch {row},{column} is outside the grid; rows are 0 to {rows - 1}, "
                    f"columns 0 to {columns - 1}."
                )
            return row * columns + column
        if not 0 <= query < self.patches:
            raise InputError(f"query: patch {query} does not exist; choose 0 to {self.patches - 1}.")
        return query

    def weights(self, query: Query) -> Tensor:
        """Return ``[N]`` float32: the share that each token has in the query (one token, or all patches alike)."""
        plain = self.resolve(query)
        weights = torch.zeros(self.count)
        if plain == "mean":
            first = 0 if self.pooling == "avg" and self.pools_prefix else self.prefix
            weights[first:] = 1.0 / (self.count - first)
        else:
            weights[0 if plain == "cls" else self.prefix + int(plain)] = 1.0  # type: ignore[arg-type]
        return weights

    def to_map(self, row: Tensor) -> Tensor:
        """Drop the prefix tokens of ``[..., N]`` and shape the rest ``[..., grid rows, grid columns]``."""
        return row[..., self.prefix :].reshape(*row.shape[:-1], *self.grid)


def token_layout(model: nn.Module, images: Tensor) -> TokenLayout:
    """Read the token layout of a timm vision transformer for images of this size.

    Parameters
    ----------
    model : nn.Module
        The transformer.
    images : Tensor
        ``[B, 3, H, W]``.

    Raises
    ------
    InputError
        When the model has no patches and blocks as a vision transformer has, or the images are no such tensor.
    """
    embed, blocks = getattr(model, "patch_embed", None), getattr(model, "blocks", None)
    grid, prefix = getattr(embed, "grid_size", None), getattr(model, "num_prefix_tokens", None)
    if blocks is None or grid is None or prefix is None:
        raise InputError(
            f"encoder: {type(model).__name__} is not a vision transformer with patches and blocks; "
            "attention maps need one such as vit_base_patch16_224."
        )
    if images.ndim != 4:
        raise InputError(f"images: their shape is {tuple(images.shape)}; give a batch of shape [B, 3, H, W].")
    height, width = int(images.shape[-2]), int(images.shape[-1])
    if getattr(model, "dynamic_img_size", False):
        grid = embed.dynamic_feat_size((height, width))  # type: ignore[union-attr]
    return TokenLayout(
        grid=(int(grid[0]), int(grid[1])),
        prefix=int(prefix),
        has_class_token=getattr(model, "cls_token", None) is not None,
        pooling=str(getattr(model, "global_pool", "token")),
        pools_prefix=bool(getattr(model, "pool_include_prefix", False)),
        depth=len(blocks),
        patch_size=(height // int(grid[0]), width // int(grid[1])),
    )


def parse_query(text: str) -> Query:
    """Read a query as people write it: ``cls``, ``mean``, ``embedding``, ``37`` or ``2,9`` (row, column).

    Raises
    ------
    InputError
        When the text is none of these.
    """
    text = text.strip()
    if text in ("cls", "mean", "embedding"):
        return text
    numbers = [part.strip() for part in text.split(",")]
    if len(numbers) in (1, 2) and all(part.isdecimal() and part.isascii() for part in numbers):
        return int(numbers[0]) if len(numbers) == 1 else (int(numbers[0]), int(numbers[1]))
    raise InputError(f"query: '{text}' is not known; use cls, mean, embedding, a patch number or row,column.")
