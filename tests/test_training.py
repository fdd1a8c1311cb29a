"""How networks are trained: steps, penalties of layers, dropout, normalisation."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse
from tables import GROUPED
from user_penalties import LHalf

from sklreg import losses, penalties
from sklreg.neural.activations import activation_codes
from sklreg.neural.batch_norm import EPSILON as BN_EPSILON
from sklreg.neural.dropout import drop_units
from sklreg.neural.folding import fold
from sklreg.neural.layer_penalties import layer_penalties
from sklreg.neural.layers import build_network, layers_in, pack, workspace
from sklreg.neural.objective import Data, Objective, batch_gradient
from sklreg.neural.optimizers import adam, descend, momentum, new_memory
from sklreg.neural.rows import as_rows
from sklreg.neural.scales import Scales
from sklreg.neural.schedules import Schedule
from sklreg.neural.training import batch_bounds

LOSSES = {
    "squared_error": losses.SquaredError().record(),
    "softmax": losses.Softmax().record(),
}
UNITS = Scales(np.array([1.0, 3.0]), 2.0, 1.0, np.zeros(1), 7.0)
NO_NORMS = np.full(2, np.inf)
RULES = {
    "adam": adam(0.1, (0.9, 0.99), UNITS, 0.0, NO_NORMS),
    "adamw": adam(0.1, (0.8, 0.99), UNITS, 0.5, NO_NORMS),
    "momentum": momentum(0.1, 0.9, False, UNITS, 0.0, NO_NORMS),
    "nesterov": momentum(0.1, 0.6, True, UNITS, 0.2, NO_NORMS),
}
PENALTIES = {
    "l1": penalties.L1(),
    "elasticnet": penalties.ElasticNet(),
    "mcp": penalties.MCP(),
    "l_half": LHalf(),
    **GROUPED,
}


def problem(penalty=None, loss="squared_error", n_outputs=1, hidden=(4,), **net):
    """A small problem of 6 features."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((23, 6))
    y = rng.random((23, n_outputs))
    y /= y.sum(axis=1, keepdims=True) if loss == "softmax" else 1.0
    sizes = [6, *hidden, n_outputs]
    codes = activation_codes(net.pop("activation", "tanh"), len(hidden))
    network = build_network(sizes, codes, **net)
    own = (penalty or penalties.L2()).record(1.0, 6)
    alphas = np.array([0.05, 0.02, 0.01])[: len(sizes) - 1]
    weight = rng.uniform(0.5, 2.0, 23)
    marks = np.arange(100, 123, dtype=np.uint64)
    data = Data(as_rows(X), y, weight / weight.mean(), marks)
    terms = layer_penalties(own, alphas, 0.3, sizes)
    theta = 0.7 * rng.standard_normal(network.n_parameters)
    return Objective(data, network, LOSSES[loss], terms), theta


def naive_blocks(penalty, weights, layer):
    """Rows of each block of a layer's weights: the groups, units, or single weights."""
    if penalty.separable:
        return None
    rows = np.arange(len(weights))
    return penalty.blocks(rows) if layer == 0 else rows


