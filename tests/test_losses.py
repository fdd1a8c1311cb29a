"""Losses: each method against its definition, numerically."""

from __future__ import annotations

import decimal
import inspect
import math
import pickle
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
import scipy.optimize
import tables
from sklearn.base import clone

from sklreg import LinearRegressor, losses
from sklreg._compile import kernel

every_loss = pytest.mark.parametrize("row", tables.LOSSES.values(), ids=tables.LOSSES)
SEPARABLE = {name: row for name, row in tables.LOSSES.items() if row.loss.separable}
every_separable = pytest.mark.parametrize("row", SEPARABLE.values(), ids=SEPARABLE)
LINKED = {name: row for name, row in tables.LOSSES.items() if row.loss.has_link}
every_linked = pytest.mark.parametrize("row", LINKED.values(), ids=LINKED)
with_dual = pytest.mark.parametrize(
    "row",
    [row for row in tables.LOSSES.values() if row.loss.record().dual],
    ids=[name for name, row in tables.LOSSES.items() if row.loss.record().dual],
)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def sample(row, rng, n=12, spread=2.0):
    """Return the record, targets and predictions away from the kinks of a gradient."""
    y = row.targets(rng, n)
    return row.loss.record(), y, np.ascontiguousarray(rng.normal(0, spread, y.shape))


def moved(eta, i, c, h):
    eta = eta.copy()
    eta[i, c] += h
    return eta


def value_of(record, y, eta, i):
    return record.value_of_rows(y[[i]], eta[[i]], np.ones(1))


def hessian_of(record, y, eta, i, damping):
    second, pull = np.zeros((2, y.shape[1], 1))
    record.hessian_of_rows(y[[i]], eta[[i]], np.ones(1), damping, second, pull)
    return hessian_of_row(second[:, 0], pull[:, 0])


def hessian_of_row(second, pull):
    hessian = -np.outer(pull, pull)
    np.fill_diagonal(hessian, second)
    return hessian


def gradient_of(record, y, eta, i):
    out = np.zeros((1, y.shape[1]))
    record.gradient_of_rows(y[[i]], eta[[i]], np.ones(1), out)
    return out[0]


def dual_of(record, y, u, i):
    return record.dual_of_rows(y[[i]], u[[i]], np.ones(1))


# Derivatives --------------------------------------------------------------------------


@every_loss
def test_gradient_is_numerically_right(row, rng):
    record, y, eta = sample(row, rng)
    h = 1e-6
    for i in range(len(y)):
        for c in range(y.shape[1]):
            up = value_of(record, y, moved(eta, i, c, h), i)
            down = value_of(record, y, moved(eta, i, c, -h), i)
            slope = gradient_of(record, y, eta, i)[c]
            assert slope == pytest.approx((up - down) / (2 * h), rel=1e-6, abs=1e-6)


@every_loss
def test_hessian_is_numerically_right(row, rng):
    record, y, eta = sample(row, rng)
    h = 1e-6
    for i in range(len(y)):
        for c in range(y.shape[1]):
            up = gradient_of(record, y, moved(eta, i, c, h), i)
            down = gradient_of(record, y, moved(eta, i, c, -h), i)
            column = hessian_of(record, y, eta, i, 0.0)[c]
            numeric = (up - down) / (2 * h)
            numeric = numeric if row.convex else np.maximum(numeric, 0.0)
            np.testing.assert_allclose(column, numeric, rtol=1e-6, atol=1e-6)


@every_loss
def test_the_majorizer_lies_above(row, rng):
    if not row.bounded:
        return
    record, y, eta = sample(row, rng)
    for i in range(len(y)):
        value, slope = value_of(record, y, eta, i), gradient_of(record, y, eta, i)
        bound = hessian_of(record, y, eta, i, 1.0)
        for _ in range(40):
            d = rng.normal(size=y.shape[1]) * rng.choice([1e-3, 0.3, 3.0, 30.0])
            there = eta.copy()
            there[i] += d
            above = value + slope @ d + 0.5 * d @ bound @ d
            assert value_of(record, y, there, i) <= above + 1e-12 * (1.0 + abs(above))


