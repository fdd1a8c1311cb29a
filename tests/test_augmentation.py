"""Augmentations: cases computed by hand, laws, and what training makes of them."""

from __future__ import annotations

import functools
import pickle

import joblib
import numpy as np
import pytest
import scipy.ndimage
import scipy.sparse
import scipy.stats
from sklearn import datasets
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.preprocessing import scale

from sklreg import MLPClassifier, MLPRegressor
from sklreg._compile import kernel
from sklreg._random_numbers import child_key, uniform
from sklreg.augmentation import (
    Augmentation,
    GaussianNoise,
    ImageTransform,
    Mixup,
    SwapNoise,
    augment_rows,
)
from sklreg.augmentation.image_transform import Affine, frame, view
from sklreg.augmentation.mixup import symmetric_beta

EVERY = [
    GaussianNoise(),
    SwapNoise(),
    Mixup(),
    ImageTransform(image_shape=(2, 2), rotation_range=20.0),
]


def augmented(step, X, y=None, weight=None, batch_size=None, key=0, first=0):
    """Return copies of the arrays after one augmentation."""
    X = X.copy()
    y = np.zeros((len(X), 1)) if y is None else y.copy()
    weight = np.ones(len(X)) if weight is None else weight.copy()
    record = step.record(X.shape[1])
    bounds = np.array([*range(0, len(X), batch_size or len(X)), len(X)])
    augment_rows(record, X, y, weight, X.copy(), bounds, first, np.uint64(key))
    return X, y, weight


# Noise --------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gaussian_noise_is_gaussian(dtype):
    X = np.full((500, 20), 3.0, dtype=dtype)
    noisy, y, weight = augmented(GaussianNoise(std=0.5), X)
    assert noisy.dtype == dtype
    assert scipy.stats.kstest((noisy.ravel() - 3) / 0.5, "norm").pvalue > 1e-3
    assert (y == 0).all() and (weight == 1).all()  # noqa: PT018
    np.testing.assert_array_equal(augmented(GaussianNoise(std=0.0), X)[0], X)


