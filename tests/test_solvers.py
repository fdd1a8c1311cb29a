"""Solvers: the certificate bounds the distance to the optimum at any point."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import tables
from naive import DELTA, Objective
from sklearn.exceptions import ConvergenceWarning

import sklreg
from sklreg.designs import Dense, standardized
from sklreg.losses import Huber
from sklreg.penalties import ElasticNet
from sklreg.solvers import (
    Problem,
    certificate_of,
    critical_alpha,
    path,
    proximal_newton,
    solve,
    start_point,
)
from sklreg.solvers.certificate import certify
from sklreg.solvers.column_newton import newton_in_columns
from sklreg.solvers.lbfgs import lbfgs
from sklreg.solvers.newton import newton
from sklreg.solvers.tolerance import Null, silent

#: l1 and l2 strength, positive
STRENGTHS = {
    "l1": (0.05, 0.0, False),
    "l2": (0.0, 0.05, False),
    "elasticnet": (0.05, 0.02, False),
    "l1_positive": (0.05, 0.0, True),
    "elasticnet_positive": (0.02, 0.05, True),
}
LOSSES = {
    "squared_error": tables.LOSSES["squared_error"],
    "huber": tables.LossRow(Huber(delta=DELTA), tables.LOSSES["huber"].targets),
    "log_loss": tables.LOSSES["log_loss"],
    "softmax": tables.LOSSES["softmax"],
    "squared_hinge": tables.LOSSES["squared_hinge"],
    "poisson": tables.LOSSES["poisson"],
    "gamma": tables.LOSSES["gamma"],
}

every_loss = pytest.mark.parametrize("loss", LOSSES)
every_strength = pytest.mark.parametrize("strength", STRENGTHS)


def problems(loss, strength, *, fit_intercept=True, n=30, p=6, k=None, seed=0):
    """Return the same problem twice: for the solvers, and the naive one."""
    rng = np.random.default_rng(seed)
    row = LOSSES[loss]
    y = row.targets(rng, n)
    y = np.ascontiguousarray(y if k is None else y[:, :k])
    X = rng.normal(size=(n, p)) + rng.normal(size=p)
    X[:, 0] += y[:, 0]
    X[:, 1] -= y[:, -1]
    q = rng.dirichlet(np.ones(n))
    X -= fit_intercept * (q @ X)
    l1, l2, positive = STRENGTHS[strength]
    penalty = ElasticNet(l1_ratio=l1 / (l1 + l2)).record(l1 + l2, p)
    penalty = tables.positive(penalty, p) if positive else penalty
    design, norms = standardized(Dense(X), q, centre=fit_intercept, scale=False)
    loss_record, columns = row.loss.record(), np.arange(p)
    problem = Problem(design, y, q, loss_record, penalty, fit_intercept, columns, norms)
    return problem, Objective(X, y, q, loss, l1, l2, positive, fit_intercept)


@pytest.mark.parametrize("fit_intercept", [True, False])
@every_strength
@every_loss
def test_the_gap_bounds_the_distance_to_the_optimum(loss, strength, fit_intercept):
    problem, naive = problems(loss, strength, fit_intercept=fit_intercept)
    best = solve(problem, tol=1e-12, max_iter=100)
    assert best.shortfall == ""
    lowest = naive.value(best.coef, best.intercept)
    assert best.objective == pytest.approx(lowest, rel=1e-13)
    assert lowest <= naive.value(*naive.minimise(rounds=1)) + 1e-12
    rng = np.random.default_rng(1)
    shape = best.coef.shape
    for distance in (0.0, 1e-6, 1e-3, 0.1, 1.0, 10.0):
        w = best.coef + distance * rng.normal(size=shape) * (rng.random(shape) < 0.5)
        w = np.abs(w) if naive.positive else w
        b = best.intercept + 0.1 * distance * rng.normal(size=shape[1]) * fit_intercept
        found = certificate_of(problem, w, b)
        assert found.objective == pytest.approx(naive.value(w, b), rel=1e-12)
        assert found.violation == pytest.approx(
            naive.violation(w, b), rel=1e-12, abs=1e-13
        )
        slack = 1e-13 * (1.0 + found.objective)
        assert found.dual_gap >= found.objective - lowest - slack
        assert found.dual_gap < np.inf


@every_strength
@every_loss
def test_the_gap_is_that_of_the_residuals(loss, strength):
    """Where the intercept is optimal no balancing is needed: the naive gap applies."""
    problem, naive = problems(loss, strength, fit_intercept=False)
    rng = np.random.default_rng(2)
    for _ in range(5):
        w = rng.normal(size=(6, naive.y.shape[1]))
        w = np.abs(w) if naive.positive else w
        b = np.zeros(naive.y.shape[1])
        gap = naive.dual_gap(w, b)
        assert certificate_of(problem, w, b).dual_gap == pytest.approx(gap, rel=1e-9)


@every_strength
@every_loss
def test_gap_and_violation_vanish_together(loss, strength):
    problem, naive = problems(loss, strength)
    best = solve(problem, tol=1e-14, max_iter=200)
    assert best.dual_gap <= 1e-13
    assert best.violation <= 1e-6  # the root of the gap
    assert naive.violation(best.coef, best.intercept) <= 1e-6


@every_loss
def test_several_outputs_add_up(loss):
    problem, naive = problems(loss, "elasticnet")
    solution = solve(problem, tol=1e-12, max_iter=100)
    W, b = solution.coef, solution.intercept
    assert solution.objective == pytest.approx(naive.value(W, b), rel=1e-12)
    assert solution.violation == pytest.approx(naive.violation(W, b), abs=1e-12)


@every_loss
def test_a_start_does_not_change_the_answer(loss):
    problem, _ = problems(loss, "elasticnet")
    cold = solve(problem, tol=1e-13, max_iter=100)
    rng = np.random.default_rng(3)
    far = rng.normal(size=cold.coef.shape) * 5.0
    for start in ((cold.coef, cold.intercept), (far, cold.intercept + 3.0)):
        before = tuple(part.copy() for part in start)
        warm = solve(problem, tol=1e-13, max_iter=100, start=start)
        np.testing.assert_allclose(warm.coef, cold.coef, atol=1e-9)
        for part, kept in zip(start, before, strict=True):
            np.testing.assert_array_equal(part, kept)


@every_strength
@every_loss
def test_at_its_critical_alpha_the_null_model_is_optimal(loss, strength):
    problem, naive = problems(loss, strength)
    critical = critical_alpha(problem)
    null = np.zeros((6, naive.y.shape[1]))
    if naive.l1 == 0.0:
        assert critical == np.inf
        return
    share = naive.l1 / (naive.l1 + naive.l2)
    at = naive._replace(l1=critical * share, l2=critical * (1 - share))
    assert at.violation(null, at.null()) < 1e-6
    below = at._replace(l1=0.99 * at.l1)
    assert below.violation(null, below.null()) > 1e-3 * at.l1


@pytest.mark.parametrize("p", [5, 60, 500])
@pytest.mark.parametrize("strength", ["l1", "l2", "elasticnet"])
@pytest.mark.parametrize(
    "loss", ["squared_error", "log_loss", "softmax", "poisson", "gamma"]
)
def test_every_route_meets_its_tolerance(loss, strength, p):
    """Few columns, row space, working sets, many weights: all certified."""
    problem, naive = problems(loss, strength, n=40, p=p, k=None)
    solution = solve(problem, tol=1e-9, max_iter=500)
    assert solution.shortfall == ""
    scale = np.abs(
        naive.smooth_gradient(np.zeros(solution.coef.shape), naive.null())[0]
    ).max()
    assert naive.violation(solution.coef, solution.intercept) <= 1e-3 * scale
    gap = naive.dual_gap(solution.coef, solution.intercept)
    null = naive.value(np.zeros(solution.coef.shape), naive.null())
    assert gap <= 1e-8 * null


SINGLE = [name for name in LOSSES if name not in {"squared_error", "softmax"}]


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("strength", ["l1", "elasticnet", "l1_positive"])
@pytest.mark.parametrize("loss", SINGLE)
@pytest.mark.parametrize("p", [6, 60])
def test_in_columns_as_with_models(monkeypatch, loss, strength, fit_intercept, p):
    """Where there is little to do, Newton's steps are taken in the columns."""
    problem, _ = problems(loss, strength, fit_intercept=fit_intercept, p=p, k=1)
    used = []

    def recorded(*arguments):
        used.append(1)
        return newton_in_columns(*arguments)

    monkeypatch.setattr(path, "are_small", lambda _: False)
    monkeypatch.setattr(proximal_newton, "newton_in_columns", recorded)
    in_columns = solve(problem, tol=1e-11, max_iter=200)
    assert used
    monkeypatch.setattr(proximal_newton, "keeps_to_columns", lambda *_: False)
    with_models = solve(problem, tol=1e-11, max_iter=200)
    assert in_columns.shortfall == with_models.shortfall == ""
    size = 1.0 + abs(with_models.objective)
    assert in_columns.objective == pytest.approx(with_models.objective, abs=1e-9 * size)
    np.testing.assert_allclose(in_columns.coef, with_models.coef, atol=2e-4)


