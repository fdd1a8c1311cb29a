"""Penalised quadratics: formed or in columns, the same steps and the same minimum."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
import scipy.sparse
import tables
from sklearn.base import clone

from sklreg import (
    LinearClassifier,
    LinearRegressor,
    alpha_max,
    regularization_path,
)
from sklreg.designs import CSC, Dense, standardized
from sklreg.losses import SquaredError
from sklreg.penalties import L1, L2, MCP, Bounded, ElasticNet, Weighted
from sklreg.solvers import Problem, column_descent, column_model, model, proximal_newton
from sklreg.solvers import core as core_module
from sklreg.solvers import newton_steps as steps_past_kinks
from sklreg.solvers.active_set import minimize_quadratic
from sklreg.solvers.cholesky import Cholesky, append, append_all, solve
from sklreg.solvers.column_descent import minimize_in_columns
from sklreg.solvers.column_model import ColumnModel
from sklreg.solvers.core import Core, descend
from sklreg.solvers.gram_model import GramModel
from sklreg.solvers.newton_steps import Room, newton_steps
from sklreg.solvers.problem import Curvature, Goal
from sklreg.solvers.quadratic import (
    ColumnQuadratic,
    GramQuadratic,
    coordinate_descent,
    epoch,
)
from sklreg.solvers.support import Support, minimize_by_support

N, K = 40, 9

DESIGNS = {
    "dense": Dense,
    "f_order": lambda X: Dense(np.asfortranarray(X)),
    "float32": lambda X: Dense(X.astype(np.float32)),
    "csc": lambda X: CSC.from_scipy(scipy.sparse.csc_array(X)),
    "csc_float32": lambda X: CSC.from_scipy(
        scipy.sparse.csc_array(X.astype(np.float32))
    ),
}
PENALTIES = {
    "none": L2().record(0.0, K),
    "l1": L1().record(0.2, K),
    "l2": L2().record(0.2, K),
    "elasticnet": ElasticNet(l1_ratio=0.6).record(0.3, K),
    "positive_l1": tables.positive(L1().record(0.1, K), K),
    "positive_none": tables.positive(L2().record(0.0, K), K),
    "bounded_none": Bounded(None, lower=-0.3, upper=0.2).record(0.0, K),
    "weighted_bounded": Weighted(
        Bounded(lower=-0.5), [np.inf, 0.5, 2.0, 0.0] + [1.0] * (K - 4)
    ).record(0.1, K),
}
NON_CONVEX = {
    "mcp": MCP(gamma=4.0).record(0.2, K),
    "positive_mcp": tables.positive(MCP(gamma=4.0).record(0.1, K), K),
    "bounded_mcp": Bounded(MCP(gamma=4.0), upper=0.3).record(0.2, K),
}

every_design = pytest.mark.parametrize("make", DESIGNS.values(), ids=DESIGNS)
every_penalty = pytest.mark.parametrize(
    "penalty", (PENALTIES | NON_CONVEX).values(), ids=PENALTIES | NON_CONVEX
)
convex_penalty = pytest.mark.parametrize("penalty", PENALTIES.values(), ids=PENALTIES)
centred_or_not = pytest.mark.parametrize("centre", [True, False])


class Quadratics(NamedTuple):
    """One quadratic in three forms."""

    hessian: np.ndarray  # from its definition
    first: np.ndarray
    formed: GramQuadratic
    in_columns: ColumnQuadratic

    def slopes(self, change):
        return self.first + self.hessian @ change


def full_rank(n=N, k=K, seed=0):
    """Return columns of unlike scale and mean, a third of their entries zero."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, k)) * 2.0 ** rng.integers(-1, 2, size=k)
    X = (X + 0.5 * rng.normal(size=k)) * (rng.random((n, k)) < 0.7)
    return np.float32(X).astype(float)


def duplicates():
    X = full_rank(k=4)
    return np.hstack([X, X, 2.0 * X[:, :1]])


