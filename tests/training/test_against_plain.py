"""The trainer against MoCo v3 written out plainly from its paper: the same loss, gradients and weights in float32.

The plain one shares nothing with the trainer but the initial weights and the augmented images: a transformer of a few
lines, torch's own batch normalisation, a loop over parameters for the momentum encoder, each view on its own.
"""

from __future__ import annotations

import copy
import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from tests.training.conftest import FixedPairs
from torch import Tensor, nn

from streetsense.images import IMAGENET
from streetsense_training.augment import augment
from streetsense_training.batches import StepBatch, StepBatches
from streetsense_training.distributed import Ranks
from streetsense_training.loading import ViewLoader
from streetsense_training.recipe import Recipe
from streetsense_training.shards import Shards
from streetsense_training.trainer import Trainer

WIDTH, HEADS, PATCH, GRID, TEMPERATURE = 64, 2, 16, 2, 0.2
Steps = tuple[Trainer, list[StepBatch]]


class PlainBlock(nn.Module):
    """A block of a transformer that normalises first; its parts are named as in timm, so that weights can be copied."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH, eps=1e-6), nn.LayerNorm(WIDTH, eps=1e-6)
        self.attn = nn.ModuleDict({"qkv": nn.Linear(WIDTH, 3 * WIDTH), "proj": nn.Linear(WIDTH, WIDTH)})
        self.mlp = nn.ModuleDict({"fc1": nn.Linear(WIDTH, 4 * WIDTH), "fc2": nn.Linear(4 * WIDTH, WIDTH)})

    def forward(self, tokens: Tensor) -> Tensor:
        queries, keys, values = self.attn["qkv"](self.norm1(tokens)).split(WIDTH, dim=2)
        heads = []
        for own in range(0, WIDTH, WIDTH // HEADS):
            part = slice(own, own + WIDTH // HEADS)
            scores = queries[..., part] @ keys[..., part].transpose(1, 2) / math.sqrt(WIDTH // HEADS)
            heads.append(scores.softmax(dim=2) @ values[..., part])
        tokens = tokens + self.attn["proj"](torch.cat(heads, dim=2))
        return tokens + self.mlp["fc2"](F.gelu(self.mlp["fc1"](self.norm2(tokens))))


class PlainTransformer(nn.Module):
    """A vision transformer up to [CLS] after the final norm; patches and positions do not learn."""

    def __init__(self) -> None:
        super().__init__()
        self.cls_token = nn.Parameter(torch.zeros(1, 1, WIDTH))
        self.pos_embed = nn.Parameter(torch.zeros(1, 1 + GRID**2, WIDTH), requires_grad=False)
        self.patch_embed = nn.ModuleDict({"proj": nn.Conv2d(3, WIDTH, PATCH, PATCH)}).requires_grad_(False)
        self.blocks = nn.Sequential(PlainBlock(), PlainBlock())
        self.norm = nn.LayerNorm(WIDTH, eps=1e-6)

    def forward(self, images: Tensor) -> Tensor:
        patches = self.patch_embed["proj"](images).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.cls_token.expand(len(images), 1, WIDTH), patches], dim=1) + self.pos_embed
        return self.norm(self.blocks(tokens))[:, 0]


def plain_head(*widths: int) -> nn.Sequential:
    """Linear layers without bias, each normalised over the batch; ReLU between them; no affine part at the end."""
    parts: list[nn.Module] = []
    for columns, rows in pairwise(widths[:-1]):
        parts += [nn.Linear(columns, rows, bias=False), nn.BatchNorm1d(rows), nn.ReLU()]
    return nn.Sequential(*parts, nn.Linear(*widths[-2:], bias=False), nn.BatchNorm1d(widths[-1], affine=False))


class PlainMoco:
    """Algorithm 1 of the paper, with the schedules of its sections 4 and 5."""

    def __init__(self, trainer: Trainer) -> None:
        recipe, model = trainer.recipe, trainer.model
        self.recipe = recipe
        self.base = nn.Sequential(
            PlainTransformer(), plain_head(WIDTH, recipe.hidden, recipe.hidden, recipe.projection)
        )
        self.predictor = plain_head(recipe.projection, recipe.hidden, recipe.projection)
        self.slow = copy.deepcopy(self.base).requires_grad_(False)
        self.optimizer = torch.optim.AdamW(
            [p for p in (*self.base.parameters(), *self.predictor.parameters()) if p.requires_grad],
            betas=(0.9, 0.999),
            eps=1e-8,
            weight_decay=recipe.weight_decay,
            foreach=False,
        )
        with torch.no_grad():
            theirs = dict(model.named_parameters())
            for name, parameter in self.named().items():
                parameter.copy_(theirs[name])

    def loss(self, first: Tensor, second: Tensor) -> Tensor:
        queries = [self.predictor(self.base(view)) for view in (first, second)]
        with torch.no_grad():
            keys = [self.slow(view) for view in (first, second)]
        return self._contrast(queries[0], keys[1]) + self._contrast(queries[1], keys[0])

    @staticmethod
    def _contrast(queries: Tensor, keys: Tensor) -> Tensor:
        queries, keys = queries / queries.norm(dim=1, keepdim=True), keys / keys.norm(dim=1, keepdim=True)
        logarithms = (queries @ keys.T / TEMPERATURE).log_softmax(dim=1)
        return -2 * TEMPERATURE * logarithms.diagonal().mean()

    def step(self, first: Tensor, second: Tensor, epoch: float) -> float:
        recipe = self.recipe
        peak, rest = recipe.base_learning_rate * recipe.batch / 256, recipe.epochs - recipe.warmup_epochs
        rate = peak * 0.5 * (1 + math.cos(math.pi * (epoch - recipe.warmup_epochs) / rest))
        if epoch < recipe.warmup_epochs:
            rate = peak * epoch / recipe.warmup_epochs
        self.optimizer.param_groups[0]["lr"] = rate
        momentum = 1 - 0.5 * (1 + math.cos(math.pi * epoch / recipe.epochs)) * (1 - recipe.momentum)
        with torch.no_grad():
            for slow, fast in zip(self.slow.parameters(), self.base.parameters(), strict=True):
                slow.copy_(momentum * slow + (1 - momentum) * fast)
        self.optimizer.zero_grad()
        loss = self.loss(first, second)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def named(self) -> dict[str, nn.Parameter]:
        """All parameters by the names that they have in the trainer's model."""
        modules = {"backbone": self.base[0], "projectors.temporal": self.base[1], "predictors.temporal": self.predictor}
        slow = {"momentum_backbone": self.slow[0], "momentum_projectors.temporal": self.slow[1]}
        return {
            f"{prefix}.{name}": parameter
            for prefix, module in (modules | slow).items()
            for name, parameter in module.named_parameters()
        }


