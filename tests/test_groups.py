"""Group penalties: blocks against brute force, models against their definition."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
import scipy.optimize
import scipy.sparse
import tables
from naive import gradients, row_losses
from sklearn import linear_model
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

import sklreg
from sklreg import LinearClassifier, LinearRegressor, alpha_max, regularization_path
from sklreg._compile import kernel
from sklreg.penalties import GroupElasticNet, GroupL1, SparseGroupL1
from sklreg.solvers import blocks
from sklreg.solvers.blocks import Frame
from sklreg.solvers.layout import Layout, block_order
from sklreg.solvers.problem import penalty_value
from sklreg.solvers.quadratic import GramQuadratic

P = 6
RECORDS = {name: thing.record(0.7, P) for name, thing in tables.GROUPED.items()}
RIDGES = {"group_none", "group_ridge", "sparse_group_none"}
every_record = pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS)
every_penalty = pytest.mark.parametrize(
    "penalty", tables.GROUPED.values(), ids=tables.GROUPED
)
every_task = pytest.mark.parametrize("task", tables.TASKS)


def members_of(penalty, p):
    """Return the features of each group and, for one output, its factor."""
    labels = np.arange(p) if penalty.groups is None else np.asarray(penalty.groups)
    members = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    if isinstance(penalty.weights, str):
        return [(each, np.sqrt(len(each)), 0.5) for each in members]
    factors = np.broadcast_to(penalty.weights, len(members))
    return [(each, w, 0.0) for each, w in zip(members, factors, strict=True)]


def shares_of(penalty):
    """Return how much of the penalty is l1, groups and l2."""
    shares = {
        GroupL1: lambda rho: (0.0, 1.0, 0.0),
        GroupElasticNet: lambda rho: (0.0, rho, 1.0 - rho),
        SparseGroupL1: lambda rho: (rho, 1.0 - rho, 0.0),
    }
    return shares[type(penalty)](getattr(penalty, "l1_ratio", None))


def penalty_of(penalty, W):
    """Return P of weights (p, k)."""
    l1, groups, l2 = shares_of(penalty)
    norms = sum(
        w * W.shape[1] ** power * np.linalg.norm(W[each])
        for each, w, power in members_of(penalty, len(W))
    )
    return l1 * np.abs(W).sum() + groups * norms + 0.5 * l2 * (W**2).sum()


def violation_of(penalty, alpha, W, G):
    """Return the largest distance of minus the gradient to the subdifferential."""
    l1, groups, l2 = alpha * np.array(shares_of(penalty))
    found = 0.0
    for each, w, power in members_of(penalty, len(W)):
        strength = groups * w * W.shape[1] ** power
        u, g = W[each], G[each] + l2 * W[each]
        if not u.any():
            excess = np.linalg.norm(np.maximum(np.abs(g) - l1, 0.0))
            distance = max(excess - strength, 0.0)
        else:
            g = g + strength * u / np.linalg.norm(u)
            at_zero = np.maximum(np.abs(g) - l1, 0.0)
            distance = np.linalg.norm(np.where(u, g + l1 * np.sign(u), at_zero))
        found = max(found, distance)
    return found


# Blocks -------------------------------------------------------------------------------


@every_record
def test_blocks_cover_all_weights_once(record):
    columns = np.arange(P)[block_order(record, np.arange(P))]
    i, seen = 0, []
    while i < P:
        stop = record.block_end(columns, i)
        seen.append(record.groups[columns[i]])
        assert (record.groups[columns[i:stop]] == seen[-1]).all()
        i = stop
    assert sorted(seen) == sorted(set(record.groups))


@every_penalty
@pytest.mark.parametrize("k", [1, 3])
def test_value_is_the_formula(penalty, k):
    record = penalty.record(0.7, P)
    W = np.random.default_rng(0).normal(size=(P, k))
    layout = Layout.of(record, np.arange(P), k)
    value = penalty_value(record, layout.columns, layout.flat(W))
    assert value == pytest.approx(0.7 * penalty_of(penalty, W))
    np.testing.assert_array_equal(layout.matrix(layout.flat(W)), W)


@pytest.mark.parametrize("name", RECORDS)
def test_ridge_strength_is_the_factor_of_half_the_square(name):
    z, columns = np.random.default_rng(0).normal(size=P), np.arange(P)
    strength = RECORDS[name].ridge_strength()
    assert math.isnan(strength) == (name not in RIDGES)
    if not math.isnan(strength):
        value = penalty_value(RECORDS[name], columns, z)
        assert value == pytest.approx(0.5 * strength * z @ z)


@pytest.mark.parametrize("kind", [GroupL1, GroupElasticNet, SparseGroupL1])
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("weight", [0.0, 0.3, 1.0, 5.0])
@pytest.mark.parametrize("rank", [1, 2, 5])
@pytest.mark.parametrize("size", [1, 2, 5])
def test_a_group_is_minimised_exactly(kind, seed, weight, rank, size):
    """Against a convex solver, whose answer cannot be better."""
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(rank, size)) * 10.0 ** rng.uniform(-2, 2, size=size)
    hessian, right = root.T @ root, root.T @ rng.normal(size=rank)
    penalty = kind(groups=np.zeros(size, int), weights=weight)
    record = penalty.record(1.0, size)

    def objective(u):
        half = 0.5 * u @ hessian @ u - right @ u
        return half + penalty_of(penalty, u[:, None])

    z = rng.normal(size=size)
    columns = np.arange(size)
    frame = Frame.of(record, columns, hessian)
    frame.minimize(hessian @ z - right, record, columns, z, 1e-12)
    best = min(
        scipy.optimize.minimize(objective, start, method=method).fun
        for start in (np.zeros(size), 1.01 * z, rng.normal(size=size))
        for method in ("BFGS", "Nelder-Mead")
    )
    scale = abs(best) + 1e-8
    assert objective(z) <= min(best, 0.0) + 1e-7 * scale
    slope = (hessian @ z - right)[:, None]
    violation = violation_of(penalty, 1.0, z[:, None], slope)
    assert violation <= 1e-7 * np.linalg.norm(right)
    if violation_of(penalty, 1.0, np.zeros((size, 1)), -right[:, None]) == 0.0:
        assert not z.any() or weight == 0.0


def test_a_rotation_is_one_where_lapack_fails(monkeypatch):
    root = np.random.default_rng(0).normal(size=(9, 4))
    record, columns = GroupL1(groups=[0, 0, 0, 1]).record(0.5, 4), np.arange(4)
    hessian = root.T @ root
    expected, found = np.ones((2, 4))
    Frame.of(record, columns, hessian).minimize(
        -root.sum(axis=0), record, columns, expected, 1e-12
    )
    monkeypatch.setattr(blocks, "dsyevd", lambda part: (None, np.full_like(part, 7), 1))
    Frame.of(record, columns, hessian).minimize(
        -root.sum(axis=0), record, columns, found, 1e-12
    )
    np.testing.assert_allclose(found, expected, atol=1e-10)


@pytest.mark.parametrize("weight", [0.1, 1.0, 3.0])
def test_a_group_of_one_is_l1(weight):
    record = GroupL1(weights=weight).record(0.5, 1)
    for v in (-4.0, -0.3, 0.0, 0.2, 1.0, 7.0):
        z, quadratic = np.zeros(1), GramQuadratic(np.full((1, 1), 2.0), np.array([-v]))
        record.block_update(quadratic, z, np.zeros(1, np.intp), 0, 1)
        threshold = np.sign(v) * max(abs(v) - 0.5 * weight, 0.0) / 2.0
        assert z[0] == pytest.approx(threshold, rel=1e-14)


@every_penalty
def test_violation_is_the_distance_to_the_subdifferential(penalty):
    rng, record = np.random.default_rng(0), penalty.record(0.7, P)
    order = block_order(record, np.arange(P))
    columns, out, ones = np.arange(P)[order], np.empty(P), np.ones(P)
    for _ in range(30):
        w, g = rng.normal(size=(2, P, 1))
        for each, _, _ in members_of(penalty, P):
            w[each] *= rng.random() < 0.5
        i = 0
        while i < P:
            stop = record.block_end(columns, i)
            record.block_violation(
                w[order, 0], g[order, 0], ones, columns, i, stop, out
            )
            i = stop
        assert out.max() == pytest.approx(violation_of(penalty, 0.7, w, g))


@every_record
def test_derivatives_are_those_of_the_value(record):
    rng = np.random.default_rng(0)
    columns = np.arange(P)[block_order(record, np.arange(P))]
    z, h = rng.normal(size=P), 1e-5
    first, second, pull = np.empty((3, P))
    stop = record.block_end(columns, 0)
    gradient = np.empty(P)
    record.block_derivatives(z, columns, 0, stop, first, second, pull)
    for a in range(stop):
        ends = []
        for sign in (-1.0, 1.0):
            moved = z.copy()
            moved[a] += sign * h
            value = record.block_value(moved, columns, 0, stop)
            record.block_derivatives(
                moved, columns, 0, stop, gradient, second.copy(), pull.copy()
            )
            ends.append((value, gradient[:stop].copy()))
        (low, before), (high, after) = ends
        assert first[a] == pytest.approx((high - low) / (2 * h), abs=1e-8)
        row = np.diag(second[:stop])[a] - pull[a] * pull[:stop]
        np.testing.assert_allclose(row, (after - before) / (2 * h), atol=1e-8)


@every_record
def test_the_conjugate_is_what_fenchel_and_young_say(record):
    rng = np.random.default_rng(0)
    columns = np.arange(P)[block_order(record, np.arange(P))]
    stop = record.block_end(columns, 0)
    first, second, pull = np.empty((3, P))
    for zeros in (0, stop // 2):
        z = rng.normal(size=P)
        z[:zeros] = 0.0
        value = record.block_value(z, columns, 0, stop)
        for length in (0.1, 1.0, 10.0):
            v = length * rng.normal(size=P)
            conjugate = record.block_conjugate(v, columns, 0, stop)
            assert value + conjugate >= v[:stop] @ z[:stop] - 1e-12
        record.block_derivatives(z, columns, 0, stop, first, second, pull)
        conjugate = record.block_conjugate(first, columns, 0, stop)
        assert value + conjugate == pytest.approx(first[:stop] @ z[:stop])


@every_record
def test_the_dual_scale_leads_to_the_border_of_the_domain(record):
    rng = np.random.default_rng(0)
    columns = np.arange(P)[block_order(record, np.arange(P))]
    stop = record.block_end(columns, 0)
    for length in (0.01, 1.0, 30.0):
        v = length * rng.normal(size=P)
        scale = record.block_dual_scale(v, columns, 0, stop)
        assert 0.0 <= scale <= 1.0
        assert (scale > 0.0) == (not record.is_smooth())
        assert record.block_conjugate(scale * v, columns, 0, stop) <= 1e-25
        if 0.0 < scale < 1.0:
            beyond = 1.0001 * scale * v
            assert record.block_conjugate(beyond, columns, 0, stop) > 0.0


@kernel
def all_block_methods(penalty, quadratic, z, g, columns, out):
    stop = penalty.block_end(columns, 0)
    out[0, 0] = stop
    out[0, 1] = penalty.block_value(z, columns, 0, stop)
    out[0, 2] = penalty.block_conjugate(g, columns, 0, stop)
    out[0, 3] = penalty.block_dual_scale(g, columns, 0, stop)
    penalty.block_violation(z, g, g, columns, 0, stop, out[1])
    penalty.block_derivatives(z, columns, 0, stop, out[2], out[3], out[4])
    out[0, 4], out[0, 5] = penalty.block_update(quadratic, z, columns, 0, stop)
    out[5] = z


@every_record
def test_compiled_equals_plain_python(record):
    rng = np.random.default_rng(0)
    columns = np.arange(P)[block_order(record, np.arange(P))]
    g, z = rng.normal(size=(2, P))
    for point in (z, np.zeros(P)):
        found = []
        for method in (all_block_methods._in_memory, all_block_methods.py_func):
            hessian = np.diag(np.arange(1.0, P + 1.0))
            hessian[0, 1:] = hessian[1:, 0] = 0.0 if record.isotropic else 0.3
            quadratic = GramQuadratic(hessian, 3.0 * g)
            out = np.zeros((6, P))
            method(record, quadratic, point.copy(), g, columns, out)
            found.append(out)
        np.testing.assert_allclose(*found, rtol=1e-13, atol=1e-14)


# Models -------------------------------------------------------------------------------

#: Groups for the features of a problem: neighbours, or scattered.
GROUPINGS = {
    "own": lambda p: None,
    "pairs": lambda p: np.arange(p) // 2,
    "scattered": lambda p: np.arange(p) % 3,
}


def stated(task, problem="tall", **parameters):
    """Return an estimator of a task, the features and the target."""
    row, data = tables.TASKS[task], tables.problem(problem)
    estimator = getattr(sklreg, row.estimator)(**(row.parameters | parameters))
    return estimator, data.X, getattr(data, row.target)


def one_hot(task, y):
    return np.eye(y.max() + 1)[y] if task == "multinomial" else y[:, None] * 1.0


@pytest.mark.parametrize(
    ("kind", "grouping"),
    [*((GroupL1, name) for name in GROUPINGS), (SparseGroupL1, "scattered")],
)
@pytest.mark.parametrize("problem", ["tall", "wide", "sparse"])
@every_task
def test_every_model_is_optimal(task, problem, kind, grouping):
    model, X, y = stated(task, problem, tol=1e-10)
    penalty = kind(groups=GROUPINGS[grouping](X.shape[1]))
    model.set_params(penalty=penalty)
    strongest = alpha_max(model, X, y)
    naive, Y = tables.TASKS[task].naive, one_hot(task, y)
    for share in (1.0, 0.99, 0.2, 0.02):
        model.set_params(alpha=share * strongest * (1.0 + 1e-12)).fit(X, y)
        W, b = np.atleast_2d(model.coef_).T, np.atleast_1d(model.intercept_)
        assert W.any() == (share < 1.0)
        eta = X @ W + b
        r = gradients(naive, Y, eta) / len(X)
        G = (X - X.mean(axis=0)).T @ r
        alpha = model.alpha
        value = row_losses(naive, Y, eta).mean() + alpha * penalty_of(penalty, W)
        assert model.objective_ == pytest.approx(value, rel=1e-10)
        assert violation_of(penalty, alpha, W, G) <= 1e-4 * strongest
        for each, _, _ in members_of(penalty, len(W)):
            assert W[each].any() == W[each].all() or kind is SparseGroupL1


@pytest.mark.parametrize("share", [0.5, 0.1, 0.01])
@pytest.mark.parametrize("task", ["squared_error", "log_loss", "multinomial"])
def test_the_gap_is_honest(task, share):
    model, X, y = stated(task, tol=1e-2)
    model.set_params(penalty=GroupL1(groups=np.arange(X.shape[1]) % 3))
    model.set_params(alpha=share * alpha_max(model, X, y)).fit(X, y)
    best = clone(model).set_params(tol=1e-13).fit(X, y)
    assert model.objective_ >= best.objective_ * (1.0 - 1e-12)
    assert model.objective_ - best.objective_ <= model.dual_gap_ + 1e-14
    assert best.dual_gap_ <= 1e-12


@pytest.mark.parametrize("problem", ["tall", "wide", "sparse"])
@every_task
def test_groups_of_one_are_l1(task, problem):
    model, X, y = stated(task, problem, tol=1e-12)
    if task == "multinomial":
        y = np.minimum(y, 1)
    lasso = clone(model).set_params(penalty="l1")
    lasso.set_params(alpha=0.1 * alpha_max(lasso, X, y)).fit(X, y)
    model.set_params(penalty=GroupL1(weights=1), alpha=lasso.alpha).fit(X, y)
    np.testing.assert_allclose(model.coef_, lasso.coef_, atol=1e-8)
    np.testing.assert_allclose(model.intercept_, lasso.intercept_, atol=1e-7)


@pytest.mark.parametrize("problem", ["tall", "wide"])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("l1_ratio", [1.0, 0.6])
def test_several_targets_are_scikit_learns_multi_task_elastic_net(
    problem, fit_intercept, l1_ratio
):
    data = tables.problem(problem)
    Y = np.column_stack([data.y, data.classes, data.binary])
    alpha = 0.05 * data.X.std() * data.y.std()
    settings = {"tol": 1e-13, "fit_intercept": fit_intercept}
    theirs = linear_model.MultiTaskElasticNet(
        alpha, l1_ratio=l1_ratio, max_iter=200_000, **settings
    ).fit(data.X, Y)
    penalty = GroupElasticNet(l1_ratio=l1_ratio, weights=1)
    ours = LinearRegressor(penalty, alpha, **settings).fit(data.X, Y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-6)
    np.testing.assert_array_equal(ours.coef_ == 0.0, theirs.coef_ == 0.0)


@pytest.mark.parametrize(
    ("name", "l1_ratio", "limit"),
    [
        ("group_elasticnet", 1.0, "group"),
        ("group_elasticnet", 0.0, "l2"),
        ("sparse_group", 1.0, "l1"),
        ("sparse_group", 0.0, "group"),
    ],
)
@pytest.mark.parametrize("task", ["squared_error", "log_loss", "multinomial"])
def test_a_share_of_zero_or_one_is_the_simpler_penalty(task, name, l1_ratio, limit):
    model, X, y = stated(task, "tall", tol=1e-12, penalty=name, l1_ratio=l1_ratio)
    simpler = clone(model).set_params(penalty=limit)
    model.set_params(alpha=0.02).fit(X, y)
    simpler.set_params(alpha=0.02).fit(X, y)
    np.testing.assert_allclose(model.coef_, simpler.coef_, atol=1e-7)
    np.testing.assert_array_equal(model.coef_ == 0.0, simpler.coef_ == 0.0)
    strongest = alpha_max(model, X, y), alpha_max(simpler, X, y)
    assert strongest[0] == pytest.approx(strongest[1])


@pytest.mark.parametrize("task", ["squared_error", "log_loss", "multinomial"])
def test_sparse_groups_have_zeros_within(task):
    model, X, y = stated(task, "wide", tol=1e-12)
    penalty = SparseGroupL1(groups=np.arange(X.shape[1]) // 5)
    model.set_params(penalty=penalty)
    model.set_params(alpha=0.3 * alpha_max(model, X, y)).fit(X, y)
    used = (np.atleast_2d(model.coef_) != 0.0).reshape(-1, 10, 5).any(axis=0)
    whole, touched = used.all(axis=1).sum(), used.any(axis=1).sum()
    assert whole < touched < 10


@every_task
def test_order_and_names_of_groups_do_not_matter(task):
    model, X, y = stated(task, "sparse", tol=1e-12)
    groups, rng = np.arange(X.shape[1]) // 4, np.random.default_rng(0)
    weights = rng.uniform(0.5, 2.0, size=groups.max() + 1)
    model.set_params(penalty=GroupL1(groups=groups, weights=weights))
    model.set_params(alpha=0.1 * alpha_max(model, X, y)).fit(X, y)
    mixed, names = rng.permutation(X.shape[1]), rng.permutation(groups.max() + 1)
    again = GroupL1(groups=names[groups][mixed], weights=weights[np.argsort(names)])
    other = clone(model).set_params(penalty=again).fit(X[:, mixed], y)
    np.testing.assert_allclose(other.coef_, model.coef_[..., mixed], atol=1e-8)


@every_task
def test_dense_equals_sparse(task):
    model, X, y = stated(task, "sparse", tol=1e-12)
    model.set_params(penalty=GroupL1(groups=np.arange(X.shape[1]) % 7))
    model.set_params(alpha=0.1 * alpha_max(model, X, y)).fit(X, y)
    for make in (scipy.sparse.csc_array, scipy.sparse.csr_matrix):
        other = clone(model).fit(make(X), y)
        np.testing.assert_allclose(other.coef_, model.coef_, atol=1e-8)


@every_task
def test_weights_equal_repeated_rows(task):
    model, X, y = stated(task, "tall", tol=1e-12)
    model.set_params(penalty=GroupL1(groups=np.arange(X.shape[1]) % 3), alpha=0.02)
    s = np.random.default_rng(0).integers(0, 4, size=len(y))
    weighted = clone(model).fit(X, y, s)
    repeated = clone(model).fit(np.repeat(X, s, axis=0), np.repeat(y, s))
    np.testing.assert_allclose(weighted.coef_, repeated.coef_, atol=1e-8)


@pytest.mark.parametrize("task", ["squared_error", "log_loss", "multinomial"])
def test_a_path_is_its_single_fits(task):
    model, X, y = stated(task, "wide", tol=1e-11)
    model.set_params(penalty=GroupL1(groups=np.arange(X.shape[1]) // 3))
    path = regularization_path(model, X, y, alphas=6, alpha_min_ratio=0.02)
    assert not path.coefs[..., 0].any()
    assert path.dual_gaps.max() <= 1e-8
    for a, alpha in enumerate(path.alphas):
        single = clone(model).set_params(alpha=alpha).fit(X, y)
        coef = np.squeeze(single.coef_)
        size = max(np.abs(coef).max(), 1e-3)
        np.testing.assert_allclose(path.coefs[..., a], coef, atol=1e-5 * size)


@pytest.mark.parametrize("task", ["squared_error", "log_loss", "multinomial"])
def test_a_path_of_several_groups_in_a_large_working_set(task):
    """More weights than everything is taken in at once."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 900))
    eta = X[:, :12] @ rng.normal(size=(12, 3))
    y = {"squared_error": eta[:, 0], "log_loss": eta[:, 0] > 0}.get(
        task, eta.argmax(axis=1)
    )
    groups = rng.permutation(np.arange(900) // 6)
    model = stated(task, penalty=GroupL1(groups=groups), tol=1e-9)[0]
    path = regularization_path(model, X, y, alphas=5, alpha_min_ratio=0.1)
    assert path.dual_gaps.max() <= 1e-8 * max(1.0, np.var(y))
    last = np.abs(path.coefs[..., -1]).reshape(-1, 900).sum(axis=0)
    used = np.unique(groups[last > 0])
    assert 0 < len(used) < 150
    assert (last > 0).sum() == 6 * len(used)


def test_groups_of_zero_weight_are_not_penalised():
    data = tables.problem("tall")
    penalty = GroupL1(groups=[0, 0, 1, 1, 2, 2, 2], weights=[1.0, 0.0, 1.0])
    model = LinearRegressor(penalty, 1e6, tol=1e-12).fit(data.X, data.y)
    assert np.flatnonzero(model.coef_).tolist() == [2, 3]
    plain = linear_model.LinearRegression().fit(data.X[:, 2:4], data.y)
    np.testing.assert_allclose(model.coef_[2:4], plain.coef_, atol=1e-8)
    assert np.isnan(model.dual_gap_)
    strongest = alpha_max(model, data.X, data.y)
    at = clone(model).set_params(alpha=(1 + 1e-9) * strongest).fit(data.X, data.y)
    assert np.flatnonzero(at.coef_).tolist() == [2, 3]
    below = clone(model).set_params(alpha=0.99 * strongest).fit(data.X, data.y)
    assert np.count_nonzero(below.coef_) > 2


def test_columns_of_zeros_and_copies():
    data = tables.problem("tall")
    X = np.hstack([data.X, np.zeros((120, 2)), data.X[:, :2], np.ones((120, 1))])
    groups = [0, 0, 0, 1, 1, 1, 2, 2, 3, 3, 4, 4]
    for estimator, y in (
        (LinearRegressor(), data.y),
        (LinearClassifier(), data.binary),
        (LinearClassifier(), data.classes),
    ):
        estimator.set_params(penalty=GroupL1(groups=groups), alpha=1e-3, tol=1e-10)
        estimator.fit(X, y)
        coef = np.atleast_2d(estimator.coef_)
        assert not coef[:, [7, 8, 11]].any()
        assert coef[:, [0, 3, 6]].all()


def test_no_strength_is_no_penalty():
    data = tables.problem("tall")
    ours = LinearRegressor("group", alpha=0.0).fit(data.X, data.y)
    plain = LinearRegressor(None).fit(data.X, data.y)
    np.testing.assert_allclose(ours.coef_, plain.coef_, atol=1e-10)
    wide = tables.problem("wide")
    ours = LinearRegressor("group", alpha=0.0).fit(wide.X, wide.y)
    assert ours.score(wide.X, wide.y) == pytest.approx(1.0)


# glmnet -------------------------------------------------------------------------------


def table(folder, name):
    return np.loadtxt(folder / "golden" / f"{name}.csv", delimiter=",", ndmin=2)


@pytest.mark.shared_data
def test_glmnets_grouped_multinomial(shared_folder):
    X, y = table(shared_folder, "tall_X"), table(shared_folder, "tall_y")[:, 2]
    lambdas = table(shared_folder, "tall_lambdas")[1]
    theirs = table(shared_folder, "tall_multinom_grouped").reshape(16, 3, 4)
    for a, alpha in enumerate(lambdas):
        ours = LinearClassifier(GroupL1(weights=1), alpha, tol=1e-13).fit(X, y)
        np.testing.assert_allclose(ours.coef_.T, theirs[1:, :, a], atol=1e-6)
        b = theirs[0, :, a]
        np.testing.assert_allclose(ours.intercept_, b - b.mean(), atol=1e-6)


@pytest.mark.shared_data
def test_glmnets_several_responses(shared_folder):
    X, Y = table(shared_folder, "tall_X"), table(shared_folder, "tall_Y")
    lambdas = table(shared_folder, "tall_lambdas")[0]
    theirs = table(shared_folder, "tall_mgaussian").reshape(16, 3, 4)
    for a, alpha in enumerate(lambdas):
        ours = LinearRegressor(GroupL1(weights=1), alpha, tol=1e-13).fit(X, Y)
        np.testing.assert_allclose(ours.coef_.T, theirs[1:, :, a], atol=1e-6)
        np.testing.assert_allclose(ours.intercept_, theirs[0, :, a], atol=1e-6)


# The object ---------------------------------------------------------------------------


def test_models_are_cloned_pickled_and_searched():
    data = tables.problem("tall")
    penalty = GroupL1(groups=np.arange(7) // 2)
    model = LinearRegressor(penalty, alpha=0.05).fit(data.X, data.y)
    np.testing.assert_array_equal(clone(model).penalty.groups, penalty.groups)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.fit(data.X, data.y).coef_, model.coef_)
    changed = clone(model).set_params(penalty__weights=[1.0, 2.0, 3.0, 0.5])
    assert (changed.fit(data.X, data.y).coef_ != model.coef_).any()
    grid = {"penalty__weights": ["sqrt", 1.0, [1, 2, 3, 4]], "alpha": [0.1, 1.0]}
    search = GridSearchCV(clone(model), grid, cv=3, error_score="raise")
    search.fit(data.X, data.y)
    assert len(set(search.cv_results_["mean_test_score"].round(12))) == 6


def test_a_record_pickles():
    record = GroupL1(groups=[0, 1, 1]).record(2.0, 3)
    again = pickle.loads(pickle.dumps(record))
    assert type(again) is type(record)
    for one, other in zip(record, again, strict=True):
        np.testing.assert_array_equal(one, other)


def test_positive_weights_are_refused():
    data = tables.problem("tall")
    with pytest.raises(ValueError, match="positive=True is not available"):
        LinearRegressor("group", positive=True).fit(data.X, data.y)