@every_linked
def test_the_majorizer_lies_above_on_the_way_to_the_minimiser(row, rng):
    """And its step does not go beyond: Newton's method of one row cannot fail."""
    record, y, eta = sample(row, rng, n=100, spread=5.0)
    for target, here in zip(y.ravel(), eta.ravel(), strict=True):
        end = math.log(target) if target > 0.0 else here - 10.0
        value, slope = record.value(target, here), record.derivative(target, here)
        bound = record.majorizer(target, here)
        step = -slope / bound
        assert 0.0 <= step / (end - here) <= 1.0 + 1e-9
        for share in (0.01, 0.3, 0.7, 1.0):
            d = share * (end - here)
            above = value + slope * d + 0.5 * bound * d * d
            assert record.value(target, here + d) <= above + 1e-12 * (1.0 + abs(above))


@every_loss
def test_damping_goes_from_the_hessian_to_the_majorizer(row, rng):
    record, y, eta = sample(row, rng)
    ends = [hessian_of(record, y, eta, 3, damping) for damping in (0.0, 1.0)]
    middle = hessian_of(record, y, eta, 3, 0.25)
    if record.separable:
        mixed = 0.75 * ends[0] + 0.25 * ends[1]
        np.testing.assert_allclose(middle, mixed, rtol=1e-14, atol=1e-15)
    else:  # one vector pulls, whatever the damping: at least as curved as the share
        assert np.linalg.eigvalsh(middle - 0.75 * ends[0]).min() >= -1e-15
        np.testing.assert_allclose(middle.sum(axis=0), 0.0, atol=1e-15)


@every_loss
def test_loss_is_convex_along_lines(row, rng):
    if not row.convex:
        return
    record, y, eta = sample(row, rng)
    far = np.ascontiguousarray(rng.normal(0, 5, y.shape))
    for i in range(len(y)):
        ends = value_of(record, y, eta, i), value_of(record, y, far, i)
        middle = value_of(record, y, 0.5 * (eta + far), i)
        assert middle <= 0.5 * sum(ends) * (1.0 + 1e-14) + 1e-12


def test_quadratic_means_a_constant_hessian(rng):
    for row in tables.LOSSES.values():
        record, y, eta = sample(row, rng)
        hessians = [hessian_of(record, y, t * eta, 0, 0.0) for t in (0.0, 0.5, 5.0)]
        constant = all(np.array_equal(h, np.eye(y.shape[1])) for h in hessians)
        assert row.loss.quadratic == constant


# Duality ------------------------------------------------------------------------------


@with_dual
def test_fenchel_young(row, rng):
    """``-f*(-u) <= f(eta) + u eta``, with equality where ``u = -f'(eta)``."""
    record, y, eta = sample(row, rng)
    u = np.array([-gradient_of(record, y, eta, i) for i in range(len(y))])
    for i in range(len(y)):
        dual = dual_of(record, y, u, i)
        assert dual == pytest.approx(
            value_of(record, y, eta, i) + u[i] @ eta[i], rel=1e-12, abs=1e-9
        )
        for _ in range(20):
            other = np.ascontiguousarray(rng.normal(0, 3, y.shape))
            assert dual <= value_of(record, y, other, i) + u[i] @ other[i] + 1e-9


@pytest.mark.parametrize("y", [0.0, 0.3, 1.0])
def test_the_dual_of_log_loss_ends_where_probabilities_do(y):
    record = losses.LogLoss().record()
    for p in (0.0, 1.0):
        assert record.conjugate_dual(y, y - p) == pytest.approx(0.0, abs=1e-15)
        outside = p + 1e-6 * (2.0 * p - 1.0)
        assert record.conjugate_dual(y, y - outside) == -math.inf


@with_dual
def test_balanced_dual_sums_to_zero_and_stays_feasible(row, rng):
    record, y, eta = sample(row, rng, n=30)
    weight = rng.dirichlet(np.ones(len(y)))
    u = np.array([-gradient_of(record, y, eta, i) for i in range(len(y))])
    balanced = np.ascontiguousarray(record.balanced_dual(u, y, weight))
    np.testing.assert_allclose(weight @ balanced, 0.0, atol=1e-14)
    # weak duality of each row; a point outside the domain fails far out
    for far in (1.0, 50.0):
        other = np.ascontiguousarray(rng.normal(0, far, y.shape))
        for i in range(len(y)):
            bound = value_of(record, y, other, i) + balanced[i] @ other[i]
            assert dual_of(record, y, balanced, i) <= bound + 1e-12 * (1.0 + abs(bound))
    # weak duality without features: the dual value is below every constant's loss
    dual = losses.weighted_dual(record, y, balanced, weight)
    assert np.isfinite(dual)
    for _ in range(20):
        constant = np.tile(rng.normal(0, 2, y.shape[1]), (len(y), 1))
        assert dual <= losses.weighted_value(record, y, constant, weight) + 1e-12


