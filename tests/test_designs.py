"""Designs: every product equals NumPy's, and X stays as it is."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse
import tables

from sklreg import LinearRegressor
from sklreg._validation import as_design, checked_for_fit
from sklreg.designs import (
    CSC,
    Dense,
    Reserve,
    Standardized,
    _blocks,
    csc,
    dense,
    standardized,
)
from sklreg.solvers.quadratic import column_moments

every_design = pytest.mark.parametrize(
    "make", tables.DESIGNS.values(), ids=tables.DESIGNS
)
every_design32 = pytest.mark.parametrize(
    "make", tables.DESIGNS32.values(), ids=tables.DESIGNS32
)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture(params=[0.08, 0.6], ids=["sparse", "full"])
def X(request, rng):
    """Columns of several scales, one constant, one empty; exact in float32."""
    X = rng.normal(size=(40, 9)) * (rng.random((40, 9)) < request.param)
    X = np.float32(X * 10.0 ** rng.integers(-2, 3, size=9)).astype(float)
    X[:, 3], X[:, 5] = 2.5, 0.0
    return X


@pytest.fixture
def small_blocks(monkeypatch):
    """Make blocks so small that loops over them are seen to work."""
    monkeypatch.setattr(_blocks, "BLOCK_SIZE", 64)
    monkeypatch.setattr(csc, "_BLOCK_ENTRIES", 10)


def design_of(X):
    """Return the design of X as an estimator makes it."""
    return as_design(checked_for_fit(LinearRegressor(), X, np.zeros(X.shape[0]))[0])


def check_close(actual, expected, rtol):
    """Compare matrices relative to their largest entry."""
    atol = rtol * np.abs(expected).max()
    np.testing.assert_allclose(actual, expected, rtol=rtol, atol=atol)


def taken(design, some):
    """Return some columns, neither shifted nor scaled any further."""
    if isinstance(design, Standardized):
        return design.take(some)
    part, mean, scale = design.take(some, np.zeros(len(some)), np.ones(len(some)))
    np.testing.assert_array_equal(mean, np.zeros(len(some)))
    np.testing.assert_array_equal(scale, np.ones(len(some)))
    return part


def check_taken(design, X, some, rng, rtol):
    """Compare columns of any shift and scale; what is not done to them is told."""
    mean, scale = rng.normal(size=len(some)), rng.uniform(0.5, 2.0, size=len(some))
    part, rest, divisor = design.take(some, mean, scale)
    found = (part.matvec(np.eye(len(some))) - rest) / divisor
    check_close(found, (X[:, some] - mean) / scale, rtol)


def check_products(design, X, rng, rtol=1e-12):
    """Compare products with vectors, and the choice of columns, with NumPy's."""
    n, p = X.shape
    assert design.shape == X.shape
    for k in (1, 2, 5):
        W, R = rng.normal(size=(p, k)), rng.normal(size=(n, k))
        W[::3], R[::3] = 0.0, 0.0
        check_close(design.matvec(W), X @ W, rtol)
        check_close(design.rmatvec(R), X.T @ R, rtol)
    some = np.array([1, 3, 8])
    part = taken(design, some)
    assert part.shape == (n, 3)
    check_close(part.matvec(np.eye(3)), X[:, some], rtol)
    if not isinstance(design, Standardized):
        check_taken(design, X, some, rng, rtol)
    return part, X[:, some]


def check_crosses(design, X, rng):
    """Compare X' diag(h) Y about centres with NumPy's, for signed and single h."""
    part, columns = check_products(design, X, rng)
    c, d = X.mean(axis=0), columns.mean(axis=0) + 1.0
    n = len(X)
    for h in (rng.dirichlet(np.ones(n)), rng.normal(size=n), np.eye(n)[3]):
        gram = (X - c).T @ np.diag(h) @ (X - c)
        check_close(design.cross(design, h, c, c), gram, 1e-12)
        cross = (X - c).T @ np.diag(h) @ (columns - d)
        check_close(design.cross(part, h, c, d), cross, 1e-12)
        check_close(part.cross(design, h, d, c), cross.T, 1e-12)


@pytest.mark.usefixtures("small_blocks")
@every_design
def test_products(make, X, rng):
    check_crosses(design_of(make(X)), X, rng)


@every_design
def test_products_in_one_block(make, X, rng):
    check_crosses(design_of(make(X)), X, rng)


