r"""Least squares with a ridge penalty at many strengths, from one decomposition.

With centred columns and ``Z = diag(q)^{1/2} X``, the eigenvectors of ``Z' Z = V D V'``
solve for every strength at once,

.. math:: w_\alpha = V (D + \alpha)^{-1} V' X' \mathrm{diag}(q) y .

Leaving out a row changes ``Z' Z`` by a term of rank one, so that the error of the model
fitted without row `i` follows from that of the one fitted with it,

.. math::
    y_i - \hat y_i^{(-i)} = \frac{y_i - \hat y_i}{1 - h_i}, \qquad
    h_i = q_i + q_i x_i' V (D + \alpha)^{-1} V' x_i ,

the first `q_i` being the intercept's share. Where there are fewer rows than columns the
same numbers come from ``Z Z' = U D U'``, without a difference of nearly equal ones:

.. math::
    \sqrt{q_i} (y_i - \hat y_i^{(-i)}) =
    \frac{\sum_k u_{ik} (D_k + \alpha)^{-1} u_k' \mathrm{diag}(q)^{1/2} y}
         {\sum_k u_{ik}^2 (D_k + \alpha)^{-1}}

summed over all eigenvectors but the intercept's, :math:`\sqrt q`.

Golub, Heath and Wahba (1979), Generalized cross-validation as a method for choosing a
good ridge parameter, Technometrics 21(2).

Rifkin and Lippert (2007), Notes on regularized least squares, MIT-CSAIL-TR-2007-025.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, Protocol

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from ..designs import row_slices
from .moments import centre_of
from .problem import Array, Problem

_EPS = float(np.finfo(np.float64).eps)
#: Relative error that solutions may have. From sums of squares they lose more if the
#: smallest eigenvalue and strength is too small a part of the largest eigenvalue.
_EXACT = 1e-9
#: Numbers of a block of rows or columns: 32 MiB.
_BLOCK = 1 << 22


class Directions(Protocol):
    """A decomposition, and what follows from it for any strength of the penalty."""

    def left_out(self, strengths: Array) -> Array:
        """Return the errors of each row by the models fitted without it.

        Parameters
        ----------
        strengths : array of shape (n_samples, n_alphas) or (1, n_alphas)
            For each row that is left out, in units of the loss of all rows: leaving out
            a share `q` of the weight makes a strength `alpha` beside the mean of the
            others one of ``(1 - q) alpha``.

        Returns
        -------
        errors : array of shape (n_samples, n_outputs, n_alphas)
            Targets less predictions; nan for rows without weight.
        """
        ...

    def weights(self, alphas: Array) -> Array:
        """Return the weights, (n_features, n_outputs, n_alphas)."""
        ...

    def mean_squares(self, alphas: Array) -> Array:
        """Return the mean squared residual of all rows, (n_outputs, n_alphas)."""
        ...

    def freedom_left(self, alphas: Array) -> Array:
        """Return the number of rows less the trace of the hat matrix, (n_alphas,)."""
        ...


def directions(problem: Problem, least: float) -> Directions:
    """Decompose ``Z' Z``, or ``Z Z'`` where that has no more directions.

    There all errors may vanish with the penalty, and only the rows tell in what way.

    Parameters
    ----------
    problem : Problem
        Of squared error, its columns centred if there is an intercept.
    least : float
        The smallest strength that will be asked for, above zero.
    """
    n_rows = int((problem.weight > 0.0).sum())
    if n_rows - problem.fit_intercept <= problem.design.shape[1]:
        return InRows.of(problem, least)
    return InColumns.of(problem, least)


class InColumns(NamedTuple):
    """The eigenvectors of ``Z' Z``."""

    problem: Problem
    y: Array  # n_samples x n_outputs, centred
    values: Array  # n_features
    vectors: Array  # n_features x n_features: V
    slopes: Array  # n_features x n_outputs: V' X' diag(q) y

    @classmethod
    def of(cls, problem: Problem, least: float) -> InColumns:
        """Decompose."""
        design, q, y = problem.design, problem.weight, _centred(problem)
        found = _eigen(design.cross(design, q), least)
        if found is None:
            blocks = (np.sqrt(q[rows])[:, None] * x for x, rows in _by_rows(problem))
            found = _singular(blocks, design.shape[1])
        values, vectors = found
        slopes = vectors.T @ design.rmatvec(q[:, None] * y)
        return cls(problem, y, values, vectors, slopes)

    def left_out(self, strengths: Array) -> Array:
        """Return the errors of each row by the models fitted without it."""
        q = np.where(self.problem.weight > 0.0, self.problem.weight, np.nan)
        errors = np.empty((*self.y.shape, strengths.shape[1]))
        for x, rows in _by_rows(self.problem):
            some = strengths if len(strengths) == 1 else strengths[rows]
            fit, spread = _filtered(x @ self.vectors, self.values, self.slopes, some)
            left = 1.0 - q[rows, None] * (self.problem.fit_intercept + spread)
            errors[rows] = (self.y[rows, :, None] - fit) / left[:, None]
        return errors

    def weights(self, alphas: Array) -> Array:
        """Return the weights, (n_features, n_outputs, n_alphas)."""
        shrunk = self.slopes[:, :, None] / (self.values[:, None, None] + alphas)
        return np.tensordot(self.vectors, shrunk, 1)

    def mean_squares(self, alphas: Array) -> Array:
        """Return the mean squared residual of all rows, (n_outputs, n_alphas)."""
        w = self.weights(alphas).reshape(len(self.vectors), -1)
        eta = self.problem.design.matvec(w).reshape(*self.y.shape, -1)
        return np.tensordot(self.problem.weight, (self.y[:, :, None] - eta) ** 2, 1)

    def freedom_left(self, alphas: Array) -> Array:
        """Return the number of rows less the trace of the hat matrix, (n_alphas,)."""
        n_rows = (self.problem.weight > 0.0).sum()
        spare = n_rows - self.problem.fit_intercept - len(self.values)
        return spare + _shrunk(self.values, alphas).sum(axis=0)


