"""scikit-learn's own tests of a file, with its estimators' names rebound to ours.

The file is executed anew while ``sklearn.linear_model`` holds our classes, so that they
are what it imports and what its parametrizations list. Of its tests, those that use one
of these names are ours.
"""

from __future__ import annotations

import contextlib
import importlib.util
import re
import types

import pytest
import sklearn
from sklearn import linear_model

import sklreg
from sklreg import drop_in

#: The version whose signatures the drop-in replacements have.
VERSION = "1.9"
OURS = {name: getattr(sklreg, name) for name in drop_in.__all__}
MODULES = [
    linear_model,
    linear_model._coordinate_descent,
    linear_model._logistic,
    linear_model._ridge,
]


@contextlib.contextmanager
def rebound():
    """Put our classes in the place of scikit-learn's."""
    before = [
        (module, name, vars(module)[name])
        for module in MODULES
        for name in OURS
        if name in vars(module)
    ]
    for module, name, _ in before:
        setattr(module, name, OURS[name])
    try:
        yield
    finally:
        for module, name, theirs in before:
            setattr(module, name, theirs)


def adopted(name, left_out):
    """Return fixtures and tests of ``sklearn.linear_model.tests.<name>`` by name.

    Parameters
    ----------
    name : str
        The file, without its extension.
    left_out : dict
        The tests that are not ours, and why not: names, or regular expressions of
        names with parametrization, such as ``test_name\\[first-.*``, which conftest.py
        deselects.
    """
    if not sklearn.__version__.startswith(VERSION):
        return {}
    spec = importlib.util.find_spec(f"sklearn.linear_model.tests.{name}")
    module = importlib.util.module_from_spec(spec)
    with rebound():
        spec.loader.exec_module(module)
    strict = types.SimpleNamespace(**vars(pytest))
    strict.xfail = lambda reason: None  # a test goes on where theirs is known to fail
    module.pytest = strict
    tests = {
        key: value
        for key, value in vars(module).items()
        if key.startswith("test_") and uses_ours(value, vars(module))
    }
    for pattern in left_out:
        assert any(re.fullmatch(pattern.split("\\[")[0], name) for name in tests)
    for test in tests.values():
        test.pytestmark = marks_of_ours(test, vars(module))
    fixtures = {
        key: value
        for key, value in vars(module).items()
        if isinstance(value, type(global_random_seed))
    }
    kept = {key: value for key, value in tests.items() if key not in left_out}
    marks = getattr(module, "pytestmark", [])
    marks = [*(marks if isinstance(marks, list) else [marks])]
    warnings = pytest.mark.filterwarnings("default")
    shared = {"global_random_seed": global_random_seed}
    return shared | fixtures | kept | {"pytestmark": [warnings, *marks]}


@pytest.fixture
def global_random_seed():
    """Return the seed that scikit-learn's tests take by default."""
    return 42


def uses_ours(thing, scope, seen=()):
    """Tell whether a test names one of our classes, or is parametrized by one."""
    if any(thing is ours or type(thing) is ours for ours in OURS.values()):
        return True
    if not isinstance(thing, types.FunctionType) or thing in seen:
        return False
    parameters = [
        value
        for mark in getattr(thing, "pytestmark", [])
        if mark.name == "parametrize"
        for value in flat(mark.args[1])
    ]
    names = [scope[name] for name in names_of(thing.__code__) if name in scope]
    seen = (*seen, thing)
    return any(uses_ours(each, scope, seen) for each in [*parameters, *names])


def marks_of_ours(test, scope):
    """Return the marks of a test, without estimators that are not ours.

    Nor with expectations of failure, which are about scikit-learn's solvers.
    """
    marks = []
    for mark in getattr(test, "pytestmark", []):
        if mark.name == "parametrize":
            names, values = mark.args[0], list(mark.args[1])
            ours = [
                without_marks(value)
                for value in values
                if any(uses_ours(each, scope) for each in flat([value]))
            ]
            whole = not ours or isinstance(mark.kwargs.get("ids"), list)
            chosen = values if whole else ours
            mark = pytest.mark.parametrize(names, chosen, **mark.kwargs).mark  # noqa: PLW2901
        marks.append(mark)
    return marks


def without_marks(value):
    """Return a value of a parametrization without marks of its own."""
    return (
        pytest.param(*value.values, id=value.id) if hasattr(value, "marks") else value
    )


def names_of(code):
    """Yield the global names of a function and of those within it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from names_of(constant)


def flat(values):
    """Yield what a parametrization holds."""
    if isinstance(values, list | tuple):
        for value in values:
            yield from flat(value)
    else:
        yield values