def test_columns_so_alike_that_epochs_stall_go_on_to_models():
    """Forty steps in the columns leave what an exact model does in a few."""
    problem, _ = problems("log_loss", "l1", n=60, p=2, k=1)
    rng = np.random.default_rng(1)
    X = rng.normal(size=(60, 1)) + 1e-4 * rng.normal(size=(60, 40))
    design, norms = standardized(Dense(X), problem.weight, centre=True, scale=False)
    penalty = problem.penalty._replace(alpha=1e-5)
    problem = problem._replace(
        design=design, columns=np.arange(40), norms=norms, penalty=penalty
    )
    found = solve(problem, tol=1e-9, max_iter=300)
    assert found.shortfall == ""


def test_large_smooth_problems_go_to_lbfgs():
    """More than 2000 weights and rows that do not fit the row space either."""
    rng = np.random.default_rng(4)
    X = rng.normal(size=(700, 701))
    y = (X[:, :3] + rng.gumbel(size=(700, 3))).argmax(axis=1)
    model = sklreg.LinearClassifier("l2", alpha=0.1, tol=1e-8).fit(X, y)
    naive = Objective(X, np.eye(3)[y], np.full(700, 1 / 700), "softmax", 0.0, 0.1)
    W, b = model.coef_.T, model.intercept_
    assert model.objective_ == pytest.approx(naive.value(W, b), rel=1e-12)
    assert 0.0 <= model.dual_gap_ <= 1e-8 * np.log(3.0)
    tighter = sklreg.LinearClassifier("l2", alpha=0.1, tol=1e-11).fit(X, y)
    assert model.objective_ - tighter.objective_ <= model.dual_gap_ + 1e-14
    assert naive.violation(tighter.coef_.T, tighter.intercept_) <= 1e-6


