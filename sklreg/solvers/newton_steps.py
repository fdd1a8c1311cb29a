"""Newton steps on a penalised quadratic, past kinks, and who enters.

Where no weight is at a kink, zero or a bound, the objective is smooth, and one linear
system gives its minimiser over the weights in use; those that would pass a kink on the
way stop there. Then the worst offenders join them. The system's factor follows the
weights that come and go. (Lee, Battle, Raina and Ng 2006, Efficient sparse coding
algorithms, NIPS 19, solve for the signs in the same way, one at a time.)
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._compile import kernel
from ..penalties._base import TINY
from .cholesky import Cholesky, append, append_all, drop, solve
from .problem import Array, Goal, penalty_derivatives, penalty_violations

_EPS = float(np.finfo(np.float64).eps)
#: How far Newton steps go on beyond the tolerance, if each leaves no more than this.
_ROUNDING, _BETTER = 1e-9, 0.5
#: A Newton step of less than this share of the weights leaves rounding alone.
_SETTLED = 1e-8
_HALVINGS = 6
#: So many new weights in use join the factor at once.
_SEVERAL = 8
#: Those enter that violate optimality by this share of the worst violation.
_SHARE = 0.8


class Room(NamedTuple):
    """What Newton steps write to, for some weights at most."""

    end: NDArray[np.intp]  # of each weight's block
    joining: NDArray[np.intp]  # weights that join the factor
    kinked: NDArray[np.bool_]  # whether a weight has a kink of its own at zero
    first: Array  # derivatives of the penalty
    second: Array
    pull: Array
    slopes: Array
    begun: Array  # the weights before
    new: Array
    right: Array  # by places in the factor, as the next four
    way: Array  # d
    product: Array  # H_SS d
    step: Array
    change: Array  # of the slopes
    found: Array  # violations
    norms: Array  # square roots of H_ii

    @classmethod
    def of(cls, n: int) -> Room:
        """Return room for `n` weights."""
        vectors: Any = np.empty((13, n))
        kinked = np.empty(n, np.bool_)
        return cls(np.empty(n, np.intp), np.empty(n, np.intp), kinked, *vectors)


@kernel
def newton_steps(
    quadratic: Any,
    factor: Cholesky,
    penalty: Any,
    alphas: Array,
    columns: NDArray[np.intp],
    z: Array,
    room: Room,
    goal: Goal,
    found: Array,
) -> tuple[int, float]:
    """Minimise over the blocks where the penalty is smooth, in place, as they change.

    Each step solves ``(H_SS + P'') d = -(slope + P')`` and goes along `d`; coordinates
    that meet their kink at zero stay there. It is kept only if the objective falls.
    Another one follows while it would go on: without the coordinates that met a kink,
    or with the curvature of where the last has led to. Then the worst offenders enter.
    So for one strength of the penalty after the other, with a row of `found` each.
    Returns for how many, and the largest violation, infinite where there are no steps.
    """
    violation = np.inf
    _find_norms(quadratic, room)
    for m in range(alphas.shape[0]):
        at = penalty.at_strength(alphas[m])
        tied = _find_kinks(at, columns, room)
        tolerance = _start(quadratic, z, room, goal)
        violation, inner, n_moves = np.inf, np.inf, 0
        for _ in range(goal.n_steps):
            penalty_derivatives(at, columns, z, room.first, room.second, room.pull)
            n_new = _follow(factor, quadratic, room)
            if n_new < 0:
                violation = np.inf
                break
            _write_right_side(factor, quadratic, z, room, n_new > 0 and n_moves > 0)
            solve(factor, room.way)
            _write_product(factor, room)
            n_moves += 1
            if _go(quadratic, factor, at, columns, z, room, tied):
                continue
            if not _arrive(quadratic, z, room) and factor.size[0] == 0:
                return m, np.inf
            before = inner
            violation, inner = _violations(quadratic, at, columns, z, room)
            if violation <= tolerance and _is_exact(inner, before, tolerance):
                break
            if violation > tolerance:
                _enter(quadratic, at, columns, z, room.found, _SHARE * violation)
            _start(quadratic, z, room, goal)
            n_moves = 0
        _arrive(quadratic, z, room)
        if not violation <= tolerance:
            return m, violation
        for i in range(z.shape[0]):
            found[m, i] = z[i]
    return alphas.shape[0], violation


@kernel
def _find_norms(quadratic: Any, room: Room) -> None:
    """Write the norms of the coordinates, zero if they do not matter."""
    for i in range(quadratic.gradient.shape[0]):
        square = quadratic.diagonal(i)
        room.norms[i] = np.sqrt(square) if square > TINY else 0.0


@kernel
def _find_kinks(penalty: Any, columns: NDArray[np.intp], room: Room) -> bool:
    """Tell where blocks end, and which weights have a kink of their own at zero.

    That is, where every other weight of their block is not zero. Returns whether any
    block is more than one weight, so that its curvature changes.
    """
    n, n_blocks, i = columns.shape[0], 0, 0
    trial, second = room.begun[:n], room.second
    for parity in range(2):
        for a in range(n):
            trial[a] = float((a + parity) % 2)
        penalty_derivatives(penalty, columns, trial, room.first, second, room.pull)
        for a in range(parity, n, 2):
            room.kinked[a] = not np.isfinite(second[a])
    while i < n:
        stop = penalty.block_end(columns, i)
        for a in range(i, stop):
            room.end[a] = stop
        n_blocks += 1
        i = stop
    return n_blocks < n


@kernel
def _start(quadratic: Any, z: Array, room: Room, goal: Goal) -> float:
    """Remember the weights; from here on only the members' slopes are kept up.

    Returns the tolerance for the largest slope now.
    """
    largest = 0.0
    for i in range(z.shape[0]):
        room.begun[i], room.slopes[i] = z[i], quadratic.gradient[i]
        largest = max(largest, abs(room.slopes[i]))
    return max(goal.tolerance, goal.share * largest)


@kernel
def _arrive(quadratic: Any, z: Array, room: Room) -> bool:
    """Let all slopes follow; return whether all weights are zero."""
    all_zero = True
    for i in range(z.shape[0]):
        all_zero = all_zero and z[i] == 0.0
        if z[i] != room.begun[i]:
            quadratic.move(i, z[i] - room.begun[i])
            room.begun[i] = z[i]
    return all_zero


@kernel
def _write_right_side(
    factor: Cholesky, quadratic: Any, z: Array, room: Room, behind: bool
) -> None:
    """Write ``-(slope + P')`` of the members; new ones may be `behind`."""
    for a in range(factor.size[0]):
        i = factor.members[a]
        if behind:
            row = quadratic.hessian[i]
            room.slopes[i] = quadratic.gradient[i]
            for m in range(z.shape[0]):
                room.slopes[i] += row[m] * (z[m] - room.begun[m])
        room.right[a] = -(room.slopes[i] + room.first[i])
        room.way[a] = room.right[a]


@kernel
def _write_product(factor: Cholesky, room: Room) -> None:
    """Write ``H_SS d``, which is the right side less the rest of the system times `d`.

    The penalty's curvature is ``diag(second) - pull pull'`` within blocks.
    """
    along = room.change
    for a in range(factor.size[0]):
        along[room.end[factor.members[a]] - 1] = 0.0
    for a in range(factor.size[0]):
        i = factor.members[a]
        along[room.end[i] - 1] += room.pull[i] * room.way[a]
    for a in range(factor.size[0]):
        i = factor.members[a]
        bent = (room.second[i] + factor.ridge[i]) * room.way[a]
        room.product[a] = room.right[a] - bent + room.pull[i] * along[room.end[i] - 1]


@kernel
def _violations(
    quadratic: Any, penalty: Any, columns: NDArray[np.intp], z: Array, room: Room
) -> tuple[float, float]:
    """Find the violation of each weight that matters; return the largest.

    And the largest of weights in use.
    """
    found, largest, inner = room.found, 0.0, 0.0
    penalty_violations(penalty, columns, room.norms, z, quadratic.gradient, found)
    for i in range(z.shape[0]):
        if room.norms[i] == 0.0:
            found[i] = 0.0
        largest = max(largest, found[i])
        if z[i] != 0.0:
            inner = max(inner, found[i])
    return largest, inner


@kernel
def _is_exact(inner: float, before: float, tolerance: float) -> bool:
    """Tell whether one more step would better the weights in use by rounding only."""
    return inner <= _ROUNDING * tolerance or inner > _BETTER * before


@kernel
def _enter(
    quadratic: Any,
    penalty: Any,
    columns: NDArray[np.intp],
    z: Array,
    found: Array,
    least: float,
) -> None:
    """Minimise over each block whose violation is at least `least`, in turn."""
    i = 0
    while i < z.shape[0]:
        stop = penalty.block_end(columns, i)
        worst = 0.0
        for a in range(i, stop):
            worst = max(worst, found[a])
        if worst >= least:
            penalty.block_update(quadratic, z, columns, i, stop)
        i = stop


@kernel
def _follow(factor: Cholesky, quadratic: Any, room: Room) -> int:
    """Make the smooth coordinates the members and return how many are new, or -1.

    That is, where there is no such factor. Those without a kink that depend on others
    stay out: where they are is as good.
    """
    second, pull = room.second, room.pull
    for a in range(factor.size[0] - 1, -1, -1):
        i = factor.members[a]
        if not np.isfinite(second[i]):
            drop(factor, a)
    stale, kept = False, 0  # from the first one on whose curvature has changed
    for a in range(factor.size[0]):
        i = factor.members[a]
        stale = stale or factor.added[i] != second[i] or factor.pull[i] != pull[i]
        if stale:
            factor.places[i] = -1
        else:
            kept += 1
    factor.size[0] = kept
    return _join(factor, quadratic, room)


@kernel
def _join(factor: Cholesky, quadratic: Any, room: Room) -> int:
    """Add the smooth coordinates that are missing; return how many, or -1."""
    second, pull, hessian = room.second, room.pull, quadratic.hessian
    n_new, size = 0, factor.size[0]
    for i in range(quadratic.gradient.shape[0]):
        is_smooth = np.isfinite(second[i]) and room.norms[i] > 0.0
        if is_smooth and factor.places[i] < 0:
            factor.members[size + n_new] = room.joining[n_new] = i
            n_new += 1
    several = n_new >= _SEVERAL
    if several and append_all(factor, hessian, second, pull, room.end, n_new):
        return n_new
    n_added = 0
    for a in range(n_new):
        i = room.joining[a]
        bounded = room.kinked[i]
        added = append(factor, hessian, second, pull, room.end, i, bounded)
        if bounded and not added:
            return -1
        n_added += added
    return n_added


@kernel
def _go(
    quadratic: Any,
    factor: Cholesky,
    penalty: Any,
    columns: NDArray[np.intp],
    z: Array,
    room: Room,
    tied: bool,
) -> bool:
    """Go along the way, halved until that is lower, or to the first kink.

    To its end means that coordinates which would change sign stay at zero, and others
    at bounds. Returns whether another step would go on.
    """
    direction, new, kinked = room.way, room.new, room.kinked
    met, reach, largest, longest = False, 1.0, 0.0, 0.0
    for i in range(z.shape[0]):
        new[i] = z[i]
    for a in range(factor.size[0]):
        i = factor.members[a]
        largest, longest = max(largest, abs(z[i])), max(longest, abs(direction[a]))
        target = z[i] + direction[a]
        end = penalty.within(target, columns[i])
        if kinked[i] and end * z[i] <= 0.0:
            end = 0.0
        if end != target:
            met = True
            reach = min(reach, abs(end - z[i]) / abs(direction[a]))
    length = 1.0
    for halving in range(_HALVINGS + 1):
        last = halving == _HALVINGS or length < reach
        if last and not met:
            break
        if last:
            length = reach * (1.0 - 1e-15)
        if _moved(quadratic, factor, penalty, columns, z, room, length):
            return met or (tied and length * longest > _SETTLED * largest)
        if last:
            break
        length *= 0.5
    return False


@kernel
def _moved(
    quadratic: Any,
    factor: Cholesky,
    penalty: Any,
    columns: NDArray[np.intp],
    z: Array,
    room: Room,
    length: float,
) -> bool:
    """Go `length` times the direction if the objective does not rise by that.

    The slopes of the members follow.
    """
    slopes, new, step, change = room.slopes, room.new, room.step, room.change
    members, size = factor.members, factor.size[0]
    decrease, rounding = 0.0, 0.0
    for a in range(size):
        change[a] = length * room.product[a]
    for a in range(size):
        i = members[a]
        target = z[i] + length * room.way[a]
        new[i] = target
        nearly = abs(target) <= 1e-14 * abs(z[i])  # it is the kink that ends the way
        if room.kinked[i] and (target * z[i] <= 0.0 or nearly):
            new[i] = 0.0
        new[i] = penalty.within(new[i], columns[i])
        step[a] = new[i] - z[i]
        decrease += slopes[i] * step[a]
        rounding += abs(slopes[i] * step[a])
        if new[i] != target:
            row = quadratic.hessian[i]
            for b in range(size):
                change[b] += row[members[b]] * (new[i] - target)
    for a in range(size):
        decrease += 0.5 * step[a] * change[a]
    i = 0
    while i < z.shape[0]:
        stop = penalty.block_end(columns, i)
        decrease += penalty.block_value(new, columns, i, stop)
        decrease -= penalty.block_value(z, columns, i, stop)
        i = stop
    if not decrease <= _EPS * rounding:  # also false for what is not a number
        return False
    for a in range(size):
        slopes[members[a]] += change[a]
        z[members[a]] = new[members[a]]
    return True
