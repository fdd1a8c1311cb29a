"""What the package shows to its users, and that the documentation matches it."""

import importlib
import inspect
import re
from importlib import metadata, resources

import numpy as np
import pytest
from numpydoc.docscrape import FunctionDoc, NumpyDocString
from sklearn.base import BaseEstimator, is_classifier
from sklearn.datasets import load_diabetes, load_wine

import sklreg

MODULES = [
    "sklreg",
    "sklreg.display",
    "sklreg.drop_in",
    "sklreg.linear",
    "sklreg.model_selection",
    "sklreg.neural",
]
#: Rooms of which users see the classes; the rest of their `__all__` is for other rooms.
NOUNS = ["sklreg.augmentation", "sklreg.losses", "sklreg.penalties"]
INTERNAL_MODULES = ["sklreg.designs", "sklreg.solvers"]
METHODS_OF_SKLEARN = {
    "get_metadata_routing",
    "get_params",
    "set_decision_function_request",
    "set_fit_request",
    "set_partial_fit_request",
    "set_predict_log_proba_request",
    "set_predict_proba_request",
    "set_predict_request",
    "set_score_request",
    "score",
    "set_callbacks",
}


def public_objects():
    """Yield (name, object) of every public class and function, once each."""
    seen = set()
    for module in map(importlib.import_module, MODULES + NOUNS):
        for name in module.__all__:
            thing = getattr(module, name)
            shown = inspect.isclass(thing) or module.__name__ in MODULES
            if shown and callable(thing) and thing not in seen:
                seen.add(thing)
                yield name, thing


OBJECTS = dict(public_objects())
CLASSES = {name: thing for name, thing in OBJECTS.items() if inspect.isclass(thing)}
ESTIMATORS = {
    name: cls for name, cls in CLASSES.items() if issubclass(cls, BaseEstimator)
}
FUNCTIONS = {name: f for name, f in OBJECTS.items() if not inspect.isclass(f)}


def methods():
    for name, cls in CLASSES.items():
        for method_name, method in inspect.getmembers(cls, inspect.isfunction):
            shown = not method_name.startswith("_")
            if shown and method.__module__.partition(".")[0] == "sklreg":
                yield f"{name}.{method_name}", method


METHODS = dict(methods())
ESTIMATOR_METHODS = {
    name: method
    for name, method in METHODS.items()
    if name.partition(".")[0] in ESTIMATORS
}


def by_name(table):
    return pytest.mark.parametrize("thing", table.values(), ids=table.keys())


# Names --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MODULES + NOUNS + INTERNAL_MODULES)
def test_all_is_complete_and_sorted(name):
    module = importlib.import_module(name)
    visible = {
        attribute
        for attribute, value in vars(module).items()
        if not attribute.startswith("_")
        and not inspect.ismodule(value)
        and attribute != "annotations"
    }
    assert list(module.__all__) == isort_order(visible)


def isort_order(names):
    """Order of ruff's RUF022: constants, classes, the rest."""

    def rank(name):
        if name.isupper() and len(name) > 1:
            return 0
        return 1 if name[:1].isupper() else 2

    def natural(name):
        parts = re.split(r"(\d+)", name)
        return [int(part) if part.isdigit() else part for part in parts]

    return sorted(names, key=lambda name: (rank(name), natural(name)))


def test_star_import_gives_the_public_names():
    scope = {}
    exec("from sklreg import *", scope)
    assert set(scope) - {"__builtins__"} == set(sklreg.__all__)


@by_name(OBJECTS)
def test_public_objects_live_in_this_package(thing):
    assert thing.__module__.split(".")[0] == "sklreg"


def test_version_is_that_of_the_installed_package():
    assert re.fullmatch(r"\d+\.\d+\.\d+(\.?(a|b|rc|dev)\d+)?", sklreg.__version__)
    try:
        installed = metadata.version("sklreg")
    except metadata.PackageNotFoundError:  # run from a checkout
        return
    assert installed == sklreg.__version__


