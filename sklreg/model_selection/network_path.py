"""Networks along a sequence of strengths, from dense to sparse."""

from __future__ import annotations

import copy
import numbers
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.utils import check_random_state

from .._validation import checked_weights
from ..neural._base import Perceptron
from ..neural._fitted import ADVICE
from ..neural.architecture import batch_size_of, epochs_of
from ..neural.objective import Objective
from ..neural.scales import measure
from ..neural.targets import Sample, without_absent_rows
from .choosing import warn_of_fits
from .grid import Array
from .network_grid import network_strengths

#: Epochs of later networks with classes: this share of those of the first, ...
_SHARE = 0.1
#: ... and so many steps at least, which move a weight by its typical size.
_STEPS = 250


class NetworkPath(NamedTuple):
    """Networks for decreasing strengths, one per entry of `alphas`."""

    alphas: Array  # n_alphas, decreasing
    coefs: list[list[NDArray[Any]]]  # n_alphas x n_layers: weights, (fan_in, fan_out)
    intercepts: list[list[NDArray[Any]]]  # n_alphas x n_layers: biases, (fan_out,)
    losses: Array  # n_alphas: mean loss of the rows fitted
    objectives: Array  # n_alphas: the same plus the penalties
    sparsities: Array  # n_alphas: share of weights that are zero
    kkt_residuals: Array  # n_alphas
    selected_features: NDArray[np.bool_]  # n_alphas x n_features: those used at all
    n_iters: NDArray[np.intp]  # n_alphas

    @classmethod
    def of(cls, alphas: Array, models: list[Perceptron]) -> NetworkPath:
        """Return what the fitted networks for each strength hold."""
        features = range(models[0].n_features_in_)
        return cls(
            alphas,
            [model.coefs_ for model in models],
            [model.intercepts_ for model in models],
            np.array([model.loss_ for model in models]),
            np.array([model.objective_ for model in models]),
            np.array([model.sparsity_ for model in models]),
            np.array([model.kkt_residual_ for model in models]),
            np.array([np.isin(features, model.selected_features_) for model in models]),
            np.array([model.n_iter_ for model in models]),
        )


def mlp_path(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    alphas: Any = 20,
    alpha_min_ratio: float | None = None,
    sample_weight: Any = None,
) -> NetworkPath:
    r"""Train a network for a sequence of strengths, from dense to sparse.

    The first network, for the smallest strength, starts from random weights. Each next
    one goes on from the weights, and the optimiser's state, of the one before: weights
    that became zero together with all that they fed stay zero, so that the other
    direction would never leave the empty network. With classes it trains for a tenth of
    the first one's epochs, but for 250 steps at least; with numbers, or a penalty of
    groups, for as many as that.

    Parameters
    ----------
    estimator : MLPRegressor or MLPClassifier
        Gives layers, loss, penalty, optimiser and so on; its own `alpha` and
        `warm_start` do not matter, and it is left as it is.
    X : array or sparse matrix of shape (n_samples, n_features)
        Features.
    y : array of shape (n_samples,) or (n_samples, n_outputs)
        Targets or labels.
    alphas : int or array of shape (n_alphas,), default=20
        Strengths, each for all layers; or their number, for a geometric sequence down
        from one at which no network is better than a constant. Without hidden layer it
        is the sequence of the linear model.
    alpha_min_ratio : float, optional
        Smallest over largest strength of that sequence, in (0, 1). By default 1e-4, for
        l2 1e-6.
    sample_weight : float or array of shape (n_samples,), optional
        Weights.

    Returns
    -------
    path : NetworkPath
        An immutable record: ``alphas`` in decreasing order, ``coefs`` and
        ``intercepts`` (for each strength a list with the arrays of all layers),
        ``losses``, ``objectives``, ``sparsities``, ``kkt_residuals`` and ``n_iters`` of
        shape (n_alphas,), and ``selected_features`` (n_alphas, n_features), which tells
        from which a path of weights that are not zero leads to an output.

    Raises
    ------
    ValueError
        For whatever ``fit`` refuses; for strengths that are negative or not finite; for
        a number of strengths where there is no penalty.
    TypeError
        For an estimator that is not a network of one strength.

    Warns
    -----
    ConvergenceWarning
        If for some strengths the deterministic minimisation ended early.

    Notes
    -----
    With :math:`F_0`, the loss of the best constant, and a bound `g` of what weights of
    size one could gain, the largest strength of `D` layers is
    :math:`F_0 (g / F_0)^{1 / D} / D` for l1 and groups, and
    :math:`2 F_0 (g / F_0)^{2 / D} / D` for l2: half the sum of squares of two layers is
    at least the product of their lengths, so that l2 too makes deep networks constant.
    The bound holds for activations nowhere steeper than one.

    References
    ----------
    Lemhadri, Ruan, Abraham and Tibshirani (2021), LassoNet: a neural network with
    feature sparsity, Journal of Machine Learning Research 22: paths from dense
    to sparse.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklreg import MLPClassifier, mlp_path
    >>> X, y = load_iris(return_X_y=True)
    >>> model = MLPClassifier(
    ...     "l1", hidden_layer_sizes=8, polish_tol=1e-2, random_state=0
    ... )
    >>> path = mlp_path(model, X - X.mean(axis=0), y, alphas=5)
    >>> path.sparsities[0] == 1.0, path.sparsities[-1] < 0.5
    (np.True_, np.True_)
    >>> path.selected_features.sum(axis=1)[[0, -1]]
    array([0, 4])
    """
    if not (isinstance(estimator, Perceptron) and hasattr(estimator, "alpha")):
        msg = (
            "estimator must be an MLPRegressor or MLPClassifier object, got "
            f"{estimator!r}; regularization_path is for linear models."
        )
        raise TypeError(msg)
    model = follower(clone(estimator))
    model._validate_params()
    X, y = model._checked(X, y)
    weight = checked_weights(sample_weight, X.shape[0])
    given = None if sample_weight is None else weight
    sample = without_absent_rows(X, model._targets(y, weight, given))
    grid = grid_of(model, sample, alphas, alpha_min_ratio)
    models, shortfalls = follow(model, sample, grid, copy.copy)
    warn_of_fits(estimator, shortfalls, ADVICE)
    return NetworkPath.of(grid, models)