@pytest.fixture
def steps(tmp_path: Path, shards: Shards, pairs: dict[str, FixedPairs], recipe: Recipe) -> Steps:
    """A trainer near the end of its warm-up, and the batches of its next three steps."""
    changed = recipe.model_copy(update={"batch": 12, "epochs": 8.0, "warmup_epochs": 1.5})
    batches = StepBatches({"temporal": pairs["temporal"]}, shards, changed, Ranks())
    trainer = Trainer(changed, batches, tmp_path, objectives=("temporal",))
    trainer.step = 2
    with torch.no_grad():  # Heads and norms that are not what they start as: weights, biases, [CLS].
        generator = torch.Generator().manual_seed(7)
        for parameter in trainer.model.trainable():
            parameter += 0.05 * torch.randn(parameter.shape, generator=generator)
    return trainer, list(batches.iterate(ViewLoader(shards), 2, 5))


def images_of(batch: StepBatch, recipe: Recipe) -> Tensor:
    return augment(batch.images(torch.device("cpu")), batch.parameters, recipe.image_size, IMAGENET)


def seen(name: str, values: Tensor) -> Tensor:
    """Leave out what the loss cannot see, whose gradient is rounding that Adam blows up to whole steps.

    That is the bias of the keys, which adds the same to all of a softmax's scores, and that of the last norm, which the
    first batch normalisation of the projector takes out again.
    """
    if name.endswith("backbone.norm.bias"):
        return values[:0]
    return torch.cat([values[:WIDTH], values[2 * WIDTH :]]) if name.endswith("qkv.bias") else values


def test_loss_and_gradients_are_those_of_the_plain_one(steps: Steps) -> None:
    trainer, batches = steps
    plain = PlainMoco(trainer)
    images = images_of(batches[0], trainer.recipe)
    losses = trainer.learner.losses(images, batches[0].sizes)
    expected = plain.loss(*images.chunk(2))
    expected.backward()
    assert abs(losses[0].item() - expected.item()) <= 1e-5
    gradients = {name: own.grad for name, own in plain.named().items() if own.grad is not None}
    assert set(gradients) == {name for name, own in trainer.model.named_parameters() if own.requires_grad}
    for name, own in trainer.model.named_parameters():
        if name in gradients:
            size = gradients[name].abs().max().item()
            assert (own.grad - gradients[name]).abs().max() <= 1e-5 * max(size, 1.0), name
            assert size > 1e-3 or not len(seen(name, own.grad)), name


def test_three_steps_give_the_weights_of_the_plain_one(steps: Steps) -> None:
    trainer, batches = steps
    plain = PlainMoco(trainer)
    before = {name: own.detach().clone() for name, own in trainer.model.named_parameters()}
    for batch in batches:
        loss = trainer._train_step(batch)[0].item()
        epoch = trainer.step / trainer.batches.steps_per_epoch
        assert loss == pytest.approx(plain.step(*images_of(batch, trainer.recipe).chunk(2), epoch), abs=1e-5)
        trainer.step += 1
    expected = plain.named()
    for name, own in trainer.model.named_parameters():
        apart = seen(name, (own.data - expected[name].data).abs()).flatten()
        if len(apart):  # Adam also makes much of single gradients that happen to be almost nothing.
            assert apart.quantile(0.999) <= 1e-5, name
            assert apart.max() <= 1e-4, name
        frozen = "patch_embed" in name or "pos_embed" in name
        assert ((own.data - before[name]).abs().max() > 1e-4).item() is not frozen


def test_pairs_that_are_mixed_up_have_another_loss(steps: Steps) -> None:
    trainer, batches = steps
    plain = PlainMoco(trainer)
    images = images_of(batches[0], trainer.recipe)
    expected = plain.loss(*images.chunk(2)).item()
    shuffled = replace(batches[0], source=batches[0].source.roll(1))
    assert abs(trainer.learner.losses(images_of(shuffled, trainer.recipe), shuffled.sizes)[0].item() - expected) > 1e-3
