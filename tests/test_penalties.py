"""Penalties: each method against its definition, by brute force."""

from __future__ import annotations

import copy
import inspect
import math
import pickle
from pathlib import Path

import numpy as np
import pytest
import scipy.optimize
import tables
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone

from sklreg import penalties
from sklreg._compile import kernel

POINTS = [-3.0, -1.2, -0.7, -0.2, 0.0, 0.1, 0.65, 0.9, 2.0, 4.5]
STEPS = [0.1, 1.0, 2.5]
OWN = {
    name: r for name, r in tables.RECORDS.items() if name not in tables.USER_PENALTIES
}
EVEN = {
    name: r
    for name, r in tables.RECORDS.items()
    if not name.startswith(("positive", "bounded"))
}

every_record = pytest.mark.parametrize(
    "record", tables.RECORDS.values(), ids=tables.RECORDS
)
every_own = pytest.mark.parametrize("record", OWN.values(), ids=OWN)
every_convex = pytest.mark.parametrize(
    "record", tables.CONVEX.values(), ids=tables.CONVEX
)
MADE = tables.PENALTIES | tables.USER_PENALTIES | tables.COMPOSED | tables.GROUPED

every_object = pytest.mark.parametrize(
    "penalty",
    (tables.PENALTIES | tables.USER_PENALTIES).values(),
    ids=tables.PENALTIES | tables.USER_PENALTIES,
)
finite = st.floats(-50.0, 50.0)
steps = st.floats(0.01, 20.0)


def lowest(objective, low, high):
    """Return the minimum on [low, high]: a grid with zero, then a local search."""

    def capped(x):  # the local search subtracts values
        return min(objective(x), 1e100)

    grid = np.append(np.linspace(low, high, 4001), 0.0)
    best = min(grid, key=capped)
    width = 2.0 * (high - low) / 4000
    near = scipy.optimize.minimize_scalar(
        capped,
        bounds=(best - width, best + width),
        method="bounded",
        options={"xatol": 1e-12},
    )
    return min(capped(best), near.fun)


def feasible(record, x):
    """Return the nearest point at which the penalty is finite."""
    return float(record.nearest(np.array([x]), np.zeros(1, dtype=np.intp))[0])


def one_sided(record, x, h=1e-7):
    """Return the left and right derivative of the penalty."""
    here = record.value(x, 0)
    return (here - record.value(x - h, 0)) / h, (record.value(x + h, 0) - here) / h


# The proximal operator ----------------------------------------------------------------


@every_record
@pytest.mark.parametrize("step", STEPS)
def test_prox_is_the_lowest_point(record, step):
    for x in POINTS:

        def objective(u, x=x):
            return 0.5 * (u - x) ** 2 + step * record.value(u, 0)

        u = record.prox(x, step, 0)
        assert objective(u) <= lowest(objective, -5.0, 5.0) + 1e-9


@every_record
@given(x=finite, step=steps)
def test_prox_satisfies_its_optimality_condition(record, x, step):
    u = record.prox(x, step, 0)
    h = 1e-6 * max(1.0, abs(u))
    left, right = one_sided(record, u, h)
    slope = (x - u) / step
    slack = 1e-5 * (1.0 + abs(slope) + abs(u))
    assert left - slack <= slope <= right + slack


@every_convex
@given(x=finite, z=finite, step=steps)
def test_prox_of_a_convex_penalty_is_nonexpansive(record, x, z, step):
    moved = abs(record.prox(x, step, 0) - record.prox(z, step, 0))
    assert moved <= abs(x - z) * (1.0 + 1e-12) + 1e-12


@every_record
@given(x=finite, z=finite, step=steps)
def test_prox_is_monotone(record, x, z, step):
    low, high = sorted((x, z))
    assert record.prox(low, step, 0) <= record.prox(high, step, 0) + 1e-12 * abs(high)


