"""Working sets on few rows: the solution of all weights, whoever joins."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse
from test_solvers import problems

from sklreg.designs import CSC, Dense, standardized
from sklreg.solvers import path, small_sets, solve
from sklreg.solvers.certificate import certify
from sklreg.solvers.problem import evaluate, start_point
from sklreg.solvers.tolerance import Null, silent

DESIGNS = {
    "c_order": Dense,
    "f_order": lambda X: Dense(np.asfortranarray(X)),
    "float32": lambda X: Dense(X.astype(np.float32)),
    "csc": lambda X: CSC.from_scipy(scipy.sparse.csc_array(X)),
}
KINKED = ["l1", "elasticnet", "l1_positive", "elasticnet_positive"]

every_penalty = pytest.mark.parametrize("strength", KINKED)
every_design = pytest.mark.parametrize("make", DESIGNS.values(), ids=DESIGNS)
some_losses = pytest.mark.parametrize("loss", ["squared_error", "log_loss", "poisson"])


def wide(loss="squared_error", strength="l1", make=Dense, *, centre=True, share=0.3):
    """Return a problem of more columns than rows, half of their entries zero."""
    problem, _ = problems(loss, strength, fit_intercept=centre, n=30, p=300, k=1)
    rng = np.random.default_rng(5)
    X = problem.design.to_array() + 2.0
    X = (X * (rng.random(X.shape) < 0.5)).astype(np.float32).astype(np.float64)
    design, norms = standardized(make(X), problem.weight, centre=centre, scale=True)
    problem = problem._replace(design=design, norms=norms)
    alpha = share * problem.penalty.strength()
    return problem._replace(penalty=problem.penalty.at_strength(alpha))


def at(problem, w, b):
    """Return what small sets begin with: a certified point."""
    point = start_point(problem, w, b)
    return certify(problem, point, evaluate(problem, point))


def by_small_sets(problem, found, tol=1e-9, max_iter=500):
    """Return where small sets end, the number of steps, and the limits."""
    null = Null.of(problem)
    limits = null.tolerance(problem, tol)
    best, n_iter = small_sets.small_sets(problem, null, found, limits, max_iter, silent)
    return best, n_iter, limits


@pytest.mark.parametrize("centre", [True, False])
@every_penalty
@some_losses
def test_the_solution_is_that_of_other_working_sets(
    monkeypatch, loss, strength, centre
):
    meets_the_other(monkeypatch, wide(loss, strength, centre=centre))


@every_design
def test_it_is_so_for_every_design(monkeypatch, make):
    meets_the_other(monkeypatch, wide(make=make))


def meets_the_other(monkeypatch, problem):
    """Compare with the solution of working sets of any size."""
    null = Null.of(problem)
    best, n_iter, limits = by_small_sets(problem, at(problem, *null.point[:2]))
    assert n_iter > 0
    assert limits.met(best.certificate)
    again = at(problem, best.point.w, best.point.b)
    for mine, other in zip(best.certificate, again.certificate, strict=True):
        assert mine == pytest.approx(other, rel=1e-9, abs=1e-12)
    np.testing.assert_allclose(best.point.eta, again.point.eta, atol=1e-9)
    monkeypatch.setattr(path, "are_small", lambda _: False)
    other = solve(problem, tol=1e-9, max_iter=500)
    assert best.certificate.objective == pytest.approx(other.objective, rel=1e-8)
    np.testing.assert_allclose(best.point.w, other.coef, atol=1e-3)


@some_losses
@every_penalty
def test_weights_in_use_take_part_wherever_one_begins(loss, strength):
    problem = wide(loss, strength)
    cold = solve(problem, tol=1e-11, max_iter=500)
    rng = np.random.default_rng(0)
    w = problem.penalty.nearest(0.1 * rng.normal(size=(300, 1)), problem.columns)
    best, _, limits = by_small_sets(problem, at(problem, w, cold.intercept), tol=1e-10)
    assert limits.met(best.certificate)
    np.testing.assert_allclose(best.point.w, cold.coef, atol=1e-4)


@some_losses
def test_without_room_others_go_on_from_the_best_point(monkeypatch, loss):
    problem = wide(loss, share=0.02)
    expected = solve(problem, tol=1e-9, max_iter=500)
    monkeypatch.setattr(small_sets, "_FEATURES", -5)  # 55 = 2 * 30 - 5
    null = at(problem, *Null.of(problem).point[:2])
    best, n_iter, limits = by_small_sets(problem, null)
    assert n_iter > 0
    assert not limits.met(best.certificate)
    assert limits.excess(best.certificate) < limits.excess(null.certificate)
    found = solve(problem, tol=1e-9, max_iter=500)
    assert found.shortfall == ""
    assert found.objective == pytest.approx(expected.objective, rel=1e-8)


@pytest.mark.parametrize("loss", ["squared_error", "log_loss"])
def test_steps_are_no_more_than_allowed(loss):
    problem = wide(loss, share=0.02)
    null = at(problem, *Null.of(problem).point[:2])
    for max_iter in (1, 2, 3):
        best, n_iter, limits = by_small_sets(problem, null, max_iter=max_iter)
        assert n_iter <= max_iter
        assert limits.excess(best.certificate) <= limits.excess(null.certificate)


@every_penalty
@some_losses
def test_the_strength_falls_to_that_of_the_problem(loss, strength):
    """From where zero is optimal, but for a fifth; from other weights not at all."""
    problem = wide(loss, strength, share=0.01)
    alpha = problem.penalty.strength()
    null = at(problem, *Null.of(problem).point[:2])
    first = small_sets._stronger(problem, null)
    critical = first.penalty.strength() / small_sets._DROP
    assert alpha < first.penalty.strength()
    zero = first.violations(null.point.w, null.evaluation.gradient)[2]
    assert zero > 0.0
    above = problem._replace(penalty=problem.penalty.at_strength(1.001 * critical))
    left = above.violations(null.point.w, null.evaluation.gradient)[2]
    assert left <= 1e-9 * null.certificate.violation
    stage, n_rounds = first, 0
    while stage is not problem:
        lower = small_sets._at_strength(
            problem, small_sets._DROP * stage.penalty.strength()
        )
        assert alpha <= lower.penalty.strength() < stage.penalty.strength()
        stage, n_rounds = lower, n_rounds + 1
    assert 1 <= n_rounds <= 5
    w = np.zeros_like(null.point.w)
    w[0] = 1e-3
    started = at(problem, w, null.point.b)
    assert small_sets._stronger(problem, started) is problem


@every_design
def test_those_who_join_violate_optimality_most(make):
    problem = wide(make=make, share=0.01)
    null = Null.of(problem)
    found = at(problem, *null.point[:2])
    inside = small_sets._Set.of(problem, null, found)
    inside, is_room = inside.grown(problem, found)
    assert is_room
    size = int(inside.size[0])
    assert 50 <= size < 300
    features, scores = inside.features[:size], found.scores[:, 0]
    left = np.delete(scores, features)
    level = scores.max() / small_sets._LEVELS
    assert scores[features].min() >= left.max() - level
    part = problem.design.take(features)
    np.testing.assert_allclose(
        inside.columns[:, :size], part.to_array(), atol=1e-12 * np.abs(scores).max()
    )


def test_the_gram_matrix_grows_with_the_set():
    problem = wide(share=0.01)
    null = Null.of(problem)
    found = at(problem, *null.point[:2])
    inside = small_sets._Set.of(problem, null, found)
    gram = small_sets._Gram.empty()
    for _ in range(3):
        inside, _ = inside.grown(problem, found)
        gram = gram.grown(inside, problem.weight)
        size = int(inside.size[0])
        part = problem.design.take(inside.features[:size])
        expected = part.cross(part, problem.weight)
        np.testing.assert_allclose(gram.hessian[:size, :size], expected, atol=1e-13)
    assert size > 100