def constants():
    X = full_rank()
    X[:, 2], X[:, 6] = 0.0, 1.5
    return X


COLUMNS = {
    "full_rank": full_rank,
    "wide": lambda: full_rank(n=5),
    "duplicates": duplicates,
    "constants": constants,
}


def quadratics(X, make=Dense, *, centre=True, scale=True, seed=1):
    """Return the model of a data term with Hessian `h` in eta, some of it zero."""
    rng = np.random.default_rng(seed)
    n, k = X.shape
    h = rng.exponential(size=n) * (rng.random(n) < 0.9) / n
    design, norms = standardized(
        make(X), np.full(n, 1.0 / n), centre=centre, scale=scale
    )
    y = rng.normal(size=(n, 1))
    loss, penalty = SquaredError().record(), PENALTIES["l1"]
    problem = Problem(
        design, y, np.full(n, 1.0 / n), loss, penalty, centre, np.arange(k), norms
    )
    Z = design.matvec(np.eye(k))
    about = Z - h @ Z / h.sum() if centre else Z
    hessian = about.T @ (h[:, None] * about)
    first = about.T @ (rng.normal(size=n) * h)
    curvature, everything = Curvature(h[None], np.zeros((1, n))), np.arange(k)
    gram = GramModel.of(problem, curvature, [everything])
    columns = ColumnModel.of(design, everything, h, centre, None)
    return Quadratics(
        hessian,
        first,
        GramQuadratic(gram.hessian, first.copy()),
        ColumnQuadratic(
            columns.columns,
            columns.rows,
            columns.mean,
            columns.scale,
            columns.curvatures,
            first.copy(),
            np.zeros(n),
            np.zeros(1),
            columns.total,
        ),
    )


def violations(q, penalty, z):
    """Return the distance of minus the slopes at `z` to the subdifferential."""
    curvatures = np.diagonal(q.hessian)
    return np.array(
        [
            penalty.violation(float(z[i]), float(slope), 1.0 / curvatures[i], i)
            if curvatures[i] > 1e-14
            else 0.0
            for i, slope in enumerate(q.slopes(z))
        ]
    )


def value(q, penalty, z):
    total = q.first @ z + 0.5 * z @ q.hessian @ z
    return total + sum(penalty.value(float(x), i) for i, x in enumerate(z))


# Two nouns of one quadratic -----------------------------------------------------------


@centred_or_not
@pytest.mark.parametrize("scale", [True, False])
@every_design
@pytest.mark.parametrize("columns", COLUMNS)
def test_slopes_follow_every_move(columns, make, scale, centre):
    q = quadratics(COLUMNS[columns](), make, centre=centre, scale=scale)
    rng = np.random.default_rng(2)
    change = np.zeros(K)
    size = np.abs(q.hessian).max()
    for _ in range(8):
        i, delta = int(rng.integers(K)), float(rng.normal())
        change[i] += delta
        for noun in (q.formed, q.in_columns):
            noun.move(i, delta)
            found = np.array([noun.slope(j) for j in range(K)])
            np.testing.assert_allclose(
                found, q.slopes(change), atol=1e-13 + 1e-12 * size
            )
    for noun in (q.formed, q.in_columns):
        found = [noun.diagonal(j) for j in range(K)]
        np.testing.assert_allclose(found, np.diagonal(q.hessian), atol=1e-12 * size)


def naive_descent(q, penalty, n_epochs):
    """Return z after some epochs, and the largest weighted change of the last."""
    z, largest = np.zeros(K), 0.0
    for _ in range(n_epochs):
        largest = 0.0
        for i in range(K):
            curvature = q.hessian[i, i]
            if curvature <= 1e-14:
                continue
            old = z[i]
            x = float(old - q.slopes(z)[i] / curvature)
            z[i] = penalty.prox(x, 1.0 / curvature, i)
            largest = max(largest, curvature * abs(z[i] - old))
    return z, largest


