"""What a penalty offers: `value` and `prox`; everything else has a default.

A penalty is ``alpha * P(w)``, a sum over coordinates. Coordinate `j` of its methods is
the feature; all outputs or classes of a feature share it. The methods are those of the
record, in which `alpha` and the parameters are fields.

Kernels ask for blocks: `z` is a vector of weights, ``columns[i]`` the feature of weight
`i`, and the penalty a sum over blocks ``z[i:stop]`` with ``stop = block_end(columns,
i)``. Here a block is one weight; a penalty that is not separable writes the block
methods instead of those of one weight.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, ClassVar, cast

import numpy as np
from numpy.typing import NDArray

from .._compile import record
from .._parameters import Parameters

_BISECTIONS = 100
#: Curvature that counts as none: its reciprocal would overflow.
TINY = 1e-307


class Penalty(Parameters):
    r"""Base class of penalties, built in or your own.

    A subclass lists its parameters as annotated attributes and writes two methods, in
    the Python that Numba compiles (numbers, ``math``, ``if``, loops):

    * ``value(x, j)``: the penalty ``alpha * P`` of one weight `x` of feature `j`;
    * ``prox(x, step, j)``:
      :math:`\arg\min_u \frac{1}{2} (u - x)^2 + step \cdot value(u, j)`.

    ``self.alpha`` and the parameters are there to use; a parameter may be a list or an
    array with one number for each feature. With these two the penalty works in every
    estimator. Each further method makes it faster or its certificate sharper. The
    solvers trust them: test a `prox` of your own against its definition. Globals that
    the methods use are read once, when they are compiled; make them parameters.

    In a network `j` is the unit that a weight starts from: the feature in the first
    layer, a hidden unit in the others, where parameters per feature are refused.

    Attributes
    ----------
    convex : bool
        Whether the penalty is convex; a duality gap exists only then. Default False.
    separable : bool
        Whether it is a sum over single weights. Default True.
    isotropic : bool
        Whether the penalty of a block depends on its norm alone, so that solvers may
        rotate it. Default True.
    stops_at_bounds : bool
        Whether within bounds that the prox lies beyond the best weight is the bound or
        zero, as for every convex penalty; without that `Bounded` refuses one that is
        not convex. Default False.

    Examples
    --------
    >>> import math
    >>> from sklreg import LinearRegressor
    >>> from sklreg.penalties import Penalty
    >>> class CappedL1(Penalty):
    ...     cap: float = 1.0
    ...     def value(self, x, j):
    ...         return self.alpha * min(abs(x), self.cap)
    ...     def prox(self, x, step, j):
    ...         near = math.copysign(max(abs(x) - step * self.alpha, 0.0), x)
    ...         near = math.copysign(min(abs(near), self.cap), x)
    ...         far = math.copysign(max(abs(x), self.cap), x)
    ...         if 0.5 * (near - x) ** 2 + step * self.value(near, j) < (
    ...             0.5 * (far - x) ** 2 + step * self.value(far, j)
    ...         ):
    ...             return near
    ...         return far
    >>> model = LinearRegressor(penalty=CappedL1(cap=0.5), alpha=0.1)
    >>> model.fit([[0.0], [1.0], [2.0], [3.0]], [0.1, 1.9, 4.1, 5.9]).coef_.round(3)
    array([1.96])
    """

    _extra_fields: ClassVar[tuple[str, ...]] = ("alpha",)
    alpha: ClassVar[float]  # a field of the record
    convex = False
    separable = True
    isotropic = True
    stops_at_bounds = False

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.Record.at_strength = _at_strength(cls.Record)
        record(cls.Record)

    def record(self, alpha: float, n_features: int) -> Any:
        """Validate the parameters and return the record that kernels see.

        Parameters
        ----------
        alpha : float
            Strength of the penalty.
        n_features : int
            Number of features, for parameters given per feature.
        """
        self.validate()
        for verb in ("value", "prox"):
            if getattr(self.Record, verb) is getattr(Penalty, verb):
                arguments = "(self, x, j)" if verb == "value" else "(self, x, step, j)"
                msg = f"{type(self).__name__} must define {verb}{arguments}."
                raise TypeError(msg)
        fields = {name: _canonical(value) for name, value in self.get_params().items()}
        for name, value in fields.items():  # kernels do not check bounds
            if np.ndim(value) and value.shape != (n_features,):
                msg = (
                    f"{name} of {type(self).__name__} must have one number for each of "
                    f"the {n_features} features, got shape {value.shape}."
                )
                raise ValueError(msg)
        return self.Record(float(alpha), *fields.values())

    # What every penalty must write -----------------------------------------------

    def value(self, x: float, j: int) -> float:
        """Return the penalty of weight `x` of feature `j`."""
        raise NotImplementedError

    def prox(self, x: float, step: float, j: int) -> float:
        """Return the minimiser `u` of ``(u - x)^2 / 2 + step * value(u, j)``."""
        raise NotImplementedError

    def strength(self) -> float:
        """Return `alpha`. Python only."""
        return self.alpha

    # What has a default ----------------------------------------------------------

    def derivative(self, x: float, j: int) -> float:
        """Return the derivative of `value` at `x`, where `curvature` is finite."""
        return math.nan

    def curvature(self, x: float, j: int) -> float:
        """Return the second derivative of `value` at `x`, infinite at a kink.

        The default, infinite everywhere, excludes Newton steps.
        """
        return math.inf

    def within(self, x: float, j: int) -> float:
        """Return the nearest weight of finite penalty."""
        return x

    def violation(self, x: float, g: float, step: float, j: int) -> float:
        """Return the distance of ``-g`` to the subdifferential of `value` at `x`.

        The default is the prox residual ``|x - prox(x - step g)| / step``, zero at the
        same points when `step` is the reciprocal of the coordinate's curvature.
        """
        return abs(x - self.prox(x - step * g, step, j)) / step

    def conjugate(self, v: float, j: int) -> float:
        """Return the convex conjugate ``sup_x v x - value(x, j)``."""
        return math.inf

    def dual_scale(self, v: float, j: int) -> float:
        """Return the largest `t` in [0, 1] at which ``conjugate(t v)`` is wanted."""
        return 1.0

    # Blocks: one weight each -------------------------------------------------------

    def block_end(self, columns: NDArray[np.intp], i: int) -> int:
        """Return where the block that begins at `i` ends."""
        return i + 1

    def block_value(
        self, z: NDArray[np.float64], columns: NDArray[np.intp], i: int, stop: int
    ) -> float:
        """Return the penalty of the block."""
        return self.value(z[i], columns[i])

    def block_strength(self, columns: NDArray[np.intp], i: int, stop: int) -> float:
        """Return the factor `lambda` of a penalty ``lambda |z| + rest``, else nan.

        The rest may have kinks where single weights are zero, and no others.
        """
        return math.nan

    def block_prox(
        self,
        z: NDArray[np.float64],
        step: float,
        columns: NDArray[np.intp],
        i: int,
        stop: int,
    ) -> None:
        """Replace the block by the minimiser of ``|u - z|^2 / 2 + step * value(u)``."""
        z[i] = self.prox(z[i], step, columns[i])

    def block_violation(
        self,
        z: NDArray[np.float64],
        slopes: NDArray[np.float64],
        norms: NDArray[np.float64],
        columns: NDArray[np.intp],
        i: int,
        stop: int,
        out: NDArray[np.float64],
    ) -> None:
        """Write the distance of minus the slopes to the subdifferential.

        Penalties that know their prox only take a step of one over the squared norm of
        the column.
        """
        step = 1.0 / max(norms[i] * norms[i], 1e-300)
        out[i] = self.violation(z[i], slopes[i], step, columns[i])

    def block_derivatives(
        self,
        z: NDArray[np.float64],
        columns: NDArray[np.intp],
        i: int,
        stop: int,
        first: NDArray[np.float64],
        second: NDArray[np.float64],
        pull: NDArray[np.float64],
    ) -> None:
        """Write the gradient `first` and the Hessian ``diag(second) - pull pull'``."""
        first[i] = self.derivative(z[i], columns[i])
        second[i] = self.curvature(z[i], columns[i])
        pull[i] = 0.0

    def block_conjugate(
        self, v: NDArray[np.float64], columns: NDArray[np.intp], i: int, stop: int
    ) -> float:
        """Return the convex conjugate of `block_value`."""
        return self.conjugate(v[i], columns[i])

    def block_dual_scale(
        self, v: NDArray[np.float64], columns: NDArray[np.intp], i: int, stop: int
    ) -> float:
        """Return the largest `t` in [0, 1] at which `block_conjugate` is wanted."""
        return self.dual_scale(v[i], columns[i])

    def block_update(
        self,
        quadratic: Any,
        z: NDArray[np.float64],
        columns: NDArray[np.intp],
        i: int,
        stop: int,
    ) -> tuple[float, bool]:
        """Minimise `quadratic` plus penalty over the block, exactly and in place.

        Here ``z_i <- prox(z_i - slope_i / H_ii, 1 / H_ii)``. Blocks of several weights
        come in coordinates in which their part of `H` is diagonal. Returns the largest
        ``H_ii |change of z_i|`` and whether the block became or ceased to be zero.
        """
        curvature = quadratic.diagonal(i)
        if curvature <= TINY:
            return 0.0, False
        step, old = 1.0 / curvature, z[i]
        z[i] = self.prox(old - step * quadratic.slope(i), step, columns[i])
        if z[i] == old:
            return 0.0, False
        quadratic.move(i, z[i] - old)
        return curvature * abs(z[i] - old), (z[i] == 0.0) != (old == 0.0)

    def blocks(self, columns: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the number of the block that each weight belongs to. Python only.

        Asked only if the penalty is not separable; weights of one feature share it.
        """
        return columns

    # What is asked in Python -------------------------------------------------------

    def for_units(self, n_units: int) -> Any:
        """Return the record for weights that leave hidden units. Python only."""
        record = cast("Any", self)
        if any(map(np.ndim, record)):
            name = type(self).__qualname__.removesuffix(".Record")
            msg = (
                f"{name} has a number for each feature, which the {n_units} units of a "
                "hidden layer have not; give numbers, or hidden_layer_sizes=()."
            )
            raise ValueError(msg)
        return record

    def unpenalised(self, columns: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Tell which features are not penalised at any strength. Python only."""
        return np.zeros(len(columns), dtype=np.bool_)

    def excluded(self, columns: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Tell which features are zero at any strength. Python only."""
        return np.zeros(len(columns), dtype=np.bool_)

    def has_dual(self) -> bool:
        """Tell whether `conjugate` gives a usable duality gap. Python only."""
        return False

    def ridge_strength(self) -> float:
        """Return the factor of ``|w|^2 / 2`` that it is, nan if not. Python only."""
        return math.nan

    def is_smooth(self) -> bool:
        """Tell whether `curvature` is finite everywhere. Python only."""
        return False

    def nearest(
        self, w: NDArray[np.float64], columns: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        """Return the nearest weights of finite penalty, by feature. Python only."""
        return w

    def restated(self, scale: Any, dtype: Any) -> Any:
        """Return the penalty of weights that are `scale` times the user's. Python only.

        It is that of the scaled weights; but bounds, if there are any, are meant for
        the weights as the user gets them, of `dtype`.
        """
        return self

    def convex_relative(self) -> Any:
        """Return the record of a convex penalty to start from, or None. Python only.

        Where the penalty is not convex, what is found depends on where one begins.
        """
        return None

    def softmax_shift(
        self, rows: NDArray[np.float64], columns: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        """Return what to subtract from each row of softmax weights. Python only.

        Adding a constant to the weights of one feature for all classes leaves the
        probabilities as they are. Where the penalty does not mind either, this picks
        the representative; the default leaves the rows alone.
        """
        return np.zeros(len(rows))

    def critical_alpha(
        self, gradient: NDArray[np.float64], steps: NDArray[np.float64]
    ) -> float:
        """Return the smallest `alpha` at which zero is optimal. Python only.

        Zero is optimal for coordinate `j` if ``prox(-step g) = 0``. The default finds
        the strength by bisection, for it knows `prox` alone.

        Parameters
        ----------
        gradient, steps : array of shape (n_features, n_outputs), (n_features,)
            Gradient of the data term at zero, reciprocal curvature of each feature.
        """

        def all_zero(alpha: float) -> bool:
            penalty = cast("Any", self)._replace(alpha=alpha)
            return all(
                penalty.prox(-step * g, step, j) == 0.0
                for j, (row, step) in enumerate(zip(gradient, steps, strict=True))
                for g in row
            )

        return bisected(all_zero)


def bisected(all_zero: Callable[[float], bool]) -> float:
    """Return the least strength at which all are zero, infinite if there is none."""
    low, high = 0.0, 1.0
    while not all_zero(high):
        low, high = high, 4.0 * high
        if math.isinf(high):
            return math.inf
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if all_zero(middle) else (middle, high)
    return high


def _at_strength(cls: Any) -> Any:
    """Return the method that changes `alpha`, the first field of the record `cls`."""

    def at_strength(self: Any, alpha: float) -> Any:
        return cls(alpha, *self[1:])

    return at_strength


def _canonical(value: Any) -> Any:
    """Return `value` in the one type that kernels are compiled for."""
    if isinstance(value, list | tuple | np.ndarray):
        return np.ascontiguousarray(value, dtype=np.float64)
    return float(value)