# Sums over rows -----------------------------------------------------------------------


def test_softmax_of_many_rows_is_that_of_each(rng):
    """Rows of no weight do not exist, whatever they hold."""
    record, y, eta = sample(tables.LOSSES["softmax"], rng, n=300, spread=10.0)
    weight = rng.dirichlet(np.ones(300))
    weight[::7] = 0.0
    eta[::14] = np.inf
    out = np.empty_like(eta)
    value = losses.weighted_gradient(record, y, eta, weight, out)
    there = weight > 0.0
    values = [value_of(record, y, eta, i) for i in np.flatnonzero(there)]
    assert value == pytest.approx(weight[there] @ values, rel=1e-13)
    slopes = [gradient_of(record, y, eta, i) for i in np.flatnonzero(there)]
    expected = weight[there, None] * np.array(slopes)
    np.testing.assert_allclose(out[there], expected, rtol=1e-11, atol=1e-16)
    assert not out[~there].any()


@every_loss
def test_kernels_equal_naive_sums(row, rng):
    record, y, eta = sample(row, rng)
    weight = rng.dirichlet(np.ones(len(y)))
    values = [value_of(record, y, eta, i) for i in range(len(y))]
    slopes = np.array([gradient_of(record, y, eta, i) for i in range(len(y))])
    out = np.empty_like(eta)
    assert losses.weighted_gradient(record, y, eta, weight, out) == pytest.approx(
        weight @ values, rel=1e-13
    )
    np.testing.assert_allclose(out, weight[:, None] * slopes, rtol=1e-12, atol=1e-16)
    assert losses.weighted_value(record, y, eta, weight) == pytest.approx(
        weight @ values, rel=1e-13
    )
    second, pull = np.zeros((2, *y.T.shape))
    losses.weighted_hessian(record, y, eta, weight, 0.3, second, pull)
    for i in range(len(y)):
        hessian = hessian_of_row(second[:, i], pull[:, i])
        naive = weight[i] * hessian_of(record, y, eta, i, 0.3)
        np.testing.assert_allclose(hessian, naive, rtol=1e-12, atol=1e-16)
    if not record.dual:
        return
    dual = losses.weighted_dual(record, y, -slopes, weight)
    naive = weight @ [dual_of(record, y, -slopes, i) for i in range(len(y))]
    assert dual == pytest.approx(naive, rel=1e-12)


@every_separable
def test_a_row_is_the_sum_of_its_outputs(row, rng):
    record, y, eta = sample(row, rng)
    for i in range(len(y)):
        pairs = list(zip(y[i], eta[i], strict=True))
        assert value_of(record, y, eta, i) == sum(record.value(*pair) for pair in pairs)
        slopes = [record.derivative(*pair) for pair in pairs]
        assert gradient_of(record, y, eta, i).tolist() == slopes
        newton = np.diag([record.curvature(*pair) for pair in pairs])
        np.testing.assert_array_equal(hessian_of(record, y, eta, i, 0.0), newton)
        safe = np.diag([record.majorizer(*pair) for pair in pairs])
        np.testing.assert_allclose(hessian_of(record, y, eta, i, 1.0), safe, rtol=1e-14)
        if not record.dual:
            continue
        u = np.array([[-slope for slope in slopes]])
        duals = [
            record.conjugate_dual(target, -slope)
            for (target, _), slope in zip(pairs, slopes, strict=True)
        ]
        assert dual_of(record, y[[i]], u, 0) == sum(duals)


@kernel
def all_scalars(loss, y, eta, out):
    for i in range(y.shape[0]):
        out[i, 0] = loss.value(y[i], eta[i])
        out[i, 1] = loss.derivative(y[i], eta[i])
        out[i, 2] = loss.curvature(y[i], eta[i])
        out[i, 3] = loss.majorizer(y[i], eta[i])
        out[i, 4] = loss.conjugate_dual(y[i], -loss.derivative(y[i], eta[i]))