@pytest.mark.parametrize("record", EVEN.values(), ids=EVEN)
@given(x=finite, step=steps)
def test_prox_is_odd_and_shrinks(record, x, step):
    u = record.prox(x, step, 0)
    assert record.prox(-x, step, 0) == -u
    assert abs(u) <= abs(x)


@every_record
@given(step=steps)
def test_zero_stays_zero(record, step):
    assert record.value(0.0, 0) == 0.0
    assert record.prox(0.0, step, 0) == 0.0


@pytest.mark.parametrize("name", [*tables.PENALTIES, "none"])
@given(x=finite, step=steps)
def test_positive_is_the_positive_part(name, x, step):
    free = tables.RECORDS[name]
    record = tables.RECORDS[f"positive_{name}"]
    assert record.prox(x, step, 0) == max(free.prox(x, step, 0), 0.0)
    assert record.value(abs(x), 0) == free.value(abs(x), 0)
    assert record.value(-abs(x) - 1e-300, 0) == math.inf


# Slopes -------------------------------------------------------------------------------


@every_own
@pytest.mark.parametrize("x", POINTS)
def test_derivative_and_curvature(record, x):
    x = feasible(record, x)
    left, right = one_sided(record, x)
    curvature = record.curvature(x, 0)
    if right - left > 1e-3:  # a kink
        assert curvature == math.inf
        return
    h = 1e-4
    assert record.derivative(x, 0) == pytest.approx(0.5 * (left + right), abs=1e-5)
    if math.isfinite(curvature):
        third = record.value(x + h, 0) - 2 * record.value(x, 0) + record.value(x - h, 0)
        assert curvature == pytest.approx(third / h**2, abs=1e-5)
    else:  # a kink at which both slopes are the same
        assert x == 0.0


@every_own
@given(x=finite, g=finite, step=steps)
def test_violation_is_the_distance_to_the_subdifferential(record, x, g, step):
    x = 0.0 if abs(x) < 1.0 else x
    x = feasible(record, x)
    left, right = one_sided(record, x, 1e-6)
    distance = max(left - -g, -g - right, 0.0)
    assert record.violation(x, g, step, 0) == pytest.approx(distance, abs=1e-3)


@every_record
@given(x=finite, step=st.floats(0.01, 2.0))
def test_violation_is_zero_at_the_prox_and_nowhere_near(record, x, step):
    u = record.prox(x, step, 0)
    g = (u - x) / step  # so that u minimises g u + value(u) + (u - u)^2 / (2 step)
    rounding = 1e-10 * (1.0 + abs(x) / step)
    assert record.violation(u, g, step, 0) <= rounding
    for way in (-1.0, 1.0):
        if record.value(u + 0.1 * way, 0) < math.inf:
            pushed = g - 10.0 * (1.0 + abs(g)) * way
            assert record.violation(u, pushed, step, 0) > 0.1
    moved = abs(u) + 1.0
    assert record.violation(moved, 50.0, step, 0) > 1.0


# Duality ------------------------------------------------------------------------------


@every_convex
def test_conjugate_is_the_supremum(record):
    for v in [-2.0, -0.7, -0.3, 0.0, 0.2, 0.21, 0.7, 0.70001, 3.0]:

        def negated(x, v=v):
            return record.value(x, 0) - v * x

        conjugate = record.conjugate(v, 0)
        if conjugate == math.inf:
            assert lowest(negated, -1e9, 1e9) < -1e2
        else:
            assert conjugate == pytest.approx(-lowest(negated, -50.0, 50.0), abs=1e-9)


@every_convex
@given(x=finite, v=finite)
def test_fenchel_young(record, x, v):
    x = feasible(record, x)
    total = record.value(x, 0) + record.conjugate(v, 0)
    assert total >= v * x - 1e-9 * (1.0 + abs(v * x))
    if x != 0.0 and math.isfinite(record.curvature(x, 0)):
        slope = record.derivative(x, 0)
        equal = record.value(x, 0) + record.conjugate(slope, 0)
        if math.isfinite(equal):  # rounding may leave the domain by an ulp
            assert equal == pytest.approx(slope * x, rel=1e-9, abs=1e-9)