@centred_or_not
@every_penalty
@pytest.mark.parametrize(
    "make", [DESIGNS["f_order"], DESIGNS["csc"]], ids=["dense", "csc"]
)
def test_coordinate_descent_takes_the_same_steps(make, penalty, centre):
    q = quadratics(full_rank(), make, centre=centre)
    for n_epochs in (1, 4):
        expected, largest = naive_descent(q, penalty, n_epochs)
        for noun in quadratics(full_rank(), make, centre=centre)[2:]:
            z = np.zeros(K)
            found = coordinate_descent(noun, penalty, np.arange(K), z, n_epochs, 0.0)
            np.testing.assert_allclose(z, expected, atol=1e-12)
            assert found == pytest.approx(largest, abs=1e-12)


# Two ways to the minimum --------------------------------------------------------------


def minimised(q, penalty, tolerance=1e-13):
    """Return what each way ends in."""
    formed, in_columns = np.zeros(K), np.zeros(K)
    factor = Cholesky.empty(K)
    minimize_quadratic(q.formed, factor, penalty, np.arange(K), formed, tolerance)
    minimize_in_columns(q.in_columns, penalty, np.arange(K), in_columns, tolerance)
    return formed, in_columns


@centred_or_not
@every_penalty
@every_design
def test_both_ways_meet_the_conditions_of_optimality(make, penalty, centre):
    q = quadratics(full_rank(), make, centre=centre)
    formed, in_columns = minimised(q, penalty)
    assert violations(q, penalty, formed).max() <= 1e-12
    assert violations(q, penalty, in_columns).max() <= 1e-9
    if penalty.convex:
        np.testing.assert_allclose(in_columns, formed, atol=1e-8)


def by_support(q, penalty, n_epochs, tolerance=1e-13):
    """Return what epochs and exact steps on the support end in."""
    z, k = np.zeros(len(q.first)), len(q.first)
    room = Support.of(len(q.in_columns.rows), k)
    minimize_by_support(
        q.in_columns, penalty, np.arange(k), z, n_epochs, tolerance, room
    )
    return z


@centred_or_not
@convex_penalty
@every_design
def test_steps_on_the_support_end_in_the_minimum(make, penalty, centre):
    q = quadratics(full_rank(), make, centre=centre)
    z = by_support(q, penalty, n_epochs=100)
    assert violations(q, penalty, z).max() <= 1e-9
    np.testing.assert_allclose(z, minimised(q, penalty)[0], atol=1e-8)


@convex_penalty
@pytest.mark.parametrize("columns", ["wide", "duplicates", "constants"])
def test_dependent_columns_are_left_to_epochs(columns, penalty):
    q = quadratics(COLUMNS[columns]())
    z = by_support(q, penalty, n_epochs=5000)
    assert violations(q, penalty, z).max() <= 1e-8


@pytest.mark.parametrize("name", ["l1", "elasticnet"])
def test_steps_on_the_support_do_what_epochs_cannot(name):
    penalty = PENALTIES[name]._replace(alpha=1e-6)
    z = by_support(quadratics(alike(k=20)), penalty, n_epochs=200)
    assert violations(quadratics(alike(k=20)), penalty, z).max() <= 1e-10
    alone, again = np.zeros(20), quadratics(alike(k=20))
    coordinate_descent(again.in_columns, penalty, np.arange(20), alone, 200, 0.0)
    assert violations(again, penalty, alone).max() > 1e-8


@convex_penalty
@pytest.mark.parametrize(
    "make", [DESIGNS["f_order"], DESIGNS["csc"]], ids=["dense", "csc"]
)
@pytest.mark.parametrize("columns", ["wide", "duplicates", "constants"])
def test_singular_hessians(columns, make, penalty):
    q = quadratics(COLUMNS[columns](), make)
    formed, in_columns = minimised(q, penalty)
    assert violations(q, penalty, formed).max() <= 1e-10
    assert violations(q, penalty, in_columns).max() <= 1e-8
    lowest = value(q, penalty, formed)
    assert value(q, penalty, in_columns) == pytest.approx(lowest, abs=1e-10)
    assert np.abs(formed).max() < 1e3
    assert np.abs(in_columns).max() < 1e3


