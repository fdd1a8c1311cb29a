"""How far a point is from stationary, absolute and relative."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .layers import Flat
from .objective import Objective
from .scales import Scales

Array = NDArray[np.float64]


class Residual(NamedTuple):
    """An objective and the units its violations are compared in."""

    objective: Objective
    scales: Scales

    def absolute(self, theta: Flat, gradient: Flat) -> float:
        """Return the largest violation in the user's units."""
        found = self.objective.violations(theta, gradient, self.scales.steps)
        return float(found.max())

    def relative(self, theta: Flat, gradient: Flat) -> float:
        """Return the largest violation relative to `Scales.violations`."""
        found = self.objective.violations(theta, gradient, self.scales.steps)
        return float((found / self.per_parameter(self.scales.violations)).max())

    def per_parameter(self, per_layer: Array) -> Any:
        """Repeat one number per layer for each of its parameters."""
        return np.repeat(per_layer, np.diff(self.objective.network.starts))
