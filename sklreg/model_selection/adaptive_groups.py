r"""Groups of features weighted by what a first network makes of them.

The group penalty that is strong enough to keep noise out of a network also shrinks the
weights of the features that matter, and one weak enough for good predictions lets noise
in: no strength gives both. With the weights :math:`W_g` that leave the features of
group `g` in the first layer of a first network, and `p` of them, the factors become

.. math::
    \omega_g' = c \, \omega_g r_g^{-\gamma}, \qquad
    r_g = \max(\|W_g\| / \sqrt p, \; \tfrac{1}{1000} \max_h \|W_h\| / \sqrt p),

so that what the first network needed is spared and what it hardly used is not. `c`
keeps its penalty what it was, :math:`\sum_g \omega_g' \|W_g\| = \sum_g \omega_g
\|W_g\|`, and so the meaning of the strengths.

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

from ..neural._base import Perceptron
from ..neural.architecture import layer_sizes
from ..penalties import CATALOGUE, Penalty, adaptive_weights, record_of

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
    own = record_of(model.penalty, 1.0, n_features, model.l1_ratio)
    of_groups = hasattr(own, "groups")
    if adaptive == "auto":
        return 1.0 if of_groups and layer_sizes(model.hidden_layer_sizes) else 0.0
    if adaptive and not of_groups:
        msg = (
            f"adaptive={adaptive!r} is for penalties of groups, got "
            f'penalty={model.penalty!r}; pass adaptive="auto", or penalty="group".'
        )
        raise ValueError(msg)
    return float(adaptive)


def adapted(
    penalty: Any, l1_ratio: float, weights: NDArray[Any], gamma: float
) -> Penalty:
    """Return a penalty of groups whose factors follow a network.

    Parameters
    ----------
    penalty : str or penalty object
        A penalty of groups.
    l1_ratio : float
        Of a penalty given by name, if it has one.
    weights : array of shape (n_features, n_units)
        The first layer's weights.
    gamma : float
        The power, above 0.
    """
    n_features, n_units = weights.shape
    own = record_of(penalty, 1.0, n_features, l1_ratio)
    kind: Any = CATALOGUE[penalty] if isinstance(penalty, str) else type(penalty)
    squares = np.bincount(own.groups, (weights.astype(np.float64) ** 2).sum(axis=1))
    norms, sizes = np.sqrt(squares), np.bincount(own.groups) * n_units
    factors = own.factors(n_units)
    if norms.any():
        typical = norms / np.sqrt(sizes)
        typical = np.maximum(typical, _LEAST * typical.max())
        changed = factors * adaptive_weights(typical, gamma)
        before, after = factors @ norms, changed @ norms
        factors = changed * (before / after) if after else changed
    made: Penalty = kind(groups=own.groups, weights=factors)
    if "l1_ratio" in made.get_params():
        made.set_params(l1_ratio=own.l1_ratio)
    return made