def test_a_quadratic_without_curvature_is_left_as_it_is():
    z = np.arange(3.0)
    flat = GramQuadratic(np.zeros((3, 3)), np.ones(3))
    none = L2().record(0.0, 3)
    minimize_quadratic(flat, Cholesky.empty(3), none, np.arange(3), z, 1e-9)
    np.testing.assert_array_equal(z, np.arange(3.0))


@every_penalty
@pytest.mark.parametrize("columns", COLUMNS)
def test_newton_steps_never_raise_the_objective(columns, penalty):
    rng = np.random.default_rng(5)
    for trial in range(5):
        start = rng.normal(size=K) * (rng.random(K) < 0.7)
        start = penalty.nearest(start, np.arange(K))
        q = quadratics(COLUMNS[columns](), seed=trial)
        z = start.copy()
        for i in np.flatnonzero(z):
            q.formed.move(int(i), z[i])
        before = value(q, penalty, start)
        room = Room.of(K)
        factor = Cholesky.empty(K)
        alphas, found = np.array([penalty.strength()]), np.empty((1, K))
        once = Goal(tolerance=0.0, share=0.0, n_steps=1)
        newton_steps(
            q.formed, factor, penalty, alphas, np.arange(K), z, room, once, found
        )
        assert value(q, penalty, z) <= before + 1e-12 * (1.0 + abs(before))
        np.testing.assert_allclose(q.formed.gradient, q.slopes(z), atol=1e-9)


@pytest.mark.parametrize("columns", COLUMNS)
def test_the_product_with_the_way_needs_no_matrix(columns):
    """Blocks of pulled weights and dependent columns are no exception."""
    rng, hessian = np.random.default_rng(7), quadratics(COLUMNS[columns]()).hessian
    k, room = len(hessian), Room.of(len(hessian))
    factor = Cholesky.empty(k)
    room.end[:] = np.repeat([3, 4, k], [3, 1, k - 4])
    room.second[:] = rng.exponential(size=k)
    room.pull[:] = 0.3 * np.sqrt(room.second) * (room.end != 4)
    room.second[3] = 0.0
    for i in rng.permutation(k):
        append(factor, hessian, room.second, room.pull, room.end, i, True)
    size, members = factor.size[0], factor.members[: factor.size[0]]
    assert size >= 4
    room.right[:size] = rng.normal(size=size)
    room.way[:] = room.right
    solve(factor, room.way)
    steps_past_kinks._write_product(factor, room)
    expected = hessian[np.ix_(members, members)] @ room.way[:size]
    np.testing.assert_allclose(
        room.product[:size], expected, atol=1e-9 * np.abs(room.way[:size]).max()
    )


@pytest.mark.parametrize("k", [2, 7, 12, 30])
@pytest.mark.parametrize("before", [0, 1, 5])
def test_several_members_at_once_are_those_one_by_one(before, k):
    rng, size = np.random.default_rng(k), before + k
    X = rng.normal(size=(2 * size, size + 2))
    hessian, end = X.T @ X, np.repeat([3, 4, size + 2], [3, 1, size - 2])
    diagonal = rng.exponential(size=size + 2)
    pull = 0.3 * np.sqrt(diagonal) * (end != 4)
    members = rng.permutation(size + 2)[:size]
    one_by_one, at_once = Cholesky.empty(size + 2), Cholesky.empty(size + 2)
    for i in members:
        append(one_by_one, hessian, diagonal, pull, end, i, True)
    for i in members[:before]:
        append(at_once, hessian, diagonal, pull, end, i, True)
    at_once.members[before:size] = members[before:]
    assert append_all(at_once, hessian, diagonal, pull, end, k)
    U, V = (np.triu(each.upper[:size, :size]) for each in (one_by_one, at_once))
    np.testing.assert_allclose(V, U, atol=1e-12 * np.abs(U).max())
    np.testing.assert_array_equal(at_once.places, one_by_one.places)
    for a, b in zip(at_once[3:6], one_by_one[3:6], strict=True):
        np.testing.assert_array_equal(a[members], b[members])
    assert at_once.size[0] == size


