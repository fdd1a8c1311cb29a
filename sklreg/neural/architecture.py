"""What the parameters of a network stand for: its layers, penalties and optimiser."""

from __future__ import annotations

import itertools
import numbers
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._validation import (
    PENALTY_CONSTRAINTS,
    Interval,
    StrOptions,
    penalty_record,
)
from ..augmentation import Augmentation
from .activations import CODES, activation_codes
from .layer_penalties import Blocks, SingleWeights, layer_penalties, weight_penalties
from .layers import Network, build_network
from .optimizers import Rule, adam, momentum
from .scales import Scales
from .schedules import NAMES, Schedule

Array = NDArray[np.float64]

_NOT_NEGATIVE = Interval(numbers.Real, 0, None, closed="left")
_SHARE = Interval(numbers.Real, 0, 1, closed="left")
_COUNT = Interval(numbers.Integral, 1, None, closed="left")

#: Epochs, and over many rows, which are not soon learned by heart.
_EPOCHS, _EPOCHS_OF_MANY = 100, 200
#: Rows up to which there are not many.
_FEW = 5000
#: Up to this many rows a mini-batch is everything.
_BATCH_SIZE = 64

CONSTRAINTS: dict[str, list[Any]] = {
    **PENALTY_CONSTRAINTS,
    "alpha": [_NOT_NEGATIVE, "array-like"],
    "bias_alpha": [_NOT_NEGATIVE],
    "activity_alpha": [_NOT_NEGATIVE],
    "weight_decay": [_NOT_NEGATIVE],
    "max_norm": [Interval(numbers.Real, 0, None, closed="neither"), None],
    "hidden_layer_sizes": ["array-like", _COUNT],
    "activation": [StrOptions(set(CODES)), "array-like"],
    "dropout": [_SHARE, "array-like"],
    "input_dropout": [_SHARE],
    "batch_norm": ["boolean"],
    "solver": [StrOptions({"adam", "sgd", "lbfgs"})],
    "batch_size": [StrOptions({"auto"}), _COUNT],
    "learning_rate": [StrOptions(NAMES)],
    "learning_rate_init": [Interval(numbers.Real, 0, None, closed="neither")],
    "power_t": [_NOT_NEGATIVE],
    "momentum": [_SHARE],
    "nesterovs_momentum": ["boolean"],
    "beta_1": [_SHARE],
    "beta_2": [_SHARE],
    "max_iter": [StrOptions({"auto"}), _COUNT],
    "shuffle": ["boolean"],
    "augmentation": [Augmentation, list, tuple, None],
    "random_state": ["random_state"],
    "tol": [_NOT_NEGATIVE],
    "n_iter_no_change": [_COUNT],
    "early_stopping": ["boolean"],
    "validation_fraction": [Interval(numbers.Real, 0, 1, closed="neither")],
    "monitor": [str, callable],
    "start_from_epoch": [Interval(numbers.Integral, 0, None, closed="left")],
    "refit": [StrOptions({"auto"}), "boolean"],
    "max_fun": [_COUNT],
    "polish": [StrOptions({"auto"}), "boolean"],
    "polish_tol": [Interval(numbers.Real, 0, None, closed="neither")],
    "warm_start": ["boolean"],
    "verbose": ["verbose"],
}


def layer_sizes(hidden: Any) -> list[int]:
    """Return the hidden layers' sizes, given as a number or a sequence, as a list."""
    sizes = np.atleast_1d(np.asarray(hidden))
    whole = sizes.size == 0 or np.issubdtype(sizes.dtype, np.integer)
    if sizes.ndim != 1 or not whole or (sizes < 1).any():
        msg = (
            "hidden_layer_sizes must be whole numbers of at least 1, one for each "
            f"hidden layer, got {hidden!r}."
        )
        raise ValueError(msg)
    return [int(size) for size in sizes]


