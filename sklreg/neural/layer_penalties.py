r"""What penalises a network: one penalty, at a strength for each layer.

.. math:: \sum_l P_{\alpha_l}(W_l) + \frac{\alpha_b}{2} \sum_l \|b_l\|^2

Coordinate `j` of a layer's penalty is the row of its weights: the feature in the first
layer, the unit they start from in the others. Where every weight has a factor of its
own, all weights of the network are coordinates, layer by layer and row by row. Groups
are rows: the groups of features in the first layer, every unit by itself in the others,
so that a group that is zero is a feature, or a unit, that is not used.

Two records share the verbs ``weights_...``: `SingleWeights` for penalties that are a
sum over weights, `Blocks` for those that tie weights together.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._compile import record

Array = NDArray[np.float64]
Indices = NDArray[np.intp]

#: The weights of a dead unit shrink for ever; subnormal numbers would be slow.
NOTHING = 1e-30


class Stride(NamedTuple):
    r"""An optimiser's step for the weights of a layer, see `optimizers`.

    .. math::
        \eta = \frac{rate}{root \sqrt v + floor}, \qquad
        w \leftarrow prox_\eta(shrink \cdot w - \eta (along \cdot m + ahead \cdot g))
    """

    rate: float
    root: float
    floor: float
    shrink: float
    along: float
    ahead: float


@record
class SingleWeights(NamedTuple):
    """A penalty that is a sum over single weights."""

    first: Any  # record of the first layer
    others: Any  # record of the others
    alphas: Array  # n_layers
    bias_alpha: float
    places: Indices  # n_layers x 3: the first coordinate, and how far to the next row
    # and to the next column

    def at_layer(self, layer: int) -> Any:
        """Return the record of a layer at its strength."""
        if layer == 0:
            return self.first.at_strength(self.alphas[layer])
        return self.others.at_strength(self.alphas[layer])

    def coordinate(self, layer: int, j: int, c: int) -> int:
        """Return what a weight is for the record of its layer."""
        places = self.places
        return places[layer, 0] + j * places[layer, 1] + c * places[layer, 2]

    def weights_value(self, layer: int, w: NDArray[Any]) -> float:
        """Return the penalty of a layer's weights."""
        own, total = self.at_layer(layer), 0.0
        for j in range(w.shape[0]):
            for c in range(w.shape[1]):
                at = self.coordinate(layer, j, c)
                total += own.value(float(w[j, c]), at)
        return total

    def weights_violation(
        self,
        layer: int,
        w: NDArray[Any],
        g: NDArray[Any],
        step: float,
        out: NDArray[Any],
    ) -> None:
        """Write the distance of ``-g`` to the subdifferential, for each weight."""
        own = self.at_layer(layer)
        for j in range(w.shape[0]):
            for c in range(w.shape[1]):
                at = self.coordinate(layer, j, c)
                out[j, c] = own.violation(float(w[j, c]), float(g[j, c]), step, at)

    def weights_prox(self, layer: int, w: NDArray[Any], step: float) -> None:
        """Replace a layer's weights by the prox of the penalty, in place."""
        own = self.at_layer(layer)
        for j in range(w.shape[0]):
            for c in range(w.shape[1]):
                w[j, c] = own.prox(w[j, c], step, self.coordinate(layer, j, c))

    def weights_step(
        self,
        layer: int,
        stride: Stride,
        w: NDArray[Any],
        m: NDArray[Any],
        v: NDArray[Any],
        g: NDArray[Any],
    ) -> None:
        """Make an optimiser's step, each weight its own, and the prox of its length."""
        own, real = self.at_layer(layer), w.dtype.type
        nothing, zero = real(NOTHING), real(0.0)
        for j in range(w.shape[0]):
            for c in range(w.shape[1]):
                step = stride.rate / (stride.root * np.sqrt(v[j, c]) + stride.floor)
                move = step * (stride.along * m[j, c] + stride.ahead * g[j, c])
                at = self.coordinate(layer, j, c)
                moved = real(own.prox(stride.shrink * w[j, c] - move, step, at))
                w[j, c] = moved if abs(moved) > nothing else zero

    def is_smooth(self) -> bool:
        """Tell whether no layer's penalty has a kink. Python only."""
        return all(self.at_layer(layer).is_smooth() for layer in _layers(self))

    def is_tame(self) -> bool:
        """Tell whether it is convex and has a derivative off zero. Python only.

        It has none at bounds other than zero.
        """
        known = not np.isnan(self.first.derivative(1.0, 0))
        own = self.first, self.others
        ends = [getattr(one, end, 0.0) for one in own for end in ("lower", "upper")]
        bounded = any(np.any(np.isfinite(end) & (end != 0.0)) for end in ends)
        return bool(self.first.convex and known and not bounded)

    def is_of_norms(self) -> bool:
        """It ties no weights together. Python only."""
        return False