@pytest.mark.usefixtures("small_blocks")
@every_design32
def test_products_of_float32_are_summed_in_float64(make, X, rng):
    check_crosses(design_of(make(X)), X, rng)


@pytest.mark.usefixtures("small_blocks")
@every_design
def test_moments(make, X, rng):
    X = X + 1e6 * (np.arange(9) == 1)  # a mean much larger than the spread
    weight = rng.dirichlet(np.ones(len(X)))
    design = design_of(make(X))
    mean, deviation = design.moments(weight)
    naive = weight @ X
    np.testing.assert_allclose(mean, naive, rtol=1e-12, atol=1e-14)
    spread = np.sqrt(weight @ (X - naive) ** 2)
    np.testing.assert_allclose(deviation, spread, rtol=1e-8, atol=1e-13)


def test_full_columns_of_large_means_keep_their_digits(rng):
    """Full are also those whose missing entries are in rows without weight."""
    X = rng.normal(size=(200, 30)) * (rng.random((200, 30)) < 0.03)
    weight = rng.dirichlet(np.ones(200))
    weight[:5] = 0.0
    X[:, 4] = 1e7 + rng.normal(size=200)
    X[5:, 9] = 1e6 + rng.normal(size=195)
    X[:5, 9] = 0.0
    mean, some = weight @ X, np.array([9, 2, 4])
    Z = X - mean
    design = design_of(scipy.sparse.csc_array(X))
    square = Z.T @ (weight[:, None] * Z)
    check_close(design.gram(weight, mean)[0], square, 1e-9)
    part = taken(design, some)
    check_close(part.cross(design, weight, mean[some], mean), square[some], 1e-9)
    mean, factor = X.mean(axis=0), rng.exponential(size=30)
    factor[9] = 0.0  # of all rows it is not full
    outer = (X - mean) * factor @ (X - mean).T
    check_close(design.outer(mean, factor), outer, 1e-9)


@every_design
@pytest.mark.parametrize("level", [0.0, 0.01, 100.0])
def test_the_gram_matrix_about_centres(make, X, rng, level):
    centre = X.mean(axis=0) + level * rng.normal(size=9)
    Z = X - centre
    for h in (np.full(40, 0.025), rng.dirichlet(np.ones(40)), rng.normal(size=40)):
        square, sums = design_of(make(X)).gram(h, centre)
        check_close(square, Z.T @ np.diag(h) @ Z, 1e-11)
        np.testing.assert_allclose(sums, Z.T @ h, atol=1e-12 * np.abs(Z).max())


@every_design
@pytest.mark.usefixtures("small_blocks")
def test_columns_of_several_outputs_that_pull(make, X, rng):
    design, n = design_of(make(X)), len(X)
    wrapped, _ = standardized(design, np.full(n, 1.0 / n), centre=True, scale=True)
    chosen = [np.array([1, 4]), np.arange(9), np.array([], np.intp)]
    pull = rng.normal(size=(3, n))
    first, *others = (wrapped.take(some) for some in chosen)
    square, sums = first.pulled(others, pull)
    Z = np.array(wrapped.matvec(np.eye(9)))
    pairs = zip(pull, chosen, strict=True)
    A = np.hstack([v[:, None] * Z[:, some] for v, some in pairs])
    between = scipy.linalg.block_diag(*(np.ones((len(s), len(s))) for s in chosen)) == 0
    check_close(between * square, between * (A.T @ A), 1e-12)
    check_close(sums, A.T @ pull.T, 1e-12)


@every_design
@pytest.mark.parametrize("centre", [True, False])
@pytest.mark.parametrize("scale", [True, False])
def test_standardized(make, X, rng, centre, scale):
    weight = rng.dirichlet(np.ones(len(X)))
    design = design_of(make(X))
    wrapped, norms = standardized(design, weight, centre=centre, scale=scale)
    mean = weight @ X
    spread = np.sqrt(weight @ (X - mean) ** 2)
    naive = X - mean if centre else X.copy()
    naive[:, [3, 5]] *= not centre  # the constant ones, exactly
    if scale:
        naive = naive / np.where(spread > 1e-12, spread, 1.0)
    part, columns = check_products(wrapped, naive, rng, 1e-11)
    h = rng.normal(size=len(X))
    gram, cross = naive.T @ np.diag(h) @ naive, naive.T @ np.diag(h) @ columns
    check_close(wrapped.cross(wrapped, h), gram, 1e-11)
    check_close(wrapped.cross(part, h), cross, 1e-11)
    check_close(part.cross(wrapped, h), cross.T, 1e-11)
    np.testing.assert_allclose(norms, np.sqrt(weight @ naive**2), rtol=1e-10)
    if centre:
        np.testing.assert_array_equal(wrapped.matvec(np.eye(9))[:, [3, 5]], 0.0)