@every_separable
def test_compiled_equals_plain_python(row, rng):
    record, y, eta = sample(row, rng, n=30)
    y, eta = y.ravel(), eta.ravel()
    compiled, plain = np.empty((len(y), 5)), np.empty((len(y), 5))
    all_scalars._in_memory(record, y, eta, compiled)
    all_scalars.py_func(record, y, eta, plain)
    np.testing.assert_allclose(compiled, plain, rtol=1e-13, atol=1e-15)


# Losses with kinks --------------------------------------------------------------------

every_kinked = pytest.mark.parametrize("row", tables.KINKED.values(), ids=tables.KINKED)


@every_kinked
def test_losses_with_kinks_off_their_kinks(row, rng):
    record, y, eta = sample(row, rng)
    y, eta = y.ravel(), eta.ravel()
    assert not record.smooth
    assert row.loss.record().value(1.5, 1.5) == 0.0
    for target, at in zip(y, eta, strict=True):
        h = 1e-6 * abs(at - target)
        slope = (record.value(target, at + h) - record.value(target, at - h)) / (2 * h)
        assert record.derivative(target, at) == pytest.approx(slope, rel=1e-6)


@every_kinked
def test_the_intercept_of_losses_with_kinks_is_the_quantile(row, rng):
    record, y, _ = sample(row, rng, n=41)
    y = np.ascontiguousarray(y[:, :1])
    weight = rng.dirichlet(np.ones(41))
    b = losses.null_intercept(record, y, weight)

    def loss_of(value):
        eta = np.full_like(y, value)
        return losses.weighted_value(record, y, eta, weight)

    assert loss_of(b[0]) <= min(map(loss_of, y[:, 0])) + 1e-14
    if type(row.loss) is losses.Quantile:
        assert weight[y[:, 0] < b[0]].sum() <= 0.3 <= weight[y[:, 0] <= b[0]].sum()


def test_quantile_of_a_half_is_half_the_absolute_error(rng):
    half, whole = losses.Quantile(q=0.5).record(), losses.AbsoluteError().record()
    for y, eta in rng.normal(size=(20, 2)):
        assert 2 * half.value(y, eta) == pytest.approx(whole.value(y, eta))
        assert 2 * half.derivative(y, eta) == whole.derivative(y, eta)


def test_linear_models_say_that_they_do_not_take_kinks():
    X = np.arange(6.0)[:, None]
    for loss in ("quantile", losses.AbsoluteError()):
        with pytest.raises(ValueError, match=r"'loss' parameter|loss must be one with"):
            LinearRegressor(loss=loss).fit(X, X[:, 0])


# The null model -----------------------------------------------------------------------


@every_loss
def test_null_intercept_is_optimal(row, rng):
    record, y, _ = sample(row, rng, n=40)
    weight = rng.dirichlet(np.ones(len(y)))

    def loss_of(b):
        eta = np.ascontiguousarray(np.tile(b, (len(y), 1)))
        return losses.weighted_value(record, y, eta, weight)

    b = losses.null_intercept(record, y, weight)
    found = scipy.optimize.minimize(loss_of, np.zeros(y.shape[1]), tol=1e-12)
    assert loss_of(b) <= found.fun + 1e-12
    out = np.empty_like(y)
    losses.weighted_gradient(record, y, np.tile(b, (len(y), 1)), weight, out)
    np.testing.assert_allclose(out.sum(axis=0), 0.0, atol=1e-13)


@every_loss
@pytest.mark.parametrize("spread", [1.0, 365.0, 500.0])
def test_null_intercept_beside_an_offset_is_optimal(row, rng, spread):
    """However far apart the rows are, and wherever those without weight."""
    record, y, _ = sample(row, rng, n=40)
    weight, offset = rng.dirichlet(np.ones(40)), rng.uniform(-spread, spread, y.shape)
    weight[:3], offset[:3] = 0.0, 1e4
    weight /= weight.sum()
    b = losses.null_intercept(record, y, weight, offset)

    def loss_of(b):
        return losses.weighted_value(record, y, offset + b, weight)

    least = loss_of(b)
    assert least < math.inf
    for c in range(y.shape[1]):
        for h in (-1e-2, 1e-2):
            assert least <= loss_of(b + h * np.eye(y.shape[1])[c]) + 1e-11 * least


