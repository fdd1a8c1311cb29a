r"""A Cholesky factor of some rows and columns of a matrix, whose members come and go.

With `S` the members in their order, ``U' U = M_SS``, where

.. math:: M = H + diag(d) - \sum_g p_g p_g'

and the blocks `g` of `p` are the members of the same block of weights. One more member
takes ``|S|^2 / 2`` multiplications, one less a rotation for each that came after it
(Golub and Van Loan 2013, Matrix computations, 4th edition, section 6.5.4).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dpotrf

from .._compile import kernel
from .._span import span
from .problem import Array

#: A pivot below this share of the diagonal depends on the members before it, and what
#: is added to it, if anything is.
_DEPENDENT, _RIDGE = 1e-14, 1e-10


class Cholesky(NamedTuple):
    """The factor, and what it was made from; empty at first."""

    upper: Array  # k x k: U, of which the first `size` rows and columns count
    members: NDArray[np.intp]  # k: the coordinate of each row
    places: NDArray[np.intp]  # k: the row of each coordinate, or -1
    added: Array  # k: d of each member
    pull: Array  # k: p of each member
    ridge: Array  # k: what was added to the diagonal of each member beside
    size: NDArray[np.intp]  # 1
    scratch: Array  # k

    @classmethod
    def empty(cls, k: int) -> Cholesky:
        """Return the factor of no rows of a matrix of size `k`."""
        return cls(
            np.empty((k, k)),
            np.empty(k, np.intp),
            np.full(k, -1),
            np.empty(k),
            np.empty(k),
            np.empty(k),
            np.zeros(1, np.intp),
            np.empty(k),
        )

    def enlarged(self, k: int) -> Cholesky:
        """Return the same factor, of a matrix of size `k` that begins with the old."""
        if k == len(self.places):
            return self
        new, size, old = Cholesky.empty(k), int(self.size[0]), len(self.places)
        new.upper[:size, :size] = self.upper[:size, :size]
        new.members[:size] = self.members[:size]
        for mine, its in zip(new[2:6], self[2:6], strict=True):
            mine[:old] = its
        new.size[0] = size
        return new

    def build(self, hessian: Array, members: NDArray[np.intp], diagonal: Array) -> None:
        """Factorise at once, where there is no pull; nothing if it is not definite."""
        s = len(members)
        matrix = hessian[np.ix_(members, members)]
        matrix.flat[:: s + 1] += diagonal[members]
        pivots = _DEPENDENT * np.diagonal(matrix)
        upper, failed = dpotrf(matrix.T, clean=False, overwrite_a=True)
        if failed or (np.diagonal(upper) ** 2 <= pivots).any():
            return
        self.upper[:s, :s] = upper
        self.members[:s], self.size[0] = members, s
        self.places[:] = -1
        self.places[members] = np.arange(s)
        self.added[members] = diagonal[members]
        self.pull[members], self.ridge[members] = 0.0, 0.0


@kernel
def append(
    factor: Cholesky,
    hessian: Array,
    diagonal: Array,
    pull: Array,
    end: NDArray[np.intp],
    i: int,
    bounded: bool,
) -> bool:
    """Add coordinate `i`, unless it makes the matrix indefinite.

    A coordinate that depends on the members is added nevertheless if it is `bounded`,
    with some ridge. `end` tells which coordinates are of one block.
    """
    members, size = factor.members, factor.size[0]
    column, row = factor.scratch, hessian[i]
    for a in range(size):
        j = members[a]
        column[a] = row[j]
        if end[j] == end[i]:
            column[a] -= pull[i] * pull[j]
    _forward(factor, column)
    scale = abs(row[i]) + abs(diagonal[i])
    pivot, ridge = row[i] + diagonal[i] - pull[i] * pull[i], 0.0
    for a in range(size):
        pivot -= column[a] * column[a]
    if pivot <= _DEPENDENT * scale and bounded:
        ridge = _RIDGE * scale
        pivot += ridge
    if not pivot > _DEPENDENT * scale:
        return False
    for a in range(size):
        factor.upper[a, size] = column[a]
    factor.upper[size, size] = np.sqrt(pivot)
    members[size], factor.places[i] = i, size
    factor.added[i], factor.pull[i], factor.ridge[i] = diagonal[i], pull[i], ridge
    factor.size[0] = size + 1
    return True


@kernel
def append_all(
    factor: Cholesky,
    hessian: Array,
    diagonal: Array,
    pull: Array,
    end: NDArray[np.intp],
    n_new: int,
) -> bool:
    """Add the coordinates that stand behind the members, if the matrix is definite.

    Otherwise nothing has happened. That is elimination by four rows at a time, several
    times faster than by one column after the other.
    """
    members, size = factor.members, factor.size[0]
    s = size + n_new
    _write_columns(factor, hessian, diagonal, pull, end, s)
    for first in range(0, s, 4):
        last = min(first + 4, s)
        for a in range(first, last):
            if not _finish_row(factor, hessian, diagonal, first, a, s):
                return False
        if last < s:
            _eliminate(factor.upper, first, size, s)
    for a in range(size, s):
        i = members[a]
        factor.places[i], factor.added[i], factor.pull[i] = a, diagonal[i], pull[i]
        factor.ridge[i] = 0.0
    factor.size[0] = s
    return True


@kernel
def _write_columns(
    factor: Cholesky,
    hessian: Array,
    diagonal: Array,
    pull: Array,
    end: NDArray[np.intp],
    s: int,
) -> None:
    """Write the matrix to the columns beyond the members, `s` in all."""
    members, size = factor.members, factor.size[0]
    for a in range(s):
        i, row = members[a], factor.upper[a]
        for b in span(max(a, size), s):
            j = members[b]
            row[b] = hessian[i, j]
            if end[i] == end[j]:
                row[b] -= pull[i] * pull[j]
        if a >= size:
            row[a] += diagonal[i]


@kernel
def _finish_row(
    factor: Cholesky, hessian: Array, diagonal: Array, first: int, a: int, s: int
) -> bool:
    """Take from row `a` what those from `first` on take, and scale it.

    Or tell that it depends on the rows above.
    """
    upper, row, start = factor.upper, factor.upper[a], max(a, factor.size[0])
    for above in range(first, a):
        share, its = upper[above, a], upper[above]
        for b in span(start, s):
            row[b] -= share * its[b]
    if a >= factor.size[0]:
        i = factor.members[a]
        if not row[a] > _DEPENDENT * (abs(hessian[i, i]) + abs(diagonal[i])):
            return False
        row[a], start = np.sqrt(row[a]), a + 1
    inverse = 1.0 / row[a]
    for b in span(start, s):
        row[b] *= inverse
    return True


@kernel
def _eliminate(upper: Array, first: int, size: int, s: int) -> None:
    """Take four rows times their part from all below, whose columns begin at `size`.

    Two at a time, so that the four are read half as often.
    """
    r0, r1, r2, r3 = upper[first], upper[first + 1], upper[first + 2], upper[first + 3]
    for a in range(first + 4, s - 1, 2):
        row, f0, f1, f2, f3 = upper[a], r0[a], r1[a], r2[a], r3[a]
        c = a + 1
        other, g0, g1, g2, g3 = upper[c], r0[c], r1[c], r2[c], r3[c]
        for b in span(max(a, size), s):
            x0, x1, x2, x3 = r0[b], r1[b], r2[b], r3[b]
            row[b] -= f0 * x0 + f1 * x1 + f2 * x2 + f3 * x3
            other[b] -= g0 * x0 + g1 * x1 + g2 * x2 + g3 * x3
    if (s - first) % 2 == 1:
        row, a = upper[s - 1], s - 1
        for b in span(max(a, size), s):
            row[b] -= r0[a] * r0[b] + r1[a] * r1[b] + r2[a] * r2[b] + r3[a] * r3[b]


@kernel
def drop(factor: Cholesky, place: int) -> None:
    """Take out the member at this place.

    What its column leaves is a factor with one row too many, which rotations with each
    of the rows below, in turn, clear.
    """
    upper, members, size = factor.upper, factor.members, factor.size[0]
    factor.places[members[place]] = -1
    for a in range(place + 1, size):
        members[a - 1] = members[a]
        factor.places[members[a]] = a - 1
    for a in range(place):
        row = upper[a]
        for b in span(place + 1, size):
            row[b - 1] = row[b]
    rest = factor.scratch
    for b in span(place + 1, size):
        rest[b] = upper[place, b]
    for a in range(place + 1, size):
        row, above = upper[a], upper[a - 1]
        pivot = np.sqrt(row[a] * row[a] + rest[a] * rest[a])
        cosine, sine = row[a] / pivot, rest[a] / pivot
        for b in span(a, size):
            entry = row[b]
            above[b - 1] = cosine * entry + sine * rest[b]
            rest[b] = cosine * rest[b] - sine * entry
    factor.size[0] = size - 1


@kernel
def solve(factor: Cholesky, right: Array) -> None:
    """Solve ``M_SS x = right`` in place, members in their order."""
    _forward(factor, right)
    for a in range(factor.size[0] - 1, -1, -1):
        row, total = factor.upper[a], right[a]
        for b in span(a + 1, factor.size[0]):
            total -= row[b] * right[b]
        right[a] = total / row[a]


@kernel
def _forward(factor: Cholesky, right: Array) -> None:
    """Solve ``U' x = right`` in place."""
    for a in range(factor.size[0]):
        row = factor.upper[a]
        right[a] /= row[a]
        for b in span(a + 1, factor.size[0]):
            right[b] -= row[b] * right[a]
