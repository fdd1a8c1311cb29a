"""Linear estimators: laws that cross losses, penalties and designs.

The conditions of optimality and the duality gap are computed anew, by `naive`.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
import scipy.optimize
import scipy.sparse
import tables
from naive import DELTA, Objective, gradients, row_losses
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.metrics import d2_tweedie_score, r2_score

import sklreg
from sklreg import LinearClassifier, LinearRegressor, alpha_max
from sklreg.losses import Huber, Tweedie
from sklreg.penalties import L1, L2, ElasticNet

TIGHT = 1e-10

every_setting = pytest.mark.parametrize("setting", tables.SETTINGS)
every_task = pytest.mark.parametrize("task", tables.TASKS)
sparse_setting = pytest.mark.parametrize("setting", ["l1", "elasticnet", "l1_positive"])


def model_of(task: str, setting: str, alpha: float = 0.01, **more: Any):
    """Return an unfitted estimator."""
    row = tables.TASKS[task]
    parameters = tables.SETTINGS[setting].parameters | row.parameters | more
    return clone(getattr(sklreg, row.estimator)(alpha=alpha, tol=TIGHT, **parameters))


def data_of(task: str, problem: str):
    """Return X and the target of that task."""
    data = tables.problem(problem)
    return data.X, getattr(data, tables.TASKS[task].target)


def sensible_alpha(task: str, setting: str, X, y, share: float = 0.1, **more) -> float:
    """Return a strength in the scale of the data."""
    return share * alpha_max(model_of(task, "l1", **more), X, y)


def weights_of(model):
    """Return W of shape (p, k) and b of shape (k,), in float64."""
    W = np.atleast_2d(np.asarray(model.coef_, dtype=float)).T
    return W, np.atleast_1d(np.asarray(model.intercept_, dtype=float))


def targets_of(model, y):
    """Return targets of shape (n, k)."""
    if not hasattr(model, "classes_"):
        return np.asarray(y, dtype=float).reshape(len(y), -1)
    one_hot = (y[:, None] == model.classes_).astype(float)
    return one_hot[:, 1:] if len(model.classes_) == 2 else one_hot


def naive_of(task, setting, model, X, y, q=None, *, fit_intercept=True):
    """Return the naive objective that `model` minimised."""
    row = tables.SETTINGS[setting]
    X = X.toarray() if scipy.sparse.issparse(X) else X
    q = np.ones(len(y)) if q is None else q
    return Objective(
        X=np.asarray(X, dtype=float),
        y=targets_of(model, y),
        q=q / q.sum(),
        loss=tables.TASKS[task].naive,
        l1=model.alpha * row.l1,
        l2=model.alpha * row.l2,
        positive=row.positive,
        fit_intercept=fit_intercept,
    )


def assert_same(model, other, rtol=1e-8):
    """Compare two fits relative to their largest weight."""
    W, b = weights_of(model)
    V, c = weights_of(other)
    if len(getattr(model, "classes_", ())) > 2:  # a common constant means nothing
        b, c = b - b.mean(), c - c.mean()
    size = max(np.abs(W).max(), 1e-12)
    np.testing.assert_allclose(V, W, rtol=rtol, atol=rtol * size)
    np.testing.assert_allclose(c, b, rtol=rtol, atol=rtol * max(size, np.abs(b).max()))


def assert_optimal(naive, model, rtol=1e-8):
    """Check conditions and certificate against the naive ones."""
    W, b = weights_of(model)
    null = naive.null()
    zero = np.zeros_like(W)
    scale = np.abs(naive.smooth_gradient(zero, null)[0]).max()
    assert naive.violation(W, b) <= rtol * scale
    assert model.violation_ == pytest.approx(naive.violation(W, b), abs=1e-9 * scale)
    assert model.objective_ == pytest.approx(naive.value(W, b), rel=1e-10)
    assert model.n_iter_ >= 1
    if naive.l1 + naive.l2 > 0.0 and naive.loss != "tweedie":
        gap, size = naive.dual_gap(W, b), naive.value(zero, null)
        assert 0.0 <= model.dual_gap_ <= TIGHT * size * (1.0 + 1e-9) + 1e-14
        assert model.dual_gap_ == pytest.approx(gap, abs=1e-8 * size)
    else:
        assert np.isnan(model.dual_gap_)


# Optimality ---------------------------------------------------------------------------


@every_setting
@every_task
@pytest.mark.parametrize("problem", ["tall", "wide", "sparse"])
def test_conditions_of_optimality(task, setting, problem):
    X, y = data_of(task, problem)
    if setting.startswith("none") and problem == "wide":
        X = X[:, :8]  # as many rows as columns: no unique answer, or none at all
    alpha = sensible_alpha(task, setting, X, y)
    model = model_of(task, setting, alpha).fit(X, y)
    assert_optimal(naive_of(task, setting, model, X, y), model)


@every_setting
@every_task
def test_conditions_of_optimality_without_intercept_with_weights(task, setting):
    X, y = data_of(task, "tall")
    q = np.random.default_rng(0).exponential(size=len(y))
    q[::7] = 0.0
    model = model_of(task, setting, 0.02, fit_intercept=False).fit(X, y, q)
    np.testing.assert_array_equal(model.intercept_, 0.0)
    assert_optimal(naive_of(task, setting, model, X, y, q, fit_intercept=False), model)


@pytest.mark.parametrize(
    ("task", "problem"),
    [
        ("squared_error", "diabetes"),
        ("huber", "diabetes"),
        ("log_loss", "breast_cancer"),
        ("multinomial", "digits"),
        ("squared_hinge", "breast_cancer"),
        ("poisson", "diabetes"),
        ("gamma", "diabetes"),
        ("tweedie", "diabetes"),
    ],
)
@pytest.mark.parametrize("setting", ["l1", "l2", "elasticnet"])
def test_conditions_of_optimality_on_real_data(task, problem, setting):
    X, y = data_of(task, problem)
    alpha = sensible_alpha(task, setting, X, y, 0.05)
    model = model_of(task, setting, alpha).fit(X, y)
    assert_optimal(naive_of(task, setting, model, X, y), model)


@pytest.mark.parametrize("setting", ["l1", "l2", "elasticnet", "l1_positive"])
@every_task
def test_not_worse_than_an_independent_minimiser(task, setting):
    X, y = data_of(task, "sparse")
    model = model_of(task, setting, sensible_alpha(task, setting, X, y)).fit(X, y)
    naive = naive_of(task, setting, model, X, y)
    best = naive.value(*naive.minimise())
    assert model.objective_ <= best * (1.0 + 1e-10)
    assert model.objective_ >= best * (1.0 - 1e-6)


@every_task
@pytest.mark.parametrize("setting", ["l1", "elasticnet", "l2"])
def test_the_default_tolerance_is_kept(task, setting):
    X, y = data_of(task, "sparse")
    alpha = sensible_alpha(task, setting, X, y, 0.02)
    for tol in (1e-2, 1e-4, 1e-6):
        model = model_of(task, setting, alpha).set_params(tol=tol).fit(X, y)
        naive = naive_of(task, setting, model, X, y)
        exact = model_of(task, setting, alpha).fit(X, y)
        null = naive.value(np.zeros((X.shape[1], naive.y.shape[1])), naive.null())
        if task == "tweedie":
            assert np.isnan(model.dual_gap_)
            continue
        assert model.dual_gap_ <= tol * null
        slack = 1e-12 * null
        assert -slack <= model.objective_ - exact.objective_ <= model.dual_gap_ + slack


# The same numbers in other clothes ----------------------------------------------------


@pytest.mark.parametrize("design", list(tables.DESIGNS)[1:])
@pytest.mark.parametrize("setting", ["none", "l1", "elasticnet", "l2"])
@every_task
def test_every_design_gives_the_same_fit(task, setting, design):
    X, y = data_of(task, "sparse")
    if setting == "none":
        X = X[:, :6]
    alpha = sensible_alpha(task, setting, X, y)
    model = model_of(task, setting, alpha).fit(X, y)
    other = model_of(task, setting, alpha).fit(tables.DESIGNS[design](X), y)
    assert_same(model, other)
    np.testing.assert_array_equal(model.coef_ == 0.0, other.coef_ == 0.0)


@pytest.mark.parametrize("design", tables.DESIGNS32)
@pytest.mark.parametrize("setting", ["none", "l1", "elasticnet", "l2"])
@every_task
def test_float32_gives_the_same_fit_to_its_precision(task, setting, design):
    X, y = data_of(task, "sparse")
    X = (X[:, :6] if setting == "none" else X).astype(np.float32).astype(float)
    alpha = sensible_alpha(task, setting, X, y)
    model = model_of(task, setting, alpha).fit(X, y)
    X32 = tables.DESIGNS32[design](X)
    other = model_of(task, setting, alpha).fit(X32, y)
    assert other.coef_.dtype == np.float32
    assert np.asarray(other.intercept_).dtype == np.float32
    assert_same(model, other, rtol=3e-7)
    np.testing.assert_array_equal(model.coef_ == 0.0, other.coef_ == 0.0)
    # the certificate is that of the rounded coefficients, on centred columns
    naive = naive_of(task, setting, other, X32, y)
    W, b = weights_of(other)
    mean = naive.q @ naive.X
    violation = naive._replace(X=naive.X - mean).violation(W, b + mean @ W)
    assert other.violation_ == pytest.approx(violation, rel=1e-6, abs=1e-12)
    assert other.objective_ == pytest.approx(naive.value(W, b), rel=1e-12)
    scores = other.decision_function if hasattr(other, "classes_") else other.predict
    assert scores(X32).dtype == np.float32


@every_task
@pytest.mark.parametrize("setting", ["l1", "l2"])
def test_standardize_on_sparse_equals_dense(task, setting):
    X, y = data_of(task, "sparse")
    model = model_of(task, setting, 0.05, standardize=True).fit(X, y)
    other = model_of(task, setting, 0.05, standardize=True)
    assert_same(model, other.fit(scipy.sparse.csr_array(X), y))


# Weights ------------------------------------------------------------------------------


@every_task
@pytest.mark.parametrize("setting", ["none", "l1", "elasticnet", "l2"])
def test_whole_weights_are_repeated_rows(task, setting):
    X, y = data_of(task, "tall")
    k = np.random.default_rng(1).integers(0, 4, size=len(y))
    alpha = sensible_alpha(task, setting, X, y, 0.05)
    weighted = model_of(task, setting, alpha).fit(X, y, k)
    repeated = model_of(task, setting, alpha).fit(
        np.repeat(X, k, axis=0), np.repeat(y, k)
    )
    assert_same(repeated, weighted)
    assert weighted.objective_ == pytest.approx(repeated.objective_, rel=1e-12)


@every_task
@pytest.mark.parametrize("setting", ["l1", "l2"])
@pytest.mark.parametrize("problem", ["tall", "wide"])
def test_rows_without_weight_do_not_exist(task, setting, problem):
    X, y = data_of(task, problem)
    keep = np.random.default_rng(2).random(len(y)) < 0.7
    X = np.where(keep[:, None], X, 1e6)  # whatever stands there
    alpha = sensible_alpha(task, setting, X[keep], y[keep], 0.05)
    weighted = model_of(task, setting, alpha).fit(X, y, keep.astype(float))
    removed = model_of(task, setting, alpha).fit(X[keep], y[keep])
    assert_same(removed, weighted, rtol=1e-7)


@every_task
def test_the_scale_of_the_weights_does_not_matter(task):
    X, y = data_of(task, "tall")
    q = np.random.default_rng(3).exponential(size=len(y))
    model = model_of(task, "l1", 0.02).fit(X, y, q)
    for factor in (1e-200, 17.0, 1e200):
        assert_same(model, model_of(task, "l1", 0.02).fit(X, y, factor * q))
    assert_same(
        model_of(task, "l1", 0.02).fit(X, y), model_of(task, "l1", 0.02).fit(X, y, 5.0)
    )


@pytest.mark.parametrize("task", ["log_loss", "multinomial", "squared_hinge"])
def test_class_weight_is_a_factor_on_sample_weights(task):
    X, y = data_of(task, "tall")
    y = np.array(["d", "a", "c", "b"])[y]
    q = np.random.default_rng(4).exponential(size=len(y))
    labels = np.unique(y)
    factors = dict(zip(labels, [0.5, 2.0, 3.0, 1.0], strict=False))
    by_dict = model_of(task, "l1", 0.02, class_weight=factors).fit(X, y, q)
    by_hand = model_of(task, "l1", 0.02).fit(X, y, q * [factors[label] for label in y])
    assert_same(by_hand, by_dict)
    balanced = model_of(task, "l1", 0.02, class_weight="balanced").fit(X, y, q)
    totals = {label: q[y == label].sum() for label in labels}
    by_hand = model_of(task, "l1", 0.02).fit(X, y, q / [totals[label] for label in y])
    assert_same(by_hand, balanced)


# Columns and rows ---------------------------------------------------------------------


@every_setting
@every_task
def test_order_of_columns_and_rows_does_not_matter(task, setting):
    X, y = data_of(task, "tall")
    rng = np.random.default_rng(5)
    rows, columns = rng.permutation(X.shape[0]), rng.permutation(X.shape[1])
    model = model_of(task, setting, 0.03).fit(X, y)
    other = model_of(task, setting, 0.03).fit(X[rows][:, columns], y[rows])
    expected = copy.copy(model)
    expected.coef_ = np.take(model.coef_, columns, axis=-1)
    assert_same(expected, other)


@pytest.mark.parametrize(
    ("setting", "standardize"),
    [("none", False), ("none_positive", False), ("l1", True), ("elasticnet", True)],
)
@every_task
def test_scaling_a_column_divides_its_coefficient(task, setting, standardize):
    X, y = data_of(task, "tall")
    factors = np.array([1e-3, 1.0, 7.0, 100.0, 1.0, 0.2, 1e4])
    model = model_of(task, setting, 0.03, standardize=standardize).fit(X, y)
    other = model_of(task, setting, 0.03, standardize=standardize).fit(X * factors, y)
    assert other.objective_ == pytest.approx(model.objective_, rel=1e-10)
    back = copy.copy(other)
    back.coef_ = other.coef_ * factors
    assert_same(model, back, rtol=1e-6)  # tol is that of the objective


@every_task
@pytest.mark.parametrize("setting", ["l1", "l2"])
def test_standardize_is_a_scaler_in_front(task, setting):
    X, y = data_of(task, "tall")
    q = np.random.default_rng(6).exponential(size=len(y))
    mean = q @ X / q.sum()
    spread = np.sqrt(q @ (X - mean) ** 2 / q.sum())
    inside = model_of(task, setting, 0.05, standardize=True).fit(X, y, q)
    outside = model_of(task, setting, 0.05).fit((X - mean) / spread, y, q)
    back = copy.copy(outside)
    back.coef_ = outside.coef_ / spread
    back.intercept_ = outside.intercept_ - back.coef_ @ mean
    assert_same(back, inside)
    assert inside.violation_ == pytest.approx(outside.violation_, abs=1e-9)


@every_task
@pytest.mark.parametrize("setting", ["none", "l1", "l2"])
def test_shifting_columns_moves_only_the_intercept(task, setting):
    X, y = data_of(task, "tall")
    shift = np.array([100.0, -3.0, 0.0, 5.0, 1.0, -40.0, 7.0])
    model = model_of(task, setting, 0.03).fit(X, y)
    other = model_of(task, setting, 0.03).fit(X + shift, y)
    back = copy.copy(other)
    back.intercept_ = other.intercept_ + other.coef_ @ shift
    assert_same(model, back, rtol=1e-7)


@every_setting
@every_task
def test_constant_columns_get_zero(task, setting):
    X, y = data_of(task, "tall")
    constants = np.tile([0.0, 1.0, -0.1, 1e8 + 0.1], (len(y), 1))
    model = model_of(task, setting, 0.03).fit(X, y)
    for make in (np.asarray, scipy.sparse.csc_array):
        other = model_of(task, setting, 0.03).fit(make(np.hstack([constants, X])), y)
        coef = np.atleast_2d(other.coef_)
        np.testing.assert_array_equal(coef[:, :4], 0.0)
        other.coef_ = coef[:, 4:]
        assert_same(model, other)


@every_setting
@every_task
def test_duplicate_columns(task, setting):
    X, y = data_of(task, "tall")
    model = model_of(task, setting, 0.03).fit(X, y)
    other = model_of(task, setting, 0.03).fit(np.hstack([X, X]), y)
    halves = np.split(np.atleast_2d(other.coef_), 2, axis=1)
    if tables.SETTINGS[setting].strict:  # the l2 part shares equally
        np.testing.assert_allclose(halves[0], halves[1], atol=1e-7)
    else:
        assert other.objective_ == pytest.approx(model.objective_, rel=1e-9)
        total = np.sum(halves, axis=0)
        np.testing.assert_allclose(total, np.atleast_2d(model.coef_), atol=1e-5)


@every_task
def test_an_empty_column_gets_zero_without_intercept(task):
    X, y = data_of(task, "tall")
    X = np.hstack([X, np.zeros((len(y), 1))])
    for setting in tables.SETTINGS:
        model = model_of(task, setting, 0.03, fit_intercept=False).fit(X, y)
        np.testing.assert_array_equal(np.atleast_2d(model.coef_)[:, -1], 0.0)


# alpha_max ----------------------------------------------------------------------------


@sparse_setting
@every_task
@pytest.mark.parametrize("design", ["c_order", "csr_array"])
@pytest.mark.parametrize(
    "more", [{}, {"fit_intercept": False}, {"standardize": True}], ids=str
)
def test_alpha_max_is_where_the_first_weight_appears(task, setting, design, more):
    X, y = data_of(task, "sparse")
    X = tables.DESIGNS[design](X)
    q = np.random.default_rng(7).exponential(size=len(y))
    model = model_of(task, setting, **more)
    for weight in (None, q):
        largest = alpha_max(model, X, y, weight)
        assert 0.0 < largest < np.inf
        for alpha in (1.0000001 * largest, 10.0 * largest):
            assert not model.set_params(alpha=alpha).fit(X, y, weight).coef_.any()
        coef = model.set_params(alpha=0.999 * largest).fit(X, y, weight).coef_
        assert np.count_nonzero(np.atleast_2d(coef).any(axis=0)) == 1
        assert np.count_nonzero(coef) <= 1 + (task == "multinomial")


@every_task
def test_alpha_max_is_the_largest_slope(task):
    X, y = data_of(task, "tall")
    model = model_of(task, "elasticnet")
    before = vars(model).copy()
    naive = naive_of(task, "none", model_of(task, "none").fit(X, y), X, y)
    slopes, _ = naive.smooth_gradient(np.zeros((7, naive.y.shape[1])), naive.null())
    expected = np.abs(slopes).max() / 0.4
    assert alpha_max(model, X, y) == pytest.approx(expected, rel=1e-6)
    assert vars(model) == before
    positive = model_of(task, "l1_positive")
    assert alpha_max(positive, X, y) == pytest.approx(max(-slopes.min(), 0.0), rel=1e-6)


@every_task
@pytest.mark.parametrize("setting", ["none", "l2", "none_positive", "l2_positive"])
def test_alpha_max_is_infinite_without_l1(task, setting):
    X, y = data_of(task, "tall")
    assert alpha_max(model_of(task, setting), X, y) == np.inf


def test_alpha_max_of_several_targets_is_the_largest():
    X, y = data_of("squared_error", "tall")
    Y = np.column_stack([y, -3.0 * y[::-1]])
    each = [alpha_max(LinearRegressor("l1"), X, target) for target in Y.T]
    assert alpha_max(LinearRegressor("l1"), X, Y) == pytest.approx(max(each), rel=1e-13)


def test_alpha_max_of_nothing_to_explain_is_zero():
    X, y = data_of("squared_error", "tall")
    assert alpha_max(LinearRegressor("l1"), X, np.full(len(y), 3.0)) == 0.0
    assert alpha_max(LinearRegressor("l1"), np.ones_like(X), y) == 0.0


# Equivalent problems ------------------------------------------------------------------


@every_task
@pytest.mark.parametrize("positive", [False, True])
def test_elasticnet_at_its_ends(task, positive):
    X, y = data_of(task, "sparse")
    alpha = sensible_alpha(task, "l1", X, y)
    base = model_of(task, "l1", alpha, positive=positive)
    for l1_ratio, name, thing in ((0.0, "l2", L2()), (1.0, "l1", L1())):
        models = [
            clone(base).set_params(penalty=penalty, l1_ratio=l1_ratio).fit(X, y)
            for penalty in (name, thing, "elasticnet", ElasticNet(l1_ratio=l1_ratio))
        ]
        for other in models[1:]:
            assert_same(models[0], other, rtol=1e-12)


@every_task
def test_no_penalty_is_alpha_zero(task):
    X, y = data_of(task, "tall")
    free = model_of(task, "none").fit(X, y)
    for penalty in ("l1", "l2", "elasticnet"):
        assert_same(free, model_of(task, "none", 0.0, penalty=penalty).fit(X, y), 1e-7)
    nearly = model_of(task, "none", 1e-9, penalty="l2").fit(X, y)
    assert_same(free, nearly, rtol=1e-4)


@pytest.mark.parametrize("task", ["squared_error", "huber"])
@pytest.mark.parametrize("setting", ["none", "l1", "l2", "l1_positive"])
def test_several_targets_equal_one_at_a_time(task, setting):
    X, y = data_of(task, "tall")
    Y = np.column_stack([y, np.sin(y), X[:, 2] + 0.1 * y])
    together = model_of(task, setting, 0.03).fit(X, Y)
    assert together.coef_.shape == (3, 7)
    assert together.predict(X).shape == Y.shape
    alone = [model_of(task, setting, 0.03).fit(X, target) for target in Y.T]
    for c, model in enumerate(alone):
        one = copy.copy(together)
        one.coef_, one.intercept_ = together.coef_[c], together.intercept_[c]
        assert_same(model, one, rtol=1e-12)
    assert together.objective_ == pytest.approx(sum(m.objective_ for m in alone))
    column = model_of(task, setting, 0.03).fit(X, Y[:, :1])
    assert column.coef_.shape == (1, 7)
    assert column.predict(X).shape == (len(y), 1)


@pytest.mark.parametrize("setting", ["none", "l1", "l2"])
def test_a_wide_huber_is_squared_error(setting):
    X, y = data_of("huber", "tall")
    squared = model_of("squared_error", setting, 0.03).fit(X, y)
    wide = model_of("huber", setting, 0.03, loss=Huber(delta=1e6)).fit(X, y)
    assert_same(squared, wide)


SMOOTH_LOSSES = [name for name, loss in sklreg.losses.CATALOGUE.items() if loss.smooth]


@pytest.mark.parametrize("name", SMOOTH_LOSSES)
def test_the_name_of_a_loss_is_its_object_with_defaults(name):
    task = name
    X, y = data_of(task, "tall")
    thing = sklreg.losses.CATALOGUE[name]()
    by_name = model_of(task, "l1", 0.03, loss=name).fit(X, y)
    by_object = model_of(task, "l1", 0.03, loss=thing).fit(X, y)
    np.testing.assert_array_equal(by_name.coef_, by_object.coef_)


def test_orthogonal_columns_are_soft_thresholded():
    """Orthogonal columns of mean square 1: S(X'y / n, alpha l1) / (1 + alpha l2)."""
    rng = np.random.default_rng(8)
    X = np.linalg.qr(rng.normal(size=(60, 6)) - 0.0)[0] * np.sqrt(60)
    y = X @ [2.0, -1.0, 0.5, 0.1, 0.0, 3.0] + 0.1 * rng.normal(size=60)
    slopes = X.T @ y / 60
    for setting, row in tables.SETTINGS.items():
        model = model_of("squared_error", setting, 0.3, fit_intercept=False).fit(X, y)
        kept = np.maximum(np.abs(slopes) - 0.3 * row.l1, 0.0) / (1.0 + 0.3 * row.l2)
        expected = np.sign(slopes) * kept
        expected = np.maximum(expected, 0.0) if row.positive else expected
        np.testing.assert_allclose(model.coef_, expected, atol=1e-12)
        np.testing.assert_array_equal(model.coef_ == 0.0, expected == 0.0)


@pytest.mark.parametrize("problem", ["tall", "wide"])
def test_ridge_solves_the_normal_equations(problem):
    X, y = data_of("squared_error", problem)
    q = np.random.default_rng(9).dirichlet(np.ones(len(y)))
    Z, t = X - q @ X, y - q @ y
    gram = (Z.T * q) @ Z + 0.1 * np.eye(X.shape[1])
    model = model_of("squared_error", "l2", 0.1).fit(X, y, q)
    expected = np.linalg.solve(gram, (Z.T * q) @ t)
    np.testing.assert_allclose(model.coef_, expected, atol=1e-9)


@pytest.mark.parametrize("design", ["c_order", "csr_array"])
def test_no_penalty_with_more_columns_than_rows_gives_the_least_norm(design):
    X, y = data_of("squared_error", "wide")
    model = model_of("squared_error", "none").fit(tables.DESIGNS[design](X), y)
    expected = np.linalg.lstsq(X - X.mean(axis=0), y - y.mean())[0]
    np.testing.assert_allclose(model.coef_, expected, atol=1e-8)
    np.testing.assert_allclose(model.predict(X), y, atol=1e-8)


def test_huber_against_scipy():
    X, y = data_of("huber", "tall")
    y = y + 30.0 * (np.arange(len(y)) % 11 == 0)
    model = model_of("huber", "l2", 0.05).fit(X, y)

    def objective(x):
        eta = (X @ x[:-1] + x[-1])[:, None]
        r = gradients("huber", y[:, None], eta)[:, 0] / len(y)
        value = row_losses("huber", y[:, None], eta).mean() + 0.025 * x[:-1] @ x[:-1]
        return value, np.append(X.T @ r + 0.05 * x[:-1], r.sum())

    start = np.zeros(8)
    options = {"gtol": 1e-12, "ftol": 0.0, "maxiter": 5000}
    found = scipy.optimize.minimize(
        objective, start, jac=True, method="L-BFGS-B", options=options
    )
    assert model.loss.delta == DELTA
    assert model.objective_ <= found.fun * (1.0 + 1e-12)
    np.testing.assert_allclose(model.coef_, found.x[:-1], atol=1e-5)


# Multinomial --------------------------------------------------------------------------


@pytest.mark.parametrize("n_classes", [3, 4])
def test_multinomial_l1_ties_have_lower_median_zero(n_classes):
    data = tables.problem("tall")
    y = np.minimum(data.classes, n_classes - 1)
    model = LinearClassifier("l1", alpha=0.01, tol=TIGHT).fit(data.X, y)
    ranked = np.sort(model.coef_, axis=0)
    np.testing.assert_array_equal(ranked[(n_classes - 1) // 2], 0.0)
    assert model.coef_.any()
    assert model.intercept_.sum() == pytest.approx(0.0, abs=1e-10)


@pytest.mark.parametrize("setting", ["none", "l2"])
def test_multinomial_without_l1_has_mean_zero(setting):
    X, y = data_of("multinomial", "tall")
    model = model_of("multinomial", setting, 0.02).fit(X, y)
    np.testing.assert_allclose(model.coef_.mean(axis=0), 0.0, atol=1e-10)


@pytest.mark.parametrize("setting", tables.SETTINGS)
def test_multinomial_does_not_depend_on_the_names_of_classes(setting):
    X, y = data_of("multinomial", "tall")
    turned = np.array([2, 0, 3, 1])
    model = model_of("multinomial", setting, 0.02).fit(X, y)
    other = model_of("multinomial", setting, 0.02).fit(X, turned[y])
    assert other.objective_ == pytest.approx(model.objective_, rel=1e-10)
    there = other.predict_proba(X)[:, turned]
    np.testing.assert_allclose(there, model.predict_proba(X), atol=1e-6)


def test_two_classes_as_softmax():
    """Two classes with l2: one row of weights w is the pair -w/2, w/2."""
    X, y = data_of("log_loss", "tall")
    binary = model_of("log_loss", "l2", 0.02).fit(X, y)
    pair = Objective(
        X, np.eye(2)[y], np.full(len(y), 1 / len(y)), "softmax", l1=0.0, l2=0.04
    )
    W = np.outer(binary.coef_[0], [-0.5, 0.5])
    assert pair.violation(W, binary.intercept_[0] * np.array([-0.5, 0.5])) < 1e-9


@pytest.mark.parametrize("task", ["log_loss", "multinomial"])
def test_probabilities(task):
    X, y = data_of(task, "tall")
    labels = np.array(["d", "a", "c", "b"])[y]
    model = model_of(task, "l1", 0.01).fit(X, labels)
    p = model.predict_proba(X)
    assert model.classes_.tolist() == sorted(set(labels))
    np.testing.assert_allclose(p.sum(axis=1), 1.0, atol=1e-14)
    np.testing.assert_allclose(np.log(p), model.predict_log_proba(X), atol=1e-12)
    np.testing.assert_array_equal(model.predict(X), model.classes_[p.argmax(axis=1)])
    eta = model.decision_function(X)
    assert eta.shape == ((len(y),) if task == "log_loss" else (len(y), 4))
    # an intercept makes the mean probability the share of the class
    share = [(labels == label).mean() for label in model.classes_]
    np.testing.assert_allclose(p.mean(axis=0), share, atol=1e-8)


@pytest.mark.parametrize("loss", ["poisson", "gamma", "tweedie"])
def test_predictions_are_means(loss):
    """With an intercept and a canonical link their mean is that of the target."""
    X, y = data_of("gamma", "tall")
    model = LinearRegressor("l1", 0.01, loss=loss, tol=TIGHT).fit(X, y)
    eta = X @ model.coef_ + model.intercept_
    np.testing.assert_allclose(model.predict(X), np.exp(eta), rtol=1e-12)
    if loss == "poisson":
        assert model.predict(X).mean() == pytest.approx(y.mean(), rel=1e-9)
    before = model.predict(X)
    model.set_params(loss="squared_error")  # without a fit it changes nothing
    np.testing.assert_array_equal(model.predict(X), before)


@pytest.mark.parametrize("power", [0, 1, 1.5, 2, 3])
def test_score_is_the_share_of_deviance_explained(power):
    X, y = data_of("gamma", "tall")
    q = np.random.default_rng(11).exponential(size=len(y))
    q[::5] = 0.0
    model = LinearRegressor("l1", 0.01, loss=Tweedie(power=power)).fit(X, y)
    expected = d2_tweedie_score(y, model.predict(X), sample_weight=q, power=power)
    assert model.score(X, y, q) == pytest.approx(expected, abs=1e-12)
    constant = np.full(len(y), 0.0 if power == 1 else 2.0)
    assert model.score(X, constant) <= 1e-9


def test_score_of_squares_is_their_share():
    for loss in ("squared_error", "huber"):
        X, y = data_of("squared_error", "tall")
        model = LinearRegressor(loss=loss).fit(X, y)
        assert model.score(X, y) == r2_score(y, model.predict(X))


@every_task
def test_one_weight_for_all_rows_is_none(task):
    X, y = data_of(task, "tall")
    row = tables.TASKS[task]
    model = getattr(sklreg, row.estimator)("l1", 0.02, **row.parameters)
    plain = model.fit(X, y).score(X, y)
    assert model.fit(X, y, 2.0).score(X, y, 2.0) == pytest.approx(plain)
    assert model.score(X, y, np.full(len(y), 2.0)) == pytest.approx(plain)


def test_squared_hinge_has_scores_but_no_probabilities():
    X, y = data_of("squared_hinge", "tall")
    model = LinearClassifier(loss="squared_hinge").fit(X, y)
    for method in ("predict_proba", "predict_log_proba"):
        assert not hasattr(model, method)
        assert hasattr(LinearClassifier(), method)
    with pytest.raises(AttributeError) as error:
        model.predict_proba(X)
    assert "CalibratedClassifierCV" in str(error.value.__cause__)
    eta = model.decision_function(X)
    np.testing.assert_array_equal(model.predict(X), (eta > 0.0).astype(int))
    calibrated = CalibratedClassifierCV(model, cv=3).fit(X, y)
    assert calibrated.predict_proba(X).shape == (len(y), 2)


# Warm start ---------------------------------------------------------------------------


@every_setting
@every_task
def test_warm_start_gives_the_same_answer_at_once(task, setting):
    X, y = data_of(task, "tall")
    cold = model_of(task, setting, 0.03).fit(X, y)
    warm = model_of(task, setting, 0.03, warm_start=True).fit(X, y)
    assert_same(cold, warm)
    first = warm.n_iter_
    warm.fit(X, y)
    assert warm.n_iter_ <= first
    assert_same(cold, warm)
    warm.set_params(alpha=0.001).fit(X, y)
    assert_same(model_of(task, setting, 0.001).fit(X, y), warm, rtol=1e-6)
    fewer = X[:, :4]  # another shape starts afresh
    assert_same(
        model_of(task, setting, 0.001).fit(fewer, y), warm.fit(fewer, y), rtol=1e-6
    )


def test_a_fit_does_not_change_its_input():
    for task in tables.TASKS:
        X, y = (array.copy() for array in data_of(task, "tall"))
        q = np.ones(len(y))
        model_of(task, "l1", 0.03).fit(X, y, q)
        np.testing.assert_array_equal(X, data_of(task, "tall")[0])
        np.testing.assert_array_equal(y, data_of(task, "tall")[1])
        np.testing.assert_array_equal(q, 1.0)


def test_fits_are_reproducible_to_the_last_digit():
    for task in tables.TASKS:
        X, y = data_of(task, "sparse")
        one, two = (model_of(task, "l1", 0.01).fit(X, y) for _ in range(2))
        np.testing.assert_array_equal(one.coef_, two.coef_)