class InRows(NamedTuple):
    """The eigenvectors of ``Z Z'`` but the intercept's, in the rows of some weight."""

    problem: Problem
    rows: NDArray[np.intp]
    values: Array  # n_directions
    vectors: Array  # n_rows x n_directions: U
    slopes: Array  # n_directions x n_outputs: U' diag(q)^{1/2} y

    @classmethod
    def of(cls, problem: Problem, least: float) -> InRows:
        """Decompose.

        The intercept's eigenvector has eigenvalue zero; to tell it from others of small
        ones, it is lifted above all of them, which may be zero.
        """
        rows = np.flatnonzero(problem.weight > 0.0)
        root = np.sqrt(problem.weight[rows])[:, None]
        gram = root * problem.design.outer()[np.ix_(rows, rows)] * root.T
        n_kept = len(rows) - problem.fit_intercept
        largest = float(np.abs(gram).sum(axis=0).max())  # at most
        lift = (2.0 * largest or 1.0) * problem.fit_intercept
        found = _eigen(gram + lift * root * root.T, least)
        if found is None:
            features = (root.T * x[rows].T for x in _by_columns(problem))
            intercept = np.sqrt(lift) * root.T
            found = _singular(itertools.chain([intercept], features), len(rows))
        values, vectors = found[0][:n_kept], found[1][:, :n_kept]
        return cls(
            problem, rows, values, vectors, vectors.T @ (root * _centred(problem)[rows])
        )

    def left_out(self, strengths: Array) -> Array:
        """Return the errors of each row by the models fitted without it."""
        some = strengths if len(strengths) == 1 else strengths[self.rows]
        rest, spread = _filtered(self.vectors, self.values, self.slopes, some)
        root = np.sqrt(self.problem.weight[self.rows])[:, None, None]
        errors = np.full((*self.problem.y.shape, strengths.shape[1]), np.nan)
        errors[self.rows] = rest / spread[:, None] / root
        return errors

    def weights(self, alphas: Array) -> Array:
        """Return the weights, (n_features, n_outputs, n_alphas)."""
        (n, k), m = self.problem.y.shape, len(alphas)
        shrunk = self.slopes[:, :, None] / (self.values[:, None, None] + alphas)
        root, dual = np.sqrt(self.problem.weight[self.rows]), np.zeros((n, k * m))
        dual[self.rows] = root[:, None] * (self.vectors @ shrunk.reshape(-1, k * m))
        return self.problem.design.rmatvec(dual).reshape(-1, k, m)

    def mean_squares(self, alphas: Array) -> Array:
        """Return the mean squared residual of all rows, (n_outputs, n_alphas)."""
        return (self.slopes**2).T @ _shrunk(self.values, alphas) ** 2

    def freedom_left(self, alphas: Array) -> Array:
        """Return the number of rows less the trace of the hat matrix, (n_alphas,)."""
        return _shrunk(self.values, alphas).sum(axis=0)


