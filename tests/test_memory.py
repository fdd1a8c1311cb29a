"""Memory: X is neither copied nor made dense; what a fit takes beyond it is bounded.

Counted are the arrays of NumPy and SciPy, at their peak. A vector has as many numbers
as X has rows and columns together, eight bytes each.
"""

from __future__ import annotations

import platform
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
import scipy.sparse

from sklreg import (
    LinearClassifier,
    LinearClassifierCV,
    LinearRegressor,
    LinearRegressorCV,
    _memory,
    alpha_max,
    regularization_path,
)
from sklreg.designs import _blocks

#: A block of rows in float64, and what is made of it.
BLOCKS = 2 * 8 * _blocks.BLOCK_SIZE


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def peak_of(function):
    """Return the most memory that NumPy and Python held beyond the start, in bytes."""
    function()  # compile and import first
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def vectors(X, number):
    """Return the bytes of so many vectors."""
    return 8 * number * sum(X.shape)


def estimators(X, y, penalty, share):
    """Return a regressor and a classifier, and their targets."""
    labels = y > np.median(y)
    for make, target in ((LinearRegressor, y), (LinearClassifier, labels)):
        yield make(penalty, share * alpha_max(make("l1"), X, target)), target


# Dense --------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("penalty", ["l1", "l2"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dense_x_is_never_copied_as_a_whole(rng, order, penalty, dtype):
    X = np.asarray(rng.normal(size=(20_000, 100)), dtype=dtype, order=order)
    y = X[:, 0] - X[:, 1] + rng.normal(size=len(X))
    model = LinearRegressor(penalty, alpha=0.1)
    assert peak_of(lambda: model.fit(X, y)) < 0.8 * X.nbytes  # of 8 or 16 MB
    assert model.coef_.dtype == dtype


def wide(rng, dtype=np.float64, order="F"):
    X = np.asarray(rng.normal(size=(100, 20_000)), dtype=dtype, order=order)
    return X, X[:, :10].sum(axis=1) + rng.normal(size=100)


@pytest.mark.parametrize(
    ("order", "penalty", "share"),
    [("C", "l1", 0.3), ("F", "l1", 0.1), ("F", "elasticnet", 0.3)],
)
def test_wide_fits_take_a_fifth_of_x_and_ten_vectors(rng, order, penalty, share):
    X, y = wide(rng, order=order)
    for model, target in estimators(X, y, penalty, share):
        peak = peak_of(lambda model=model, target=target: model.fit(X, target))
        assert peak < 0.2 * X.nbytes + vectors(X, 10)


def test_wide_single_precision_takes_two_blocks_more(rng):
    X, y = wide(rng, np.float32)
    for model, target in estimators(X, y, "l1", 0.3):
        peak = peak_of(lambda model=model, target=target: model.fit(X, target))
        assert peak < 0.2 * X.nbytes + vectors(X, 10) + BLOCKS


def test_a_wide_path_takes_three_vectors_more_for_each_strength(rng):
    """Two of them are what it returns; with a smaller Gram matrix they would do."""
    X, y = wide(rng)
    n_alphas = 10

    def path():
        regularization_path(
            LinearRegressor("l1"), X, y, alphas=n_alphas, alpha_min_ratio=0.1
        )

    assert peak_of(path) < 0.2 * X.nbytes + vectors(X, 10 + 3 * n_alphas)


def test_wide_ridge_takes_a_fifth_of_x_and_ten_vectors(rng):
    X, y = wide(rng)
    for model, target in estimators(X, y, "l2", 0.1):
        peak = peak_of(lambda model=model, target=target: model.fit(X, target))
        assert peak < 0.2 * X.nbytes + vectors(X, 10)


def tall(rng, n, p, order):
    X = np.asarray(rng.normal(size=(n, p)), order=order)
    return X, X[:, 0] - X[:, 1] + rng.normal(size=n)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("penalty", ["l1", "l2"])
@pytest.mark.parametrize("shape", [(20_000, 50), (5_000, 200)])
def test_tall_least_squares_takes_blocks_and_gram_matrices(rng, shape, penalty, order):
    X, y = tall(rng, *shape, order)
    model = LinearRegressor(penalty, 0.01)
    peak = peak_of(lambda: model.fit(X, y))
    assert peak < 1.2 * BLOCKS + vectors(X, 10) + 8 * 10 * shape[1] ** 2


@pytest.mark.parametrize("make", [LinearRegressor, LinearClassifier])
def test_twice_the_rows_are_some_vectors_more(rng, make):
    peaks = []
    for n in (20_000, 40_000):
        X, y = tall(rng, n, 50, "F")
        target = y > 0.0 if make is LinearClassifier else y
        model = make("l1", 0.01)
        peaks.append(peak_of(lambda: model.fit(X, target)))  # noqa: B023
    assert peaks[1] - peaks[0] < 8 * 20 * 20_000  # X grows by fifty


def test_columns_in_use_are_copied_for_some_rows_at_a_time(rng):
    peaks = []
    for n in (60_000, 120_000):
        X = np.asfortranarray(rng.normal(size=(n, 50)))
        target = X[:, :20].sum(axis=1) + rng.normal(size=n) > 0.0
        model = LinearClassifier("l1", 0.02)
        peaks.append(peak_of(lambda: model.fit(X, target)))  # noqa: B023
        assert np.count_nonzero(model.coef_) == 20
    assert peaks[1] - peaks[0] < 8 * 15 * 60_000  # not for all, which is twenty more


