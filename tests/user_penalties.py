"""Penalties as a user writes them, outside the package: `value` and `prox` only.

MCP also says from where to start, as the library's own does."""

from __future__ import annotations

import math

from sklreg.penalties import L1, Penalty


class LHalf(Penalty):
    """The square root of ``|w|``; Xu et al. (2012), L1/2 regularization, eq. 11."""

    def value(self, x, j):
        return self.alpha * math.sqrt(abs(x))

    def prox(self, x, step, j):
        strength = step * self.alpha
        size = abs(x)
        if strength == 0.0:
            return x
        if size <= 1.5 * strength ** (2.0 / 3.0):
            return 0.0
        angle = math.acos(min(1.0, 0.25 * strength * (size / 3.0) ** -1.5))
        root = 2.0 / 3.0 * size * (1.0 + math.cos(2.0 / 3.0 * (math.pi - angle)))
        return math.copysign(root, x)


class MCP(Penalty):
    """Minimax concave penalty of weights in any unit; Zhang (2010)."""

    gamma: float = 3.0

    def value(self, x, j):
        size = min(abs(x), self.gamma * self.alpha)
        return self.alpha * size - 0.5 * size * size / self.gamma

    def prox(self, x, step, j):
        size = abs(x)
        limit = self.gamma * self.alpha
        if step >= self.gamma:  # concave all the way: either zero or the flat part
            flat = step * self.value(limit, j)
            return x if 0.5 * size * size > flat and size > limit else 0.0
        if size > limit:
            return x
        shrunk = max(size - step * self.alpha, 0.0) / (1.0 - step / self.gamma)
        return math.copysign(shrunk, x)

    def convex_relative(self):
        return L1().record(self.alpha, 0)
