"""How much of a host's patience may be used."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class HostLimits:
    """What one host may be asked.

    Attributes
    ----------
    connections : int
        Requests under way at the same time, at most.
    per_second : float or None
        Requests begun in any second, at most; None for as many as the connections carry.
    attempts : int
        How often one question is asked before it counts as failed.
    timeout_s : float
        Seconds that one attempt may take in all.
    """

    connections: int = 8
    per_second: float | None = None
    attempts: int = 6
    timeout_s: float = 60.0

    def lowered(self, connections: int | None = None, per_second: float | None = None) -> HostLimits:
        """Return these limits, or lower ones: what a user wants never goes beyond what the provider allows."""
        fewest = min(self.connections, connections) if connections is not None else self.connections
        slowest = min((rate for rate in (self.per_second, per_second) if rate is not None), default=None)
        return HostLimits(fewest, slowest, self.attempts, self.timeout_s)
