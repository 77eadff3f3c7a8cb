"""Finding a query's place in a gallery by its embedding: Recall@k (section 4.2 of the paper).

A query is found at k when a right gallery entry is among the k nearest. What decides is how many wrong entries are at
least as near as the nearest right one. Wrong entries that tie with it count as nearer: an encoder that maps everything
to one point finds nothing, where a sort would find whatever came first. Scores are computed in float64 and ties have a
tolerance, so that the answer does not depend on which queries are asked together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from streetsense.errors import InputError
from streetsense.indicators.scores import Estimate

#: Which gallery entries belong to each query: a boolean ``[Q, G]`` array, or ``(indptr, indices)`` as in a CSR matrix.
Entries = NDArray[np.bool_] | tuple[NDArray[np.integer], NDArray[np.integer]]
Metric = Literal["cosine", "euclidean"]

#: Scores that are held at once (float64): 64 MB.
_CHUNK = 8_000_000
#: Scores closer than this, relative to their size, are the same: far above float64 rounding, far below float32's.
_TIE = 1e-10
_Z95 = 1.959963984540054


def recall_at(
    queries: NDArray[np.floating] | Tensor,
    gallery: NDArray[np.floating] | Tensor,
    positives: Entries,
    ks: Sequence[int] = (1, 5, 10),
    *,
    exclude: Entries | None = None,
    metric: Metric = "cosine",
) -> dict[int, Estimate]:
    """Return the share of queries with a right entry among their k nearest.

    Parameters
    ----------
    queries : ndarray or Tensor, shape (Q, d)
        Embeddings to look for.
    gallery : ndarray or Tensor, shape (G, d)
        Embeddings to look in.
    positives : ndarray of bool, shape (Q, G), or (indptr, indices)
        The right entries of each query. A query without any is never found.
    ks : sequence of int
        How many neighbours to look at; each 1 or more.
    exclude : ndarray of bool, shape (Q, G), or (indptr, indices), optional
        Entries that a query may not see, as though they were not in the gallery; they may be right ones.
    metric : {"cosine", "euclidean"}
        What is near: the angle between embeddings, or the distance of the embeddings as they are.

    Returns
    -------
    dict of int to Estimate
        For every k, with the 95 % interval of Wilson.

    Raises
    ------
    InputError
        When shapes do not fit, an embedding is not finite, or a k is below 1.
    """
    return recall_of_ranks(first_right_rank(queries, gallery, positives, exclude=exclude, metric=metric), ks)


def first_right_rank(
    queries: NDArray[np.floating] | Tensor,
    gallery: NDArray[np.floating] | Tensor,
    positives: Entries,
    *,
    exclude: Entries | None = None,
    metric: Metric = "cosine",
) -> NDArray[np.int64]:
    """Return how many wrong entries are at least as near to each query as its nearest right one.

    The parameters and errors are those of `recall_at`. A query without a right entry that it may see has the rank G,
    the size of the gallery.

    Returns
    -------
    ndarray of int64, shape (Q,)
        0 where the nearest entry is right.
    """
    asked, offered = _embeddings(queries, "queries"), _embeddings(gallery, "gallery")
    if asked.shape[1] != offered.shape[1]:
        raise InputError(
            f"queries: they have {asked.shape[1]} dimensions and the gallery {offered.shape[1]}; use one encoder."
        )
    count = len(offered)
    _check(positives, "positives", len(asked), count)
    if exclude is not None:
        _check(exclude, "exclude", len(asked), count)
    if metric == "cosine":
        asked, offered = torch.nn.functional.normalize(asked), torch.nn.functional.normalize(offered)
    sizes = offered.square().sum(dim=1)
    largest = sizes.max().sqrt() if count else sizes.sum()
    ranks = np.full(len(asked), count, dtype=np.int64)
    step = max(1, _CHUNK // max(count, 1))
    for first in range(0, len(asked) if count else 0, step):
        chunk = asked[first : first + step]
        scores = chunk @ offered.T
        if metric == "euclidean":
            scores = 2 * scores - sizes  # the negative squared distance, but for a constant of each query
        right = _rows(positives, first, len(chunk), count, scores.device)
        if exclude is not None:
            hidden = _rows(exclude, first, len(chunk), count, scores.device)
            scores.masked_fill_(hidden, -torch.inf)
            right &= ~hidden
        best = scores.masked_fill(~right, -torch.inf).amax(dim=1)
        tolerance = _TIE * (chunk.norm(dim=1) * largest + (largest**2 if metric == "euclidean" else 0))
        ahead = (scores.masked_fill_(right, -torch.inf) >= (best - tolerance)[:, None]).sum(dim=1)
        ahead[~right.any(dim=1)] = count
        ranks[first : first + step] = ahead.cpu().numpy()
    return ranks


def recall_of_ranks(ranks: NDArray[np.int64], ks: Sequence[int] = (1, 5, 10)) -> dict[int, Estimate]:
    """Return Recall@k with its interval of Wilson from ranks (`first_right_rank`).

    Raises
    ------
    InputError
        When a k is below 1.
    """
    if any(k < 1 for k in ks):
        raise InputError(f"ks: {min(ks)} is no number of neighbours; use 1 or more.")
    return {k: _wilson(int((ranks < k).sum()), len(ranks)) for k in ks}


def _wilson(hits: int, number: int) -> Estimate:
    """Return a share with the interval of Wilson, which is right near 0 and 1 where a bootstrap has no width."""
    if number == 0:
        return Estimate(value=None)
    share, weight = hits / number, _Z95**2 / number
    centre = (share + weight / 2) / (1 + weight)
    half = np.sqrt(share * (1 - share) * weight + weight**2 / 4) / (1 + weight)
    return Estimate(value=share, low=max(0.0, float(centre - half)), high=min(1.0, float(centre + half)))


def _embeddings(values: NDArray[np.floating] | Tensor, name: str) -> Tensor:
    tensor = torch.as_tensor(values).detach().to(torch.float64)
    if tensor.ndim != 2:
        raise InputError(f"{name}: their shape is {tuple(tensor.shape)}; give one row an embedding.")
    if not bool(torch.isfinite(tensor).all()):
        broken = int((~torch.isfinite(tensor).all(dim=1)).sum())
        raise InputError(f"{name}: {broken} of {len(tensor)} embeddings are not finite; leave them out.")
    return tensor


def _check(entries: Entries, name: str, queries: int, gallery: int) -> None:
    if not isinstance(entries, tuple):
        if entries.shape != (queries, gallery):
            raise InputError(f"{name}: their shape is {entries.shape}; it must be ({queries}, {gallery}).")
        return
    indptr, indices = entries
    fits = len(indptr) == queries + 1 and indptr[0] == 0 and indptr[-1] == len(indices)
    if not fits or (len(indices) and (indices.min() < 0 or indices.max() >= gallery)):
        raise InputError(f"{name}: indptr and indices do not describe {queries} queries and {gallery} entries.")


def _rows(entries: Entries, first: int, number: int, gallery: int, device: torch.device) -> Tensor:
    """Return the entries of some queries as a boolean ``[number, G]`` tensor."""
    if not isinstance(entries, tuple):
        return torch.as_tensor(np.ascontiguousarray(entries[first : first + number]), device=device).clone()
    indptr, indices = entries
    bounds = indptr[first : first + number + 1]
    rows = np.repeat(np.arange(number), np.diff(bounds))
    mask = np.zeros((number, gallery), dtype=np.bool_)
    mask[rows, indices[bounds[0] : bounds[-1]]] = True
    return torch.as_tensor(mask, device=device)
