"""Pivoted Cholesky: L L' = A as far as the rank goes, triangular in its pivots."""

from __future__ import annotations

import numpy as np
import pytest

from sklreg.solvers.factor import pivoted_cholesky

EPS = np.finfo(float).eps


def _gram(n, p, seed=0):
    X = np.random.default_rng(seed).normal(size=(n, p))
    return X.T @ X


def _duplicates():
    X = np.random.default_rng(1).normal(size=(30, 4))
    X = np.hstack([X, X[:, ::-1], 3.0 * X[:, :1]])
    return X.T @ X


def _nearly_duplicates():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(30, 4))
    X = np.hstack([X, X + 1e-6 * rng.normal(size=X.shape)])
    return X.T @ X


def _scaled():
    scales = 10.0 ** np.linspace(-8.0, 8.0, 9)[[4, 0, 8, 2, 6, 1, 7, 3, 5]]
    return _gram(40, 9) * scales * scales[:, None]


def _scaled_and_singular():
    scales = 10.0 ** np.array([-8.0, 8.0, 0.0, 4.0, -4.0, 1.0])
    return _gram(3, 6) * scales * scales[:, None]


def _with_zero_columns():
    matrix = _gram(20, 6)
    matrix[[1, 4]] = matrix[:, [1, 4]] = 0.0
    return matrix


#: Semidefinite matrices and their ranks.
MATRICES = {
    "full": (_gram(30, 8), 8),
    "one": (np.array([[4.0]]), 1),
    "diagonal": (np.diag([1e-8, 1.0, 1e8]), 3),
    "fewer_rows": (_gram(5, 12), 5),
    "duplicates": (_duplicates(), 4),
    "nearly_duplicates": (_nearly_duplicates(), 8),
    "scaled": (_scaled(), 9),
    "scaled_and_singular": (_scaled_and_singular(), 3),
    "zero_columns": (_with_zero_columns(), 4),
    "zeros": (np.zeros((3, 3)), 0),
    "tiny": (1e-300 * _gram(9, 3), 3),
}

every_matrix = pytest.mark.parametrize("name", MATRICES)


@every_matrix
def test_the_factor_times_its_transpose_is_the_matrix(name):
    """Up to rounding relative to the diagonal, whatever the scales."""
    matrix, rank = MATRICES[name]
    lower, _ = pivoted_cholesky(matrix)
    assert lower.shape == (len(matrix), rank)
    sizes = np.sqrt(np.diagonal(matrix))
    limit = 10 * len(matrix) * EPS * np.outer(sizes, sizes)
    assert (np.abs(lower @ lower.T - matrix) <= limit).all()


@every_matrix
def test_the_rows_of_the_pivots_are_lower_triangular(name):
    matrix, rank = MATRICES[name]
    lower, order = pivoted_cholesky(matrix)
    assert len(set(order.tolist())) == len(order) == rank
    np.testing.assert_array_equal(np.triu(lower[order], 1), 0.0)
    assert (np.diagonal(lower[order]) > 0.0).all()


@every_matrix
def test_the_matrix_stays_as_it_is(name):
    matrix, _ = MATRICES[name]
    before = matrix.copy()
    pivoted_cholesky(matrix)
    np.testing.assert_array_equal(matrix, before)


@pytest.mark.parametrize("name", ["full", "fewer_rows", "duplicates"])
def test_scaling_a_row_and_its_column_scales_the_factor(name):
    matrix, rank = MATRICES[name]
    powers = 2.0 ** np.random.default_rng(2).integers(-30, 30, size=len(matrix))
    lower, order = pivoted_cholesky(matrix)
    scaled, scaled_order = pivoted_cholesky(matrix * powers * powers[:, None])
    np.testing.assert_array_equal(scaled_order, order)
    np.testing.assert_allclose(scaled, powers[:, None] * lower, rtol=1e-12)
    assert scaled.shape[1] == rank
