"""Pictures: the artists hold the numbers, nothing else of matplotlib is changed."""

from __future__ import annotations

import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.exceptions import NotFittedError
from sklearn.preprocessing import scale

from sklreg import (
    LinearClassifier,
    LinearClassifierCV,
    LinearRegressor,
    LinearRegressorCV,
    regularization_path,
)
from sklreg.display import ConstraintDisplay, CurveDisplay, PathDisplay
from sklreg.display._axes import spread
from sklreg.model_selection import Curve

mpl.use("Agg")
X, Y = load_diabetes(return_X_y=True, as_frame=True)
TWO = scale(X[["bmi", "age"]]), scale(Y)


@pytest.fixture(autouse=True)
def nothing_left():
    """Close the figures that a test or an example has made; refuse other settings."""
    plt.close("all")
    before = dict(mpl.rcParams)
    yield
    plt.close("all")
    assert dict(mpl.rcParams) == before


@pytest.fixture(scope="module")
def lasso():
    return LinearRegressorCV("l1", alphas=30).fit(X, Y)


@pytest.fixture(scope="module")
def elastic():
    model = LinearClassifierCV("elasticnet", alphas=10, l1_ratio=[0.5, 0.9])
    wine = load_wine()
    return model.fit(scale(wine.data), wine.target_names[wine.target])


def draw_path(model, ax=None):
    return PathDisplay.from_estimator(model, ax=ax)


def draw_curve(model, ax=None):
    return CurveDisplay.from_estimator(model, ax=ax)


def draw_constraint(model, ax=None):
    two = LinearRegressor("l1", 0.25).fit(*TWO)
    return ConstraintDisplay.from_estimator(two, *TWO, ax=ax)


# What all pictures share --------------------------------------------------------------


@pytest.mark.parametrize("draw", [draw_path, draw_curve, draw_constraint])
def test_axes_of_the_caller_or_one_new_figure(draw, lasso):
    figure, ax = plt.subplots()
    shown = draw(lasso, ax)
    assert shown.ax_ is ax
    assert shown.figure_ is figure
    assert plt.get_fignums() == [figure.number]
    shown = draw(lasso)
    assert shown.ax_ is not ax
    assert len(plt.get_fignums()) == 2
    assert shown.plot(ax) is shown
    assert shown.ax_ is ax


@pytest.mark.parametrize("draw", [draw_path, draw_curve, draw_constraint])
def test_pictures_can_be_saved(draw, lasso, tmp_path):
    draw(lasso).figure_.savefig(tmp_path / "picture.png")
    draw(lasso).figure_.savefig(tmp_path / "picture.pdf")


def test_nothing_is_drawn_of_what_is_refused(lasso, elastic):
    with pytest.raises(NotFittedError):
        PathDisplay.from_estimator(LinearRegressorCV())
    with pytest.raises(NotFittedError):
        CurveDisplay.from_estimator(LinearRegressorCV())
    with pytest.raises(NotFittedError):
        ConstraintDisplay.from_estimator(LinearRegressor(), *TWO)
    with pytest.raises(ValueError, match="from 0 to 2, got 3"):
        PathDisplay.from_estimator(elastic, output=3)
    model = LinearRegressor().fit(X, Y)
    with pytest.raises(ValueError, match="two coefficients"):
        ConstraintDisplay.from_estimator(model, X, Y)
    assert plt.get_fignums() == []


def test_without_matplotlib(lasso, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r"pip install sklreg\[plot\]"):
        CurveDisplay.from_estimator(lasso)


def test_matplotlib_is_imported_on_use():
    code = "import sklreg.display, sys; assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
    code = "import sklreg, sys; assert 'sklreg.display' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


# The path -----------------------------------------------------------------------------