@record
class Blocks(NamedTuple):
    """A penalty that ties the weights of a group of rows together.

    The weights of a block have one step, of the mean of their second moments, so that
    the proximal step is that of the norm the optimiser moves in.
    """

    first: Any  # record of the first layer
    others: Any  # record of the others
    alphas: Array  # n_layers
    bias_alpha: float
    by_group: Indices  # the features, group by group
    in_turn: Indices  # 0, 1, ..: the units of any other layer
    block: Array  # room for the weights of a block
    slopes: Array
    norms: Array
    distances: Array
    columns: Indices  # and for the row that each is in

    def at_layer(self, layer: int) -> Any:
        """Return the record of a layer at its strength."""
        if layer == 0:
            return self.first.at_strength(self.alphas[layer])
        return self.others.at_strength(self.alphas[layer])

    def row_order(self, layer: int, n_rows: int) -> Indices:
        """Return the rows of a layer's weights, group by group."""
        return self.by_group if layer == 0 else self.in_turn[:n_rows]

    def take_block(
        self, w: NDArray[Any], order: Indices, i: int, stop: int, out: Array
    ) -> int:
        """Copy the rows ``order[i:stop]`` to `out`; return how many numbers."""
        size = 0
        for at in range(i, stop):
            for c in range(w.shape[1]):
                out[size], self.columns[size] = w[order[at], c], order[at]
                size += 1
        return size

    def put_block(self, w: NDArray[Any], order: Indices, i: int, stop: int) -> None:
        """Copy the block back to the rows ``order[i:stop]``."""
        size = 0
        for at in range(i, stop):
            for c in range(w.shape[1]):
                moved = self.block[size]
                w[order[at], c] = moved if abs(moved) > NOTHING else 0.0
                size += 1

    def weights_value(self, layer: int, w: NDArray[Any]) -> float:
        """Return the penalty of a layer's weights."""
        own, order = self.at_layer(layer), self.row_order(layer, w.shape[0])
        total, i = 0.0, 0
        while i < order.shape[0]:
            stop = own.block_end(order, i)
            size = self.take_block(w, order, i, stop, self.block)
            total += own.block_value(self.block, self.columns, 0, size)
            i = stop
        return total

    def weights_violation(
        self,
        layer: int,
        w: NDArray[Any],
        g: NDArray[Any],
        step: float,
        out: NDArray[Any],
    ) -> None:
        """Write the distance of ``-g`` to the subdifferential, that of its block."""
        own, order = self.at_layer(layer), self.row_order(layer, w.shape[0])
        self.norms[:] = 1.0 / np.sqrt(step)
        i = 0
        while i < order.shape[0]:
            stop = own.block_end(order, i)
            size = self.take_block(w, order, i, stop, self.block)
            self.take_block(g, order, i, stop, self.slopes)
            own.block_violation(
                self.block,
                self.slopes,
                self.norms,
                self.columns,
                0,
                size,
                self.distances,
            )
            self.block[:size] = self.distances[:size]
            self.put_block(out, order, i, stop)
            i = stop

    def weights_slopes(self, layer: int, w: NDArray[Any], out: NDArray[Any]) -> None:
        """Write the derivatives; at a kink those that do not come from it."""
        own, order = self.at_layer(layer), self.row_order(layer, w.shape[0])
        i = 0
        while i < order.shape[0]:
            stop = own.block_end(order, i)
            size = self.take_block(w, order, i, stop, self.block)
            own.block_derivatives(
                self.block,
                self.columns,
                0,
                size,
                self.slopes,
                self.norms,
                self.distances,
            )
            self.block[:size] = self.slopes[:size]
            self.put_block(out, order, i, stop)
            i = stop

    def weights_prox(self, layer: int, w: NDArray[Any], step: float) -> None:
        """Replace a layer's weights by the prox of the penalty, in place."""
        own, order = self.at_layer(layer), self.row_order(layer, w.shape[0])
        i = 0
        while i < order.shape[0]:
            stop = own.block_end(order, i)
            size = self.take_block(w, order, i, stop, self.block)
            own.block_prox(self.block, step, self.columns, 0, size)
            self.put_block(w, order, i, stop)
            i = stop

    def weights_step(
        self,
        layer: int,
        stride: Stride,
        w: NDArray[Any],
        m: NDArray[Any],
        v: NDArray[Any],
        g: NDArray[Any],
    ) -> None:
        """Make an optimiser's step, each block its own, and the prox of its length."""
        own, order = self.at_layer(layer), self.row_order(layer, w.shape[0])
        i = 0
        while i < order.shape[0]:
            stop = own.block_end(order, i)
            total = 0.0
            for at in range(i, stop):
                for c in range(w.shape[1]):
                    total += v[order[at], c]
            second = total / ((stop - i) * w.shape[1])
            step = stride.rate / (stride.root * np.sqrt(second) + stride.floor)
            for at in range(i, stop):
                j = order[at]
                for c in range(w.shape[1]):
                    move = step * (stride.along * m[j, c] + stride.ahead * g[j, c])
                    w[j, c] = stride.shrink * w[j, c] - move
            size = self.take_block(w, order, i, stop, self.block)
            own.block_prox(self.block, step, self.columns, 0, size)
            self.put_block(w, order, i, stop)
            i = stop

    def is_smooth(self) -> bool:
        """Tell whether no layer's penalty has a kink. Python only."""
        return all(self.at_layer(layer).is_smooth() for layer in _layers(self))

    def is_tame(self) -> bool:
        """Its kinks are not at single weights. Python only."""
        return False

    def is_of_norms(self) -> bool:
        """Tell whether kinks are those of norms and of single weights. Python only."""
        return not np.isnan(self.first.block_strength(self.by_group, 0, 1))


