r"""How long the steps are, as training goes on: factors on the learning rate.

With `t` the rows seen and `u` the share of the planned epochs that is over,

==========  ======================================================================
constant    :math:`1`
invscaling  :math:`(1 + t)^{-power}`, after each epoch
adaptive    :math:`5^{-k}` after `k` times that training made no progress
cosine      :math:`\frac{1}{2} (1 + \cos \pi u)`
one_cycle   from 1/25 up to 1 at :math:`u = 0.3`, then down to 0, both half a wave
==========  ======================================================================

References
----------
Loshchilov and Hutter (2017), SGDR: stochastic gradient descent with warm restarts,
ICLR.
Smith and Topin (2018), Super-convergence: very fast training of neural networks using
large learning rates, arXiv 1708.07120.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

NAMES = {"constant", "invscaling", "adaptive", "cosine", "one_cycle"}
#: Schedules that need to know when training ends.
PLANNED = {"cosine", "one_cycle"}
_SLOWER, _SLOWEST = 0.2, 1e-6
_WARM_UP, _FIRST = 0.3, 1.0 / 25.0


class Schedule:
    """A schedule and where training stands.

    Parameters
    ----------
    name : str
        One of `NAMES`.
    power : float
        Exponent of ``"invscaling"``.
    n_epochs : int
        Epochs that are planned.
    rate : float
        The learning rate that the factors multiply.
    epoch : int, default=0
        Epochs that are over.
    """

    def __init__(
        self, name: str, power: float, n_epochs: int, rate: float, epoch: int = 0
    ) -> None:
        self.name = name
        self.power = power
        self.n_epochs = n_epochs
        self.rate = rate
        self.epoch = epoch
        self.slowed = 1.0

    def next_epoch(self, n_samples: int, n_batches: int) -> Array:
        """Return the factor of each mini-batch of the next epoch."""
        before, self.epoch = self.epoch, self.epoch + 1
        if self.name == "invscaling":
            return np.full(n_batches, (1.0 + before * n_samples) ** -self.power)
        if self.name == "constant":
            return np.ones(n_batches)
        if self.name == "adaptive":
            return np.full(n_batches, self.slowed)
        over = (before + np.arange(n_batches) / n_batches) / self.n_epochs
        if self.name == "cosine":
            return _half_a_wave(over)
        up = 1.0 - (1.0 - _FIRST) * _half_a_wave(over / _WARM_UP)
        down = _half_a_wave((over - _WARM_UP) / (1.0 - _WARM_UP))
        return np.where(over < _WARM_UP, up, down)

    def slow_down(self) -> bool:
        """Go on more slowly where training would end; False if it is to end."""
        self.slowed *= _SLOWER
        return self.name == "adaptive" and self.rate * self.slowed >= _SLOWEST


def _half_a_wave(u: Array) -> Array:
    """Fall from 1 to 0 as `u` goes from 0 to 1."""
    return 0.5 * (1.0 + np.cos(np.pi * np.clip(u, 0.0, 1.0)))
