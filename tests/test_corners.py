"""Corners where an answer was once wrong without a word."""

import numpy as np
import pytest
import scipy.sparse
from sklearn.linear_model import Ridge

from sklreg import (
    LinearClassifier,
    LinearRegressor,
    MLPRegressor,
    alpha_max,
    regularization_path,
)
from sklreg.penalties import Penalty

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 5)) + 1.0
Y = X @ [1.0, -2.0, 3.0, 0.0, -1.0] + 5.0 + 0.1 * RNG.normal(size=60)


def test_warm_start_forgets_an_intercept_that_is_not_wanted_any_more():
    warm = LinearRegressor("l1", 0.01, warm_start=True).fit(X, Y)
    warm.set_params(fit_intercept=False).fit(X, Y)
    cold = LinearRegressor("l1", 0.01, fit_intercept=False).fit(X, Y)
    assert warm.intercept_ == 0.0
    np.testing.assert_allclose(warm.coef_, cold.coef_, atol=1e-8)


@pytest.mark.parametrize("penalty", [None, "l1", "l2"])
@pytest.mark.parametrize("kind", ["squared_error", "huber", "log_loss"])
def test_warm_start_from_weights_that_are_not_allowed_any_more(penalty, kind):
    make, y = LinearRegressor, Y
    settings = {"loss": kind}
    if kind == "log_loss":
        make, y = LinearClassifier, Y + RNG.normal(scale=5.0, size=60) > np.median(Y)
    warm = make(penalty, 0.01, warm_start=True, **settings).fit(X, y)
    assert (np.asarray(warm.coef_) < 0).any()
    warm.set_params(positive=True).fit(X, y)
    cold = make(penalty, 0.01, positive=True, **settings).fit(X, y)
    assert (warm.coef_ >= 0).all()
    np.testing.assert_allclose(warm.coef_, cold.coef_, atol=1e-5)
    np.testing.assert_allclose(warm.objective_, cold.objective_, rtol=1e-6)


def test_gap_bounds_the_excess_when_a_class_has_no_weight():
    y = np.arange(60) % 3
    settings = {"class_weight": {0: 1.0, 1: 1.0, 2: 0.0}}
    prepared = LinearClassifier("l2", 0.1, **settings).prepare(X, y)
    best = LinearClassifier("l2", 0.1, tol=1e-10, **settings).fit(X, y)
    from sklreg.solvers import certificate_of

    for factor in (0.5, 0.9, 0.99):
        start = prepared.from_user(best.coef_.T * factor, best.intercept_)
        certificate = certificate_of(prepared.problem, *start)
        excess = certificate.objective - best.objective_
        assert certificate.dual_gap >= excess - 1e-12


class Smoothed(Penalty):
    """A smooth penalty that is not a function of the norm: |w| rounded off."""

    def value(self, x, j):
        return self.alpha * ((x * x + 0.01) ** 0.5 - 0.1)

    def prox(self, x, step, j):
        u = x
        for _ in range(100):
            root = (u * u + 0.01) ** 0.5
            slope = u - x + step * self.alpha * u / root
            u -= slope / (1.0 + step * self.alpha * 0.01 / root**3)
        return u

    def derivative(self, x, j):
        return self.alpha * x / (x * x + 0.01) ** 0.5

    def curvature(self, x, j):
        return self.alpha * 0.01 / (x * x + 0.01) ** 1.5

    def is_smooth(self):
        return True


class SmoothedSlowly(Smoothed):
    """The same, of which the solver does not know that it is smooth."""

    def is_smooth(self):
        return False


def test_only_functions_of_the_norm_are_solved_in_the_row_space():
    wide = RNG.normal(size=(20, 40))
    y = wide[:, 0] + 0.1 * RNG.normal(size=20)
    smooth = LinearRegressor(Smoothed(), 0.1, tol=1e-8).fit(wide, y)
    slow = LinearRegressor(SmoothedSlowly(), 0.1, tol=1e-6).fit(wide, y)
    assert smooth.objective_ <= slow.objective_ * (1.0 + 1e-6)


