"""Offsets: the part of the linear predictor that is known."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.special
import sklearn
import tables
from naive import gradients, row_losses
from sklearn.base import clone
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import sklreg
from sklreg import LinearClassifier, LinearRegressor, alpha_max, regularization_path
from sklreg.penalties import Weighted
from sklreg.solvers import certificate_of

TIGHT = 1e-12
every_task = pytest.mark.parametrize("task", tables.TASKS)
some_tasks = pytest.mark.parametrize("task", ["squared_error", "poisson", "log_loss"])


def told(task, problem="tall"):
    """Return an estimator, X, y, y as the naive losses want it, and an offset."""
    row, data = tables.TASKS[task], tables.problem(problem)
    y = getattr(data, row.target)
    model = getattr(sklreg, row.estimator)("l1", 0.02, tol=TIGHT, **row.parameters)
    k = len(np.unique(y)) if task == "multinomial" else 1
    Y = np.eye(k)[y] if task == "multinomial" else np.asarray(y, float)[:, None]
    offset = np.random.default_rng(0).normal(0.3, 0.5, size=Y.shape)
    return model, data.X, y, Y, offset if k > 1 else offset[:, 0]


def eta_of(model, X, offset):
    eta = X @ np.atleast_2d(model.coef_).T + np.atleast_1d(model.intercept_)
    return eta + offset.reshape(eta.shape)


def violation_of(model, task, X, Y, offset, l1=0.02, l2=0.0):
    """Return the distance of minus the gradient to the subdifferential; intercepts."""
    W = np.atleast_2d(model.coef_).T
    r = gradients(tables.TASKS[task].naive, Y, eta_of(model, X, offset)) / len(X)
    G = X.T @ r + l2 * W
    at_zero = np.maximum(np.abs(G) - l1, 0.0)
    found = np.where(W == 0.0, at_zero, np.abs(G + l1 * np.sign(W)))
    return found.max(), np.abs(r.sum(axis=0)).max()


@every_task
def test_solutions_satisfy_the_optimality_conditions(task):
    model, X, y, Y, offset = told(task)
    model.fit(X, y, offset=offset)
    assert max(violation_of(model, task, X, Y, offset)) <= 1e-6
    eta = eta_of(model, X, offset)
    value = row_losses(tables.TASKS[task].naive, Y, eta).mean()
    value += 0.02 * np.abs(model.coef_).sum()
    assert model.objective_ == pytest.approx(value, rel=1e-10)
    without = clone(model).fit(X, y)
    assert np.abs(model.coef_ - without.coef_).max() > 1e-3


@pytest.mark.parametrize("fit_intercept", [True, False])
@every_task
def test_the_gap_bounds_the_distance_to_the_optimum(task, fit_intercept):
    model, X, y, Y, offset = told(task)
    model.set_params(fit_intercept=fit_intercept).fit(X, y, offset=offset)
    lowest, rng = model.objective_, np.random.default_rng(1)
    prepared = model.prepare(X, y, offset=offset)
    for distance in (0.0, 1e-3, 0.1, 1.0):
        W = np.atleast_2d(model.coef_).T
        W = W + distance * rng.normal(size=W.shape) * (rng.random(W.shape) < 0.5)
        b = np.atleast_1d(model.intercept_)
        found = certificate_of(prepared.problem, *prepared.from_user(W, b))
        eta = X @ W + b + offset.reshape(Y.shape)
        value = row_losses(tables.TASKS[task].naive, Y, eta).mean()
        value += 0.02 * np.abs(W).sum()
        assert found.objective == pytest.approx(value, rel=1e-10)
        if task != "tweedie":  # which has no dual
            slack = 1e-12 * (1.0 + abs(value))
            assert found.objective - lowest - slack <= found.dual_gap < np.inf
    if task != "tweedie":
        assert model.dual_gap_ <= 1e-9 * (1.0 + abs(lowest))


@every_task
def test_a_constant_offset_moves_only_the_intercept(task):
    model, X, y, _, offset = told(task)
    plain = clone(model).fit(X, y)
    moved = clone(model).fit(X, y, offset=np.full_like(offset, 0.7))
    np.testing.assert_allclose(moved.coef_, plain.coef_, atol=1e-7)
    by = 0.0 if task == "multinomial" else 0.7  # softmax does not mind
    gap = np.asarray(moved.intercept_) + by - plain.intercept_
    np.testing.assert_allclose(gap, 0.0, atol=1e-6)
    assert moved.objective_ == pytest.approx(plain.objective_, rel=1e-9)


@every_task
def test_no_offset_is_one_of_zeros(task):
    model, X, y, _, offset = told(task)
    plain = clone(model).fit(X, y)
    zeros = clone(model).fit(X, y, offset=np.zeros_like(offset))
    np.testing.assert_allclose(zeros.coef_, plain.coef_, atol=1e-9)
    score = plain.score(X, y)
    assert zeros.score(X, y, offset=np.zeros_like(offset)) == pytest.approx(score)


@every_task
def test_an_offset_is_a_feature_whose_coefficient_is_known(task):
    model, X, y, _, _ = told(task)
    coef = np.array([0.2, -0.1, 0.3, 0.0] if task == "multinomial" else [0.3])
    known = np.squeeze(X[:, :1] * coef)
    weights = np.where(np.arange(X.shape[1]) == 0, 0.0, 1.0)
    model.set_params(penalty=Weighted("l1", weights))  # the known one is free
    plain, known_too = clone(model).fit(X, y), clone(model).fit(X, y, offset=known)
    np.testing.assert_allclose(
        np.atleast_2d(known_too.coef_)[:, 1:],
        np.atleast_2d(plain.coef_)[:, 1:],
        atol=1e-6,
    )
    assert known_too.objective_ == pytest.approx(plain.objective_, rel=1e-9)


@pytest.mark.parametrize("penalty", ["l1", "l2", None])
def test_exposure_is_the_weight_of_a_rate(penalty):
    data, rng = tables.problem("tall"), np.random.default_rng(2)
    exposure = rng.uniform(0.2, 5.0, len(data.y))
    counts = rng.poisson(exposure * data.sizes)
    alpha, mean = 0.02, exposure.mean()
    ours = LinearRegressor(penalty, alpha * mean, loss="poisson", tol=TIGHT)
    ours.fit(data.X, counts, offset=np.log(exposure))
    rates = LinearRegressor(penalty, alpha, loss="poisson", tol=TIGHT)
    rates.fit(data.X, counts / exposure, exposure)
    np.testing.assert_allclose(ours.coef_, rates.coef_, atol=1e-7)
    assert ours.intercept_ == pytest.approx(rates.intercept_, abs=1e-7)
    of_ones = ours.predict(data.X)
    np.testing.assert_allclose(of_ones, rates.predict(data.X), rtol=1e-6)
    whole = ours.predict(data.X, np.log(exposure))
    np.testing.assert_allclose(whole, exposure * of_ones, rtol=1e-10)
    score = ours.score(data.X, counts, offset=np.log(exposure))
    assert score == pytest.approx(rates.score(data.X, counts / exposure, exposure))


def test_squared_errors_and_hubers_are_those_of_what_is_left():
    data, rng = tables.problem("tall"), np.random.default_rng(3)
    Y = np.column_stack([data.y, data.X[:, 0]])
    offset = rng.normal(size=Y.shape)
    for loss in ("squared_error", "huber"):
        model = LinearRegressor("l1", 0.05, loss=loss, tol=TIGHT)
        ours = clone(model).fit(data.X, Y, offset=offset)
        theirs = clone(model).fit(data.X, Y - offset)
        np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-9)
        predicted = theirs.predict(data.X) + offset
        np.testing.assert_allclose(ours.predict(data.X, offset), predicted, atol=1e-8)


@pytest.mark.parametrize("penalty", ["l1", "l2"])
@pytest.mark.parametrize("task", ["poisson", "log_loss", "multinomial"])
def test_more_features_than_rows(task, penalty):
    """Working sets, and for l2 the row space."""
    model, X, y, Y, offset = told(task, "wide")
    rng = np.random.default_rng(4)
    X = np.column_stack([X, rng.normal(size=(len(X), 600))])
    strengths = {"l1": (0.05, 0.0), "l2": (0.0, 0.05)}[penalty]
    model.set_params(penalty=penalty, alpha=0.05).fit(X, y, offset=offset)
    scale = np.abs(X.T @ (Y - Y.mean(axis=0))).max() / len(X)
    found = violation_of(model, task, X, Y, offset, *strengths)
    assert max(found) <= 1e-6 * scale


@pytest.mark.parametrize("loss", ["poisson", "gamma"])
@pytest.mark.parametrize("penalty", ["l1", "l2", "elasticnet"])
def test_offsets_of_hundreds_are_fitted_and_certified(loss, penalty):
    rng = np.random.default_rng(5)
    X, y = rng.normal(size=(50, 3)), rng.poisson(3.0, 50) + 1.0
    for offset in (rng.uniform(0.0, 365.0, 50), np.append(np.zeros(49), 200.0)):
        model = LinearRegressor(penalty, 0.1, loss=loss).fit(X, y, offset=offset)
        null = clone(model).set_params(penalty="l1", alpha=1e9)
        null.fit(X, y, offset=offset)
        assert not null.coef_.any()
        assert model.objective_ <= null.objective_ * (1.0 + 1e-12)
        assert model.score(X, y, offset=offset) >= -1e-12
        for fitted in (model, null):
            assert fitted.dual_gap_ <= 1e-6 * null.objective_


# Strengths, paths, cross-validation ---------------------------------------------------


@every_task
def test_the_null_model_is_the_intercept_and_the_offset(task):
    model, X, y, Y, offset = told(task)
    strongest = alpha_max(model, X, y, offset=offset)
    null = clone(model).set_params(alpha=1e3 * strongest).fit(X, y, offset=offset)
    assert not null.coef_.any()
    r = gradients(tables.TASKS[task].naive, Y, eta_of(null, X, offset)) / len(X)
    assert strongest == pytest.approx(np.abs(X.T @ r).max(), rel=1e-6)
    if task in {"poisson", "gamma", "tweedie"}:
        assert null.score(X, y, offset=offset) == pytest.approx(0.0, abs=1e-9)
    path = regularization_path(model, X, y, alphas=5, offset=offset)
    assert path.alphas[0] == pytest.approx(strongest)
    assert not path.coefs[..., 0].any()
    model.set_params(alpha=path.alphas[3])
    alone = clone(model).fit(X, y, offset=offset).coef_
    alone = alone if task == "multinomial" else alone.ravel()
    np.testing.assert_allclose(path.coefs[..., 3], alone, atol=2e-6)


@some_tasks
def test_cross_validation_is_the_loop_over_folds_and_strengths(task):
    model, X, y, Y, offset = told(task)
    folds = list(KFold(3, shuffle=True, random_state=0).split(X))
    alphas = np.array([0.1, 0.03, 0.01])
    expected = np.empty((3, 3))
    for k, (train, test) in enumerate(folds):
        for a, alpha in enumerate(alphas):
            one = clone(model).set_params(alpha=alpha)
            one.fit(X[train], y[train], offset=offset[train])
            eta = eta_of(one, X[test], offset[test])
            losses = row_losses(tables.TASKS[task].naive, Y[test], eta)
            expected[k, a] = losses.mean()
    given = {name: model.get_params()[name] for name in ("loss", "tol")}
    cv = getattr(sklreg, f"{type(model).__name__}CV")
    chooser = cv("l1", alphas=alphas, cv=folds, **given).fit(X, y, offset=offset)
    np.testing.assert_allclose(chooser.fold_losses_, expected, rtol=1e-7)
    alone = clone(model).set_params(alpha=chooser.alpha_).fit(X, y, offset=offset)
    np.testing.assert_allclose(chooser.coef_, alone.coef_, atol=1e-6)
    score = alone.score(X, y, offset=offset)
    assert chooser.score(X, y, offset=offset) == pytest.approx(score, abs=1e-6)
    with pytest.raises(ValueError, match="offset cannot be used with scoring"):
        cv("l1", scoring="neg_mean_squared_error", **given).fit(X, y, offset=offset)


# glmnet -------------------------------------------------------------------------------


@pytest.mark.shared_data
@pytest.mark.parametrize("name", ["gauss", "binom", "poisson"])
def test_glmnets_offsets(shared_folder, name):
    def read(part):
        return np.loadtxt(shared_folder / "golden" / f"tall_{part}.csv", delimiter=",")

    X, table, theirs = read("X"), read("y"), read(f"{name}_lasso_off")
    row, column = {"gauss": (0, 0), "binom": (1, 1), "poisson": (2, 3)}[name]
    model = LinearClassifier if name == "binom" else LinearRegressor
    loss = {"loss": "poisson"} if name == "poisson" else {}
    for i, alpha in enumerate(read("lambdas")[row]):
        ours = model("l1", alpha, tol=1e-13, **loss)
        ours.fit(X, table[:, column], offset=table[:, 5])
        np.testing.assert_allclose(np.ravel(ours.coef_), theirs[1:, i], atol=1e-6)
        np.testing.assert_allclose(ours.intercept_, theirs[0, i], atol=1e-5)


# The door -----------------------------------------------------------------------------


def test_predictions_add_the_offset():
    model, X, y, _, offset = told("log_loss")
    model.fit(X, y, offset=offset)
    eta = model.decision_function(X) + offset
    np.testing.assert_allclose(model.decision_function(X, offset), eta)
    p = scipy.special.expit(eta)
    np.testing.assert_allclose(model.predict_proba(X, offset)[:, 1], p)
    np.testing.assert_allclose(model.predict_log_proba(X, offset)[:, 1], np.log(p))
    labels = (eta > 0.0).astype(int)
    np.testing.assert_array_equal(model.predict(X, offset), labels)
    assert model.score(X, y, offset=offset) == pytest.approx((labels == y).mean())
    single = clone(model).set_params(tol=1e-6)
    single.fit(X.astype(np.float32), y, offset=offset)
    assert single.decision_function(X.astype(np.float32), offset).dtype == np.float32
    np.testing.assert_allclose(single.coef_, model.coef_, atol=1e-2)


def test_an_offset_a_class_is_in_the_order_of_the_classes():
    model, X, y, _, offset = told("multinomial")
    names = np.array(["d", "b", "c", "a"])
    plain = clone(model).fit(X, y, offset=offset)
    named = clone(model).fit(X, names[y], offset=offset[:, np.argsort(names)])
    order = np.argsort(names)
    np.testing.assert_allclose(named.coef_, plain.coef_[order], atol=1e-8)
    predicted = named.predict(X, offset[:, order])
    np.testing.assert_array_equal(predicted, names[plain.predict(X, offset)])


@pytest.mark.parametrize("task", ["squared_error", "poisson", "multinomial"])
def test_bad_offsets_are_named(task):
    model, X, y, Y, offset = told(task)
    for bad in (offset[:-1], offset.T[None], 3.0, np.tile(offset.T, 3).T[:, None]):
        with pytest.raises(ValueError, match="offset must"):
            model.fit(X, y, offset=bad)
    with pytest.raises(ValueError, match="offset contains NaN"):
        model.fit(X, y, offset=np.full_like(offset, np.nan))
    with pytest.raises(ValueError, match="offset contains infinity"):
        model.fit(X, y, offset=np.full_like(offset, np.inf))
    assert not hasattr(model, "coef_")
    model.fit(X, y, offset=offset)
    with pytest.raises(ValueError, match="offset must have shape"):
        model.predict(X[:5], offset)
    assert Y.shape[0] == len(model.predict(X, offset))


def test_an_offset_is_routed_to_those_who_ask():
    model, X, y, _, offset = told("poisson")
    with sklearn.config_context(enable_metadata_routing=True):
        asking = clone(model).set_fit_request(offset=True)
        asking.set_predict_request(offset=True)
        pipeline = make_pipeline(StandardScaler(), asking).fit(X, y, offset=offset)
        scaled = StandardScaler().fit_transform(X)
        direct = clone(model).fit(scaled, y, offset=offset)
        np.testing.assert_array_equal(pipeline[-1].coef_, direct.coef_)
        predicted = pipeline.predict(X, offset=offset)
        np.testing.assert_array_equal(predicted, direct.predict(scaled, offset))


def test_a_warm_start_knows_the_offset():
    model, X, y, _, offset = told("poisson")
    far = offset + 600.0  # exp overflows at the old intercept
    model.set_params(warm_start=True, tol=1e-9).fit(X, y, offset=offset)
    model.fit(X, y, offset=far)
    cold = clone(model).fit(X, y, offset=far)
    np.testing.assert_allclose(model.coef_, cold.coef_, atol=1e-6)