def test_dense_is_the_array_itself(X):
    for array in (np.ascontiguousarray(X), np.asfortranarray(X), np.float32(X)):
        array.flags.writeable = False
        design = as_design(array)
        assert isinstance(design, Dense)
        assert np.shares_memory(design.values, array)


def test_csc_is_the_matrix_itself(X):
    matrix = scipy.sparse.csc_array(X)
    design = as_design(matrix)
    assert isinstance(design, CSC)
    assert np.shares_memory(design.data, matrix.data)
    assert np.shares_memory(design.indices, matrix.indices)
    assert matrix.data.flags.writeable


def test_an_untidy_matrix_of_the_user_stays_as_it_is(X):
    matrix = tables.untidy_csc(X)
    data, indices = matrix.data.copy(), matrix.indices.copy()
    design = as_design(matrix)
    np.testing.assert_allclose(design.matvec(np.eye(9)), X)
    np.testing.assert_array_equal(matrix.data, data)
    np.testing.assert_array_equal(matrix.indices, indices)
    LinearRegressor().fit(matrix, np.arange(len(X)))
    np.testing.assert_array_equal(matrix.data, data)
    np.testing.assert_array_equal(matrix.indices, indices)


# What coordinate descent and working sets need ----------------------------------------


@every_design
def test_joined_columns_are_those_of_both(make, X, rng):
    design = design_of(make(X))
    for some in ([1, 3, 8], [5], []):
        added = taken(design, np.array(some, dtype=np.intp))
        both = np.hstack([X, X[:, some]])
        joined = design.joined(added)
        assert joined.shape == both.shape
        check_close(joined.matvec(np.eye(both.shape[1])), both, 1e-15)
        R = rng.normal(size=(len(X), 2))
        check_close(joined.rmatvec(R), both.T @ R, 1e-12)
        other_way = added.joined(design)
        check_close(other_way.rmatvec(R), np.hstack([X[:, some], X]).T @ R, 1e-12)


@every_design32
def test_joining_keeps_single_precision(make, X):
    design = design_of(make(X))
    joined = design.joined(design)
    assert joined.joined(joined).shape == (40, 4 * 9)
    kept = joined.values if isinstance(joined, Dense) else joined.data
    assert kept.dtype == np.float32


@pytest.mark.parametrize("make", [np.asarray, scipy.sparse.csc_array])
def test_joined_standardized_columns_keep_mean_and_scale(make, X, rng):
    weight = rng.dirichlet(np.ones(len(X)))
    wrapped, _ = standardized(design_of(make(X)), weight, centre=True, scale=True)
    naive = wrapped.matvec(np.eye(9))
    one, two = np.array([8, 0, 4]), np.array([1, 7])
    joined = wrapped.take(one).joined(wrapped.take(two))
    check_close(joined.matvec(np.eye(5)), naive[:, [8, 0, 4, 1, 7]], 1e-13)
    check_close(
        joined.cross(joined, weight),
        wrapped.cross(wrapped, weight)[np.ix_([8, 0, 4, 1, 7], [8, 0, 4, 1, 7])],
        1e-11,
    )


