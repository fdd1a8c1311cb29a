"""Blocks of weights that a penalty ties together, one after the other in a vector."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Order = slice | NDArray[np.intp]


class Layout(NamedTuple):
    """How weights (n_features, n_outputs) lie in a vector: block by block."""

    features: Order  # in the order of their blocks
    columns: NDArray[np.intp]  # of each weight: its feature's number for the penalty
    n_outputs: int

    @classmethod
    def of(cls, penalty: Any, columns: NDArray[np.intp], n_outputs: int) -> Layout:
        """Order the features of these numbers; the outputs of each stay together."""
        features = block_order(penalty, columns)
        return cls(features, _spread(columns[features], n_outputs), n_outputs)

    def spread(self, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return a number for each weight from one for each feature."""
        return _spread(numbers[self.features], self.n_outputs)

    def flat(self, w: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the vector."""
        return w[self.features].ravel()

    def matrix(self, z: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the matrix of features and outputs."""
        ordered = z.reshape(-1, self.n_outputs)
        if isinstance(self.features, slice):
            return ordered
        w = np.empty_like(ordered)
        w[self.features] = ordered
        return w


def _spread(numbers: NDArray[Any], n_outputs: int) -> NDArray[Any]:
    return numbers if n_outputs == 1 else np.repeat(numbers, n_outputs)


def block_order(penalty: Any, columns: NDArray[np.intp]) -> Order:
    """Return an order of weights in which blocks are contiguous."""
    if penalty.separable:
        return slice(None)
    blocks = penalty.blocks(columns)
    if (blocks[1:] >= blocks[:-1]).all():
        return slice(None)
    return np.argsort(blocks, kind="stable")


def whole_blocks(
    penalty: Any, columns: NDArray[np.intp], chosen: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return all weights of the blocks that have some `chosen` weights."""
    if penalty.separable:
        return chosen
    blocks = penalty.blocks(columns)
    touched = np.zeros(blocks.max(initial=-1) + 1, dtype=np.bool_)
    touched[blocks[chosen.any(axis=1)]] = True
    return np.repeat(touched[blocks][:, None], chosen.shape[1], axis=1)
