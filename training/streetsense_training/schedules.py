"""Learning rate and momentum as functions of the fractional epoch (MoCo v3, sections 4 and 5)."""

from __future__ import annotations

import math


def learning_rate(epoch: float, *, peak: float, epochs: float, warmup_epochs: float) -> float:
    """Return the learning rate: a linear rise during the warm-up, then half a cosine down to zero.

    Parameters
    ----------
    epoch : float
        Epochs done, fractional: it moves with every step.
    peak : float
        The rate at the end of the warm-up (the base rate times batch / 256).
    epochs, warmup_epochs : float
        Of the whole run, and of its rise.

    Returns
    -------
    float
        From 0 to ``peak``.
    """
    if epoch < warmup_epochs:
        return peak * epoch / warmup_epochs
    share = (epoch - warmup_epochs) / max(epochs - warmup_epochs, 1e-12)
    return peak * 0.5 * (1.0 + math.cos(math.pi * min(share, 1.0)))


def momentum(epoch: float, *, start: float, epochs: float) -> float:
    """Return how much of the momentum encoder stays in an update: from ``start`` by half a cosine to 1.

    Parameters
    ----------
    epoch : float
        Epochs done, fractional.
    start : float
        At the beginning (the paper: 0.99).
    epochs : float
        Of the whole run.
    """
    return 1.0 - 0.5 * (1.0 + math.cos(math.pi * min(epoch / epochs, 1.0))) * (1.0 - start)


def chance_loss(temperature: float, keys: int) -> float:
    """Return the symmetric loss where all ``keys`` look alike: twice ``2 * temperature * ln(keys)``."""
    return 2.0 * 2.0 * temperature * math.log(keys)
