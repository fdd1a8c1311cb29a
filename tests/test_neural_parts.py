"""The parts of a network: gradients, one optimiser step, rows, stopping, splits."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse
from scipy.optimize import approx_fprime
from scipy.special import expit
from scipy.stats import norm

from sklreg import losses, penalties
from sklreg._threads import one_blas_thread
from sklreg.neural.activations import CODES, activation_codes
from sklreg.neural.early_stopping import Patience
from sklreg.neural.equal_rows import merged, row_marks
from sklreg.neural.factors import choose_factors, groups_of
from sklreg.neural.layer_penalties import layer_penalties
from sklreg.neural.layers import build_network, layers_in, pack, unpack
from sklreg.neural.objective import Data, Objective
from sklreg.neural.rows import as_rows
from sklreg.neural.validation_split import split
from sklreg.neural.whitening import own_hessians, whitening

LOSSES = {
    "squared_error": losses.SquaredError().record(),
    "huber": losses.Huber(delta=0.5).record(),
    "log_loss": losses.LogLoss().record(),
    "softmax": losses.Softmax().record(),
}
NAIVE = {
    "identity": lambda z: z,
    "relu": lambda z: np.maximum(z, 0),
    "leaky_relu": lambda z: np.where(z > 0, z, 0.01 * z),
    "tanh": np.tanh,
    "elu": lambda z: np.where(z > 0, z, np.expm1(z)),
    "selu": lambda z: (
        1.0507009873554805 * np.where(z > 0, z, 1.6732632423543772 * np.expm1(z))
    ),
    "softplus": lambda z: np.logaddexp(0, z),
    "silu": lambda z: z * expit(z),
    "gelu": lambda z: z * norm.cdf(z),
    "logistic": lambda z: 1 / (1 + np.exp(-z)),
}


def objective(activation, loss, n_outputs, weighted=True, hidden=(4, 3), X=None):
    """A small problem; targets are distributions, which suit every loss."""
    rng = np.random.default_rng(0)
    drawn = rng.standard_normal((23, 5))
    X = drawn if X is None else X
    y = rng.random((23, n_outputs))
    y /= y.sum(axis=1, keepdims=True) if loss == "softmax" else 1.0
    weight = rng.random(23) if weighted else np.ones(23)
    codes = activation_codes(activation, len(hidden))
    network = build_network([5, *hidden, n_outputs], codes)
    penalty = penalties.ElasticNet(l1_ratio=0.5).record(0.1, 5)
    data = Data(as_rows(X), y, weight / weight.mean(), np.arange(23, dtype=np.uint64))
    theta = 0.7 * rng.standard_normal(network.n_parameters)
    sizes = [5, *hidden, n_outputs]
    penalty = layer_penalties(penalty, np.full(len(sizes) - 1, 0.1), 0.0, sizes)
    return Objective(data, network, LOSSES[loss], penalty), theta


@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("n_outputs", [1, 3])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", CODES)
def test_gradient_is_the_derivative_of_the_mean_loss(
    activation, loss, n_outputs, weighted
):
    problem, theta = objective(activation, loss, n_outputs, weighted)
    value, gradient = problem.loss_and_gradient(theta)
    assert value == pytest.approx(problem.mean_loss(theta), rel=1e-12)
    step = 1e-6
    for k in range(0, len(theta), 3):
        away = np.zeros_like(theta)
        away[k] = step
        rise = problem.mean_loss(theta + away) - problem.mean_loss(theta - away)
        assert gradient[k] == pytest.approx(rise / (2 * step), rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("activation", CODES)
def test_forward_is_the_textbook_network(activation):
    problem, theta = objective(activation, "squared_error", 3)
    a = problem.data.rows.values
    coefs, intercepts = unpack(problem.network, theta)
    for w, b in zip(coefs[:-1], intercepts[:-1], strict=True):
        a = NAIVE[activation](a @ w + b)
    (_, eta), *_ = problem.predictions(theta)
    np.testing.assert_allclose(eta, a @ coefs[-1] + intercepts[-1], rtol=1e-12)
    np.testing.assert_array_equal(pack(coefs, intercepts, theta.dtype), theta)


def test_each_hidden_layer_may_have_its_own_activation():
    problem, theta = objective(["silu", "elu"], "squared_error", 1)
    coefs, intercepts = unpack(problem.network, theta)
    a = problem.data.rows.values
    a = NAIVE["silu"](a @ coefs[0] + intercepts[0])
    a = NAIVE["elu"](a @ coefs[1] + intercepts[1])
    (_, eta), *_ = problem.predictions(theta)
    np.testing.assert_allclose(eta, a @ coefs[2] + intercepts[2], rtol=1e-12)


@pytest.mark.parametrize("activation", [["relu"], ["relu", "sigmoid"], "sigmoid", 3])
def test_other_activations_are_refused(activation):
    with pytest.raises(ValueError, match="activation must be"):
        activation_codes(activation, 2)


@pytest.mark.parametrize("activation", sorted(set(CODES) - {"identity"}))
def test_activations_do_not_overflow(activation):
    X = np.full((23, 5), 1e4) * np.where(np.arange(23) % 2, 1.0, -1.0)[:, None]
    problem, theta = objective(activation, "squared_error", 1, X=X)
    assert np.isfinite(problem.loss_and_gradient(theta)[1]).all()


@pytest.mark.parametrize("activity", [0.0, 0.3])
@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "selu", "tanh"])
def test_rounded_kinks_have_a_gradient(activation, activity):
    problem, theta = objective(activation, "squared_error", 1)
    network = problem.network._replace(activity=activity)
    problem = problem._replace(network=network).rounded(np.full(3, 1.5))
    gradient = problem.loss_and_gradient(theta)[1]
    h = 1e-6
    for k in range(0, theta.size, 3):
        ends = [theta + sign * h * (np.arange(theta.size) == k) for sign in (1, -1)]
        up, down = (problem.loss_and_gradient(end)[0] for end in ends)
        assert gradient[k] == pytest.approx((up - down) / (2 * h), rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "selu", "elu"])
def test_rounding_ends_at_the_network_itself(activation):
    problem, theta = objective(activation, "squared_error", 1)
    exact = problem.loss_and_gradient(theta)
    found = problem.rounded(np.full(3, 1e-9)).loss_and_gradient(theta)
    assert found[0] == pytest.approx(exact[0], rel=1e-12)
    np.testing.assert_allclose(found[1], exact[1], rtol=1e-9, atol=1e-12)
    away = [problem.rounded(np.full(3, mu)).loss_and_gradient(theta) for mu in (1, 2)]
    distances = [abs(value - exact[0]) for value, _ in away]
    if activation == "elu":  # its slope does not jump
        assert max(distances) < 1e-12
    else:
        assert 0.0 < distances[0] < distances[1]


@pytest.mark.parametrize("loss", LOSSES)
def test_sparse_rows_are_dense_rows(loss):
    rng = np.random.default_rng(1)
    X = rng.standard_normal((23, 5)) * (rng.random((23, 5)) < 0.3)
    dense, theta = objective("tanh", loss, 3, X=X)
    sparse, _ = objective("tanh", loss, 3, X=scipy.sparse.csr_array(X))
    (value, gradient), (other, others) = (
        problem.loss_and_gradient(theta) for problem in (dense, sparse)
    )
    assert value == pytest.approx(other, rel=1e-13)
    np.testing.assert_allclose(gradient, others, rtol=1e-10, atol=1e-14)


def test_float32_gradient_is_close():
    problem, theta = objective("relu", "softmax", 3)
    single, _ = objective(
        "relu", "softmax", 3, X=problem.data.rows.values.astype(np.float32)
    )
    gradient = single.loss_and_gradient(theta.astype(np.float32))[1]
    assert gradient.dtype == np.float32
    np.testing.assert_allclose(
        gradient, problem.loss_and_gradient(theta)[1], rtol=1e-4, atol=1e-6
    )


# Stopping ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "patience", "min_delta", "stops", "best"),
    [
        ([3, 2, 1, 2, 2], 2, 0.0, 5, 3),
        ([3, 2, 1, 1, 1], 2, 0.0, 5, 5),  # of equals the last is kept
        ([3, 2.9, 2.8, 2.7], 2, 0.5, 3, 3),  # too little, yet better
        ([3, 2.9, 2.4, 2.3, 2.2], 2, 0.5, 5, 5),  # patience starts anew at 2.4
        ([1, 2, 3], 5, 0.0, None, 1),
        ([1, float("nan"), 0.5], 5, 0.0, None, 3),
    ],
)
def test_patience_replayed(values, patience, min_delta, stops, best):
    rule = Patience(min_delta, patience)
    stopped = None
    for epoch, value in enumerate(values, start=1):
        if rule.update(value, np.array([float(epoch)])):
            stopped = epoch
            break
    assert stopped == stops
    assert rule.best_epoch == best
    assert rule.best_theta == best


# Rows -------------------------------------------------------------------------------


def test_marks_tell_rows_apart_by_content():
    X = np.array([[0.0, 1.0], [1.0, 0.0], [0.0, 1.0], [-0.0, 1.0], [0.0, 0.0]])
    marks = row_marks(X, np.random.RandomState(0))
    assert marks[0] == marks[2] == marks[3]
    assert len(set(marks)) == 3
    sparse = row_marks(scipy.sparse.csr_array(X), np.random.RandomState(0))
    np.testing.assert_array_equal(marks, sparse)


def test_merging_makes_weights_and_repetitions_the_same():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((30, 3)), rng.standard_normal((30, 1))
    times = rng.integers(1, 5, 30)
    order = rng.permutation(times.sum())
    many, targets = X.repeat(times, axis=0)[order], y.repeat(times, axis=0)[order]
    first, weight = merged(X, y, times / times.sum())
    again, total = merged(many, targets, np.full(len(many), 1 / len(many)))
    np.testing.assert_array_equal(X[first], many[again])
    np.testing.assert_array_equal(weight, total)


def test_split_keeps_equal_rows_together_and_classes_balanced():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((400, 3)).repeat(2, axis=0)
    strata = (X[:, 0] > 1.0).astype(int)
    weight = np.full(800, 1 / 800)
    train, held_out = split(X, strata, weight, 0.25, np.random.RandomState(0))
    assert len(train) + len(held_out) == 800
    for stratum in (0, 1):
        share = (strata[held_out] == stratum).sum() / (strata == stratum).sum()
        assert share == pytest.approx(0.25, abs=0.03)
    assert not set(map(tuple, X[train])) & set(map(tuple, X[held_out]))


def test_split_of_one_distinct_row_says_so():
    X = np.ones((4, 2))
    with pytest.raises(ValueError, match="n_samples=1"):
        split(X, np.zeros(4), np.ones(4), 0.5, np.random.RandomState(0))


def test_blas_threads_are_restored_after_overlapping_uses():
    from threadpoolctl import threadpool_info

    def threads():
        return [p["num_threads"] for p in threadpool_info() if p["user_api"] == "blas"]

    with one_blas_thread():
        pass  # the libraries are loaded
    before = threads()
    first, second = one_blas_thread(), one_blas_thread()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert set(threads()) == {1}
    second.__exit__(None, None, None)
    assert threads() == before


@pytest.mark.parametrize("name", ["GroupL1", "GroupElasticNet", "SparseGroupL1"])
def test_groups_are_products_of_their_factors(name):
    network = build_network([4, 3, 2], [CODES["tanh"]])
    own = getattr(penalties, name)(groups=[0, 0, 1, 2]).record(0.3, 4)
    penalty = layer_penalties(own, np.ones(2), 0.0, [4, 3, 2])
    o = Objective(None, network, None, penalty)
    rng = np.random.default_rng(0)
    theta, slopes = rng.normal(size=(2, network.n_parameters))
    theta[6:9] = 0.0  # the group of the third feature
    factors = choose_factors(groups_of(o), theta, np.ones_like(theta))
    again, u = np.zeros_like(theta), factors.variables(theta)
    factors.write(u, again)
    np.testing.assert_allclose(again, theta, rtol=1e-14)
    assert factors.imbalance(u) == pytest.approx(0.0, abs=1e-20)
    assert factors.strength @ u[: len(factors.strength)] ** 2 == pytest.approx(
        sum(
            strength * np.linalg.norm(theta[groups_of(o).number == g])
            for g, strength in enumerate(groups_of(o).strength)
        )
    )

    def value(u):
        factors.write(u, again)
        return slopes @ again + factors.imbalance(u)

    u *= rng.uniform(0.5, 2.0, len(u))
    np.testing.assert_allclose(
        factors.gradient(u, slopes), approx_fprime(u, value, 1e-7), atol=1e-5
    )


def ridge(problem, theta):
    """The same with an l2 penalty of 0.1."""
    sizes = problem.network.sizes.tolist()
    own = penalties.L2().record(0.1, sizes[0])
    penalty = layer_penalties(own, np.full(len(sizes) - 1, 0.1), 0.0, sizes)
    return problem._replace(penalty=penalty), theta


@pytest.mark.parametrize("loss", ["squared_error", "log_loss"])
@pytest.mark.parametrize("width", [1e-9, 0.5])
def test_the_hessian_of_a_unit_is_no_less_curved_than_its_part(loss, width):
    problem, theta = ridge(*objective("relu", loss, 1, hidden=(4,)))
    problem = problem.rounded(np.full(2, width))
    found = own_hessians(problem, theta)
    positions = layers_in(problem.network, np.arange(len(theta)))
    for layer, own in enumerate(positions):
        for c, unit in enumerate(np.vstack([own.weights, own.biases]).T):
            part = np.empty((len(unit), len(unit)))
            for row, j in zip(part, unit, strict=True):
                step = 1e-6 * (np.arange(len(theta)) == j)
                up = problem.loss_and_gradient(theta + step)[1]
                row[:] = (up - problem.loss_and_gradient(theta - step)[1])[unit] / 2e-6
            part += np.diag([0.1] * (len(unit) - 1) + [0.0])
            more = np.linalg.eigvalsh(found[layer][c] - 0.5 * (part + part.T))
            assert more.min() >= -1e-6
            if width < 0.1 or layer == 1:
                assert more.max() <= 1e-6


def test_whitened_variables_are_a_linear_map():
    problem, theta = ridge(*objective("relu", "log_loss", 1))
    problem = problem.rounded(np.full(3, 0.1))
    variables = whitening(problem, theta)
    u = variables.variables(theta)
    np.testing.assert_allclose(variables.theta(u), theta, atol=1e-9)
    slopes = problem.loss_and_gradient(theta)[1]
    away = np.random.default_rng(1).normal(size=len(u))
    along = variables.theta(away) @ slopes
    assert variables.gradient(slopes) @ away == pytest.approx(along)