@every_convex
@given(v=finite)
def test_dual_scale_leads_into_the_domain(record, v):
    scale = record.dual_scale(v, 0)
    assert 0.0 <= scale <= 1.0
    if math.isfinite(feasible(record, math.copysign(math.inf, v))):
        assert scale > 1.0 - 1e-7  # a bound makes the conjugate finite
        assert record.conjugate(v, 0) < math.inf
        return
    assert record.conjugate(scale * v, 0) <= 1e-9
    if scale < 1.0 and abs(v) > 1e-3:
        assert record.conjugate((1.01 * scale + 1e-3) * v, 0) > 0.0


# What is asked in Python --------------------------------------------------------------


@every_record
def test_is_smooth_tells_whether_any_curvature_is_infinite(record):
    infinite = any(record.curvature(x, 0) == math.inf for x in POINTS if x >= 0.0)
    assert record.is_smooth() == (not infinite)


@every_record
def test_ridge_strength_is_the_factor_of_half_the_square(record):
    strength = record.ridge_strength()
    values = np.array([record.value(x, 0) for x in POINTS])
    squares = 0.5 * np.square(POINTS)
    is_ridge = record.is_smooth() and getattr(record, "weights", [1.0])[0] == 1.0
    assert math.isnan(strength) == (not is_ridge)
    if is_ridge:
        np.testing.assert_allclose(values, strength * squares, atol=1e-14)


@every_record
@given(
    g=st.lists(st.floats(-20.0, 20.0), min_size=4, max_size=4),
    step=st.floats(0.1, 3.0),
)
def test_critical_alpha_is_where_zero_stops_being_optimal(record, g, step):
    gradient, moves = np.array([g]).T, np.full(4, step)
    critical = record.critical_alpha(gradient, moves)

    def moved(alpha):
        at = tables.strong(record, alpha)
        return max(abs(at.prox(-step * g_j, step, j)) for j, g_j in enumerate(g))

    if critical == math.inf:
        assert moved(1e6) > 0.0
        return
    assert moved(critical * (1.0 + 1e-9)) <= 1e-12 * max(map(abs, g))
    if critical > 1e-6:
        assert moved(0.99 * critical) > 0.0


@every_convex
@given(rows=st.lists(st.lists(finite, min_size=4, max_size=4), min_size=2, max_size=2))
def test_softmax_shift_does_not_raise_the_penalty(record, rows):
    columns = np.arange(2)
    rows = record.nearest(np.array(rows), columns)
    shifted = rows - record.softmax_shift(rows, columns)[:, None]

    def total(rows):
        return sum(record.value(x, j) for j, row in enumerate(rows) for x in row)

    assert total(shifted) <= total(rows) * (1.0 + 1e-12) + 1e-12
    again = record.softmax_shift(shifted, columns)
    np.testing.assert_allclose(again, 0.0, atol=1e-10)


# Compiled -----------------------------------------------------------------------------


@kernel
def all_methods(penalty, x, g, step, out):
    for i in range(x.shape[0]):
        j = i % 4
        out[i, 0] = penalty.value(x[i], j)
        out[i, 1] = penalty.prox(x[i], step, j)
        out[i, 2] = penalty.derivative(x[i], j)
        out[i, 3] = penalty.curvature(x[i], j)
        out[i, 4] = penalty.violation(x[i], g[i], step, j)
        out[i, 5] = penalty.conjugate(g[i], j)
        out[i, 6] = penalty.dual_scale(g[i], j)
        out[i, 7] = penalty.within(x[i], j)