def _layers(penalties: SingleWeights | Blocks) -> Iterable[int]:
    return range(len(penalties.alphas))


def layer_penalties(
    own: Any, alphas: Array, bias_alpha: float, sizes: list[int]
) -> SingleWeights | Blocks:
    """Return the penalties of a network.

    Parameters
    ----------
    own : record
        The penalty, for the features.
    alphas : array of shape (n_layers,)
        Its strength in each layer.
    bias_alpha : float
        Strength of the l2 penalty on biases.
    sizes : list of n_layers + 1 ints
        Features, hidden units, outputs.
    """
    units = max(sizes[1:-1], default=1)
    others = own.for_units(units) if len(sizes) > 2 else own
    if own.separable:
        return SingleWeights(own, others, alphas, bias_alpha, _rows(len(alphas)))
    groups = own.blocks(np.arange(sizes[0]))
    widest = int(np.bincount(groups).max()) * sizes[1]
    room = max(widest, *sizes[1:])
    by_group = np.argsort(groups, kind="stable").astype(np.intp)
    return Blocks(
        own,
        others,
        alphas,
        bias_alpha,
        by_group,
        np.arange(units),
        np.empty(room),
        np.empty(room),
        np.empty(room),
        np.empty(room),
        np.zeros(room, dtype=np.intp),
    )


def weight_penalties(
    own: Any, alphas: Array, bias_alpha: float, sizes: list[int]
) -> SingleWeights:
    """Return the penalties of a network whose every weight is a coordinate.

    Parameters
    ----------
    own : record
        The penalty, for the weights of all layers.
    alphas, bias_alpha, sizes
        As in `layer_penalties`.
    """
    fans = np.array(sizes)
    ends = np.cumsum(fans[:-1] * fans[1:])
    places = _rows(len(alphas))
    places[1:, 0], places[:, 1], places[:, 2] = ends[:-1], fans[1:], 1
    return SingleWeights(own, own, alphas, bias_alpha, places)


def _rows(n_layers: int) -> Indices:
    """Return the places of weights whose coordinate is their row."""
    return np.tile(np.array([0, 1, 0], dtype=np.intp), (n_layers, 1))