def test_path_holds_the_coefficients(lasso):
    shown = PathDisplay.from_estimator(lasso, n_labels=4)
    largest = np.abs(lasso.path_.coefs).max(axis=1)
    np.testing.assert_array_equal(shown.features_, np.argsort(-largest)[:4])
    for j, line, label in zip(
        shown.features_, shown.lines_, shown.labels_, strict=True
    ):
        np.testing.assert_array_equal(line.get_xdata(), lasso.alphas_)
        np.testing.assert_array_equal(line.get_ydata(), lasso.path_.coefs[j])
        assert label.get_text() == X.columns[j]
        assert label.get_color() == line.get_color()
    rest = np.setdiff1d(np.arange(10), shown.features_)
    for j, curve in zip(rest, shown.others_.get_segments(), strict=True):
        np.testing.assert_array_equal(curve[:, 1], lasso.path_.coefs[j])
    chosen = [line.get_xdata()[0] for line in shown.chosen_lines_]
    assert chosen == [lasso.alpha_min_, lasso.alpha_1se_]


def test_path_of_a_function():
    path = regularization_path(LinearRegressor("l1"), X, Y, alphas=[2.0, 0.1, 0.0])
    shown = PathDisplay.from_path(path, chosen={"bic": 0.1, "aic": 0.1})
    np.testing.assert_array_equal(shown.lines_[0].get_xdata(), [2.0, 0.1])
    assert {label.get_text() for label in shown.labels_} <= {f"x{j}" for j in range(10)}
    (line,) = shown.chosen_lines_
    assert line.get_label() == "bic, aic: alpha = 0.1"


def test_path_of_several_outputs(elastic):
    for k, name in enumerate(elastic.classes_):
        shown = PathDisplay.from_estimator(elastic, output=k)
        first = elastic.path_.coefs[k, shown.features_[0]]
        np.testing.assert_array_equal(shown.lines_[0].get_ydata(), first)
        assert shown.ax_.get_ylabel() == f"coefficient of {name}"


def test_path_without_coefficients_and_of_one_strength():
    path = regularization_path(LinearRegressor("l1"), X, Y, alphas=[1e3])
    assert PathDisplay.from_path(path).labels_ == []
    path = regularization_path(LinearRegressor("l1"), X, Y, alphas=[0.1])
    assert len(PathDisplay.from_path(path).labels_) > 0


@pytest.mark.parametrize("size", [(6.4, 4.8), (4.0, 2.5), (3.0, 1.0)])
def test_labels_do_not_overlap_and_stay_inside(size):
    cancer = load_breast_cancer()
    path = regularization_path(
        LinearClassifier("l1"), scale(cancer.data), cancer.target, alphas=10
    )
    figure, ax = plt.subplots(figsize=size)
    names = [f"feature {j}" for j in range(30)]
    shown = PathDisplay.from_path(path, feature_names=names, n_labels=25, ax=ax)
    figure.draw_without_rendering()
    boxes = sorted(
        (mpl.text.Text.get_window_extent(label) for label in shown.labels_),
        key=lambda box: box.y0,
    )
    assert boxes
    tops, bottoms = [box.y1 for box in boxes], [box.y0 for box in boxes]
    assert (np.array(bottoms[1:]) > np.array(tops[:-1]) - 1.0).all()
    assert bottoms[0] > ax.bbox.y0 - 1.0
    assert tops[-1] < ax.bbox.y1 + 1.0
    assert max(box.x1 for box in boxes) < ax.bbox.x1


def test_spread_is_the_nearest_with_gaps():
    wanted = np.array([0.1, 0.11, 0.12, 0.8])
    places = spread(wanted, 0.1, 0.0, 1.0)
    np.testing.assert_allclose(places, [0.01, 0.11, 0.21, 0.8])
    np.testing.assert_allclose(spread(wanted, 0.3, 0.0, 1.0), [0.0, 0.3, 0.6, 0.9])
    np.testing.assert_allclose(
        spread(wanted + 1.0, 0.3, 0.0, 1.0), [0.1, 0.4, 0.7, 1.0]
    )


# The curve ----------------------------------------------------------------------------


def test_curve_holds_means_and_errors(lasso):
    shown = CurveDisplay.from_estimator(lasso)
    np.testing.assert_array_equal(shown.line_.get_xdata(), lasso.alphas_)
    np.testing.assert_array_equal(shown.line_.get_ydata(), lasso.mean_losses_)
    heights = shown.band_.get_paths()[0].vertices[:, 1]
    assert heights.max() == (lasso.mean_losses_ + lasso.standard_errors_).max()
    assert heights.min() == (lasso.mean_losses_ - lasso.standard_errors_).min()
    labels = [line.get_label().partition(":")[0] for line in shown.chosen_lines_]
    assert labels == ["min", "1se"]
    chosen = [line.get_xdata()[0] for line in shown.chosen_lines_]
    assert chosen == [lasso.alpha_min_, lasso.alpha_1se_]