def test_swap_noise_takes_numbers_from_the_same_column():
    X = np.arange(400.0)[:, None] + 1000 * np.arange(5)
    swapped, *_ = augmented(SwapNoise(probability=0.3), X)
    np.testing.assert_array_equal(swapped // 1000, X // 1000)
    assert (swapped != X).mean() == pytest.approx(0.3, abs=0.04)
    everything, *_ = augmented(SwapNoise(probability=1.0), X)
    assert scipy.stats.kstest(everything[:, 0] / 400, "uniform").pvalue > 1e-3
    np.testing.assert_array_equal(augmented(SwapNoise(probability=0.0), X)[0], X)


@pytest.mark.parametrize("alpha", [0.2, 0.5, 1.0, 3.0])
def test_shares_of_a_mixture_have_a_beta_distribution(alpha):
    shares = [symmetric_beta(alpha, np.uint64(k)) for k in range(3000)]
    assert scipy.stats.kstest(shares, scipy.stats.beta(alpha, alpha).cdf).pvalue > 1e-3


@pytest.mark.parametrize("alpha", [1e-3, 1e4])
def test_extreme_shares_are_numbers(alpha):
    shares = np.array([symmetric_beta(alpha, np.uint64(k)) for k in range(200)])
    assert (shares >= 0).all() and (shares <= 1).all()  # noqa: PT018
    near = np.abs(shares - (0.5 if alpha > 1 else np.round(shares))) < 0.05
    assert near.mean() > 0.95


def test_mixup_mixes_rows_targets_and_weights_with_the_next():
    rng = np.random.default_rng(0)
    X, y, weight = rng.random((5, 3)), rng.random((5, 2)), rng.random(5)
    mixed = augmented(Mixup(alpha=1.0), X, y, weight, batch_size=3, key=7)
    for i, k in enumerate([1, 2, 0, 4, 3]):  # batches of 3 and 2 rows
        batch_key = np.uint64(child_key(np.uint64(7), i // 3))
        share = symmetric_beta(1.0, np.uint64(child_key(batch_key, i % 3)))
        s = share * weight[i], (1 - share) * weight[k]
        np.testing.assert_allclose(mixed[0][i], share * X[i] + (1 - share) * X[k])
        np.testing.assert_allclose(mixed[1][i], (s[0] * y[i] + s[1] * y[k]) / sum(s))
        np.testing.assert_allclose(mixed[2][i], sum(s))


def test_a_row_alone_is_mixed_with_itself():
    X = np.array([[1.0, 2.0]])
    np.testing.assert_allclose(augmented(Mixup(), X)[0], X)


# Images -------------------------------------------------------------------------------

FILLS = {"constant": 0, "nearest": 1, "reflect": 2, "wrap": 3}
#: SciPy's names of the same rules, where pixels beyond the edge take part in
#: interpolation.
OF_SCIPY = {
    "constant": "grid-constant",
    "nearest": "nearest",
    "reflect": "reflect",
    "wrap": "grid-wrap",
}


def seen(image, at, fill="nearest", cval=0.0):
    """Return an image (height, width[, channels]) through an affine map."""
    image = np.atleast_3d(image).astype(float)
    height, width, channels = image.shape
    framed = np.empty((height + 2, width + 2, channels))
    frame(image, FILLS[fill], cval, framed)
    new = np.empty_like(image)
    view(framed.ravel(), Affine(*map(float, at)), FILLS[fill], new)
    return new


@pytest.mark.parametrize(
    ("fill", "expected"),
    [
        ("constant", [[9, 9, 9], [9, 1, 2]]),
        ("nearest", [[1, 1, 2], [1, 1, 2]]),
        ("reflect", [[1, 1, 2], [1, 1, 2]]),
        ("wrap", [[6, 4, 5], [3, 1, 2]]),
    ],
)
def test_a_shift_by_a_pixel(fill, expected):
    image = [[1, 2, 3], [4, 5, 6]]
    new = seen(image, (1, 0, 0, 1, -1, -1), fill, 9.0)
    np.testing.assert_allclose(new[..., 0], expected)


@pytest.mark.parametrize(
    ("fill", "expected"),
    [
        ("constant", [0, 0, 0, 0, 0]),
        ("nearest", [5, 5, 5, 5, 5]),
        ("reflect", [3, 2, 1, 1, 2]),
        ("wrap", [3, 4, 5, 1, 2]),
    ],
)
def test_a_shift_beyond_the_edge(fill, expected):
    new = seen([[1, 2, 3, 4, 5]], (1, 0, 0, 1, 0, 7), fill)
    np.testing.assert_allclose(new[0, :, 0], expected)


def test_a_quarter_turn_a_half_pixel_and_a_zoom():
    image = np.arange(9.0).reshape(3, 3)
    turned = seen(image, (0, -1, 1, 0, 0, 0))  # theta = 90 degrees
    np.testing.assert_allclose(turned[..., 0], np.rot90(image, -1))
    half = seen([[1.0, 3.0, 7.0]], (1, 0, 0, 1, 0, 0.5))
    np.testing.assert_allclose(half[0, :, 0], [2, 5, 7])
    smaller = seen([[0, 4, 8, 12]], (1, 0, 0, 2, 0, 0))
    np.testing.assert_allclose(smaller[0, :, 0], [0, 2, 10, 12])
    mirrored = seen(image, (1, 0, 0, -1, 0, 0))
    np.testing.assert_array_equal(mirrored[..., 0], image[:, ::-1])


@pytest.mark.parametrize("fill", FILLS)
def test_views_are_those_of_scipy(fill):
    rng = np.random.default_rng(0)
    for _ in range(20):
        image, matrix = rng.random((5, 7, 2)), rng.normal(0, 1.5, (2, 2))
        shift, middle = rng.normal(0, 4, 2), np.array([2.0, 3.0])
        offset = middle + shift - matrix @ middle
        expected = [
            scipy.ndimage.affine_transform(
                image[..., k], matrix, offset, order=1, mode=OF_SCIPY[fill], cval=3.0
            )
            for k in range(2)
        ]
        new = seen(image, (*matrix.ravel(), *shift), fill, 3.0)
        np.testing.assert_allclose(new, np.moveaxis(expected, 0, -1), atol=1e-10)


def shifts(column, **params):
    """Return the shifts of images that are ramps, in pixels."""
    ramp = np.arange(100.0)
    image = np.tile(ramp, 100) if column else np.repeat(ramp, 100)
    step = ImageTransform(image_shape=(100, 100), **params)
    new, *_ = augmented(step, np.tile(image, (400, 1)))
    new = new.reshape(400, 100, 100)
    return (new - image.reshape(100, 100))[:, 50, 50]


@pytest.mark.parametrize(("name", "column"), [("width", True), ("height", False)])
def test_shifts_have_the_ranges_of_keras(name, column):
    def drawn(value):
        return shifts(column, **{f"{name}_shift_range": value})

    share = drawn(0.2)
    assert scipy.stats.kstest((share + 20) / 40, "uniform").pvalue > 1e-3
    pixels = drawn(3.0)
    assert scipy.stats.kstest((pixels + 3) / 6, "uniform").pvalue > 1e-3
    whole = np.round(drawn(3), 9)
    assert set(whole) == {-2.0, -1.0, 0.0, 1.0, 2.0}
    assert (drawn(0) == 0).all()


def test_rotations_and_zooms_have_the_ranges_of_keras():
    r, c = np.mgrid[-20:21, -20:21].astype(float)
    step = ImageTransform(image_shape=(41, 41), rotation_range=30.0)
    rows, *_ = augmented(step, np.tile(r.ravel(), (300, 1)))
    columns, *_ = augmented(step, np.tile(c.ravel(), (300, 1)))
    at = np.ravel_multi_index((20, 30), (41, 41))  # ten to the right of the centre
    angle = np.degrees(np.arctan2(-rows[:, at], columns[:, at]))
    assert scipy.stats.kstest((angle + 30) / 60, "uniform").pvalue > 1e-3
    for value, low, high in [(0.3, 0.7, 1.3), ((0.8, 1.0), 0.8, 1.0)]:
        step = ImageTransform(image_shape=(41, 41), zoom_range=value)
        columns, *_ = augmented(step, np.tile(c.ravel(), (300, 1)))
        zoom = (columns[:, at] / 10 - low) / (high - low)
        assert scipy.stats.kstest(zoom, "uniform").pvalue > 1e-3


def test_every_second_image_is_flipped():
    image = np.arange(6.0)
    X = np.tile(image, (400, 1))
    grid = image.reshape(2, 3)
    for name, flipped in [("horizontal", grid[:, ::-1]), ("vertical", grid[::-1])]:
        step = ImageTransform(image_shape=(2, 3), **{f"{name}_flip": True})
        new = augmented(step, X)[0]
        is_flipped = (new == flipped.ravel()).all(axis=1)
        assert (is_flipped | (new == image).all(axis=1)).all()
        assert is_flipped.mean() == pytest.approx(0.5, abs=0.1)


def test_without_ranges_images_stay_as_they_are():
    X = np.random.default_rng(0).random((5, 24))
    np.testing.assert_array_equal(
        augmented(ImageTransform(image_shape=(2, 4, 3)), X)[0], X
    )


# Parameters ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (GaussianNoise(std=-1.0), "std of GaussianNoise"),
        (SwapNoise(probability=1.5), "probability of SwapNoise"),
        (Mixup(alpha=0.0), "alpha of Mixup"),
        (ImageTransform(), "image_shape of ImageTransform.*n_features=4"),
        (ImageTransform(image_shape=(3, 3)), "n_features=4"),
        (ImageTransform(image_shape=(2.0, 2)), "image_shape"),
        (ImageTransform(image_shape=(2, 2), zoom_range=1.0), "zoom_range"),
        (ImageTransform(image_shape=(2, 2), zoom_range=(2, 1)), "zoom_range"),
        (ImageTransform(image_shape=(2, 2), rotation_range="5"), "rotation_range"),
        (ImageTransform(image_shape=(2, 2), width_shift_range=1), "pass 2"),
        (ImageTransform(image_shape=(2, 2), fill_mode="mirror"), "fill_mode"),
        ("noise", "augmentation"),
        ([GaussianNoise(), "noise"], "sklreg.augmentation"),
    ],
)
def test_bad_parameters_are_refused(step, message):
    with pytest.raises(ValueError, match=message):
        MLPClassifier(augmentation=step, max_iter=1).fit(*iris())


@functools.cache
def iris():
    X, y = datasets.load_iris(return_X_y=True)
    return scale(X), y


@pytest.mark.parametrize("step", EVERY, ids=lambda step: type(step).__name__)
def test_sparse_rows_are_refused(step):
    X, y = iris()
    with pytest.raises(ValueError, match=r"sparse X; pass X.toarray\(\)"):
        MLPClassifier(augmentation=step).fit(scipy.sparse.csr_array(X), y)


def test_it_needs_epochs():
    with pytest.raises(ValueError, match="augmentation needs epochs"):
        MLPClassifier(augmentation=Mixup(), solver="lbfgs").fit(*iris())


# Training -----------------------------------------------------------------------------


def small(augmentation, **params):
    model = MLPClassifier(augmentation=augmentation, hidden_layer_sizes=(8,))
    return model.set_params(max_iter=4, random_state=0, **params)


@pytest.mark.parametrize(
    "step", [GaussianNoise(std=0.0), SwapNoise(probability=0.0), [], None], ids=repr
)
def test_augmentation_that_changes_nothing_changes_nothing(step):
    plain = small(None).fit(*iris())
    model = small(step).fit(*iris())
    np.testing.assert_array_equal(model.coefs_[0], plain.coefs_[0])


class Times(Augmentation):
    """Multiplication, by a class of a user's."""

    factor: float = 1.0

    def augment(self, X, y, weight, source, key):
        X *= self.factor


class Plus(Augmentation):
    """Addition."""

    term: float = 1.0

    def augment(self, X, y, weight, source, key):
        X += self.term


def test_a_list_is_applied_in_its_order_by_user_classes_too():
    X, y = iris()
    model = small([Plus(term=1.0), Times(factor=2.0)]).fit(X, y)
    plain = small(None).fit(2.0 * (X + 1.0), y)
    np.testing.assert_allclose(model.coefs_[0], plain.coefs_[0], rtol=1e-12)


@kernel
def target_of(key, row):
    return 1.0 if uniform(key, row) < 0.5 else 0.0


class Coins(Augmentation):
    """Targets and weights that forget what they were."""

    def augment(self, X, y, weight, source, key):
        for i in range(X.shape[0]):
            y[i, 0] = target_of(key, i)
            weight[i] = 1.0


def test_targets_are_changed_in_training_only():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 3))
    y = X[:, 0] > 0
    model = MLPClassifier(augmentation=Coins(), random_state=0).fit(X, y)
    assert np.abs(model.predict_proba(X)[:, 1] - 0.5).mean() < 0.15
    assert model.loss_curve_[-1] == pytest.approx(np.log(2), rel=0.1)