def _shrunk(values: Array, alphas: Array) -> Array:
    """Return by what share each strength shrinks each direction."""
    return alphas / (values[:, None] + alphas)


def _filtered(
    t: Array, values: Array, slopes: Array, strengths: Array
) -> tuple[Array, Array]:
    """Return ``t (D + alpha)^{-1} slopes`` and ``diag(t (D + alpha)^{-1} t')``.

    Of shapes (n_rows, n_outputs, n_alphas) and (n_rows, n_alphas).
    """
    k, m = slopes.shape[1], strengths.shape[1]
    if len(strengths) == 1:
        gains = 1.0 / (values[:, None] + strengths)
        products = t @ (slopes[:, :, None] * gains[:, None]).reshape(len(gains), -1)
        return products.reshape(-1, k, m), t**2 @ gains
    first, second = np.empty((len(t), k, m)), np.empty((len(t), m))
    for a in range(m):
        gained = t / (values + strengths[:, a, None])
        first[:, :, a] = gained @ slopes
        second[:, a] = np.einsum("ij,ij->i", gained, t)
    return first, second


def _centred(problem: Problem) -> Array:
    """Return the targets less their means if there is an intercept."""
    return problem.y - centre_of(problem)


def _by_rows(problem: Problem) -> Iterator[tuple[Array, Any]]:
    """Yield the centred values of some rows at a time, and which rows these are."""
    n, p = problem.design.shape
    everything = np.arange(n)
    for block in row_slices(n, p, max(4 * p, _BLOCK // p)):
        for part, rows in problem.design.parts(everything[block]):
            yield part.to_array(), rows


def _by_columns(problem: Problem) -> Iterator[Array]:
    """Yield the centred values of some columns at a time."""
    n, p = problem.design.shape
    everything = np.arange(p)
    for block in row_slices(p, n, max(4 * n, _BLOCK // n)):
        yield problem.design.take(everything[block]).to_array()


def _eigen(gram: Array, least: float) -> tuple[Array, Array] | None:
    """Return eigenvalues, increasing, and vectors; None if digits would be missing."""
    values, vectors = scipy.linalg.eigh(gram, check_finite=False)
    values = np.maximum(values, 0.0)
    exact = _EPS * values[-1] <= _EXACT * (values[0] + least)
    return (values, vectors) if exact else None


def _singular(blocks: Iterable[Array], n: int) -> tuple[Array, Array]:
    """Return the same of ``sum_b B_b' B_b``, n x n, and no numbers are squared.

    The triangle of a QR factorisation has the singular values of what it is made of.
    """
    triangle = functools.reduce(_triangle, blocks, np.empty((0, n)))
    _, values, vectors = scipy.linalg.svd(triangle, check_finite=False)
    return values[::-1] ** 2, vectors[::-1].T


def _triangle(above: Array, block: Array) -> Array:
    """Return the triangle of both, one below the other."""
    stack = np.vstack([above, block])
    (triangle,) = scipy.linalg.qr(stack, mode="r", check_finite=False)
    return triangle[: stack.shape[1]]