def test_several_members_of_which_one_depends_are_left_out():
    X = np.random.default_rng(0).normal(size=(30, 9))
    X[:, 8] = X[:, 3]
    hessian, nothing, end = X.T @ X, np.zeros(9), np.arange(1, 10)
    factor = Cholesky.empty(9)
    append(factor, hessian, nothing, nothing, end, 0, True)
    before = factor.upper[0, 0], factor.places.copy()
    factor.members[1:9] = np.arange(1, 9)
    assert not append_all(factor, hessian, nothing, nothing, end, 8)
    assert factor.size[0] == 1
    assert factor.upper[0, 0] == before[0]
    np.testing.assert_array_equal(factor.places, before[1])


@convex_penalty
@centred_or_not
@pytest.mark.parametrize("columns", COLUMNS)
def test_extrapolation_never_raises_the_objective(columns, centre, penalty):
    q = quadratics(COLUMNS[columns](), centre=centre)
    z, quadratic = np.zeros(K), q.in_columns
    trail = [column_descent._where(quadratic, z)]
    for _ in range(4):
        epoch(quadratic, penalty, np.arange(K), z, True)
        trail.append(column_descent._where(quadratic, z))
    before = value(q, penalty, z)
    points = np.array(trail)
    column_descent._extrapolate(quadratic, penalty, np.arange(K), z, points)
    assert value(q, penalty, z) <= before + 1e-12 * (1.0 + abs(before))
    found = np.array([quadratic.slope(j) for j in range(K)])
    np.testing.assert_allclose(found, q.slopes(z), atol=1e-9)


def alike(n=200, k=60):
    """Columns so alike that coordinate descent alone would take for ever."""
    rng = np.random.default_rng(6)
    return rng.normal(size=(n, 1)) + 0.01 * rng.normal(size=(n, k))


@pytest.mark.parametrize(
    "make", [DESIGNS["f_order"], DESIGNS["csc"]], ids=["dense", "csc"]
)
@pytest.mark.parametrize("name", ["l1", "l2", "elasticnet"])
def test_slow_epochs_end_in_the_gram_matrix(monkeypatch, name, make):
    formed = []

    def recorded(*arguments):
        formed.append(1)
        minimize_quadratic(*arguments)

    monkeypatch.setattr(column_descent, "minimize_quadratic", recorded)
    q = quadratics(alike(), make)
    k = len(q.first)
    penalty = PENALTIES[name]._replace(alpha=1e-6)
    z = np.zeros(k)
    minimize_in_columns(q.in_columns, penalty, np.arange(k), z, 1e-13)
    assert formed
    assert violations(q, penalty, z).max() <= 1e-10
    follows = [q.in_columns.slope(j) for j in range(k)]
    np.testing.assert_allclose(follows, q.slopes(z), atol=1e-12)
    alone, epochs = np.zeros(k), 5 * column_descent._patience(q.in_columns)
    again = quadratics(alike(), make).in_columns
    coordinate_descent(again, penalty, np.arange(k), alone, epochs, 0.0)
    assert violations(q, penalty, alone).max() > 1e-10


# The densest columns ------------------------------------------------------------------


