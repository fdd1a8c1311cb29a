"""When to stop, and which weights to keep."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .layers import Flat


class Patience:
    """Stop after some epochs without improvement; remember the best weights.

    Two references: an epoch counts as an improvement if its value is below the last
    improvement by more than `min_delta`, but the weights kept are those of the lowest
    value, of the last such epoch if there are several.

    Parameters
    ----------
    min_delta : float
        Smallest decrease that counts, in units of the value.
    n_iter_no_change : int
        Stop once as many epochs in a row have not improved.
    start_from_epoch : int, default=0
        Epochs before the first that is looked at.
    """

    def __init__(
        self, min_delta: float, n_iter_no_change: int, start_from_epoch: int = 0
    ) -> None:
        self.min_delta = min_delta
        self.n_iter_no_change = n_iter_no_change
        self.start_from_epoch = start_from_epoch
        self.reference = math.inf
        self.misses = 0
        self.n_seen = 0
        self.best = math.inf
        self.best_epoch = 0
        self.best_theta: Flat | None = None
        self.stops: list[int] = []

    def update(self, value: float, theta: Flat) -> bool:
        """Take note of an epoch; return whether to stop."""
        self.n_seen += 1
        if self.n_seen <= self.start_from_epoch:
            return False
        if value <= self.best:
            self.best, self.best_epoch = value, self.n_seen
            self.best_theta = theta.copy()
        if value < self.reference - self.min_delta:
            self.reference, self.misses = value, 0
        else:
            self.misses += 1
        stop = self.misses >= self.n_iter_no_change
        if stop:
            self.stops.append(self.n_seen)
        return stop

    def go_on(self) -> bool:
        """Count from zero again; return whether that is possible."""
        self.misses = 0
        return True


class FixedLength:
    """Stop after a number of epochs; the last weights are the best.

    Parameters
    ----------
    n_epochs : int
        How many.
    stops : sequence of int, default=()
        Epochs after which another training would have ended, but went on more slowly.
    """

    def __init__(self, n_epochs: int, stops: Sequence[int] = ()) -> None:
        self.n_epochs = n_epochs
        self.stops = frozenset(stops)
        self.best_epoch = 0
        self.best_theta: Flat | None = None

    def update(self, value: float, theta: Flat) -> bool:
        """Take note of an epoch; return whether to stop."""
        del value
        self.best_epoch, self.best_theta = self.best_epoch + 1, theta
        return self.best_epoch in self.stops or self.best_epoch >= self.n_epochs

    def go_on(self) -> bool:
        """Return whether epochs are left."""
        return self.best_epoch < self.n_epochs