@pytest.mark.parametrize("task", ["multinomial", "log_loss", "poisson"])
@pytest.mark.parametrize("penalty", ["l2", None])
def test_lbfgs_finds_what_newton_finds(task, penalty):
    """Also where columns differ by orders of magnitude, and from far away."""
    row, data = tables.TASKS[task], tables.problem("tall")
    estimator = getattr(sklreg, row.estimator)(penalty, 0.01, **row.parameters)
    X = data.X * np.geomspace(0.1, 10.0, data.X.shape[1])
    problem = estimator.prepare(X, getattr(data, row.target)).problem
    exact = solve(problem, tol=1e-12, max_iter=100)
    null = Null.of(problem)
    limits = null.tolerance(problem, 1e-9)
    for far in (0.0, 1.0, 30.0):
        w = np.full_like(exact.coef, far) * np.sign(exact.coef + 1e-3)
        point = start_point(problem, w, exact.intercept)
        if not np.isfinite(problem.objective(w, point.eta)):
            continue
        found, n_iter = lbfgs(problem, point, limits, null, 2000, silent)
        assert 0 < n_iter < 2000
        assert limits.met(found.certificate)
        certificate = certificate_of(problem, found.point.w, found.point.b)
        assert certificate.objective == pytest.approx(exact.objective, rel=1e-8)
        assert certificate.violation == pytest.approx(
            found.certificate.violation, abs=1e-12 * null.gradient
        )


@pytest.mark.parametrize("penalty", ["l1", "l2"])
def test_progress_is_told_whichever_solver_it_is(penalty, capsys):
    data = tables.problem("tall")
    sklreg.LinearClassifier(penalty, verbose=1).fit(data.X, data.binary)
    assert capsys.readouterr().out.startswith("step ")


@pytest.mark.parametrize("task", ["log_loss", "poisson", "gamma"])
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_newton_ends_where_proximal_newton_does(task, fit_intercept):
    row, data = tables.TASKS[task], tables.problem("tall")
    estimator = getattr(sklreg, row.estimator)("l2", 0.01, **row.parameters)
    estimator.set_params(fit_intercept=fit_intercept)
    problem = estimator.prepare(data.X, getattr(data, row.target)).problem
    null = Null.of(problem)
    found = certify(problem, null.point, null.evaluation)
    allowed = np.ones((data.X.shape[1], 1), dtype=bool)
    point, _, _ = proximal_newton.proximal_newton(
        problem, *found[:2], allowed, 1e-13, 100
    )
    best, n_iter = newton(problem, found, 100)
    assert 0 < n_iter < 20
    np.testing.assert_allclose(best.point.w, point.w, atol=1e-10)
    np.testing.assert_allclose(best.point.b, point.b, atol=1e-10)
    one, n_iter = newton(problem, found, 1)
    assert n_iter == 1
    assert one.certificate.objective < found.certificate.objective


