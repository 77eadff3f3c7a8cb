"""MoCo v3 for one or several objectives: a backbone, its slow copy, their heads, and the contrastive loss.

Section 3 of Chen, Xie and He (2021). The pairs decide what is learned: two augmentations of one view (self), two times
of one place (temporal), two places of one neighbourhood (spatial). With several objectives one backbone learns them
together, each with negatives of its own.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from streetsense_training.distributed import GlobalBatchNorm, gather_keys, own_rank

#: The head that all objectives use when they share one.
SHARED = "shared"


def mlp(widths: Sequence[int], *, last_norm: bool = True) -> nn.Sequential:
    """Build a head: linear layers without bias, normalised over the batch, with ReLU between them.

    Parameters
    ----------
    widths : sequence of int
        Of the input and of each layer's output.
    last_norm : bool
        Whether the output is normalised too (without weight and bias), as MoCo v3 does for ViTs.
    """
    layers: list[nn.Module] = []
    for number, (columns, rows) in enumerate(pairwise(widths), start=1):
        layers.append(nn.Linear(columns, rows, bias=False))
        is_last = number == len(widths) - 1
        if not is_last:
            layers += [GlobalBatchNorm(rows), nn.ReLU(inplace=True)]
        elif last_norm:
            layers.append(GlobalBatchNorm(rows, affine=False))
    return nn.Sequential(*layers)


def info_nce(queries: Tensor, keys: Tensor, temperature: float) -> Tensor:
    """Return the contrastive loss of one direction, times ``2 * temperature``.

    Parameters
    ----------
    queries : Tensor
        ``[N, D]``; row i belongs to row i of ``keys``.
    keys : Tensor
        ``[N, D]``. The keys of all processes are the candidates, those of the other rows the negatives.
    temperature : float
        tau.

    Returns
    -------
    Tensor
        Scalar float32, the mean over the N rows.
    """
    with torch.autocast(queries.device.type, enabled=False):  # logits are compared closely: always float32
        queries = F.normalize(queries.float(), dim=1)
        candidates = gather_keys(F.normalize(keys.float(), dim=1))
        own = torch.arange(len(queries), device=queries.device) + len(queries) * own_rank()
        return F.cross_entropy(queries @ candidates.T / temperature, own) * (2 * temperature)


class MomentumContrast(nn.Module):
    """A backbone that learns, its momentum encoder, and heads for each objective.

    Parameters
    ----------
    backbone : nn.Module
        From `streetsense_training.vit.build_backbone`, with ``num_features``.
    objectives : sequence of str
        What is learned at once.
    projection, hidden : int
        Widths of the heads' output and of their hidden layers (the paper: 256 and 4096).
    temperature : float
        tau.
    shared_heads : bool
        One projector and predictor for all objectives instead of one each.
    checkpoint_blocks : bool
        Compute the activations of the blocks again in the backward pass instead of keeping them.

    Attributes
    ----------
    backbone, projectors, predictors : nn.Module
        What gradients train.
    momentum_backbone, momentum_projectors : nn.Module
        Their slow copies; they never get gradients. Their batch statistics are those of their own batch.
    """

    def __init__(
        self,
        backbone: nn.Module,
        objectives: Sequence[str],
        *,
        projection: int = 256,
        hidden: int = 4096,
        temperature: float = 0.2,
        shared_heads: bool = False,
        checkpoint_blocks: bool = False,
    ) -> None:
        super().__init__()
        self.objectives, self.temperature = tuple(objectives), temperature
        self._head_of = {objective: SHARED if shared_heads else objective for objective in objectives}
        self._checkpoint_blocks = checkpoint_blocks
        width: int = backbone.num_features  # type: ignore[assignment]
        heads = sorted(set(self._head_of.values()))
        self.backbone = backbone
        self.projectors = nn.ModuleDict({head: mlp((width, hidden, hidden, projection)) for head in heads})
        self.predictors = nn.ModuleDict({head: mlp((projection, hidden, projection)) for head in heads})
        self.momentum_backbone = copy.deepcopy(backbone)
        self.momentum_projectors = copy.deepcopy(self.projectors)
        for parameter in self._slow():
            parameter.requires_grad = False

    def trainable(self) -> list[nn.Parameter]:
        """Return the parameters that gradients change, in a fixed order."""
        return [parameter for parameter in self.parameters() if parameter.requires_grad]

    @torch.no_grad()
    def update_momentum_encoder(self, momentum: float) -> None:
        """Move the slow copy towards the learning one: ``slow = momentum * slow + (1 - momentum) * fast``.

        Call it before the keys are computed. Parameters alone are averaged, all in a few fused operations.
        """
        fast, slow = self._averaged
        torch._foreach_lerp_(slow, fast, 1.0 - momentum)

    def features(self, images: Tensor) -> Tensor:
        """Return the learning backbone's [CLS] after the final norm, ``[B, width]``, of ``[B, 3, S, S]`` images."""
        return _features(self.backbone, images, checkpoint_blocks=self._checkpoint_blocks)

    @torch.no_grad()
    def keys(self, objective: str, images: Tensor) -> Tensor:
        """Return the momentum encoder's keys, ``[B, projection]``, of one view of each of an objective's pairs."""
        return self.project_keys(objective, _features(self.momentum_backbone, images))

    @torch.no_grad()
    def momentum_features(self, images: Tensor) -> Tensor:
        """Return the slow backbone's features, ``[B, width]``."""
        return _features(self.momentum_backbone, images)

    @torch.no_grad()
    def project_keys(self, objective: str, features: Tensor) -> Tensor:
        """Return keys from the slow backbone's features."""
        projected: Tensor = self.momentum_projectors[self._head_of[objective]](features)
        return projected

    def loss(self, objective: str, features: tuple[Tensor, Tensor], keys: tuple[Tensor, Tensor]) -> Tensor:
        """Return the symmetric loss of one objective: each view's query finds the other view's key.

        Parameters
        ----------
        objective : str
            Which heads.
        features : pair of Tensor
            ``[N, width]`` of the first and of the second views, from the learning backbone.
        keys : pair of Tensor
            ``[N, projection]`` of the first and of the second views.
        """
        head = self._head_of[objective]
        projector, predictor = self.projectors[head], self.predictors[head]
        first, second = (predictor(projector(own)) for own in features)
        return info_nce(first, keys[1], self.temperature) + info_nce(second, keys[0], self.temperature)

    def _slow(self) -> Iterator[nn.Parameter]:
        yield from self.momentum_backbone.parameters()
        yield from self.momentum_projectors.parameters()

    @property
    def _averaged(self) -> tuple[list[Tensor], list[Tensor]]:
        """The parameters that the momentum encoder follows, beside its own; frozen ones are equal already."""
        fast = [*self.backbone.parameters(), *self.projectors.parameters()]
        pairs = [(one.data, two.data) for one, two in zip(fast, self._slow(), strict=True) if one.requires_grad]
        return [one for one, _ in pairs], [two for _, two in pairs]


def _features(backbone: nn.Module, images: Tensor, *, checkpoint_blocks: bool = False) -> Tensor:
    model: Any = backbone
    if checkpoint_blocks and hasattr(model, "set_grad_checkpointing"):
        model.set_grad_checkpointing(torch.is_grad_enabled())
    # Called as a whole, because that is what `nn.Module.compile` compiles; without a head it returns the embedding.
    pooled: Tensor = model(images)
    return pooled