@every_record
def test_compiled_equals_plain_python(record):
    x = np.repeat(POINTS, len(POINTS))
    g = np.tile(POINTS, len(POINTS))
    compiled, plain = np.empty((len(x), 8)), np.empty((len(x), 8))
    all_methods._in_memory(record, x, g, 0.4, compiled)
    all_methods.py_func(record, x, g, 0.4, plain)
    np.testing.assert_allclose(compiled, plain, rtol=1e-14, atol=1e-14)


def test_all_methods_are_compared():
    in_kernels = set(inspect.signature(penalties.Penalty.value).parameters) - {"self"}
    per_number = {
        name
        for name, method in inspect.getmembers(penalties.Penalty, inspect.isfunction)
        if in_kernels & set(inspect.signature(method).parameters)
        and "j" in inspect.signature(method).parameters
    }
    assert per_number == set(all_methods.py_func.__code__.co_names) - {"range", "shape"}


# Parameter objects --------------------------------------------------------------------


@pytest.mark.parametrize("penalty", MADE.values(), ids=MADE)
def test_clone_repr_and_pickle_keep_the_parameters(penalty):
    copies = [clone(penalty), pickle.loads(pickle.dumps(penalty)), copy.copy(penalty)]
    for other in copies:
        assert type(other) is type(penalty)
        assert other is not penalty
        assert repr(other) == repr(penalty)
    names = {"LHalf": None} | vars(penalties)
    assert repr(penalty).startswith(type(penalty).__name__)
    own = penalty.get_params(deep=False)
    assert all(f"{name}={value!r}" in repr(penalty) for name, value in own.items())
    assert type(penalty).__name__ in names


@every_object
def test_set_params_changes_the_object_in_place(penalty):
    penalty = clone(penalty)
    for name, value in penalty.get_params().items():
        assert penalty.set_params(**{name: 0.9 * value}) is penalty
        assert penalty.get_params()[name] == 0.9 * value
        assert 0.9 * value in penalty.record(1.0, 3)
    with pytest.raises(
        ValueError, match=f"{type(penalty).__name__}.*no parameter 'foo'"
    ):
        penalty.set_params(foo=1.0)


@every_object
def test_a_record_is_immutable_and_pickles(penalty):
    record = penalty.record(2.0, 3)
    assert record.alpha == 2.0
    with pytest.raises(AttributeError):
        record.alpha = 3.0
    again = pickle.loads(pickle.dumps(record))
    assert type(again) is type(record)
    assert again == record


@every_object
def test_whole_numbers_make_the_same_record(penalty):
    assert all(isinstance(field, float) for field in penalty.record(1, 3))


@pytest.mark.parametrize(("cls", "parameters"), tables.BAD_PENALTIES)
def test_a_bad_parameter_is_named_with_its_value(cls, parameters):
    ((name, value),) = parameters.items()
    penalty = cls(**parameters)  # a constructor stores, fit validates
    with pytest.raises(
        ValueError, match=f"{name} of {cls.__name__} must be .*, got "
    ) as e:
        penalty.record(1.0, 3)
    assert repr(value) in str(e.value)


# The catalogue ------------------------------------------------------------------------


def test_every_file_is_exported():
    folder = Path(penalties.__file__).parent
    stems = {path.stem for path in folder.glob("*.py") if not path.stem.startswith("_")}
    modules = {
        getattr(penalties, name).__module__.rpartition(".")[2]
        for name in penalties.__all__
        if inspect.isclass(getattr(penalties, name))
    }
    assert stems == modules - {"_base"}


def test_every_penalty_is_in_the_catalogue_and_in_the_table():
    public = {
        thing
        for thing in map(vars(penalties).get, penalties.__all__)
        if inspect.isclass(thing)
        and issubclass(thing, penalties.Penalty)
        and thing is not penalties.Penalty
    }
    composed = {penalties.Bounded, penalties.Weighted}  # around a named one
    assert public - composed == set(penalties.CATALOGUE.values())
    rows = (tables.PENALTIES | tables.GROUPED | tables.COMPOSED).values()
    assert public == set(map(type, rows))
