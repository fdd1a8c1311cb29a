"""Stability selection: the halves, the counts and the bound."""

from __future__ import annotations

import numpy as np
import pytest
import tables
from sklearn import linear_model

from sklreg import LinearClassifier, LinearRegressor, alpha_max
from sklreg.model_selection import stability_selection
from sklreg.model_selection.stability import _pair

LASSO = LinearRegressor("l1", tol=1e-10)


@pytest.mark.parametrize("classes", [False, True])
@pytest.mark.parametrize("n", [8, 41])
def test_a_pair_is_two_disjoint_halves_of_the_rows_that_count(n, classes):
    rng = np.random.default_rng(0)
    weight = rng.exponential(size=n) * (rng.random(n) < 0.8)
    labels = np.repeat(["a", "b"], [n // 2, n - n // 2]) if classes else None
    counted = (weight > 0.0).sum()
    for seed in range(5):
        one, two = _pair(weight, labels, np.random.RandomState(seed))
        assert not ((one > 0.0) & (two > 0.0)).any()
        assert (one > 0.0).sum() == (two > 0.0).sum() == counted // 2
        both = one + two
        np.testing.assert_array_equal(both[both > 0.0], weight[both > 0.0])
        if classes:
            for label in ("a", "b"):
                shares = [(half[labels == label] > 0.0).sum() for half in (one, two)]
                assert abs(shares[0] - shares[1]) <= 1


def test_probabilities_are_counts_over_halves():
    data = tables.problem("tall")
    alphas = alpha_max(LASSO, data.X, data.y) * np.array([0.8, 0.4, 0.1])
    found = stability_selection(
        LASSO, data.X, data.y, alphas=alphas, n_pairs=6, random_state=3
    )
    rng, counts, sizes = np.random.RandomState(3), np.zeros((7, 3)), []
    for _ in range(6):
        for half in _pair(np.full(len(data.y), 1.0), None, rng):
            rows = half > 0.0
            used = np.zeros((7, 3), dtype=bool)
            for a, alpha in enumerate(alphas):
                theirs = linear_model.Lasso(alpha, tol=1e-10, max_iter=100_000)
                used[:, a] = theirs.fit(data.X[rows], data.y[rows]).coef_ != 0.0
            counts += used
            sizes.append(used.any(axis=1).sum())
    np.testing.assert_allclose(found.probabilities, counts / 12)
    np.testing.assert_allclose(found.scores, (counts / 12).max(axis=1))
    assert found.n_selected == pytest.approx(np.mean(sizes))
    np.testing.assert_array_equal(found.alphas, alphas)
    chosen = np.flatnonzero(found.scores >= 0.9)
    np.testing.assert_array_equal(found.selected(0.9), chosen)
    bound = found.n_selected**2 / (0.8 * 7)
    assert found.false_selections(0.9) == pytest.approx(bound)


def test_true_features_are_found_and_false_ones_bounded():
    """Over several draws; 200 features of which 5 matter."""
    wrong, bounds, right = [], [], []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(150, 200)) + 0.3 * rng.normal(size=(150, 1))
        y = X[:, :5].sum(axis=1) + rng.normal(size=150)
        found = stability_selection(
            LinearRegressor("l1", tol=1e-4),
            X,
            y,
            alphas=8,
            alpha_min_ratio=0.3,
            n_pairs=15,
            random_state=seed,
        )
        chosen = found.selected(0.8)
        right.append(np.isin(np.arange(5), chosen).sum())
        wrong.append((chosen >= 5).sum())
        bounds.append(found.false_selections(0.8))
    assert np.mean(right) >= 4.5
    assert np.mean(wrong) <= np.mean(bounds)
    assert np.mean(bounds) < 5.0


def test_classes_targets_and_threads():
    data = tables.problem("digits")
    model = LinearClassifier("l1", tol=1e-5)
    given = {"alphas": 4, "n_pairs": 3, "random_state": 0}
    one = stability_selection(model, data.X, data.classes, **given)
    two = stability_selection(model, data.X, data.classes, n_jobs=2, **given)
    for mine, its in zip(one, two, strict=True):
        np.testing.assert_array_equal(mine, its)
    assert one.probabilities.shape == (64, 4)
    assert (one.probabilities[:, -1] >= one.probabilities[:, 0]).mean() > 0.9
    tall = tables.problem("tall")
    Y = np.column_stack([tall.y, tall.X[:, 0]])
    several = stability_selection(LASSO, tall.X, Y, alphas=[0.1], n_pairs=2)
    assert several.probabilities.shape == (7, 1)


def test_what_cannot_be_is_refused():
    data = tables.problem("tall")
    for n_pairs in (0, -1, 2.5):
        with pytest.raises(ValueError, match="n_pairs must be a whole number"):
            stability_selection(LASSO, data.X, data.y, n_pairs=n_pairs)
    with pytest.raises(ValueError, match="at least 4 rows"):
        stability_selection(LASSO, data.X[:3], data.y[:3], alphas=[0.1])
    found = stability_selection(LASSO, data.X, data.y, alphas=[0.1], n_pairs=1)
    for threshold in (0.5, 1.01, "often"):
        with pytest.raises(ValueError, match="threshold must lie above"):
            found.selected(threshold)