# Sparse -------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [scipy.sparse.csc_array, scipy.sparse.csr_array])
@pytest.mark.parametrize("penalty", ["l1", "l2"])
def test_sparse_x_is_never_made_dense(make, penalty, rng):
    rows, columns = rng.integers(0, 2100, size=(2, 13_000))
    entries = (rng.random(13_000), (rows, columns))
    X = scipy.sparse.csc_array(entries, shape=(2100, 2100))
    y = X @ np.sin(np.arange(2100.0))
    labels = y > 0.0
    X = make(X)  # dense: 35 MB
    alpha = 0.3 * alpha_max(LinearRegressor("l1"), X, y)
    regressor = LinearRegressor(penalty, alpha=alpha)
    assert peak_of(lambda: regressor.fit(X, y)) < 8e6
    alpha = 0.5 * alpha_max(LinearClassifier("l1"), X, labels)
    classifier = LinearClassifier(penalty, alpha=alpha)
    assert peak_of(lambda: classifier.fit(X, labels)) < 8e6
    assert peak_of(lambda: classifier.predict(X)) < 8e6


@pytest.mark.parametrize(
    ("make", "penalty"),
    [(scipy.sparse.csc_array, "elasticnet"), (scipy.sparse.csr_array, "l1")],
)
def test_sparse_fits_take_x_and_the_gram_matrix_of_what_is_used(rng, make, penalty):
    at = rng.integers(5000, size=100_000), rng.integers(20_000, size=100_000)
    X = scipy.sparse.coo_array((rng.uniform(size=100_000), at), (5000, 20_000))
    y = 3.0 * X.tocsc()[:, :50].sum(axis=1) + 0.1 * rng.normal(size=5000)
    X = make(X)
    stored = X.data.nbytes + X.indices.nbytes + X.indptr.nbytes  # dense: 800 MB
    for model, target in estimators(X, y, penalty, 0.3):
        peak = peak_of(lambda model=model, target=target: model.fit(X, target))
        used = 100 + 2 * np.count_nonzero(model.coef_)
        assert peak < 2 * stored + vectors(X, 15) + 8 * 4 * used**2


# Cross-validation ---------------------------------------------------------------------


def choosing(X, y, penalty, n_alphas=10):
    """Return estimators that choose of so many strengths by five folds."""
    labels = y > np.median(y)
    for make, target in ((LinearRegressorCV, y), (LinearClassifierCV, labels)):
        yield make(penalty, n_alphas, alpha_min_ratio=0.1, cv=5), target


@pytest.mark.parametrize(
    ("penalty", "n_vectors"), [("l1", 15 + 10), ("l2", 15 + 2 * 10)]
)
def test_wide_folds_take_a_fifth_of_x_and_the_weights_in_use(rng, penalty, n_vectors):
    """One fold after the other; with threads each of them takes as much.

    One vector for each strength is returned; with l2 the weights of a fold are another.
    """
    X, y = wide(rng)
    for model, target in choosing(X, y, penalty):
        peak = peak_of(lambda model=model, target=target: model.fit(X, target))
        assert peak < 0.2 * X.nbytes + vectors(X, n_vectors)


def test_wide_folds_without_gram_matrix_take_ten_vectors_and_what_is_returned(rng):
    X, y = wide(rng)
    _, (model, target) = choosing(X, y, "l1")
    peak = peak_of(lambda: model.fit(X, target))
    assert peak < 0.2 * X.nbytes + vectors(X, 10 + 10)


@pytest.mark.parametrize("make", [scipy.sparse.csc_array, scipy.sparse.csr_array])
def test_sparse_folds_take_x_twice_and_three_vectors_for_each_strength(rng, make):
    at = rng.integers(5000, size=100_000), rng.integers(20_000, size=100_000)
    X = scipy.sparse.coo_array((rng.uniform(size=100_000), at), (5000, 20_000))
    y = 3.0 * X.tocsc()[:, :50].sum(axis=1) + 0.1 * rng.normal(size=5000)
    X = make(X)
    stored = X.data.nbytes + X.indices.nbytes + X.indptr.nbytes  # dense: 800 MB
    for model, target in choosing(X, y, "l1"):
        peak = peak_of(lambda model=model, target=target: model.fit(X, target))
        assert peak < 2 * stored + vectors(X, 10 + 3 * 10)


@pytest.mark.parametrize("penalty", ["l1", "l2"])
@pytest.mark.parametrize("shape", [(20_000, 50), (40_000, 50), (5_000, 200)])
def test_tall_folds_take_blocks_ten_vectors_and_a_gram_matrix_each(rng, shape, penalty):
    """Those of classification take two vectors more for each strength."""
    X, y = tall(rng, *shape, "F")
    gram = 8 * shape[1] ** 2
    for (model, target), n_vectors in zip(
        choosing(X, y, penalty), (10, 10 + 2 * 10), strict=True
    ):
        peak = peak_of(lambda model=model, target=target: model.fit(X, target))
        assert peak < 1.2 * BLOCKS + vectors(X, n_vectors) + (5 + 5) * gram


# What is freed ------------------------------------------------------------------------

PAGES = """
import importlib.util, resource, sys
import numpy as np

def pages():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        arrays = [np.ones(40_000) for _ in range(8)]
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

spec = importlib.util.spec_from_file_location("memory", sys.argv[1])
memory = importlib.util.module_from_spec(spec)
spec.loader.exec_module(memory)
pages()
before = pages()
memory.keep_freed_memory()
pages()
print(before, pages())
"""


def test_what_is_freed_is_not_fetched_again_page_by_page():
    """Where the allocator would have given it back, as the GNU C library's does."""
    done = subprocess.run(
        [sys.executable, "-c", PAGES, _memory.__file__],
        capture_output=True,
        text=True,
        check=True,
    )
    before, after = map(int, done.stdout.split())
    assert after <= before
    if platform.libc_ver()[0] == "glibc":
        assert before > 1000
        assert after < 50