# Steps -----------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
@pytest.mark.parametrize("penalty", PENALTIES.values(), ids=PENALTIES)
def test_a_step_is_the_formula_then_the_prox_of_its_own_length(penalty, rule):
    objective, theta = problem(penalty)
    network, expected = objective.network, theta.copy()
    memory = new_memory(theta)
    m, v = np.zeros_like(theta), np.zeros_like(theta)
    for t, factor in enumerate([1.0, 0.5, 0.7], start=1):
        gradient = objective.loss_and_gradient(theta)[1]
        descend(objective.penalty, network, theta, gradient, memory, rule, factor)
        m = rule.beta_1 * m + (1 - rule.beta_1) * gradient
        v = rule.beta_2 * v + (1 - rule.beta_2) * gradient**2
        direction = rule.along * m + rule.ahead * gradient
        if rule.corrects:
            direction = direction / (1 - rule.beta_1**t)
        scaled = v / (1 - rule.beta_2**t) if rule.corrects else np.ones_like(v)
        layers = zip(
            *(layers_in(network, part) for part in (expected, direction, scaled)),
            strict=True,
        )
        for layer, (own, move, second) in enumerate(layers):
            rate, floor = factor * rule.rates[layer], rule.floors[layer]
            if not rule.scaled:
                floor = 0.0
            step = rate / (np.sqrt(second.biases) + floor)
            own.biases[:] = (own.biases - step * move.biases) / (1 + step * 0.3)
            record = objective.penalty.at_layer(layer)
            blocks = naive_blocks(record, own.weights, layer)
            squares = second.weights
            if blocks is not None:
                squares = np.empty_like(squares)
                for g in np.unique(blocks):
                    squares[blocks == g] = second.weights[blocks == g].mean()
            step = rate / (np.sqrt(squares) + floor)
            z = (1 - factor * rule.decay) * own.weights - step * move.weights
            own.weights[:] = naive_prox(record, z, step, blocks)
        np.testing.assert_allclose(theta, expected, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("penalty", ["l1", "elasticnet"])
def test_a_step_in_single_precision_is_that_in_double(penalty):
    objective, theta = problem(PENALTIES[penalty])
    gradient = objective.loss_and_gradient(theta)[1]
    found = {}
    for dtype in (np.float32, np.float64):
        found[dtype], g = theta.astype(dtype), gradient.astype(dtype)
        memory = new_memory(found[dtype])
        for _ in range(30):
            args = objective.penalty, objective.network, found[dtype], g, memory
            descend(*args, RULES["adam"], 1.0)
    single, double = found.values()
    assert 0 < (double == 0.0).sum() < theta.size
    np.testing.assert_array_equal(single == 0.0, double == 0.0)
    np.testing.assert_allclose(single, double, rtol=1e-4, atol=1e-6)


def naive_prox(record, z, step, blocks):
    out = z.copy()
    if blocks is None:
        for j, c in np.ndindex(z.shape):
            out[j, c] = record.prox(z[j, c], step[j, c], j)
        return out
    for g in np.unique(blocks):
        rows = np.flatnonzero(blocks == g)
        block = out[rows].ravel()
        columns = rows.repeat(z.shape[1])
        record.block_prox(block, step[rows[0], 0], columns, 0, len(block))
        out[rows] = block.reshape(len(rows), -1)
    return out


@pytest.mark.parametrize("penalty", GROUPED.values(), ids=GROUPED)
@pytest.mark.parametrize("step", [0.1, 0.7, 3.0])
def test_prox_of_a_block_is_optimal(penalty, step):
    record = penalty.record(0.8, 6)
    rng = np.random.default_rng(1)
    for g in np.unique(record.groups):
        columns = np.flatnonzero(record.groups == g).repeat(2)
        z = rng.standard_normal(len(columns))
        u, left = z.copy(), np.empty(len(z))
        record.block_prox(u, step, columns, 0, len(z))
        slopes, norms = (u - z) / step, np.ones(len(z))
        record.block_violation(u, slopes, norms, columns, 0, len(z), left)
        assert left.max() <= 1e-12


@pytest.mark.parametrize("nesterov", [True, False])
def test_momentum_is_the_textbooks(nesterov):
    """Velocity ``u <- mu u - rate g``, and Nesterov's step ``mu u - rate g``."""
    objective, theta = problem(penalties.L2())
    objective = objective._replace(
        penalty=objective.penalty._replace(alphas=np.zeros(2), bias_alpha=0.0)
    )
    units = UNITS._replace(parameters=np.ones(2), unit=1.0)
    rule = momentum(0.1, 0.9, nesterov, units, 0.0, NO_NORMS)
    expected, velocity, memory = theta.copy(), np.zeros_like(theta), new_memory(theta)
    for _ in range(4):
        gradient = objective.loss_and_gradient(theta)[1]
        descend(
            objective.penalty, objective.network, theta, gradient, memory, rule, 1.0
        )
        velocity = 0.9 * velocity - 0.1 * gradient
        expected += 0.9 * velocity - 0.1 * gradient if nesterov else velocity
        np.testing.assert_allclose(theta, expected, rtol=1e-12)


def test_incoming_weights_of_hidden_units_stay_below_the_largest_norm():
    objective, theta = problem(hidden=(4,))
    rule = RULES["momentum"]._replace(max_norms=np.array([0.5, np.inf]))
    before = layers_in(objective.network, theta)[0].weights.copy()
    gradient = np.zeros_like(theta)
    penalty = objective.penalty._replace(alphas=np.zeros(2))
    descend(penalty, objective.network, theta, gradient, new_memory(theta), rule, 1.0)
    hidden, last = layers_in(objective.network, theta)
    norms = np.linalg.norm(before, axis=0)
    assert (norms > 0.5).any()
    expected = before * np.minimum(0.5 / norms, 1.0)
    np.testing.assert_allclose(hidden.weights, expected, rtol=1e-12)
    assert np.linalg.norm(last.weights) > 0.5


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("constant", [1, 1, 1, 1]),
        ("invscaling", [1, 1, 11**-0.5, 11**-0.5]),
        ("cosine", [1, 0.5 + 0.25**0.5 / 2**0.5, 0.5, 0.5 - 0.25**0.5 / 2**0.5]),
    ],
)
def test_schedules_by_hand(name, expected):
    schedule = Schedule(name, 0.5, 2, 0.1)
    factors = np.concatenate([schedule.next_epoch(10, 2) for _ in range(2)])
    np.testing.assert_allclose(factors, expected, rtol=1e-12)