def per_layer(name: str, value: Any, n_layers: int, high: float = np.inf) -> Array:
    """Return a number for each layer, from one number or a sequence.

    Parameters
    ----------
    name : str
        Of the parameter, for the error message.
    value : number or sequence of numbers
        At least 0 and below `high`.
    n_layers : int
        Layers that have one.
    high : float, default=inf
        Bound.
    """
    try:
        numbers = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        numbers = np.array(np.nan)
    fits = numbers.shape in {(), (n_layers,)}
    if not (fits and (numbers >= 0.0).all() and (numbers < high).all()):
        bound = "finite" if np.isinf(high) else f"below {high:g}"
        msg = (
            f"{name} must be a number of at least 0, {bound}, or a sequence of "
            f"{n_layers} such numbers, one for each layer, got {value!r}."
        )
        raise ValueError(msg)
    return np.array(np.broadcast_to(numbers, n_layers))


def network_of(estimator: Any, n_features: int, n_outputs: int) -> Network:
    """Return the network that the estimator's parameters ask for, in training."""
    hidden = layer_sizes(estimator.hidden_layer_sizes)
    dropped = per_layer("dropout", estimator.dropout, len(hidden), 1.0)
    if estimator.batch_norm and estimator.batch_size == 1:
        msg = "batch_norm needs mini-batches of several rows, got batch_size=1."
        raise ValueError(msg)
    return build_network(
        [n_features, *hidden, n_outputs],
        activation_codes(estimator.activation, len(hidden)),
        1.0 - np.array([estimator.input_dropout, *dropped]),
        bool(estimator.batch_norm),
        estimator.activity_alpha,
    )


def plain_network(fitted: Any) -> Network:
    """Return the network of an estimator's weights, which predicts."""
    sizes = [len(fitted.coefs_[0]), *(len(b) for b in fitted.intercepts_)]
    return build_network(sizes, activation_codes(fitted.activation, len(sizes) - 2))


def penalties_of(estimator: Any, network: Network) -> SingleWeights | Blocks:
    """Return the penalties that the estimator's parameters ask for."""
    sizes = [int(size) for size in network.sizes]
    alphas = per_layer("alpha", estimator.alpha, network.n_layers)
    penalty, l1_ratio = estimator.penalty, estimator.l1_ratio
    bias_alpha = float(estimator.bias_alpha)
    if getattr(penalty, "is_by_layer", False):
        shapes = list(itertools.pairwise(sizes))
        own = penalty.record_of_layers(alphas[0], shapes)
        return weight_penalties(own, alphas, bias_alpha, sizes)
    own = penalty_record(penalty, alphas[0], l1_ratio, sizes[0])
    strengths = np.zeros_like(alphas) if penalty is None else alphas
    return layer_penalties(own, strengths, bias_alpha, sizes)


def rule_of(estimator: Any, network: Network, scales: Scales) -> Rule:
    """Return the optimiser that the estimator's parameters ask for."""
    rate, decay = float(estimator.learning_rate_init), float(estimator.weight_decay)
    norms = np.full(network.n_layers, estimator.max_norm or np.inf)
    norms[-1] = np.inf  # outputs are in the units of y
    if estimator.solver == "adam":
        betas = float(estimator.beta_1), float(estimator.beta_2)
        return adam(rate, betas, scales, decay, norms)
    inertia, nesterov = float(estimator.momentum), bool(estimator.nesterovs_momentum)
    return momentum(rate, inertia, nesterov, scales, decay, norms)


def epochs_of(estimator: Any, n_samples: int) -> int:
    """Return the limit on epochs over so many rows."""
    if estimator.max_iter != "auto":
        return int(estimator.max_iter)
    return _EPOCHS if n_samples <= _FEW else _EPOCHS_OF_MANY


def batch_size_of(estimator: Any, n_samples: int) -> int:
    """Return the number of rows in a mini-batch."""
    size = _BATCH_SIZE if estimator.batch_size == "auto" else int(estimator.batch_size)
    return min(size, n_samples)


def schedule_of(estimator: Any, n_epochs: int) -> Schedule:
    """Return the learning rate's schedule that the estimator's parameters ask for."""
    return Schedule(
        estimator.learning_rate,
        float(estimator.power_t),
        n_epochs,
        float(estimator.learning_rate_init),
    )
