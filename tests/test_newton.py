"""Newton's method on many rows, with Hessians of some of them."""

import numpy as np
import pytest

from sklreg.designs import Dense, standardized
from sklreg.losses import Huber, LogLoss, Poisson, SquaredHinge
from sklreg.penalties import L2
from sklreg.solvers import Problem, certificate_of, solve
from sklreg.solvers.newton import sample
from sklreg.solvers.tolerance import Null

N, P = 6500, 32

LOSSES = {
    "log_loss": LogLoss(),
    "squared_hinge": SquaredHinge(),
    "huber": Huber(),
    "poisson": Poisson(),
}


def stated(loss, alpha, weight=None, *, fit_intercept=True, order="C"):
    """Return a problem with columns of few entries, in rows that are not sampled."""
    rng = np.random.default_rng(0)
    X = np.asarray(rng.normal(size=(N, P)), order=order)
    X[:, 0], X[:, 1] = 0.0, rng.standard_cauchy(size=N)
    X[7, 0], X[N // 3, 0] = 5.0, 3.0
    eta = X[:, 2:] @ rng.normal(size=P - 2) / 3.0 + X[:, 0] - 1.0
    record = LOSSES[loss].record()
    y = eta + rng.normal(size=N)
    if record.of_classes:
        y = (y > 0.0).astype(float)
    if record.has_link:
        y = rng.poisson(np.exp(np.clip(eta, -5.0, 3.0))).astype(float)
    weight = np.full(N, 1.0 / N) if weight is None else weight / weight.sum()
    design, norms = standardized(Dense(X), weight, centre=fit_intercept, scale=True)
    penalty = L2().record(alpha, P)
    columns = np.arange(P)
    return Problem(
        design, y[:, None], weight, record, penalty, fit_intercept, columns, norms
    )


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("alpha", [1.0, 1e-2, 1e-5])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_what_is_found_is_optimal(loss, alpha, fit_intercept):
    problem = stated(loss, alpha, fit_intercept=fit_intercept)
    assert sample(problem) is not None
    found = solve(problem, tol=1e-10, max_iter=100)
    assert not found.shortfall
    certificate = certificate_of(problem, found.coef, found.intercept)
    assert certificate.objective == pytest.approx(found.objective, rel=1e-12)
    assert certificate.violation <= 1e-4 * Null.of(problem).gradient


@pytest.mark.parametrize("order", ["C", "F"])
def test_rows_without_weight_do_not_count(order):
    weight = np.random.default_rng(1).exponential(size=N)
    weight[::32] = 0.0
    problem = stated("log_loss", 1e-3, weight, order=order)
    rows = sample(problem)
    assert (problem.weight[rows] > 0.0).all()
    found = solve(problem, tol=1e-12, max_iter=100)
    kept = np.flatnonzero(weight)
    X = Dense(problem.design.design.values[kept])
    design, norms = standardized(X, problem.weight[kept], centre=True, scale=True)
    part = problem._replace(
        design=design, y=problem.y[kept], weight=problem.weight[kept], norms=norms
    )
    other = solve(part, tol=1e-12, max_iter=100)
    np.testing.assert_allclose(found.coef, other.coef, rtol=1e-4, atol=1e-6)


def test_rows_are_sampled_where_that_saves_work():
    problem = stated("log_loss", 1e-3)
    assert len(sample(problem)) <= N / 3 + 1
    assert sample(problem.take(np.arange(P // 2))) is None  # products take as long
    assert sample(problem._replace(penalty=L2().record(0.0, P))) is None


def test_steps_that_gain_little_turn_to_all_rows():
    """The weight is nearly all in rows that the Hessian does not see."""
    weight = np.full(N, 1e-6)
    weight[1 : N // 2 : 2] = 1.0
    problem = stated("log_loss", 1e-4, weight)
    found = solve(problem, tol=1e-8, max_iter=60)
    assert not found.shortfall
    assert found.n_iter < 40
