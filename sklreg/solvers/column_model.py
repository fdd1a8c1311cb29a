"""The second-order model of one output that keeps to columns: no Hessian is formed."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .column_descent import minimize_along_in_columns, minimize_in_columns
from .core import Core
from .problem import Array, Problem
from .quadratic import ColumnQuadratic, column_moments
from .second_order import inverse_of

#: Share of the strength at which weights are nearly wanted.
_NEARLY = 0.9


class ColumnModel(NamedTuple):
    """Model of one output that keeps to the columns of its Hessian ``X~' h X~``."""

    features: NDArray[np.intp]
    outputs: NDArray[np.intp]
    columns: Any  # design
    rows: Array  # h
    mean: Array
    scale: Array
    curvatures: Array
    total: float
    coupling: Array
    inverse: Array
    formed: Core
    spent: Array  # 1: multiplications that epochs have taken

    @classmethod
    def of(
        cls,
        design: Any,
        features: NDArray[np.intp],
        h: Array,
        centre: bool,
        smaller: Any,  # a model, or None
    ) -> ColumnModel:
        """Form the model in the columns of `design`, from a smaller one if given."""
        design, k = design.formed(), len(features)
        mean, curvatures, coupling = np.empty(k), np.empty(k), np.empty(k)
        first = 0
        if smaller is not None:
            known = smaller.moments()
            first = len(known[0])
            mean[:first], curvatures[:first], coupling[:first] = known
        total = column_moments(
            design.design,
            h,
            design.mean,
            design.scale,
            centre,
            first,
            mean,
            curvatures,
            coupling,
        )
        inverse = inverse_of(np.array([[h.sum()]]), centre)
        core, spent = Core.empty(k), np.zeros(1)
        if smaller is not None:
            core, spent = smaller.core(k)
            root = coupling * np.sqrt(inverse[0, 0])
            core = core.grown(design, h, root, spent[0])
        return cls(
            features,
            np.zeros_like(features),
            design.design,
            h,
            mean,
            design.scale,
            curvatures,
            total,
            coupling[:, None],
            inverse,
            core,
            spent,
        )

    def minimize(
        self, problem: Problem, z: Array, slopes: Array, tolerance: float
    ) -> None:
        """Minimise model plus penalty in place, to about `tolerance`."""
        n_epochs = minimize_in_columns(
            self._quadratic(slopes),
            problem.penalty,
            problem.columns[self.features],
            z,
            tolerance,
            self.formed,
        )
        self.spent[0] += n_epochs * self.columns.epoch_work()

    def minimize_along(
        self,
        problem: Problem,
        z: Array,
        slopes: Array,
        alphas: Array,
        share: float,
        behind: list[tuple[float, Array]],
    ) -> Array:
        """Minimise for some strengths of the penalty in turn; one row for each.

        To `share` of the largest slope before each, from where the solutions of the
        last two strengths lead to, which are `behind`.
        """
        found, n_epochs = minimize_along_in_columns(
            self._quadratic(slopes),
            problem.penalty,
            problem.columns[self.features],
            z,
            alphas,
            share,
            behind,
            self.formed,
        )
        self.spent[0] += n_epochs * self.columns.epoch_work()
        return found

    def goes_along(self, penalty: Any, w: Array) -> bool:
        """Tell whether `minimize_along` gets far: always."""
        return True

    def foresight(self) -> tuple[float, int]:
        """Return the same as of a Gram matrix; here weights cost little.

        So do those that will nearly be wanted, for no gradient is quite as expected.
        """
        return _NEARLY, 2

    def core(self, k: int) -> tuple[Core, Array]:
        """Return the core of a larger model, and what epochs have taken so far."""
        return self.formed, self.spent

    def moments(self) -> tuple[Array, Array, Array]:
        """Return means, curvatures and coupling, as a larger model begins with."""
        return self.mean, self.curvatures, self.coupling[:, 0]

    def extended(self, old: Any, m: int, problem: Problem) -> None:
        """Add nothing in place: columns are not copied."""

    def _quadratic(self, slopes: Array) -> ColumnQuadratic:
        """Return the quadratic at the point of these slopes."""
        return ColumnQuadratic(
            self.columns,
            self.rows,
            self.mean,
            self.scale,
            self.curvatures,
            slopes,
            np.zeros(len(self.rows)),
            np.zeros(1),
            self.total,
        )