@pytest.mark.parametrize("factor", [1e3, 1e7])
def test_one_large_column_does_not_hide_the_others(factor):
    wide = RNG.normal(size=(60, 1000))
    wide[:, 0] *= factor
    y = wide[:, 1] + 0.1 * RNG.normal(size=60)
    model = LinearRegressor("l2", 0.1).fit(wide, y)
    ridge = Ridge(alpha=0.1 * 60).fit(wide, y)
    residual = y - ridge.predict(wide)
    objective = 0.5 * np.mean(residual**2) + 0.05 * (ridge.coef_**2).sum()
    assert model.objective_ <= objective * (1.0 + 1e-5)


@pytest.mark.parametrize("seed", range(6))
def test_column_constant_on_the_rows_that_count_is_constant_when_sparse(seed):
    rng = np.random.default_rng(seed)
    data, weight = X.copy(), rng.uniform(size=60) * (np.arange(60) % 3 > 0)
    data[:, 0] = 3.0 * (weight > 0)
    fits = [
        LinearRegressor("l2", 0.1, standardize=True).fit(kind(data), Y, weight)
        for kind in (np.asarray, scipy.sparse.csc_array)
    ]
    assert fits[0].coef_[0] == fits[1].coef_[0] == 0.0
    np.testing.assert_allclose(fits[0].coef_, fits[1].coef_, atol=1e-8)
    np.testing.assert_allclose(fits[0].intercept_, fits[1].intercept_, atol=1e-8)


def test_a_penalty_may_have_methods_that_no_earlier_one_had():
    class Plain(Penalty):
        def value(self, x, j):
            return self.alpha * abs(x)

        def prox(self, x, step, j):
            return np.sign(x) * max(abs(x) - step * self.alpha, 0.0)

    class WithHelper(Plain):
        def shrunk(self, x, by):
            return np.sign(x) * max(abs(x) - by, 0.0)

        def prox(self, x, step, j):
            return self.shrunk(x, step * self.alpha)

    for penalty in (Plain(), WithHelper()):
        model = LinearRegressor(penalty, 0.5).fit(X, Y)
        lasso = LinearRegressor("l1", 0.5).fit(X, Y)
        np.testing.assert_allclose(model.coef_, lasso.coef_, atol=1e-4)


def test_a_warning_finds_the_caller_without_a_module():
    model = LinearClassifier("l1", 0.001, max_iter=1, tol=1e-12)
    place = {"model": model, "X": X, "y": Y > 5.0}
    with pytest.warns(UserWarning, match="did not converge"):
        exec("model.fit(X, y)", place)


class Weighted(Penalty):
    weights: object = None

    def value(self, x, j):
        return self.alpha * self.weights[j] * abs(x)

    def prox(self, x, step, j):
        threshold = step * self.alpha * self.weights[j]
        return np.sign(x) * max(abs(x) - threshold, 0.0)


def test_numbers_for_each_feature_must_be_as_many_as_features():
    weights = [0.0, 1.0, 1.0, 1e9, 1.0]
    model = LinearRegressor(Weighted(weights), 0.1, tol=1e-9).fit(X, Y)
    assert model.coef_[3] == 0.0
    assert model.coef_[0] != 0.0
    for wrong in ([1.0, 2.0], np.ones((5, 2)), []):
        with pytest.raises(
            ValueError, match="weights of Weighted must have one number"
        ):
            LinearRegressor(Weighted(wrong), 0.1).fit(X, Y)
    with pytest.raises(ValueError, match="units of a hidden layer have not"):
        MLPRegressor(Weighted(weights), 0.1).fit(X, Y)


@pytest.mark.parametrize("what", [MLPRegressor(), Ridge(), LinearRegressor])
@pytest.mark.parametrize("function", [alpha_max, regularization_path])
def test_paths_are_for_linear_estimators(function, what):
    with pytest.raises(
        TypeError, match="must be a LinearRegressor or LinearClassifier"
    ):
        function(what, X, Y)


def test_a_penalty_with_a_constructor_is_told_how_to_list_its_parameters():
    with pytest.raises(TypeError, match="annotated class attributes"):

        class Built(Penalty):
            def __init__(self, k):
                self.k = k


def test_a_penalty_with_missing_arguments_is_told_which():
    with pytest.raises(
        TypeError, match=r"Short\.prox\(self, x, step\) must take as many"
    ):

        class Short(Penalty):
            def prox(self, x, step):
                return x