def follower(model: Perceptron) -> Perceptron:
    """Set a network's parameters to go from strength to strength; return it.

    A random state that each fit would draw from becomes a number, so that all fits have
    the same random numbers, whatever the order in which threads ask for them.
    """
    model.warm_start, model.verbose = True, 0
    if not isinstance(model.random_state, numbers.Integral):
        rng = check_random_state(model.random_state)
        model.random_state = int(rng.randint(np.iinfo(np.int32).max))
    return model


def grid_of(
    model: Perceptron, sample: Sample, alphas: Any, ratio: float | None
) -> Array:
    """Return the strengths for a network and the rows it is to learn from."""
    objective = at_strength_one(model, sample).plain
    has_link = sample.targets.has_link
    scales = measure(objective.data, objective.network, objective.loss, has_link)
    return network_strengths(sample.X, objective, scales, alphas, ratio)


def at_strength_one(model: Perceptron, sample: Sample) -> Objective:
    """Return the objective of a network with penalties of strength 1."""
    unit = copy.copy(model)
    unit.alpha = 1.0
    return unit._objective(sample)


def follow(
    model: Perceptron,
    sample: Sample,
    grid: Array,
    look: Callable[[Perceptron], Any],
    watch: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> tuple[list[Any], list[str]]:
    """Fit from the weakest strength to the strongest, each from where the last ended.

    Parameters
    ----------
    model : Perceptron
        The network, which is fitted in place.
    sample : Sample
        The rows to learn from.
    grid : array of shape (n_alphas,)
        Strengths, decreasing.
    look : callable
        What is wanted of a fitted network.
    watch : callable
        Returns the context of a fit.

    Returns
    -------
    found : list
        What `look` returned for each strength, in the order of `grid`.
    shortfalls : list of str
        Why a minimisation ended early; empty if it did not.
    """
    found, shortfalls = [], []
    later = epochs_later(model, sample)
    for alpha in grid[::-1]:
        with watch():
            model._fit_at(float(alpha), sample)
            found.append(look(model))
        shortfalls.append(model._shortfall)
        model.max_iter = later
    return found[::-1], shortfalls[::-1]


def epochs_later(model: Perceptron, sample: Sample) -> int:
    """Return the limit on epochs of all networks of a path but the first.

    The log-loss has no minimum where a network tells all rows apart: every epoch makes
    it surer of what it learned by heart, along the path more and more, and single
    weights need few steps from one strength to the next. Numbers have a minimum to go
    to; and where groups leave, those that stay have to learn what these knew.

    Parameters
    ----------
    model : Perceptron
        The network.
    sample : Sample
        The rows to learn from.
    """
    n_samples = len(sample.targets.weight)
    first, objective = epochs_of(model, n_samples), at_strength_one(model, sample)
    if objective.penalty.is_of_norms() or not objective.loss.of_classes:
        return first
    n_batches = -(-n_samples // batch_size_of(model, n_samples))
    return min(first, max(round(_SHARE * first), -(-_STEPS // n_batches)))