def test_null_intercept_of_huber_with_outliers():
    record = losses.Huber(delta=1e-3).record()
    y = np.array([[0.0], [0.0], [1.0], [1e6], [1e6], [1e6], [2.0]])
    b = losses.null_intercept(record, y, np.full(7, 1 / 7))
    assert b[0] == pytest.approx(2.0, abs=1e-2)  # nearly the median


# Far out ------------------------------------------------------------------------------


@every_loss
@pytest.mark.parametrize("size", [1e3, 1e100])
def test_far_out_nothing_overflows(row, rng, size):
    """Where the value itself does, it is infinite and the slope points back."""
    record, y, eta = sample(row, rng)
    eta = size * np.sign(eta)
    for i in range(len(y)):
        assert value_of(record, y, eta, i) >= 0.0
        if not row.bounded:
            slope = gradient_of(record, y, eta, i)
            outward = slope * eta[i] < 0.0
            assert not (outward & (y[i] > 0.0)).any() or not row.convex
            assert not np.isnan(slope).any()
            continue
        assert value_of(record, y, eta, i) < math.inf
        assert np.isfinite(gradient_of(record, y, eta, i)).all()
        for damping in (0.0, 1.0):
            assert np.isfinite(hessian_of(record, y, eta, i, damping)).all()


@pytest.mark.parametrize("y", [0.0, 1.0])
@pytest.mark.parametrize("eta", [-1e3, -700.0, -40.0, 40.0, 700.0, 1e3])
def test_log_loss_is_exact_in_both_tails(y, eta):
    record = losses.LogLoss().record()
    sign = 1.0 - 2.0 * y
    assert record.value(y, eta) == pytest.approx(
        np.logaddexp(0.0, sign * eta), rel=1e-14
    )
    expected = sign * math.exp(-np.logaddexp(0.0, -sign * eta))
    assert record.derivative(y, eta) == pytest.approx(expected, rel=1e-12, abs=0.0)


def reference(power, y, eta):
    """Half the unit deviance in twenty digits more than float64 has."""
    with decimal.localcontext(prec=60):
        mu, y, p = Decimal(eta).exp(), Decimal(y), Decimal(power)
        if power == 1.0:
            return mu - y + (y * (y.ln() - Decimal(eta)) if y else 0)
        if power == 2.0:
            return y / mu - 1 + Decimal(eta) - y.ln()
        a, b = 1 - p, 2 - p
        zero = y**b / (a * b) if y else 0
        return zero - y * mu**a / a + mu**b / b


@pytest.mark.parametrize("power", [0.0, 1.0, 1.01, 1.5, 1.99, 2.0, 2.01, 3.0])
@pytest.mark.parametrize("y", [0.0, 1e-20, 1e-3, 1.0, 1e6, 1e20])
@pytest.mark.parametrize("away", [-30.0, -1.5, -1e-3, 1e-7, 0.3, 1.01, 40.0])
def test_deviances_to_the_last_digits(power, y, away):
    """Also where y and mu nearly agree, and next to powers 1 and 2."""
    if y == 0.0 and power >= 2.0:
        return
    record = losses.Tweedie(power=power).record()
    eta = away + (math.log(y) if y > 0.0 else 0.0)
    expected = float(reference(power, y, eta))
    rounding = 8e-16 * (abs(eta) + 1.0)  # of log(y), and of exp(d) - 1
    blurred = abs(record.derivative(y, eta)) * rounding
    assert record.value(y, eta) == pytest.approx(expected, rel=1e-12, abs=blurred)


def test_tweedie_is_poisson_and_gamma_at_its_corners(rng):
    corners = {1: losses.Poisson(), 2: losses.Gamma()}
    for power, loss in corners.items():
        for eta in rng.normal(0, 2, size=10):
            there = losses.Tweedie(power=power + 1e-9).record()
            assert losses.Tweedie(power=power).record() == loss.record()
            for method in ("value", "derivative", "curvature", "majorizer"):
                exact = getattr(loss.record(), method)(1.7, eta)
                assert getattr(there, method)(1.7, eta) == pytest.approx(
                    exact, rel=1e-7
                )


@every_linked
def test_deviance_is_zero_where_the_mean_is_the_target(row, rng):
    record, y, _ = sample(row, rng)
    for target in y[y > 0.0]:
        eta = math.log(target)
        assert record.value(target, eta) == pytest.approx(0.0, abs=1e-30)
        assert record.derivative(target, eta) == pytest.approx(0.0, abs=1e-14)
        assert record.inverse_link(eta) == pytest.approx(target, rel=1e-15)