def test_only_training_rows_are_augmented():
    X, y = iris()
    model = small(Times(factor=0.5), early_stopping=True, n_iter_no_change=99)
    model.fit(X[::2], y[::2], X_val=X[1::2], y_val=y[1::2])
    p = model.predict_proba(X[1::2])[np.arange(75), y[1::2]]
    assert min(model.validation_loss_curve_) == pytest.approx(-np.log(p).mean())
    assert model.loss_ != pytest.approx(model.loss_curve_[-1], rel=1e-3)


def test_noise_is_new_in_every_epoch_and_batch():
    X, y = np.zeros((40, 3)), np.arange(40) % 2

    class Spy(Augmentation):
        def augment(self, X, y, weight, source, key):
            for i in range(X.shape[0]):
                X[i, 0] = uniform(key, i)

    numbers = augmented(Spy(), X, batch_size=10)[0][:, 0]
    later = augmented(Spy(), X[:10], batch_size=10, first=3)[0][:, 0]
    assert len(np.unique(numbers)) == 40
    np.testing.assert_array_equal(later, numbers[30:])
    noise = GaussianNoise(std=1.0)
    model = MLPClassifier(augmentation=noise, learning_rate_init=1e-9, max_iter=3)
    found = model.set_params(tol=0.0, random_state=0).fit(X, y).loss_curve_
    assert len(set(found)) == 3