def test_one_cycle_rises_and_falls():
    schedule = Schedule("one_cycle", 0.5, 10, 0.1)
    factors = np.concatenate([schedule.next_epoch(10, 10) for _ in range(10)])
    assert factors[0] == pytest.approx(1 / 25)
    assert factors.argmax() == 30
    assert factors[30] == pytest.approx(1.0)
    assert (np.diff(factors[:31]) > 0).all()
    assert (np.diff(factors[30:]) < 0).all()
    assert factors[-1] < 0.01


def test_adaptive_slows_down_before_it_ends():
    schedule = Schedule("adaptive", 0.5, 10, 1e-4)
    assert schedule.next_epoch(10, 1)[0] == 1.0
    assert schedule.slow_down()
    assert schedule.next_epoch(10, 1)[0] == pytest.approx(0.2)
    assert schedule.slow_down()
    assert not schedule.slow_down()  # below 1e-6
    assert not Schedule("constant", 0.5, 10, 0.1).slow_down()


@pytest.mark.parametrize(
    ("n", "size", "least", "expected"),
    [
        (10, 4, 1, [0, 4, 8, 10]),
        (9, 4, 1, [0, 4, 8, 9]),
        (9, 4, 2, [0, 4, 9]),
        (8, 4, 2, [0, 4, 8]),
        (1, 4, 2, [0, 1]),
    ],
)
def test_mini_batches_are_of_several_rows_where_one_will_not_do(
    n, size, least, expected
):
    np.testing.assert_array_equal(batch_bounds(n, size, least), expected)


# Penalties of layers ------------------------------------------------------------------


@pytest.mark.parametrize("penalty", PENALTIES.values(), ids=PENALTIES)
def test_penalty_of_a_network_is_the_sum_over_layers(penalty):
    objective, theta = problem(penalty, hidden=(4, 3))
    total = 0.0
    for layer, own in enumerate(layers_in(objective.network, theta)):
        record = objective.penalty.at_layer(layer)
        total += 0.15 * (own.biases**2).sum()
        blocks = naive_blocks(record, own.weights, layer)
        for j, c in np.ndindex(own.weights.shape):
            if blocks is None:
                total += record.value(own.weights[j, c], j)
        for g in np.unique(blocks) if blocks is not None else []:
            rows = np.flatnonzero(blocks == g)
            block, columns = own.weights[rows].ravel(), rows.repeat(len(own.biases))
            total += record.block_value(block, columns, 0, len(block))
    assert objective.penalty_value(theta) == pytest.approx(total, rel=1e-12)


