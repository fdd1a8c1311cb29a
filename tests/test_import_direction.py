"""Imports point one way through the rooms of the package."""

import ast
from pathlib import Path

import pytest

import sklreg

PACKAGE = Path(sklreg.__file__).parent

#: A file may import from the storeys below its own and from its own room.
STOREYS = [
    {"_compile", "_memory", "_parameters", "_threads"},
    {"designs", "losses", "penalties", "_random_numbers", "_exponentials", "_span"},
    {"solvers", "augmentation"},
    {"_validation", "_estimator", "_progress", "_callbacks"},
    {"linear", "neural"},
    {"model_selection"},
    {"drop_in"},
    {"display"},
    {"comparison", "textbook"},
    {"__init__"},
    {"__main__"},
]
LEVEL = {room: level for level, rooms in enumerate(STOREYS) for room in rooms}
#: The rooms of the same storey that know each other, in this direction.
NEIGHBOURS = {
    ("_parameters", "_compile"),
    ("losses", "_exponentials"),
    ("_estimator", "_validation"),
}
WITHOUT_SKLEARN = {"_compile", "_parameters", "designs", "losses", "penalties"} | {
    "solvers",
    "augmentation",
    "_random_numbers",
    "_exponentials",
    "_memory",
    "_span",
}
FILES = sorted(PACKAGE.rglob("*.py"))


def name_of(path):
    """Dotted name of a module, with __init__ for the package itself."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


def room_of(name):
    return name.split(".", maxsplit=1)[0]


def imported(path):
    """Yield absolute names of all modules that a file imports, anywhere in it."""
    package = [PACKAGE.name, *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*base, *([node.module] if node.module else [])])
            yield origin
            if node.level:  # from . import room
                yield from (f"{origin}.{alias.name}" for alias in node.names)


def own_rooms(path):
    """Yield the rooms of sklreg that a file imports."""
    for name in imported(path):
        first, _, rest = name.partition(".")
        if first == PACKAGE.name and room_of(rest) in LEVEL:
            yield room_of(rest)


def outside(path):
    return {name.partition(".")[0] for name in imported(path) if name} - {PACKAGE.name}


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_room_has_a_storey(path):
    assert room_of(name_of(path)) in LEVEL


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_imports_point_down(path):
    room = room_of(name_of(path))
    for other in own_rooms(path):
        allowed = LEVEL[other] < LEVEL[room] or (room, other) in NEIGHBOURS
        assert other == room or allowed, f"{room} must not import {other}"


def test_rooms_on_one_storey_do_not_import_each_other_in_circles():
    arrows = {
        (room_of(name_of(path)), other)
        for path in FILES
        for other in own_rooms(path)
        if other != room_of(name_of(path))
    }
    assert arrows, "the walk found no import at all"
    assert not {(a, b) for a, b in arrows if (b, a) in arrows}


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_only_compile_imports_numba(path):
    if name_of(path) == "_compile":
        assert "numba" in outside(path)
    else:
        assert not outside(path) & {"numba", "llvmlite"}


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_mathematics_does_not_import_sklearn(path):
    mathematics = room_of(name_of(path)) in WITHOUT_SKLEARN
    assert not (mathematics and "sklearn" in outside(path))


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_only_known_packages_are_imported(path):
    import sys

    known = {"numba", "numpy", "scipy", "sklearn", "joblib", "threadpoolctl"}
    optional = {"matplotlib", "dask", "distributed", "pandas"}
    extra = outside(path) - set(sys.stdlib_module_names) - known
    assert extra <= optional