def test_large_epochs_come_in_portions(monkeypatch):
    X, y = iris()
    model = small([GaussianNoise(), Mixup()], batch_size=16)
    whole = clone(model).fit(X, y)
    monkeypatch.setattr("sklreg.neural.portions._NUMBERS", 2 * 16 * 4)
    parts = clone(model).fit(X, y)
    np.testing.assert_array_equal(whole.coefs_[0], parts.coefs_[0])


def test_zeros_without_polish_and_a_linear_model_by_epochs():
    X, y = iris()
    model = small(GaussianNoise(), penalty="l1", alpha=0.05).fit(X, y)
    assert model.sparsity_ > 0
    linear = small(GaussianNoise(std=0.2)).set_params(hidden_layer_sizes=()).fit(X, y)
    assert linear.n_iter_ == len(linear.loss_curve_) == 4
    assert np.isnan(linear.dual_gap_)


def test_regression_with_weights_and_several_targets():
    X, y = datasets.load_diabetes(return_X_y=True)
    X, Y = scale(X), np.column_stack([y, -y])
    weight = np.random.default_rng(0).uniform(0, 2, len(y))
    steps = [SwapNoise(probability=0.05), Mixup(alpha=0.4), GaussianNoise(std=0.1)]
    model = MLPRegressor(augmentation=steps, random_state=0).fit(X, Y, weight)
    assert model.score(X, Y) > 0.4