@pytest.mark.parametrize("penalty", PENALTIES.values(), ids=PENALTIES)
def test_violation_vanishes_where_the_prox_stands_still(penalty):
    """At ``u = prox(u - step g)`` minus `g` is a subgradient, whatever `g` is."""
    objective, theta = problem(penalty)
    rng = np.random.default_rng(2)
    gradient = 0.1 * rng.standard_normal(theta.shape)
    for layer, parts in enumerate(
        zip(
            layers_in(objective.network, theta),
            layers_in(objective.network, gradient),
            strict=True,
        )
    ):
        own, slope = parts
        own.biases[:] = -slope.biases / 0.3
        z = own.weights.copy()
        objective.penalty.weights_prox(layer, own.weights, 0.2)
        slope.weights[:] = (own.weights - z) / 0.2
    left = objective.violations(theta, gradient, np.array([0.2, 0.2]))
    assert left.max() <= 1e-12


# Dropout -----------------------------------------------------------------------------


def test_dropout_keeps_the_mean_and_its_mask():
    values, mask = np.ones((1000, 100)), np.empty((1000, 100))
    drop_units(values, 0.8, np.arange(1000, dtype=np.uint64), 1, mask)
    np.testing.assert_array_equal(values, mask)
    assert set(np.unique(values)) == {0.0, 1.25}
    assert values.mean() == pytest.approx(1.0, abs=0.01)
    assert np.ptp(values.mean(axis=0)) < 0.2  # whatever the unit
    other = np.ones((1000, 100))
    drop_units(other, 0.8, np.arange(1000, dtype=np.uint64), 2, mask)
    assert (other != values).mean() == pytest.approx(0.32, abs=0.02)


def test_dropout_of_features_is_that_of_rows_dense_or_sparse():
    rng = np.random.default_rng(0)
    X = np.where(rng.random((50, 40)) < 0.5, 0.0, 1.0)
    chosen, keys = np.array([3, 7, 3]), np.array([1, 2, 1], dtype=np.uint64)
    dense, sparse = as_rows(X), as_rows(scipy.sparse.csr_array(X))
    found = []
    for rows in (dense, sparse):
        gathered = np.empty(rows.room(3))
        rows.gather(chosen, gathered)
        rows.drop_gathered(chosen, gathered, 0.5, keys)
        found.append(gathered)
    batch = found[0].reshape(3, 40)
    np.testing.assert_array_equal(batch[0], batch[2])  # equal rows, equal masks
    np.testing.assert_array_equal(
        batch[X[chosen] != 0], found[1][: (X[chosen] != 0).sum()]
    )
    kept = batch[X[chosen] != 0]
    assert set(np.unique(kept)) == {0.0, 2.0}


# Gradients ----------------------------------------------------------------------------


def gradient_of(objective, theta, key, chosen):
    """The mean loss of a mini-batch in training, and its gradient."""
    data, gradient = objective.data, np.empty_like(theta)
    work = workspace(objective.network, data.rows, len(chosen), theta.dtype)
    arrays = data.rows, data.y, data.weight, data.marks, chosen
    value = batch_gradient(
        *arrays, objective.network, objective.loss, theta, work, gradient, 0.1, key
    )
    return value, gradient


TRAINING = {
    "dropout": {"keep": [1.0, 0.5, 0.7]},
    "input_dropout": {"keep": [0.6, 1.0, 1.0]},
    "batch_norm": {"normalised": True},
    "activity": {"activity": 0.3},
    "all": {"keep": [0.8, 0.6, 0.9], "normalised": True, "activity": 0.2},
}