def test_curve_of_several_shares_of_l1(elastic):
    shown = CurveDisplay.from_estimator(elastic)
    best = [0.5, 0.9].index(elastic.l1_ratio_)
    np.testing.assert_array_equal(shown.line_.get_ydata(), elastic.mean_losses_[best])
    (other,) = shown.other_lines_
    np.testing.assert_allclose(other.get_ydata(), elastic.mean_losses_[1 - best])
    assert shown.line_.get_label() == f"l1_ratio = {elastic.l1_ratio_:g}"


def test_curve_without_standard_errors():
    model = LinearRegressorCV("l2", alphas=10, cv="gcv").fit(X, Y)
    shown = CurveDisplay.from_estimator(model)
    assert shown.band_ is None
    assert len(shown.chosen_lines_) == 1
    alone = CurveDisplay(model.curve_).plot()
    assert alone.chosen_lines_[0].get_xdata()[0] == model.alpha_min_


def test_curve_of_scores_and_of_a_rule_of_ones_own():
    model = LinearRegressorCV("l1", alphas=10, scoring="r2", rule=lambda curve: 3)
    shown = CurveDisplay.from_estimator(model.fit(X, Y))
    assert shown.ax_.get_ylabel() == "minus mean r2"
    assert shown.chosen_lines_[-1].get_xdata()[0] == model.alphas_[3]


def test_curve_by_hand_with_a_strength_of_zero():
    losses = np.array([[4.0, 2.1, 1.5], [4.0, 1.9, 2.5]])
    curve = Curve(np.array([0.4, 0.2, 0.0]), losses, np.ones(2))
    shown = CurveDisplay(curve).plot()
    np.testing.assert_array_equal(shown.line_.get_xdata(), [0.4, 0.2])


# The constraint -----------------------------------------------------------------------


@pytest.mark.parametrize("penalty", ["l1", "l2", "elasticnet"])
def test_contour_and_region_touch_at_the_solution(penalty):
    weight = np.random.default_rng(0).exponential(size=len(Y))
    model = LinearRegressor(penalty, 0.2, tol=1e-12).fit(*TWO, weight)
    shown = ConstraintDisplay.from_estimator(model, *TWO, sample_weight=weight)
    loss, penalised, least = shown.solution_levels
    assert loss + penalised == pytest.approx(model.objective_, rel=1e-10)
    inside = shown.penalties <= penalised
    assert shown.losses[inside].min() >= loss - 1e-12
    assert shown.losses.min() >= least - 1e-12
    assert loss in shown.contours_.levels
    assert shown.region_.levels[-1] == penalised
    np.testing.assert_array_equal(np.ravel(shown.solution_.get_data()), model.coef_)
    plain = LinearRegressor(None, 0.0).fit(*TWO, weight).coef_
    np.testing.assert_allclose(np.ravel(shown.least_.get_data()), plain)


def test_constraint_is_in_the_units_of_the_columns():
    model = LinearRegressor("l1", 5.0, standardize=True).fit(X[["bmi", "bp"]], Y)
    shown = ConstraintDisplay.from_estimator(model, X[["bmi", "bp"]], Y)
    loss, penalised, _ = shown.solution_levels
    assert loss + penalised == pytest.approx(model.objective_, rel=1e-8)
    assert shown.ax_.get_ylabel() == "coefficient of bp"


def test_constraint_of_classes_and_without_a_penalty():
    cancer = load_breast_cancer()
    features = scale(cancer.data[:, [0, 1]])
    model = LinearClassifier("l1", 0.05, tol=1e-10).fit(features, cancer.target)
    shown = ConstraintDisplay.from_estimator(model, features, cancer.target)
    loss, penalised, _ = shown.solution_levels
    assert loss + penalised == pytest.approx(model.objective_, rel=1e-8)
    model = LinearRegressor(None, 0.0).fit(*TWO)
    shown = ConstraintDisplay.from_estimator(model, *TWO)
    assert len(shown.contours_.levels) > 2