def test_float32_stays():
    X, y = iris()
    model = small(EVERY).fit(X.astype(np.float32), y)
    assert {w.dtype for w in model.coefs_} == {np.dtype("f4")}


def test_partial_fit_repeated_is_fit():
    X, y = iris()
    model = small([GaussianNoise(), Mixup()], shuffle=False)
    whole, parts = clone(model).fit(X, y), clone(model)
    for _ in range(4):
        parts.partial_fit(X, y, classes=[0, 1, 2])
    np.testing.assert_array_equal(parts.coefs_[0], whole.coefs_[0])


# With the rest of scikit-learn --------------------------------------------------------


def test_the_same_in_this_process_and_others_and_after_pickling():
    X, y = iris()
    model = small(EVERY)
    here = clone(model).fit(X, y)
    again = pickle.loads(pickle.dumps(model)).fit(X, y)
    there = joblib.Parallel(n_jobs=2)(
        joblib.delayed(clone(model).fit)(X, y) for _ in range(2)
    )
    threads = joblib.Parallel(n_jobs=2, prefer="threads")(
        joblib.delayed(clone(model).fit)(X, y) for _ in range(2)
    )
    for other in (again, *threads):
        np.testing.assert_array_equal(other.coefs_[0], here.coefs_[0])
    for other in there:  # just compiled code and code from disk may round differently
        np.testing.assert_allclose(other.coefs_[0], here.coefs_[0], rtol=1e-9)
    assert clone(model).get_params()["augmentation"] is not EVERY


def test_grid_search_reaches_into_augmentations():
    grid = {"augmentation__std": [0.1, 50.0]}
    search = GridSearchCV(small(GaussianNoise()), grid, cv=2, n_jobs=2).fit(*iris())
    assert search.best_params_ == {"augmentation__std": 0.1}
    kinds = {"augmentation": [None, Mixup(), [SwapNoise(), GaussianNoise()]]}
    model = small(None, learning_rate_init=0.02).set_params(max_iter=50)
    assert GridSearchCV(model, kinds, cv=2).fit(*iris()).best_score_ > 0.8
    with pytest.raises(ValueError, match="augmentation__std cannot be set"):
        small([GaussianNoise()]).set_params(augmentation__std=1.0)


def test_shifted_digits_are_learnt_from_shifts():
    X, y = datasets.load_digits(return_X_y=True)
    X = X / 16.0
    shifted = np.roll(X.reshape(-1, 8, 8), 1, axis=2).reshape(-1, 64)
    model = MLPClassifier(random_state=0, max_iter=40).fit(X[:1200], y[:1200])
    step = ImageTransform(image_shape=(8, 8), width_shift_range=2, fill_mode="constant")
    robust = clone(model).set_params(augmentation=step).fit(X[:1200], y[:1200])
    assert model.score(shifted[1200:], y[1200:]) < 0.5
    assert robust.score(shifted[1200:], y[1200:]) > 0.8
    assert robust.score(X[1200:], y[1200:]) > 0.85


def test_a_little_noise_does_no_harm():
    X, y = datasets.load_wine(return_X_y=True)
    model = MLPClassifier(augmentation=GaussianNoise(std=0.2), random_state=0)
    assert cross_val_score(model, scale(X), y).mean() > 0.96