@every_design
@pytest.mark.parametrize("share", [1.0, 0.7])
def test_columns_are_gathered_one_after_the_other(make, X, rng, share):
    """Rows of weight zero may lose their entries; sets that have been are kept."""
    weight = rng.dirichlet(np.ones(len(X))) * (rng.random(len(X)) < share)
    counts = weight > 0.0
    wrapped, _ = standardized(design_of(make(X)), weight, centre=True, scale=True)
    naive = wrapped.matvec(np.eye(9))
    several = [[8, 0], [4], [5, 1, 7], [3, 2, 6]]
    gathered, reserve, chosen = wrapped.take(np.empty(0, np.intp)), Reserve(), []
    sets = []
    for new in several:
        gathered = wrapped.collected(np.array(new), weight, gathered, reserve)
        chosen = chosen + new
        sets.append((gathered, chosen))
        last = gathered.last_columns(len(new)).matvec(np.eye(len(new)))
        check_close(last[counts], naive[counts][:, new], 1e-13)
    branch = wrapped.collected(np.array([6, 2]), weight, sets[1][0], reserve)
    for columns, which in [*sets, (branch, [8, 0, 4, 6, 2])]:
        assert columns.shape == (len(X), len(which))
        found = columns.matvec(np.eye(len(which)))
        check_close(found[counts], naive[counts][:, which], 1e-13)
    assert sets[-1][0].n_entries <= wrapped.n_entries


@pytest.mark.parametrize("share", [1.0, 0.7])
def test_matrices_too_large_for_short_indices(X, rng, share, monkeypatch):
    """More than two thousand million entries; here indices are long for no reason."""
    monkeypatch.setattr(csc, "narrow", lambda indices, _: indices.astype(np.int64))
    design = design_of(scipy.sparse.csc_array(X))
    assert design.indptr.dtype == design.indices.dtype == np.uint64
    check_crosses(design, X, rng)
    weight = rng.dirichlet(np.ones(len(X))) * (rng.random(len(X)) < share)
    wrapped, _ = standardized(design, weight, centre=True, scale=True)
    before, new = wrapped.take(np.array([2])), np.array([8, 0, 4])
    gathered = wrapped.collected(new, weight, before, Reserve())
    naive = wrapped.matvec(np.eye(9))[:, [2, 8, 0, 4]]
    check_close(gathered.matvec(np.eye(4))[weight > 0.0], naive[weight > 0.0], 1e-13)
    some = np.array([8, 0, 4])
    assert wrapped.cross_work(columns=some) == wrapped.take(some).cross_work()


@every_design
def test_what_has_been_gathered_is_copied_seldom(make, X):
    wrapped, _ = standardized(
        design_of(make(X)), np.full(40, 0.025), centre=False, scale=False
    )
    gathered, reserve, n_copies = wrapped.take(np.empty(0, np.intp)), Reserve(), 0
    for new in np.arange(9):
        larger = wrapped.collected(new[None], np.ones(40), gathered, reserve)
        arrays = [
            getattr(each.design, "values", getattr(each.design, "data", None))
            for each in (gathered, larger)
        ]
        n_copies += not np.shares_memory(*arrays) and arrays[0].size > 0
        gathered = larger
    assert n_copies <= 2


@every_design
@pytest.mark.usefixtures("small_blocks")
def test_blocks_of_rows_are_all_rows(make, X, monkeypatch):
    monkeypatch.setattr(dense, "_COPIED", 20)
    monkeypatch.setattr(dense, "CROSS_ROWS", 1)
    wrapped, _ = standardized(
        design_of(make(X)), np.full(40, 0.025), centre=True, scale=True
    )
    blocks = list(wrapped.row_blocks(4))
    check_close(
        np.vstack([part.matvec(np.eye(9)) for part, _ in blocks]),
        wrapped.matvec(np.eye(9)),
        1e-15,
    )
    assert [rows.start for _, rows in blocks[1:]] == [r.stop for _, r in blocks[:-1]]
    assert len(blocks) == (3 if isinstance(wrapped.design, Dense) else 1)


@every_design
def test_single_columns(make, X, rng):
    """What coordinate descent asks for."""
    design, n = design_of(make(X)), len(X)
    r, h = rng.normal(size=n), rng.exponential(size=n)
    for j in range(X.shape[1]):
        x = X[:, j].astype(float)
        assert design.column_dot(j, r) == pytest.approx(x @ r, rel=1e-10, abs=1e-10)
        found = design.weighted_square(j, h)
        assert found == pytest.approx(x @ (h * x), rel=1e-12)
        out = r.copy()
        design.add_column(j, 0.7, out)
        check_close(out, r + 0.7 * x, 1e-12)
        design.add_weighted_column(j, -1.3, h, out)
        check_close(out, r + 0.7 * x - 1.3 * h * x, 1e-12)


