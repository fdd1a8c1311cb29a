"""Choosing by cross-validation: as a loop over folds and strengths, by its rules."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import scipy.sparse
import sklearn
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss, make_scorer, mean_absolute_error
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    LeaveOneGroupOut,
    RepeatedKFold,
    ShuffleSplit,
    StratifiedKFold,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale

from sklreg import (
    LinearClassifierCV,
    LinearRegressor,
    LinearRegressorCV,
    alpha_max,
    information_criterion,
    regularization_path,
)
from sklreg.model_selection import Curve
from sklreg.penalties import GroupL1, Weighted

TIGHT = 1e-12
DIABETES = load_diabetes(return_X_y=True)
CANCER = scale(load_breast_cancer().data), load_breast_cancer().target
WINE = scale(load_wine().data), load_wine().target
SHUFFLED = KFold(4, shuffle=True, random_state=0)


def exponential(n, seed=0):
    return np.random.default_rng(seed).exponential(size=n)


def single(model, alpha):
    """Return the estimator of one strength with the same parameters."""
    names = model._model._get_param_names()
    shared = {k: v for k, v in model.get_params(deep=False).items() if k in names}
    return model._model(**shared, alpha=alpha)


def mean_loss(model, X, y, weight):
    """Return the mean loss by its textbook formula, from predictions alone."""
    if hasattr(model, "predict_proba"):
        p = model.predict_proba(X)
        return log_loss(y, p, sample_weight=weight, labels=model.classes_)
    mean = model.predict(X)
    if model.loss == "squared_error":
        each = 0.5 * ((y - mean) ** 2).reshape(len(y), -1).sum(axis=1)
    elif model.loss == "poisson":
        each = mean - y + y * np.log(np.where(y > 0, y, 1.0) / mean)
    else:  # huber of delta 1.35
        r = np.abs(y - mean)
        each = np.where(r <= 1.35, 0.5 * r**2, 1.35 * (r - 0.5 * 1.35))
    return np.average(each, weights=weight)


def in_a_loop(model, X, y, weight=None, measure=mean_loss):
    """Return the held-out losses as everybody would compute them."""
    weight = np.ones(len(y)) if weight is None else weight
    losses = []
    for train, test in model.cv.split(X, y):
        row = []
        for alpha in np.atleast_1d(model.alphas_):
            fitted = single(model, alpha).fit(X[train], y[train], weight[train])
            row.append(measure(fitted, X[test], y[test], weight[test]))
        losses.append(row)
    return np.array(losses)


def check_a_loop(model, X, y, weight=None, rtol=1e-7, **measure):
    model.fit(X, y, weight)
    expected = in_a_loop(model, X, y, weight, **measure)
    np.testing.assert_allclose(model.fold_losses_, expected, rtol=rtol)
    held_out = np.ones(len(y)) if weight is None else weight
    counts = [held_out[test].sum() for _, test in model.cv.split(X, y)]
    best = np.argmin(np.average(expected, axis=0, weights=counts))
    assert model.alpha_ == model.alphas_[best]


# The loop over folds and strengths ----------------------------------------------------

SETTINGS = {
    "plain": {},
    "standardized": {"standardize": True},
    "no_intercept": {"fit_intercept": False},
    "standardized_no_intercept": {"standardize": True, "fit_intercept": False},
    "positive": {"positive": True},
    "ridge": {"penalty": "l2"},
    "elasticnet": {"penalty": "elasticnet", "l1_ratio": 0.3},
    "group": {"penalty": GroupL1(groups=[0, 0, 1, 1, 1, 2, 3, 3, 4, 4])},
    "huber": {"loss": "huber", "alphas": 3},
    "all_zero": {"alphas": [1e3, 1e2]},
}


@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
@pytest.mark.parametrize("setting", SETTINGS)
def test_regression_as_in_a_loop(setting, sparse):
    X, y = DIABETES
    X = scipy.sparse.csr_array(np.where(np.abs(X) < 0.03, 0.0, X)) if sparse else X
    settings = {"alphas": 5, "cv": SHUFFLED, "tol": TIGHT, **SETTINGS[setting]}
    model = LinearRegressorCV(**settings)
    check_a_loop(model, X, y, exponential(len(y)))


def test_without_convexity_every_fold_follows_its_path():
    X, y = DIABETES
    model = LinearRegressorCV("mcp", alphas=8, alpha_min_ratio=0.05, cv=SHUFFLED)
    model.set_params(standardize=True, tol=TIGHT).fit(X, y)
    for k, (train, test) in enumerate(SHUFFLED.split(X)):
        one = LinearRegressor("mcp", standardize=True, tol=TIGHT)
        path = regularization_path(one, X[train], y[train], alphas=model.alphas_)
        r = y[test][:, None] - X[test] @ path.coefs - path.intercepts
        expected = 0.5 * (r**2).mean(axis=0)
        np.testing.assert_allclose(model.fold_losses_[k], expected, rtol=1e-8)


def test_regression_on_few_rows():
    X, y = np.random.default_rng(0).normal(size=(30, 50)), exponential(30)
    check_a_loop(LinearRegressorCV(alphas=5, cv=SHUFFLED, tol=TIGHT), X, y)


def test_several_targets():
    X, y = DIABETES
    Y = np.column_stack([y, X[:, 2] + 0.01 * exponential(len(y))])
    check_a_loop(LinearRegressorCV(alphas=4, cv=SHUFFLED, tol=TIGHT), X, Y)
    group = LinearRegressorCV("group", alphas=4, cv=SHUFFLED, tol=TIGHT)
    check_a_loop(group, X, Y)


def test_scorers_do_not_ask_for_names_of_columns():
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    named = LinearRegressorCV(alphas=3, scoring="r2").fit(X, y)
    plain = LinearRegressorCV(alphas=3, scoring="r2").fit(X.to_numpy(), y)
    np.testing.assert_array_equal(named.fold_losses_, plain.fold_losses_)
    np.testing.assert_array_equal(named.feature_names_in_, X.columns)


def test_counts():
    X, y = DIABETES
    y = np.random.default_rng(0).poisson(y / 50)
    model = LinearRegressorCV(loss="poisson", alphas=4, cv=SHUFFLED, tol=TIGHT)
    check_a_loop(model, X, y, exponential(len(y)))


@pytest.mark.parametrize("data", [CANCER, WINE], ids=["two", "three"])
@pytest.mark.parametrize("class_weight", [None, "balanced"])
def test_classification_as_in_a_loop(data, class_weight):
    X, y = data
    folds = StratifiedKFold(3)
    model = LinearClassifierCV(
        "l1", alphas=4, alpha_min_ratio=0.02, cv=folds, tol=1e-11
    )
    model.set_params(class_weight=class_weight)
    check_a_loop(model, X, y, exponential(len(y)), rtol=1e-6)


@pytest.mark.parametrize(
    "cv",
    [
        KFold(3),
        ShuffleSplit(3, test_size=0.2, train_size=0.3, random_state=0),
        RepeatedKFold(n_splits=3, n_repeats=2, random_state=0),
    ],
    ids=["in_order", "parts_left_out", "overlapping"],
)
def test_any_splitter(cv):
    check_a_loop(LinearRegressorCV(alphas=4, cv=cv, tol=TIGHT), *DIABETES)


def test_pairs_of_row_numbers_and_masks():
    X, y = DIABETES
    pairs = list(KFold(3).split(X))
    rows = np.arange(len(y))
    masks = [(np.isin(rows, train), np.isin(rows, test)) for train, test in pairs]
    by_number = LinearRegressorCV(alphas=4, cv=3).fit(X, y)
    for cv in (pairs, masks):
        model = LinearRegressorCV(alphas=4, cv=cv).fit(X, y)
        np.testing.assert_array_equal(model.fold_losses_, by_number.fold_losses_)


def test_a_column_that_does_not_vary_where_a_fold_is_fitted():
    X, y = np.random.default_rng(0).normal(size=(60, 4)), exponential(60)
    X[:20, 1], X[20:, 1] = 1.0, 5.0
    X[:, 3] = 7.0
    for standardize in (False, True):
        model = LinearRegressorCV(alphas=4, cv=KFold(3), tol=TIGHT)
        model.set_params(standardize=standardize)
        check_a_loop(model, X + 1e6, y)


@pytest.mark.parametrize("fit_intercept", [True, False])
def test_a_feature_left_out_is_not_there(fit_intercept):
    X, y = np.random.default_rng(0).normal(size=(60, 3)), exponential(60)
    folds = {"alphas": [0.1, 0.01], "cv": KFold(3), "fit_intercept": fit_intercept}
    without = LinearRegressorCV("l1", tol=TIGHT, **folds).fit(X[:, :2], y)
    penalty = Weighted("l1", weights=[1.0, 1.0, np.inf])
    model = LinearRegressorCV(penalty, tol=TIGHT, **folds).fit(X, y)
    np.testing.assert_allclose(model.fold_losses_, without.fold_losses_, rtol=1e-9)
    np.testing.assert_allclose(model.coef_, [*without.coef_, 0.0], atol=1e-9)


def test_held_out_errors_that_nearly_vanish():
    """Then the moments have cancelled, and rows are summed instead."""
    X, _ = DIABETES
    y = 1e6 + X @ np.arange(1.0, 11.0)
    model = LinearRegressorCV(alphas=np.geomspace(1e-4, 1e-12, 5), cv=SHUFFLED, tol=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X, y)
    assert model.mean_losses_[-1] < 1e-12
    for k, (train, test) in enumerate(SHUFFLED.split(X)):
        path = regularization_path(
            LinearRegressor("l1", tol=1e-14), X[train], y[train], alphas=model.alphas_
        )
        r = y[test][:, None] - X[test] @ path.coefs - path.intercepts
        # y of 1e6 has ten digits below the point
        np.testing.assert_allclose(
            model.fold_losses_[k], 0.5 * (r**2).mean(axis=0), rtol=1e-5, atol=1e-17
        )


# Weights ------------------------------------------------------------------------------


def test_rows_of_weight_zero_are_left_out():
    X, y = DIABETES
    kept = np.arange(len(y)) % 3 != 0
    folds = np.arange(len(y)) % 4
    cv = LeaveOneGroupOut()
    whole = LinearRegressorCV(alphas=4, cv=cv, tol=TIGHT)
    part = clone(whole).fit(X[kept], y[kept], groups=folds[kept])
    whole.fit(X, y, kept.astype(float), groups=folds)
    np.testing.assert_allclose(whole.alphas_, part.alphas_, rtol=1e-12)
    np.testing.assert_allclose(whole.fold_losses_, part.fold_losses_, rtol=1e-9)
    np.testing.assert_allclose(whole.coef_, part.coef_, rtol=1e-8, atol=1e-8)


def test_whole_weights_are_repeated_rows():
    X, y = DIABETES
    times = np.random.default_rng(0).integers(1, 4, size=len(y))
    folds = np.arange(len(y)) % 4
    again = np.repeat(np.arange(len(y)), times)
    one = LinearRegressorCV(alphas=4, cv=LeaveOneGroupOut(), rule="1se", tol=TIGHT)
    two = clone(one).fit(X[again], y[again], groups=folds[again])
    one.fit(X, y, times, groups=folds)
    np.testing.assert_allclose(one.fold_losses_, two.fold_losses_, rtol=1e-9)
    np.testing.assert_allclose(one.standard_errors_, two.standard_errors_, rtol=1e-9)
    assert one.alpha_ == pytest.approx(two.alpha_, rel=1e-9)


# What is chosen -----------------------------------------------------------------------


@pytest.mark.shared_data
@pytest.mark.parametrize("family", ["gauss", "binom"])
def test_cv_glmnet(shared_folder, family):
    def read(part):
        path = shared_folder / "golden" / f"tall_{part}.csv"
        return np.loadtxt(path, delimiter=",")

    X, table, theirs = read("X"), read("y"), read(f"cv_{family}")
    y = table[:, 0 if family == "gauss" else 1]
    estimator = LinearRegressorCV if family == "gauss" else LinearClassifierCV
    model = estimator("l1", theirs[:, 0], cv=LeaveOneGroupOut(), tol=1e-12)
    model.fit(X, y, groups=table[:, 6])
    np.testing.assert_allclose(2.0 * model.mean_losses_, theirs[:, 1], rtol=5e-5)
    np.testing.assert_allclose(2.0 * model.standard_errors_, theirs[:, 2], rtol=5e-5)
    chosen = model.alpha_min_, model.alpha_1se_
    np.testing.assert_allclose(chosen, read(f"cv_{family}_sel"), rtol=1e-12)


def test_the_curve_by_hand():
    losses = np.array([[4.0, 2.0, 1.0], [4.0, 2.0, 3.0]])
    curve = Curve(np.array([4.0, 2.0, 1.0]), losses, np.array([3.0, 1.0]))
    np.testing.assert_allclose(curve.mean, [4.0, 2.0, 1.5])
    np.testing.assert_allclose(curve.standard_error, [0.0, 0.0, np.sqrt(0.75)])
    assert (curve.minimum(), curve.one_standard_error()) == (2, 1)


def test_ties_go_to_the_largest_strength():
    curve = Curve(np.array([3.0, 2.0, 1.0]), np.ones((2, 3)), np.ones(2))
    assert (curve.minimum(), curve.one_standard_error()) == (0, 0)


def test_rules_share_the_curve_and_differ_in_the_choice():
    X, y = DIABETES
    lowest = LinearRegressorCV(alphas=30).fit(X, y)
    simple = LinearRegressorCV(alphas=30, rule="1se").fit(X, y)
    np.testing.assert_array_equal(lowest.mean_losses_, simple.mean_losses_)
    assert lowest.alpha_ == simple.alpha_min_ < simple.alpha_ == lowest.alpha_1se_
    third = LinearRegressorCV(alphas=30, rule=lambda curve: len(curve.alphas) // 3)
    assert third.fit(X, y).alpha_ == third.alphas_[10]


def test_the_model_is_that_of_the_strength_chosen():
    X, y = DIABETES
    model = LinearRegressorCV(alphas=20, rule="1se", tol=TIGHT).fit(X, y)
    alone = LinearRegressor("l1", model.alpha_, tol=TIGHT).fit(X, y)
    np.testing.assert_allclose(model.coef_, alone.coef_, rtol=1e-9)
    assert model.objective_ == pytest.approx(alone.objective_, rel=1e-12)
    assert model.dual_gap_ <= 2 * TIGHT * y.var()
    np.testing.assert_array_equal(model.predict(X), model.predict(X.copy()))
    path = regularization_path(LinearRegressor("l1", tol=TIGHT), X, y, alphas=20)
    np.testing.assert_allclose(model.alphas_, path.alphas, rtol=1e-12)
    np.testing.assert_allclose(model.path_.coefs, path.coefs, rtol=1e-6, atol=1e-6)


def test_the_best_l1_ratio():
    X, y = DIABETES
    ratios = [0.2, 0.7, 1.0]
    model = LinearRegressorCV("elasticnet", alphas=8, l1_ratio=ratios, rule="1se")
    model.fit(X, y)
    assert model.alphas_.shape == model.mean_losses_.shape == (3, 8)
    assert model.fold_losses_.shape == (3, 5, 8)
    apart = [clone(model).set_params(l1_ratio=ratio).fit(X, y) for ratio in ratios]
    for each, losses, alphas in zip(
        apart, model.fold_losses_, model.alphas_, strict=True
    ):
        np.testing.assert_allclose(losses, each.fold_losses_, rtol=1e-5)
        top = alpha_max(LinearRegressor("elasticnet", l1_ratio=each.l1_ratio_), X, y)
        assert alphas[0] == pytest.approx(top)
    best = np.argmin([each.mean_losses_.min() for each in apart])
    assert model.l1_ratio_ == ratios[best]
    assert model.alpha_ == pytest.approx(apart[best].alpha_)
    np.testing.assert_allclose(model.coef_, apart[best].coef_, rtol=1e-3)


def test_ridge_has_strengths_of_its_own():
    X, y = DIABETES
    model = LinearRegressorCV("l2", alphas=60, standardize=True).fit(X, y)
    assert 0 < np.argmin(model.mean_losses_) < 59
    assert model.alphas_[0] == pytest.approx(10.0)  # ten columns of variance 1
    assert model.alphas_[-1] == pytest.approx(1e-5)


# Scores -------------------------------------------------------------------------------


def test_a_scorer_is_maximised():
    X, y = DIABETES
    absolute = make_scorer(mean_absolute_error, greater_is_better=False)
    for scoring in ("neg_mean_absolute_error", absolute):
        model = LinearRegressorCV(alphas=4, cv=SHUFFLED, tol=TIGHT, scoring=scoring)

        def measure(fitted, X, y, weight):
            error = np.abs(y - fitted.predict(X))
            return np.average(error, weights=weight)

        check_a_loop(model, X, y, exponential(len(y)), measure=measure)
        expected = -np.abs(y - model.predict(X)).mean()
        assert model.score(X, y) == pytest.approx(expected)


def test_without_scorer_the_score_is_that_of_the_model():
    X, y = CANCER
    model = LinearClassifierCV("l1", alphas=4).fit(X, y)
    assert model.score(X, y) == (model.predict(X) == y).mean()


def test_scorers_of_classifiers():
    X, y = WINE
    model = LinearClassifierCV(alphas=4, cv=StratifiedKFold(3), scoring="accuracy")
    model.fit(X, y)
    again = single(model, model.alpha_)
    expected = cross_val_score(again, X, y, cv=StratifiedKFold(3))
    at = list(model.alphas_).index(model.alpha_)
    np.testing.assert_allclose(-model.fold_losses_[:, at], expected)
    log = clone(model).set_params(scoring="neg_log_loss").fit(X, y)
    loss = clone(model).set_params(scoring=None).fit(X, y)
    np.testing.assert_allclose(log.fold_losses_, loss.fold_losses_, rtol=1e-9)


# Behaviour ----------------------------------------------------------------------------


def test_threads_change_nothing():
    X, y = CANCER
    one = LinearClassifierCV("l1", alphas=6).fit(X, y)
    two = LinearClassifierCV("l1", alphas=6, n_jobs=2).fit(X, y)
    np.testing.assert_array_equal(one.fold_losses_, two.fold_losses_)
    np.testing.assert_array_equal(one.coef_, two.coef_)


def test_without_refit_there_are_no_coefficients():
    model = LinearRegressorCV(alphas=4).fit(*DIABETES)
    model.set_params(refit=False).fit(*DIABETES)  # those before are gone
    assert model.alpha_ in model.alphas_
    assert not hasattr(model, "coef_")
    assert not hasattr(model, "path_")


def test_float32_is_kept():
    X, y = DIABETES
    small = LinearRegressorCV(alphas=10).fit(X.astype(np.float32), y)
    large = LinearRegressorCV(alphas=10).fit(X, y)
    assert small.coef_.dtype == small.predict(X.astype(np.float32)).dtype == np.float32
    np.testing.assert_allclose(small.mean_losses_, large.mean_losses_, rtol=1e-4)


def test_nothing_is_written_to_x_and_parameters():
    X, y = DIABETES[0].copy(), DIABETES[1].copy()
    X.flags.writeable = y.flags.writeable = False
    model = LinearRegressorCV("elasticnet", alphas=4, l1_ratio=[0.5, 1.0])
    before = repr(model)
    model.fit(X, y)
    assert repr(model) == before


def test_a_step_of_a_pipeline():
    X, y = DIABETES
    pipeline = make_pipeline(StandardScaler(), LinearRegressorCV(alphas=5))
    outer = cross_val_score(pipeline, X, y, cv=3)
    assert outer.shape == (3,)
    assert (outer > 0.3).all()


def test_one_warning_for_all_fits():
    X, y = CANCER
    model = LinearClassifierCV("l1", alphas=4, max_iter=1, tol=1e-12)
    with pytest.warns(ConvergenceWarning, match=r"\d+ of 24 fits") as caught:
        model.fit(X, y)
    assert len(caught) == 1
    assert caught[0].filename == __file__


def test_progress_is_a_line_on_the_standard_error(capsys):
    LinearRegressorCV(alphas=3, cv=3, verbose=1).fit(*DIABETES)
    out, err = capsys.readouterr()
    assert not out
    assert err.count("\n") == 1
    assert "4/4" in err
    LinearRegressorCV(alphas=3, cv=3).fit(*DIABETES)
    assert capsys.readouterr() == ("", "")


# Metadata -----------------------------------------------------------------------------


def test_groups_reach_the_splitter():
    X, y = DIABETES
    groups = np.random.default_rng(0).integers(0, 9, size=len(y))
    model = LinearRegressorCV(alphas=4, cv=GroupKFold(3)).fit(X, y, groups=groups)
    pairs = list(GroupKFold(3).split(X, y, groups))
    expected = LinearRegressorCV(alphas=4, cv=pairs).fit(X, y)
    np.testing.assert_array_equal(model.fold_losses_, expected.fold_losses_)
    with sklearn.config_context(enable_metadata_routing=True):
        routed = clone(model).fit(X, y, groups=groups)
        np.testing.assert_array_equal(model.fold_losses_, routed.fold_losses_)


def test_weights_reach_the_scorer_that_asked_for_them():
    X, y = DIABETES
    weight = exponential(len(y))
    scorer = make_scorer(mean_absolute_error, greater_is_better=False)
    plain = LinearRegressorCV(alphas=4, cv=4, scoring=scorer)
    expected = clone(plain).fit(X, y, weight).fold_losses_
    with sklearn.config_context(enable_metadata_routing=True):
        asked = scorer.set_score_request(sample_weight=True)
        routed = plain.set_params(scoring=asked).fit(X, y, sample_weight=weight)
        np.testing.assert_array_equal(routed.fold_losses_, expected)


# What is refused ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"alphas": 0}, "'alphas' parameter"),
        ({"alphas": [1.0, -1.0]}, "alphas must be finite"),
        ({"alpha_min_ratio": 1.0}, "'alpha_min_ratio' parameter"),
        ({"penalty": None, "alphas": 3}, "give alphas as an array"),
        ({"l1_ratio": [0.5, 1.0]}, "need penalty='elasticnet'"),
        ({"penalty": "elasticnet", "l1_ratio": [0.5, 2.0]}, "'l1_ratio' parameter"),
        ({"rule": "best"}, "'rule' parameter"),
        ({"rule": lambda curve: 5, "alphas": 3}, "index of a strength"),
        ({"rule": lambda curve: "min"}, "index of a strength"),
        ({"rule": "1se", "cv": ShuffleSplit(1)}, "at least two folds"),
        ({"scoring": "best"}, "'scoring' parameter"),
        ({"scoring": lambda *_: np.nan}, "no best"),
        ({"cv": []}, "no folds"),
        ({"cv": [([0, 1, 2], [])]}, "number 0, whose test rows"),
    ],
)
def test_settings_that_mean_nothing(settings, message):
    with pytest.raises(ValueError, match=message):
        LinearRegressorCV(**settings).fit(*DIABETES)


def test_a_fold_without_a_class_is_refused():
    X, y = WINE
    order = np.argsort(y, kind="stable")
    model = LinearClassifierCV(alphas=3, cv=KFold(3))
    with pytest.raises(ValueError, match="number 0, whose train rows hold no sample"):
        model.fit(X[order], y[order])


def test_metadata_nobody_knows_are_refused():
    with pytest.raises(ValueError, match="enable_metadata_routing"):
        LinearRegressorCV(alphas=3).fit(*DIABETES, colour="red")


def test_nothing_is_left_of_a_fit_that_fails():
    model = LinearRegressorCV(alphas=3, cv=[])
    with pytest.raises(ValueError, match="no folds"):
        model.fit(*DIABETES)
    assert not hasattr(model, "n_features_in_")
    assert not hasattr(model, "alpha_")


def test_a_fold_that_holds_a_row_twice_is_refused():
    X, y = DIABETES
    splits = [(np.r_[0:100, 5], np.arange(100, 200))]
    with pytest.raises(ValueError, match="number 0, that holds row 5 more than once"):
        LinearRegressorCV("l1", alphas=3, cv=splits).fit(X, y)


def test_one_weight_for_all_rows_is_none():
    X, y = DIABETES
    model = LinearRegressorCV("l1", alphas=4, scoring="r2")
    weighted = clone(model).fit(X, y, sample_weight=2.0)
    model.fit(X, y)
    np.testing.assert_allclose(weighted.coef_, model.coef_)
    assert weighted.score(X, y, 2.0) == pytest.approx(model.score(X, y))
    plain = LinearRegressor("l1", alpha=model.alpha_).fit(X, y)
    assert plain.score(X, y, 2.0) == pytest.approx(plain.score(X, y))


def test_metadata_that_are_not_of_rows_reach_the_scorer():
    X, y = DIABETES
    with sklearn.config_context(enable_metadata_routing=True):
        score = make_scorer(
            lambda y, predicted, by=0.0: -np.abs(y - predicted).mean() + by
        ).set_score_request(by=True)
        models = [
            LinearRegressorCV("l1", alphas=4, scoring=score).fit(X, y, by=by)
            for by in (0.0, 3.0)
        ]
    first, second = (model.curve_.mean for model in models)
    np.testing.assert_allclose(first - second, 3.0)


def test_what_it_stands_for_has_paths_and_criteria():
    X, y = DIABETES
    model = LinearRegressorCV("l1", alphas=5).fit(X, y)
    plain = LinearRegressor("l1")
    assert alpha_max(model, X, y) == pytest.approx(alpha_max(plain, X, y))
    criteria = (
        information_criterion(each, X, y, model.path_) for each in (model, plain)
    )
    np.testing.assert_allclose(*(found.values for found in criteria))
    mixed = LinearRegressorCV("elasticnet", l1_ratio=[0.5, 0.9])
    with pytest.raises(ValueError, match="one l1_ratio"):
        regularization_path(mixed, X, y)
