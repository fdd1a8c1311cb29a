r"""Penalties whose factors follow a first network.

The strength of l1 or of a group penalty that is needed for zeros also shrinks the
weights that matter, and one weak enough for good predictions leaves what does not
matter in: no strength gives both. Let `W` be the weights of a first network, of a group
`g` of features those that leave them in the first layer, of l1 each weight by itself,
and `p` their number. The factors become

.. math::
    \omega_g' = c \, \omega_g r_g^{-\gamma}, \qquad
    r_g = \max(\|W_g\| / \sqrt p, \; \tfrac{1}{1000} \max_h \|W_h\| / \sqrt p),

so that what the first network needed is spared and what it hardly used is not. `c`
keeps the penalty of its layer what it was, :math:`\sum_g \omega_g' \|W_g\| = \sum_g
\omega_g \|W_g\|`, and so the meaning of the strengths. Groups adapt in the first layer,
where they are features, single weights in all layers.

References
----------
Dinh and Ho (2020), Consistent feature selection for analytic deep neural networks,
NeurIPS 33: the adaptive group lasso selects the right features in the limit.
Zou (2006), The adaptive lasso and its oracle properties, Journal of the American
Statistical Association 101(476).
Wang and Leng (2008), A note on adaptive group lasso, Computational Statistics and Data
Analysis 52(12).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from ..neural._base import Perceptron
from ..neural.architecture import layer_sizes
from ..penalties import Penalty, Weighted, adaptive_weights, object_of, record_of

Array = NDArray[np.float64]

#: What a group counts as that the first network leaves out, relative to the largest.
_LEAST = 1e-3


def power(adaptive: Any, model: Perceptron, n_features: int) -> float:
    """Return the power that the parameter `adaptive` asks for.

    Parameters
    ----------
    adaptive : float or "auto"
        The parameter.
    model : Perceptron
        Whose penalty it is.
    n_features : int
        Number of features.
    """
    deep = bool(layer_sizes(model.hidden_layer_sizes))
    groups, weights = _kinds(model, n_features)
    if adaptive == "auto":
        return 1.0 if deep and (groups or weights) else 0.0
    if adaptive and not (groups or (deep and weights)):
        msg = (
            f"adaptive={adaptive!r} is for penalties of groups and, with hidden "
            f"layers, for l1 and elastic net, got penalty={model.penalty!r} and "
            f'hidden_layer_sizes={model.hidden_layer_sizes!r}; pass adaptive="auto".'
        )
        raise ValueError(msg)
    return float(adaptive)


def _kinds(model: Perceptron, n_features: int) -> tuple[bool, bool]:
    """Tell whether a network's penalty is one of groups, or of l1 and all alike."""
    if getattr(model.penalty, "is_by_layer", False):
        return False, False
    own = record_of(model.penalty, 1.0, n_features, model.l1_ratio)
    is_l1 = own.separable and getattr(own, "l1_ratio", 0.0) > 0.0
    return hasattr(own, "groups"), is_l1


def adapted(
    penalty: Any, l1_ratio: float, coefs: list[NDArray[Any]], gamma: float
) -> Penalty:
    """Return a penalty whose factors follow a network.

    Parameters
    ----------
    penalty : str or penalty object
        A penalty of groups, l1 or an elastic net.
    l1_ratio : float
        Of a penalty given by name, if it has one.
    coefs : list of arrays
        The network's weights, (fan_in, fan_out) in each layer.
    gamma : float
        The power, above 0.
    """
    inner = object_of(penalty, l1_ratio)
    own = inner.record(1.0, len(coefs[0]))
    if own.separable:
        return Weighted(inner, weights=[_of_weights(w, gamma) for w in coefs])
    factors = _of_groups(own, coefs[0], gamma)
    made: Penalty = clone(inner, safe=False)
    return made.set_params(groups=own.groups, weights=factors)


def _of_weights(w: NDArray[Any], gamma: float) -> Array:
    """Return a factor for each weight of a layer."""
    sizes = np.abs(w.astype(np.float64)).ravel()
    alike = np.ones(len(sizes))
    return _following(alike, sizes, alike, gamma).reshape(w.shape)


def _of_groups(own: Any, w: NDArray[Any], gamma: float) -> Array:
    """Return a factor for each group of the first layer, from the penalty's record."""
    squares = np.bincount(own.groups, (w.astype(np.float64) ** 2).sum(axis=1))
    members = np.bincount(own.groups) * w.shape[1]
    return _following(own.factors(w.shape[1]), np.sqrt(squares), members, gamma)


def _following(factors: Array, norms: Array, members: Any, gamma: float) -> Array:
    """Return factors that follow norms of so many members each."""
    if not norms.any():
        return factors
    typical = norms / np.sqrt(members)
    typical = np.maximum(typical, _LEAST * typical.max())
    changed = factors * adaptive_weights(typical, gamma)
    before, after = factors @ norms, changed @ norms
    return changed * (before / after) if after else changed