def test_types_are_advertised():
    assert resources.files("sklreg").joinpath("py.typed").is_file()


# Documentation ------------------------------------------------------------------------


def documented(names):
    """Return single parameter names of numpydoc entries such as "X, y, weight"."""
    return [part.strip(" *") for entry in names for part in entry.name.split(",")]


def signature_of(thing):
    return [name for name in inspect.signature(thing).parameters if name != "self"]


@by_name(CLASSES)
def test_class_docstring_matches_its_parameters(thing):
    sections = NumpyDocString(inspect.getdoc(thing))
    parameters = signature_of(thing) if "__init__" in vars(thing) else []
    if issubclass(thing, tuple):  # a record: its fields are commented in the source
        return
    assert documented(sections["Parameters"]) == parameters
    for parameter in sections["Parameters"]:
        assert parameter.type, parameter.name
        assert parameter.desc, parameter.name


@pytest.mark.filterwarnings("ignore:The default value:FutureWarning")
@by_name(ESTIMATORS)
def test_estimator_docstring_matches_its_attributes(thing):
    load = load_wine if is_classifier(thing()) else load_diabetes
    X, y = load(return_X_y=True, as_frame=True)
    strong = {"alpha": 0.1} if "alpha" in signature_of(thing) else {}
    model = thing(**strong)
    if not model.__sklearn_tags__().target_tags.single_output:
        y = np.column_stack([y, y])
    model.fit(X, y)
    fitted = {name for name in vars(model) if name.endswith("_")}
    shown = {name for name in fitted if not name.startswith("_")}
    attributes = NumpyDocString(inspect.getdoc(thing))["Attributes"]
    # Some attributes exist only with some settings, such as a validation curve.
    assert shown <= set(documented(attributes))
    for attribute in attributes:
        assert attribute.type, attribute.name
        assert attribute.desc, attribute.name


@by_name(ESTIMATORS)
def test_estimator_docstring_states_defaults(thing):
    sections = NumpyDocString(inspect.getdoc(thing))
    types = {entry.name: entry.type for entry in sections["Parameters"]}
    for name, parameter in inspect.signature(thing).parameters.items():
        default = parameter.default
        stated = types[name].partition("default=")[2]
        assert eval(stated, {"nan": np.nan}) == default, name


@by_name(OBJECTS)
def test_docstring_has_example_and_summary(thing):
    sections = NumpyDocString(inspect.getdoc(thing))
    assert "".join(sections["Summary"]).endswith(".") or sections["Extended Summary"]
    internal = issubclass(thing, tuple) if inspect.isclass(thing) else False
    abstract = thing is sklreg.losses.Loss
    assert internal or abstract or sections["Examples"]


@by_name(FUNCTIONS | ESTIMATOR_METHODS)
def test_function_docstring_matches_its_signature(thing):
    sections = FunctionDoc(thing)
    assert documented(sections["Parameters"]) == signature_of(thing)
    for parameter in sections["Parameters"]:
        together = "," in parameter.name  # "X, y, weight": as for another method
        assert parameter.type or together or parameter.name.startswith("*")
        assert parameter.desc, parameter.name


@by_name(FUNCTIONS | ESTIMATOR_METHODS)
def test_function_docstring_says_what_it_returns(thing):
    annotation = inspect.signature(thing).return_annotation
    assert annotation is not inspect.Signature.empty, "public functions are typed"
    if annotation == "None" or thing.__name__ == "set_params":
        return
    assert FunctionDoc(thing)["Returns"], thing.__qualname__


@by_name(METHODS)
def test_every_public_method_has_a_docstring(thing):
    assert (thing.__doc__ or "").strip()


@by_name(ESTIMATORS)
def test_estimators_have_no_undocumented_public_methods_of_others(thing):
    shown = {name for name in dir(thing) if not name.startswith("_")}
    own = {name.partition(".")[2] for name in METHODS}
    own |= set(documented(NumpyDocString(inspect.getdoc(thing))["Attributes"]))
    assert shown - METHODS_OF_SKLEARN <= own