def grown_core(X, make, steps):
    """Return the core of the first columns, grown step by step, and the Hessian."""
    h = np.random.default_rng(3).exponential(size=len(X))
    design, _ = standardized(make(X), h / h.sum(), centre=True, scale=True)
    core = Core.empty(0)
    for k in steps:
        part = design.take(np.arange(k))
        sums = part.rmatvec(h[:, None])[:, 0] / np.sqrt(h.sum())
        core = core.grown(part, h, sums, np.inf)
    Z = design.matvec(np.eye(X.shape[1]))
    return core, Z.T @ (h[:, None] * Z)


@pytest.mark.parametrize(
    "make", [DESIGNS["f_order"], DESIGNS["csc"]], ids=["dense", "csc"]
)
def test_a_core_grows_by_the_columns_of_most_entries(make):
    rng = np.random.default_rng(2)
    X = rng.normal(size=(80, 30)) * (rng.random((80, 30)) < np.linspace(0.9, 0.0, 30))
    core, hessian = grown_core(X, make, (8, 30))
    some = np.ix_(core.members, core.members)
    np.testing.assert_allclose(core.hessian, hessian[some], atol=1e-12)
    assert sorted([*core.members, *core.outside]) == list(range(30))
    entries = make(X).column_entries()
    assert entries[core.members].min() >= len(core.members)
    assert len(core.outside) == 0 or entries[core.outside].max() <= len(core.members)


@convex_penalty
@pytest.mark.parametrize("n_members", [1, 5, K])
def test_a_core_changes_no_solution(penalty, n_members):
    q = quadratics(full_rank(), DESIGNS["csc"])
    members = np.random.default_rng(1).permutation(K)[:n_members]
    core = Core.of(members, K, q.hessian[np.ix_(members, members)])
    z = np.zeros(K)
    minimize_in_columns(q.in_columns, penalty, np.arange(K), z, 1e-13, core)
    assert violations(q, penalty, z).max() <= 1e-9


@pytest.mark.parametrize("tol", [1e-3, 1e-8])
def test_paths_with_a_core_are_those_without(monkeypatch, tol):
    rng = np.random.default_rng(5)
    share = np.where(np.arange(900) % 9 == 0, 0.2, 0.01)
    X = rng.exponential(size=(500, 900)) * (rng.random((500, 900)) < share)
    X, y = scipy.sparse.csc_array(X), X @ (rng.random(900) < 0.1)
    sizes = []

    def recorded(quadratic, members, *rest):
        sizes.append(len(members))
        return descend(quadratic, members, *rest)

    monkeypatch.setattr(column_descent, "descend", recorded)
    monkeypatch.setattr(model, "prefers_columns", lambda *_: True)
    monkeypatch.setattr(core_module, "_PATIENCE", 0)
    estimator = LinearRegressor("l1", tol=tol)
    path = regularization_path(estimator, X, y, alphas=20, alpha_min_ratio=0.05)
    assert max(sizes) > 20
    null = 0.5 * np.var(y)
    assert path.dual_gaps.max() <= tol * null
    monkeypatch.setattr(core_module, "_PATIENCE", np.inf)
    sizes.clear()
    alone = regularization_path(estimator, X, y, alphas=20, alpha_min_ratio=0.05)
    assert max(sizes) == 0
    scale = np.abs(alone.coefs).max()
    if tol < 1e-6:
        np.testing.assert_allclose(path.coefs, alone.coefs, atol=1e-3 * scale)


# Which of them ------------------------------------------------------------------------