def test_rows_without_weight_do_not_exist_even_where_the_loss_is_infinite():
    y, eta = np.array([[2.0], [1.0]]), np.array([[0.5], [1e4]])
    record, weight = losses.Poisson().record(), np.array([1.0, 0.0])
    out, (second, pull) = np.empty_like(y), np.zeros((2, 1, 2))
    value = losses.weighted_gradient(record, y, eta, weight, out)
    losses.weighted_hessian(record, y, eta, weight, 0.0, second, pull)
    assert value == losses.weighted_value(record, y, eta, weight)
    assert value == pytest.approx(record.value(2.0, 0.5))
    assert out[1, 0] == second[0, 1] == 0.0


def test_softmax_of_two_classes_is_the_log_loss(rng):
    softmax, binary = losses.Softmax().record(), losses.LogLoss().record()
    for eta in rng.normal(0, 10, size=30):
        for y in (0.0, 1.0):
            pair = np.array([[0.3, eta + 0.3]])
            value = value_of(softmax, np.array([[1.0 - y, y]]), pair, 0)
            assert value == pytest.approx(binary.value(y, eta), rel=1e-12, abs=1e-15)


def test_softmax_ignores_a_common_shift(rng):
    record, y, eta = sample(tables.LOSSES["softmax"], rng)
    for i in range(len(y)):
        value = value_of(record, y, eta + 100.0, i)
        assert value == pytest.approx(value_of(record, y, eta, i), abs=1e-11)
        ones = np.ones(y.shape[1])
        for damping in (0.0, 1.0):
            flat = hessian_of(record, y, eta, i, damping) @ ones
            np.testing.assert_allclose(flat, 0.0, atol=1e-15)


def test_wide_huber_is_squared_error(rng):
    wide, squared = losses.Huber(delta=1e9).record(), losses.SquaredError().record()
    for y, eta in rng.normal(0, 10, size=(30, 2)):
        for method in ("value", "derivative", "curvature", "majorizer"):
            assert getattr(wide, method)(y, eta) == getattr(squared, method)(y, eta)


# Parameter objects and the catalogue --------------------------------------------------


@every_loss
def test_clone_repr_and_pickle_keep_the_parameters(row):
    for other in (clone(row.loss), pickle.loads(pickle.dumps(row.loss))):
        assert type(other) is type(row.loss)
        assert other.get_params() == row.loss.get_params()
    assert all(f"{k}={v!r}" in repr(row.loss) for k, v in row.loss.get_params().items())
    assert pickle.loads(pickle.dumps(row.loss.record())) == row.loss.record()


@pytest.mark.parametrize(("cls", "parameters"), tables.BAD_LOSSES)
def test_a_bad_parameter_is_named_with_its_value(cls, parameters):
    ((name, value),) = parameters.items()
    with pytest.raises(
        ValueError, match=f"{name} of {cls.__name__} must be .*, got "
    ) as e:
        cls(**parameters).record()
    assert repr(value) in str(e.value)


@pytest.mark.parametrize(
    ("owner", "expected"),
    [
        (losses.Quantile(q=0.0), r"a number in \(0, 1\)"),
        (losses.Quantile(q=1.0), r"a number in \(0, 1\)"),
        (losses.Huber(delta=0.0), "a finite number above 0"),
        (losses.Tweedie(power=-1.0), "a finite number of at least 0"),
    ],
    ids=repr,
)
def test_a_message_names_the_range(owner, expected):
    with pytest.raises(ValueError, match=f"must be {expected}, got"):
        owner.record()


def test_every_file_is_exported_and_every_loss_is_in_the_table():
    folder = Path(losses.__file__).parent
    stems = {path.stem for path in folder.glob("*.py") if not path.stem.startswith("_")}
    public = {
        thing
        for thing in map(vars(losses).get, losses.__all__)
        if inspect.isclass(thing) and thing is not losses.Loss
    }
    assert {cls.__module__.rpartition(".")[2] for cls in public} == stems
    rows = [*tables.LOSSES.values(), *tables.KINKED.values()]
    assert public == {type(row.loss) for row in rows}
    # the log-loss of an estimator becomes softmax by itself
    assert public == set(losses.CATALOGUE.values()) | {losses.Softmax}
