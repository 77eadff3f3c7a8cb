"""One training step: momentum encoder, keys, losses, gradients, weights. Nothing in it waits for the device."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from streetsense.encoders import choose_precision
from streetsense_training.distributed import average_gradients
from streetsense_training.moco import MomentumContrast
from streetsense_training.recipe import Recipe
from streetsense_training.schedules import chance_loss
from streetsense_training.vit import build_backbone, use_plain_attention


class Learner:
    """The model of a recipe and its optimizer, on a device.

    Parameters
    ----------
    recipe : Recipe
        Architecture, heads, precision, weights of the objectives, seed.
    objectives : tuple of str
        What is learned.
    device : torch.device
        Where.
    prepare : callable, optional
        Called with the fresh backbone, before the momentum encoder copies it: a warm start.

    Attributes
    ----------
    model : MomentumContrast
        What is trained.
    optimizer : torch.optim.AdamW
        One group: weight decay acts on everything that is trained.
    precision : str
        ``bf16`` or ``fp32``.
    chance : float
        The weighted loss of an encoder that cannot tell views apart.
    """

    def __init__(
        self,
        recipe: Recipe,
        objectives: tuple[str, ...],
        device: torch.device,
        prepare: Callable[[nn.Module], None] | None = None,
    ) -> None:
        self._micro_batch, self._device = recipe.micro_batch, device
        self._weights = {objective: recipe.weights.get(objective, 1.0) for objective in objectives}
        self.precision = choose_precision(device, recipe.precision)
        self.model = build_model(recipe, objectives, prepare).to(device)
        if device.type == "cpu" and self.precision == "bf16":
            use_plain_attention(self.model)
        if recipe.compile:
            self.model.backbone.compile()
            self.model.momentum_backbone.compile()
        self._trained = self.model.trainable()
        self.optimizer = torch.optim.AdamW(
            self._trained, lr=0.0, betas=(0.9, 0.999), eps=1e-8, weight_decay=recipe.weight_decay, fused=True
        )
        each = chance_loss(recipe.temperature, recipe.batch // len(objectives))
        self.chance = sum(weight * each for weight in self._weights.values())

    def step(self, images: Tensor, sizes: dict[str, int], *, learning_rate: float, momentum: float) -> Tensor:
        """Update the momentum encoder, then the weights.

        Parameters
        ----------
        images, sizes
            As for `losses`.
        learning_rate, momentum : float
            Of this step.

        Returns
        -------
        Tensor
            As `losses`, of this process's part of the batch.
        """
        self.optimizer.param_groups[0]["lr"] = learning_rate
        self.model.update_momentum_encoder(momentum)
        self.optimizer.zero_grad(set_to_none=True)
        losses = self.losses(images, sizes)
        average_gradients(self._trained)
        self.optimizer.step()
        return losses

    def losses(self, images: Tensor, sizes: dict[str, int]) -> Tensor:
        """Compute the losses of normalised images and, where gradients are on, their gradients.

        With ``micro_batch`` the backbone sees the images in pieces, and the contrastive batch is still the whole one:
        features are computed without gradient first, heads, keys and loss see all of them, and then each piece goes
        through the backbone again with the gradient that its features got (gradient caching, Gao et al. 2021). Batch
        statistics exist in the heads alone, so the result is that of the whole batch at once, for a third more work.

        Parameters
        ----------
        images : Tensor
            ``[2n, 3, S, S]``: first views, then second ones.
        sizes : dict of str to int
            Objective to its pairs, in order.

        Returns
        -------
        Tensor
            ``[1 + objectives]`` float32, detached: the weighted sum, then each objective's loss.
        """
        pieces = torch.split(images, self._micro_batch or len(images))
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self.precision == "bf16"):
            with torch.no_grad():
                slow = torch.cat([self.model.momentum_features(piece) for piece in pieces])
            if len(pieces) == 1:
                features = self.model.features(images)
                cached = features
            else:
                with torch.no_grad():
                    features = torch.cat([self.model.features(piece) for piece in pieces])
                cached = features.requires_grad_()
            each = self._losses_of_features(cached, slow, sizes)
            total = torch.stack([self._weights[name] * loss for name, loss in each.items()]).sum()
        total.backward()  # type: ignore[no-untyped-call]
        if len(pieces) > 1 and cached.grad is not None:
            for piece, gradient in zip(pieces, torch.split(cached.grad, self._micro_batch or 0), strict=True):
                with torch.autocast(self._device.type, torch.bfloat16, enabled=self.precision == "bf16"):
                    again = self.model.features(piece)
                torch.autograd.backward([again], [gradient])
        return torch.stack([total, *each.values()]).detach().float()

    def _losses_of_features(self, fast: Tensor, slow: Tensor, sizes: dict[str, int]) -> dict[str, Tensor]:
        half, begin = len(fast) // 2, 0
        losses = {}
        for objective, size in sizes.items():
            one, two = slice(begin, begin + size), slice(half + begin, half + begin + size)
            keys = (self.model.project_keys(objective, slow[one]), self.model.project_keys(objective, slow[two]))
            losses[objective] = self.model.loss(objective, (fast[one], fast[two]), keys)
            begin += size
        return losses


def build_model(
    recipe: Recipe, objectives: tuple[str, ...], prepare: Callable[[torch.nn.Module], None] | None = None
) -> MomentumContrast:
    """Build the model of a recipe on the CPU, with initial weights that follow from its seed alone.

    Parameters
    ----------
    recipe : Recipe
        Architecture, heads and seed.
    objectives : tuple of str
        What is learned.
    prepare : callable, optional
        Changes the backbone's weights before the momentum encoder copies them: a warm start.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        backbone = build_backbone(recipe.architecture, recipe.image_size, dict(recipe.options))
        if prepare is not None:
            prepare(backbone)
        return MomentumContrast(
            backbone,
            objectives,
            projection=recipe.projection,
            hidden=recipe.hidden,
            temperature=recipe.temperature,
            shared_heads=recipe.shared_heads,
            checkpoint_blocks=recipe.checkpoint_blocks,
        ).train()


def describe_architecture(recipe: Recipe) -> str:
    """Return the architecture with image size, options and heads, in a line."""
    options = "".join(f" {name}={value}" for name, value in sorted(recipe.options.items()))
    return f"{recipe.architecture} {recipe.image_size} px{options}, heads {recipe.hidden}-{recipe.projection}"