def large_sparse(seed=0, n=1200, p=700, per_column=4):
    """Return a sparse X in which most columns matter, and a target."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, n, size=per_column * p)
    columns = np.repeat(np.arange(p), per_column)
    entries = rng.normal(size=len(rows)), (rows, columns)
    X = scipy.sparse.csc_array(entries, shape=(n, p))
    X.sum_duplicates()
    y = X @ rng.normal(size=p) + 0.1 * rng.normal(size=n)
    return X, y


@pytest.fixture
def used(monkeypatch):
    """Record how many columns each minimisation in columns was given."""
    sizes: list[int] = []

    def recorded(quadratic: Any, *rest: Any) -> int:
        sizes.append(quadratic.columns.shape[1])
        return minimize_in_columns(quadratic, *rest)

    monkeypatch.setattr(column_model, "minimize_in_columns", recorded)
    return sizes


def test_large_sparse_problems_prefer_columns():
    rows = np.random.default_rng(0).integers(20_000, size=(2000, 100))
    at = rows.ravel(), np.repeat(np.arange(2000), 100)
    X = scipy.sparse.coo_array((np.ones(200_000), at), (20_000, 2000)).tocsc()
    lasso, bent = L1().record(0.1, 2000), ElasticNet().record(0.1, 2000)
    assert model.prefers_columns(CSC.from_scipy(X), lasso)
    assert not model.prefers_columns(CSC.from_scipy(X[:, :200]), lasso)
    assert not model.prefers_columns(Dense(np.empty((3000, 1000))), lasso)
    assert not model.prefers_columns(Dense(np.empty((70, 600))), lasso)
    assert model.prefers_columns(Dense(np.empty((5, 30_000))), lasso)
    assert not model.prefers_columns(Dense(np.empty((100, 1500))), lasso)
    assert model.prefers_columns(Dense(np.empty((100, 1500))), bent)


def in_both(estimator, X, y, used, monkeypatch):
    """Return the fit with models in columns, and that with every Hessian formed."""
    monkeypatch.setattr(proximal_newton, "keeps_to_columns", lambda *_: False)
    monkeypatch.setattr(model, "prefers_columns", lambda *_: True)
    in_columns = clone(estimator).fit(X, y)
    assert max(used) > 500
    used.clear()
    monkeypatch.setattr(model, "prefers_columns", lambda *_: False)
    formed = clone(estimator).fit(X, y)
    assert not used
    return in_columns, formed


@pytest.mark.parametrize(
    ("penalty", "fit_intercept"),
    [("l1", True), ("elasticnet", False), ("l1_positive", True), ("mcp", True)],
)
def test_a_fit_in_columns_is_the_one_with_the_hessian_formed(
    penalty, fit_intercept, used, monkeypatch
):
    X, y = large_sparse()
    y = abs(X) @ np.ones(700) if "positive" in penalty else y
    X = abs(X) if "positive" in penalty else X
    row = tables.SETTINGS | {"mcp": tables.Elastic({"penalty": MCP(1e4)}, 1.0, 0.0)}
    alpha = 0.003 * alpha_max(LinearRegressor("l1"), X, y)
    estimator = LinearRegressor(
        alpha=alpha, tol=1e-10, fit_intercept=fit_intercept, **row[penalty].parameters
    )
    in_columns, formed = in_both(estimator, X, y, used, monkeypatch)
    assert np.count_nonzero(formed.coef_) > 200
    assert in_columns.objective_ == pytest.approx(formed.objective_, rel=1e-9)
    size = np.abs(formed.coef_).max()
    np.testing.assert_allclose(in_columns.coef_, formed.coef_, atol=1e-3 * size)


@pytest.mark.parametrize(
    ("loss", "share"), [("log_loss", 0.01), ("squared_hinge", 0.03), ("poisson", 0.001)]
)
def test_so_are_fits_of_other_losses(loss, share, used, monkeypatch):
    X, y = large_sparse()
    make, target = LinearClassifier, (y > np.median(y)).astype(int)
    if loss == "poisson":
        make, target = LinearRegressor, np.floor(np.exp(y / y.std()))
    alpha = share * alpha_max(make("l1", loss=loss), X, target)
    estimator = make("l1", alpha, loss=loss, tol=1e-8)
    in_columns, formed = in_both(estimator, X, target, used, monkeypatch)
    assert in_columns.objective_ == pytest.approx(formed.objective_, rel=1e-7)