# A link: losses that overflow ---------------------------------------------------------


@pytest.mark.parametrize("scale", [1e-100, 1e-8, 1.0, 1e8, 1e100])
@pytest.mark.parametrize(
    ("loss", "power"), [("poisson", 1), ("gamma", 2), ("tweedie", 1.5)]
)
@pytest.mark.parametrize("penalty", ["l1", "l2", None])
def test_a_factor_on_the_target_moves_only_the_intercept(loss, power, scale, penalty):
    """Deviances are homogeneous of degree 2 - power, whatever the units of y."""
    data = tables.problem("tall")
    alpha = 0.02
    one = sklreg.LinearRegressor(penalty, alpha, loss=loss, tol=1e-9)
    one.fit(data.X, data.sizes)
    two = sklreg.LinearRegressor(penalty, alpha * scale ** (2 - power), loss=loss)
    two.set_params(tol=1e-9).fit(data.X, scale * data.sizes)
    np.testing.assert_allclose(two.coef_, one.coef_, atol=1e-7)
    assert two.intercept_ - np.log(scale) == pytest.approx(one.intercept_, abs=1e-6)


@pytest.mark.parametrize("loss", ["poisson", "gamma", "tweedie"])
@pytest.mark.parametrize("spread", [20.0, 1e3])
def test_starts_where_exp_overflows(loss, spread):
    data = tables.problem("tall")
    cold = sklreg.LinearRegressor("l1", 1e-3, loss=loss, tol=1e-10)
    cold.fit(data.X, data.sizes)
    warm = sklreg.LinearRegressor("l1", 1e-3, loss=loss, tol=1e-10, warm_start=True)
    warm.fit(data.X, data.sizes)
    for coef, intercept in ((spread, 0.0), (-spread, 3.0), (0.0, -spread)):
        warm.coef_, warm.intercept_ = np.full(7, coef), intercept
        warm.fit(data.X, data.sizes)
        np.testing.assert_allclose(warm.coef_, cold.coef_, atol=1e-7)


@pytest.mark.parametrize("penalty", ["l1", "l2"])
@pytest.mark.parametrize("problem", ["tall", "wide"])
def test_targets_over_many_orders_of_magnitude(problem, penalty):
    data = tables.problem(problem)
    y = np.exp(8.0 * np.log(data.sizes))
    for loss in ("poisson", "gamma", "tweedie"):
        model = sklreg.LinearRegressor(penalty, loss=loss, standardize=True)
        share = sklreg.alpha_max(model.set_params(penalty="l1"), data.X, y)
        for alpha in (0.1 * share, 1e-4 * share):
            model.set_params(penalty=penalty, alpha=alpha, tol=1e-8).fit(data.X, y)
            assert np.isfinite(model.coef_).all()


# When it does not converge ------------------------------------------------------------


@pytest.mark.parametrize(
    "task", ["log_loss", "multinomial", "huber", "squared_hinge", "poisson", "gamma"]
)
@pytest.mark.parametrize("penalty", ["l1", "l2", None])
def test_too_few_iterations_end_in_one_honest_warning(task, penalty):
    row = tables.TASKS[task]
    data = tables.problem("tall")
    y = getattr(data, row.target) * (100.0 if task == "huber" else 1)
    estimator = getattr(sklreg, row.estimator)(
        penalty, alpha=1e-5, tol=0.0, max_iter=1, **row.parameters
    )
    with pytest.warns(ConvergenceWarning) as caught:
        estimator.fit(data.X, y)
    assert len(caught) == 1
    message = str(caught[0].message)
    name = "violation" if penalty is None else "duality gap"
    reached = estimator.violation_ if penalty is None else estimator.dual_gap_
    assert f"{row.estimator} did not converge: the {name} is {reached:.3g}" in message
    assert "max_iter" in message
    assert caught[0].filename == __file__
    assert np.isfinite(estimator.coef_).all()


def test_a_solved_problem_does_not_warn():
    data = tables.problem("tall")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sklreg.LinearClassifier("l1").fit(data.X, data.binary)
