"""What a network uses: features and units from which a way leads to the output.

A unit is alive if a path of weights that are not zero leads from it to an output; a
feature is used if one leads from it. A unit that no feature reaches is a constant,
which the next layer's biases can hold.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .activations import activate

Mask = NDArray[np.bool_]


class Pruned(NamedTuple):
    """A smaller network with the same predictions."""

    features: NDArray[np.intp]  # the columns of X that it reads
    coefs: list[NDArray[Any]]
    intercepts: list[NDArray[Any]]


def alive_rows(coefs: list[NDArray[Any]]) -> list[Mask]:
    """Tell which features, and which units of each hidden layer, reach an output."""
    masks = [np.ones(coefs[-1].shape[1], dtype=np.bool_)]
    for w in reversed(coefs):
        masks.insert(0, (w[:, masks[0]] != 0.0).any(axis=1))
    return masks[:-1]


def importances(coefs: list[NDArray[Any]]) -> NDArray[Any]:
    """Return the norm of each feature's weights to living units, as shares."""
    features, *hidden = alive_rows(coefs)
    ends = hidden[0] if hidden else np.ones(coefs[0].shape[1], dtype=np.bool_)
    norms = np.sqrt((coefs[0][:, ends] ** 2).sum(axis=1)) * features
    total = norms.sum()
    return norms / total if total > 0.0 else norms


def prune(
    coefs: list[NDArray[Any]],
    intercepts: list[NDArray[Any]],
    codes: NDArray[np.intp],
) -> Pruned:
    """Leave out features and units that change nothing; every layer keeps one.

    Parameters
    ----------
    coefs, intercepts : lists of arrays
        Weights (fan_in, fan_out) and biases (fan_out,) of each layer.
    codes : array of shape (n_layers,)
        Activations.
    """
    alive = [_at_least_one(mask) for mask in alive_rows(coefs)]
    kept = np.flatnonzero(alive[0])
    new_coefs: list[NDArray[Any]] = []
    new_intercepts: list[NDArray[Any]] = []
    rows, shift = kept, np.zeros_like(intercepts[0])
    for layer, (w, b) in enumerate(zip(coefs, intercepts, strict=True)):
        biases = b + shift
        if layer == len(coefs) - 1:
            new_coefs.append(w[rows])
            new_intercepts.append(biases)
            break
        moving = (w[rows] != 0.0).any(axis=0)
        units = _at_least_one(alive[layer + 1] & moving)
        constant = alive[layer + 1] & ~units
        new_coefs.append(w[np.ix_(rows, np.flatnonzero(units))])
        new_intercepts.append(biases[units])
        values = biases[None].copy()
        activate(codes[layer], np.zeros_like(biases), values, np.empty_like(values))
        shift = values[0, constant] @ coefs[layer + 1][constant]
        rows = np.flatnonzero(units)
    return Pruned(kept, new_coefs, new_intercepts)


def _at_least_one(mask: Mask) -> Mask:
    """Return the mask, or one of the first alone if there is none."""
    return mask if mask.any() else np.arange(len(mask)) == 0