@every_design
@pytest.mark.parametrize("centre", [True, False])
@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("form", [True, False])
def test_moments_of_weighted_columns(make, X, rng, centre, scale, form):
    """About the means of `h`, not about those the columns were centred by."""
    n, p = X.shape
    uniform = np.full(n, 1.0 / n)
    wrapped, _ = standardized(design_of(make(X)), uniform, centre=centre, scale=scale)
    design = wrapped.formed() if form else wrapped
    naive = wrapped.matvec(np.eye(p))
    check_close(design.matvec(np.eye(p)), naive, 1e-12)
    h = rng.exponential(size=n) * (rng.random(n) < 0.8)
    mean, curvatures, coupling = np.empty(p), np.empty(p), np.empty(p)
    moments = mean, curvatures, coupling
    about, by = design.mean, design.scale
    total = column_moments(design.design, h, about, by, centre, 0, *moments)
    again = [np.append(each[:3], np.full(p - 3, np.nan)) for each in moments]
    column_moments(design.design, h, about, by, centre, 3, *again)
    np.testing.assert_array_equal(again, moments)
    assert total == pytest.approx(h.sum())
    check_close(coupling, h @ naive, 1e-10)
    moved = naive - h @ naive / h.sum() if centre else naive
    check_close(curvatures, h @ moved**2, 1e-9)
    columns = design.design.matvec(np.eye(p))
    check_close((columns - mean) / design.scale, moved, 1e-10)


@every_design
def test_the_number_of_entries(make, X):
    design = design_of(make(X))
    stored = np.count_nonzero(X) if isinstance(design, CSC) else X.size
    assert design.n_entries == stored
    wrapped, _ = standardized(design, np.full(40, 1 / 40), centre=True, scale=True)
    assert wrapped.n_entries == stored
    assert wrapped.cross_work() == design.cross_work()


@pytest.mark.parametrize("make", [np.asarray, scipy.sparse.csc_array])
def test_the_work_of_a_gram_matrix(make, X):
    """Twice the columns, four times the work; twice the rows, twice; none for zeros."""
    work = design_of(make(X)).cross_work()
    assert work > 0.0
    assert design_of(make(np.hstack([X, X]))).cross_work() == 4.0 * work
    assert design_of(make(np.vstack([X, X]))).cross_work() == 2.0 * work
    if make is scipy.sparse.csc_array:
        assert design_of(make(np.vstack([X, 0.0 * X]))).cross_work() == work
        assert design_of(make(0.0 * X)).cross_work() == 0.0


@every_design
def test_work_beyond_enough_is_beyond_it_and_no_less_than_it_is_said_to_be(make, X):
    design = design_of(make(X))
    work = design.cross_work()
    for enough in work * np.array([0.0, 0.1, 0.5, 0.9, 1.0, 2.0]):
        told = design.cross_work(enough)
        assert told == work or enough < told <= work


@every_design
def test_the_outer_product(make, X):
    mean, factor = X[0], np.linspace(0.0, 2.0, 9)
    expected = (X - mean) * factor @ (X - mean).T
    check_close(design_of(make(X)).outer(mean, factor), expected, 1e-12)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("make", [np.asarray, scipy.sparse.csc_array])
def test_the_outer_product_of_standardized_columns(make, X, rng):
    weight = rng.dirichlet(np.ones(len(X)))
    wrapped, _ = standardized(design_of(make(X)), weight, centre=True, scale=True)
    naive = wrapped.matvec(np.eye(9))
    check_close(wrapped.outer(), naive @ naive.T, 1e-11)


def test_read_only_memory_map(tmp_path, rng):
    X = rng.normal(size=(60, 5))
    y = X @ np.arange(5.0)
    path = tmp_path / "X.dat"
    written = np.memmap(path, dtype=np.float64, mode="w+", shape=X.shape)
    written[:] = X
    written.flush()
    mapped = np.memmap(path, dtype=np.float64, mode="r", shape=X.shape)
    expected = LinearRegressor("l1", alpha=0.1).fit(X, y)
    fitted = LinearRegressor("l1", alpha=0.1).fit(mapped, y)
    np.testing.assert_array_equal(fitted.coef_, expected.coef_)
    parts = scipy.sparse.csc_array(X)
    for part in (parts.data, parts.indices, parts.indptr):
        part.flags.writeable = False
    sparse = LinearRegressor("l1", alpha=0.1).fit(parts, y)
    np.testing.assert_allclose(sparse.coef_, expected.coef_, atol=1e-12)