@pytest.mark.parametrize("n_outputs", [1, 3])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ["tanh", "gelu", "softplus", "selu"])
@pytest.mark.parametrize("net", TRAINING.values(), ids=TRAINING)
def test_gradient_in_training_is_the_derivative(net, activation, loss, n_outputs):
    objective, theta = problem(
        None, loss, n_outputs, hidden=(4, 3), activation=activation, **net
    )
    chosen, key = np.arange(3, 20), np.uint64(5)
    _, gradient = gradient_of(objective, theta, key, chosen)
    step = 1e-6
    for k in range(0, len(theta), 3):
        values = []
        for sign in (1, -1):
            away = theta.copy()
            away[k] += sign * step
            values.append(gradient_of(objective, away, key, chosen)[0])
        slope = (values[0] - values[1]) / (2 * step)
        assert gradient[k] == pytest.approx(slope, rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("net", TRAINING.values(), ids=TRAINING)
def test_sparse_rows_train_as_dense_ones_do(net):
    objective, theta = problem(hidden=(4, 3), **net)
    X = objective.data.rows.values * (np.arange(6) % 4 > 0)
    objective = objective._replace(data=objective.data._replace(rows=as_rows(X)))
    sparse = objective._replace(
        data=objective.data._replace(rows=as_rows(scipy.sparse.csr_array(X)))
    )
    chosen = np.array([7, 2, 11, 5, 20])
    found = [
        gradient_of(part, theta, np.uint64(3), chosen) for part in (objective, sparse)
    ]
    assert found[0][0] == pytest.approx(found[1][0], rel=1e-12)
    np.testing.assert_allclose(found[0][1], found[1][1], rtol=1e-9, atol=1e-13)


def test_weights_of_rows_are_repetitions_in_training():
    objective, theta = problem(hidden=(4, 3), **TRAINING["all"])
    data = objective.data
    times = np.arange(23) % 3 + 1
    weighted = objective._replace(data=data._replace(weight=times.astype(float)))
    many = data._replace(
        rows=as_rows(data.rows.values.repeat(times, axis=0)),
        y=data.y.repeat(times, axis=0),
        weight=np.ones(times.sum()),
        marks=data.marks.repeat(times),
    )
    repeated = objective._replace(data=many)
    one = gradient_of(weighted, theta, np.uint64(0), np.arange(23))
    other = gradient_of(repeated, theta, np.uint64(0), np.arange(times.sum()))
    assert one[0] == pytest.approx(other[0], rel=1e-12)
    np.testing.assert_allclose(one[1], other[1], rtol=1e-9, atol=1e-12)
    folded = [fold(part, theta).theta for part in (weighted, repeated)]
    np.testing.assert_allclose(*folded, rtol=1e-10, atol=1e-13)


# Folding ------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_folding_changes_no_prediction(activation):
    objective, theta = problem(
        hidden=(4, 3), activation=activation, normalised=True, n_outputs=2
    )
    a, weight = objective.data.rows.values, objective.data.weight
    layers = layers_in(objective.network, theta)
    for own in layers[:-1]:
        z = a @ own.weights
        mean = np.average(z, axis=0, weights=weight)
        variance = np.average((z - mean) ** 2, axis=0, weights=weight)
        z = own.scales * (z - mean) / np.sqrt(variance + BN_EPSILON) + own.biases
        a = np.tanh(z) if activation == "tanh" else np.maximum(z, 0)
    expected = a @ layers[-1].weights + layers[-1].biases
    plain = objective.plain
    (_, eta), *_ = plain.predictions(fold(objective, theta).theta)
    np.testing.assert_allclose(eta, expected, rtol=1e-10, atol=1e-12)


def test_without_normalisation_nothing_is_folded():
    objective, theta = problem()
    assert fold(objective, theta).theta is theta
    layers = layers_in(objective.network, theta)
    coefs, intercepts = [w for w, _, _ in layers], [b for _, b, _ in layers]
    np.testing.assert_array_equal(pack(coefs, intercepts, theta.dtype), theta)
