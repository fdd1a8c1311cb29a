"""The second-order model with its Hessian formed: a Gram matrix."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .blocks import Frame
from .core import Core
from .problem import Array, Curvature, Problem
from .second_order import inverse_of, second_order

#: By what factor the room for a Hessian grows, at least.
_GROWTH = 1.5
#: Weights times weights in use up to which a Newton step costs next to nothing.
_LITTLE = 1e5


class GramModel(NamedTuple):
    """Model with its Hessian formed; weights ordered by output, then feature."""

    features: NDArray[np.intp]  # of each weight
    outputs: NDArray[np.intp]  # of each weight
    hessian: Array  # weights x weights or more: intercepts eliminated, room to grow
    coupling: Array  # weights x n_outputs: C, how weights and intercepts meet
    inverse: Array  # n_outputs x n_outputs: B^+, zeros without intercept
    frame: Frame  # in which it is minimised

    @classmethod
    def of(
        cls, problem: Problem, h: Curvature, members: list[NDArray[np.intp]]
    ) -> GramModel:
        """Form the model in some features of each output."""
        hessian, coupling = second_order(problem.design, members, h)
        inverse = inverse_of(h.total(), problem.fit_intercept)
        if problem.fit_intercept:
            hessian -= coupling @ inverse @ coupling.T
        outputs = np.repeat(np.arange(len(members)), [len(each) for each in members])
        features = np.concatenate(members)
        frame = Frame.of(problem.penalty, problem.columns[features], hessian)
        return cls(features, outputs, hessian, coupling, inverse, frame)

    def minimize(
        self, problem: Problem, z: Array, slopes: Array, tolerance: float
    ) -> None:
        """Minimise model plus penalty in place, exactly."""
        columns = problem.columns[self.features]
        self.frame.minimize(slopes, problem.penalty, columns, z, tolerance)

    def minimize_along(
        self,
        problem: Problem,
        z: Array,
        slopes: Array,
        alphas: Array,
        share: float,
        behind: list[tuple[float, Array]],
    ) -> Array:
        """Minimise for some strengths of the penalty in turn, as Newton steps can.

        To `share` of the largest slope before each; one row for each minimiser.
        """
        del behind
        columns = problem.columns[self.features]
        return self.frame.minimize_along(
            slopes, problem.penalty, columns, z, alphas, share
        )

    def goes_along(self, penalty: Any, w: Array) -> bool:
        """Tell whether `minimize_along` gets far.

        Where many weights are in use epochs first find out which come and go.
        """
        return bool(not penalty.is_smooth() and w.size * np.count_nonzero(w) <= _LITTLE)

    def foresight(self) -> tuple[float, int]:
        """Return at what share of the strength weights join, and how many at once.

        As many as this times those in use.
        """
        return 1.0, 1

    def core(self, k: int) -> tuple[Core, Array]:
        """Return the core of a model in columns, `k` in all, that goes on from here."""
        old = len(self.features)
        core = Core.of(np.arange(old), k, self.hessian[:old, :old])
        return core, np.zeros(1)

    def moments(self) -> tuple[Array, Array, Array]:
        """Return the moments that a larger model in columns need not sum: of none."""
        return np.empty(0), np.empty(0), np.empty(0)

    def extended(self, old: Any, m: int, problem: Problem) -> GramModel:
        """Add the last `m` columns to the model of a quadratic loss on those of `old`.

        `problem` is that in the columns of both. The Hessian grows in place while there
        is room, which leaves this one as it is.
        """
        penalty = problem.penalty
        k, new, h = old.shape[1], problem.design.last_columns(m), problem.weight
        hessian, added = self.hessian, slice(k, k + m)
        if len(hessian) < k + m:
            room = max(k + m, int(_GROWTH * len(hessian)))
            hessian = np.empty((room, room))
            hessian[:k, :k] = self.hessian[:k, :k]
        hessian[:k, added] = old.cross(new, h)
        hessian[added, added], sums = new.gram(h)
        coupling = np.vstack([self.coupling, sums[:, None]])
        if problem.fit_intercept:
            hessian[: k + m, added] -= self.inverse * (coupling @ coupling[added].T)
        hessian[added, :k] = hessian[:k, added].T
        features = np.arange(k + m)
        outputs = np.zeros_like(features)
        frame = self.frame.enlarged(penalty, problem.columns, hessian)
        return GramModel(features, outputs, hessian, coupling, self.inverse, frame)
