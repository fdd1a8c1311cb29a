"""Screening: what is said to stay zero does, and nothing but time depends on it."""

import numpy as np
import pytest
import scipy.sparse
from sklearn.datasets import make_classification, make_regression

from sklreg import LinearClassifier, LinearRegressor, regularization_path
from sklreg.designs import CSC, Dense, standardized
from sklreg.losses import LogLoss, SquaredError
from sklreg.penalties import L1, Bounded, ElasticNet, Weighted
from sklreg.solvers import (
    Problem,
    certificate_of,
    critical_alpha,
    look_ahead,
    solve_path,
)
from sklreg.solvers.certificate import violations
from sklreg.solvers.problem import Evaluation, data_terms, gradients, start_point
from sklreg.solvers.screening import unproven

N, P = 40, 600
PENALTIES = {
    "l1": L1(),
    "elasticnet": ElasticNet(l1_ratio=0.5),
    "positive": Bounded(lower=0.0),
    "weighted": Weighted(L1(), [0.0, np.inf, 0.1] + [1.0] * (P - 3)),
}
every_penalty = pytest.mark.parametrize("penalty", PENALTIES.values(), ids=PENALTIES)


def problem(loss, penalty, *, sparse=False, weight=None):
    X, y = make_regression(N, P, n_informative=8, noise=20.0, random_state=0)
    if isinstance(loss, LogLoss):
        y = (y > 0.0).astype(float)
    weight = np.full(N, 1.0 / N) if weight is None else weight / weight.sum()
    design = CSC.from_scipy(scipy.sparse.csc_array(X)) if sparse else Dense(X)
    design, norms = standardized(design, weight, centre=True, scale=False)
    return Problem(
        design,
        y[:, None],
        weight,
        loss.record(),
        penalty.record(1.0, P),
        True,
        np.arange(P),
        norms,
    )


def evaluations(stated, alphas):
    """Return the evaluations at the solutions for some strengths."""
    penalties = [stated.penalty.at_strength(alpha) for alpha in alphas]
    found = solve_path(stated, penalties, tol=1e-8, max_iter=1000)
    points = [start_point(stated, each.coef, each.intercept) for each in found]
    values, slopes = data_terms(stated, np.array([point.eta for point in points]))
    return Evaluation(values, slopes, gradients(stated.design, slopes))


@every_penalty
@pytest.mark.parametrize("loss", [SquaredError(), LogLoss()], ids=["squared", "log"])
@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "csc"])
def test_what_is_proven_satisfies_optimality_at_zero(sparse, loss, penalty):
    weight = np.r_[0.0, 0.0, np.linspace(1.0, 2.0, N - 2)]
    stated = problem(loss, penalty, sparse=sparse, weight=weight)
    alphas = critical_alpha(stated) * np.geomspace(0.6, 0.4, 6)
    seen = evaluations(stated, alphas)
    near = [seen.at(m) for m in (0, 5)]
    left = unproven(stated, alphas[1:5], seen.slopes[1:5, :, 0], near)
    assert left.sum() < 0.6 * P  # it proves something
    assert left.any()
    for m in range(1, 5):
        at = stated._replace(penalty=stated.penalty.at_strength(alphas[m]))
        violated = violations(at, np.zeros((P, 1)), seen.gradient[m])[:, 0] > 0.0
        assert not (violated & ~left).any()


def test_far_from_what_is_known_nothing_is_proven():
    stated, rng = problem(SquaredError(), L1()), np.random.default_rng(0)
    seen = evaluations(stated, [1.0])
    slopes = rng.normal(size=(2, N))
    slopes *= 100.0 * np.abs(seen.slopes).max()
    assert unproven(stated, np.array([1e-3, 1e-4]), slopes, [seen.at(0)]).all()


def test_without_a_penalty_nothing_is_proven():
    stated = problem(SquaredError(), L1())
    seen = evaluations(stated, [1.0])
    assert unproven(
        stated, np.array([1.0, 0.0]), seen.slopes[:, :, 0], [seen.at(0)]
    ).all()


@pytest.mark.parametrize("screens", [True, False], ids=["screened", "all evaluated"])
@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "csc"])
@pytest.mark.parametrize(
    "penalty", ["l1", ElasticNet(l1_ratio=0.9), Bounded(lower=0.0)], ids=str
)
@pytest.mark.parametrize("model", [LinearRegressor, LinearClassifier])
def test_certificates_on_a_path_are_those_of_all_weights(
    monkeypatch, model, penalty, sparse, screens
):
    if not screens:
        monkeypatch.setattr(look_ahead, "can_screen", lambda problem: False)
    X, y = make_classification(
        60, 900, n_informative=10, n_redundant=0, flip_y=0.1, random_state=1
    )
    X = scipy.sparse.csr_array(X * (np.abs(X) > 1.0)) if sparse else X
    estimator = model(penalty, tol=1e-6)
    path = regularization_path(estimator, X, y, alphas=40, alpha_min_ratio=0.02)
    full = X.toarray() if sparse else X
    weight = np.full(60, 1.0 / 60)
    design, norms = standardized(Dense(full), weight, centre=True, scale=False)
    loss = LogLoss() if model is LinearClassifier else SquaredError()
    record = estimator.penalty_record(1.0, 900)
    whole = Problem(
        design,
        y[:, None].astype(float),
        weight,
        loss.record(),
        record,
        True,
        np.arange(900),
        norms,
    )
    for m, alpha in enumerate(path.alphas):
        b = path.intercepts[m] + full.mean(axis=0) @ path.coefs[:, m]
        at = whole._replace(penalty=record.at_strength(alpha))
        exact = certificate_of(at, path.coefs[:, m : m + 1], np.array([b]))
        assert path.dual_gaps[m] == pytest.approx(exact.dual_gap, abs=1e-12)
        assert path.violations[m] == pytest.approx(exact.violation, abs=1e-9)
