"""The kernel cache: found again, never stale, never in the way."""

import math
import os
import pickle
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import sklreg
from sklreg import _compile
from sklreg._compile import kernel
from sklreg._span import span
from sklreg.penalties import L1, ElasticNet
from sklreg.solvers.problem import penalty_value

PACKAGE = Path(sklreg.__file__).parent

#: A kernel of the package that calls the prox of any penalty, from another file.
PROBE = """
from ._compile import kernel

@kernel
def probe(penalty, x):
    return penalty.prox(x, 1.0, 0)
"""
MINE = """
from ._base import Penalty

class Mine(Penalty):
    def value(self, x, j):
        return 0.0

    def prox(self, x, step, j):
        return 10.0 * x
"""
USE_MINE = """
from sklreg.penalties.mine import Mine
from sklreg.probe import probe
print(probe(Mine().record(1.0, 1), 2.0))
"""
FIT = """
import numpy as np
from sklreg import LinearRegressor
X = np.random.default_rng(0).standard_normal((20, 3))
print(LinearRegressor("l1", alpha=0.1).fit(X, X @ [1.0, 0.0, 2.0]).coef_.tolist())
"""


def start(code, cache, package=PACKAGE, **environment):
    """Start Python on `code`, with a cache folder and a copy of the package."""
    variables = os.environ | environment
    variables |= {"PYTHONPATH": str(package.parent), "SKLREG_CACHE_DIR": str(cache)}
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        env=variables,
        cwd=package.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process):
    """Return what the process printed; it must end well and without a warning."""
    printed, complaints = process.communicate(timeout=200)
    assert process.returncode == 0, complaints
    assert complaints == ""
    return printed.strip()


def run(code, cache, package=PACKAGE, **environment):
    return finish(start(code, cache, package, **environment))


def machine_code(cache):
    """Return the files of compiled code and when each was written."""
    return {path: path.stat().st_mtime_ns for path in cache.rglob("*.nb?")}


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def package(tmp_path):
    """A copy of the package, with a probe and a penalty to edit."""
    copy = tmp_path / "copied" / "sklreg"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "probe.py").write_text(PROBE)
    (copy / "penalties" / "mine.py").write_text(MINE)
    return copy


def edit(package, old, new):
    path = package / "penalties" / "mine.py"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


# Import -------------------------------------------------------------------------------


def test_import_needs_no_compiler_and_no_optional_package(cache):
    code = """
    import sys
    import sklreg
    heavy = {"numba", "llvmlite", "matplotlib", "polars", "dask"}
    print(sorted(heavy & set(sys.modules)))
    """
    assert run(code, cache) == "[]"
    assert not cache.exists()


# Hits ---------------------------------------------------------------------------------


def test_second_process_compiles_nothing(cache):
    first = run(FIT, cache)
    compiled = machine_code(cache)
    assert compiled
    assert run(FIT, cache) == first
    assert machine_code(cache) == compiled


def test_two_processes_fill_an_empty_cache_at_once(cache, package):
    both = [start(USE_MINE, cache, package) for _ in range(2)]
    assert [finish(process) for process in both] == ["20.0", "20.0"]
    compiled = machine_code(cache)
    assert run(USE_MINE, cache, package) == "20.0"
    assert machine_code(cache) == compiled


# Never stale --------------------------------------------------------------------------


def test_edited_prox_takes_effect_in_the_next_process(cache, package):
    assert run(USE_MINE, cache, package) == "20.0"
    edit(package, "10.0 * x", "30.0 * x")
    assert run(USE_MINE, cache, package) == "60.0"
    edit(package, "30.0 * x", "10.0 * x")
    assert run(USE_MINE, cache, package) == "20.0"


def test_edited_prox_of_the_lasso_takes_effect_in_the_next_fit(cache, package):
    ordinary = run(FIT, cache, package)
    path = package / "penalties" / "elastic_net.py"
    text = path.read_text()
    threshold = "threshold = step * real(self.alpha * self.l1_ratio)\n"
    assert threshold in text
    path.write_text(text.replace(threshold, "threshold = 1e9\n", 1))
    # No longer a lasso, so that the fit ends with a warning.
    assert run(FIT, cache, package, PYTHONWARNINGS="ignore") != ordinary


def test_process_that_began_before_the_edit_does_not_poison_the_cache(cache, package):
    edit_then_run = f"""
    import pathlib
    from sklreg.penalties import mine
    path = pathlib.Path(mine.__file__)
    path.write_text(path.read_text().replace("10.0 * x", "30.0 * x"))
    {textwrap.indent(USE_MINE, "    ").strip()}
    """
    assert run(edit_then_run, cache, package) == "20.0"
    assert run(USE_MINE, cache, package) == "60.0"


def test_renamed_class_does_not_break_the_cache(cache, package):
    assert run(USE_MINE, cache, package) == "20.0"
    edit(package, "class Mine", "class Yours")
    assert run(USE_MINE.replace("Mine", "Yours"), cache, package) == "20.0"


# Never in the way ---------------------------------------------------------------------


@pytest.fixture
def candidates(monkeypatch):
    """Choose the folders that are tried."""

    def choose(*folders):
        monkeypatch.setattr(_compile, "_candidate_folders", lambda: iter(folders))
        return _compile.cache_folder.__wrapped__()

    return choose


def test_first_folder_that_can_be_written_is_chosen(candidates, tmp_path):
    occupied = tmp_path / "file"
    occupied.write_text("")
    folder = candidates(occupied, occupied / "deeper", tmp_path / "a", tmp_path / "b")
    assert folder.parent == tmp_path / "a"
    assert folder.is_dir()
    assert not (tmp_path / "b").exists()


def test_folder_in_which_nothing_can_be_created_is_passed_over(
    candidates, tmp_path, monkeypatch
):
    def refuse_a(*, dir):  # root may write anywhere, so the refusal is simulated
        if dir.parent == tmp_path / "a":
            raise PermissionError
        return (dir / "tried").open("w")

    monkeypatch.setattr(_compile.tempfile, "TemporaryFile", refuse_a)
    assert candidates(tmp_path / "a", tmp_path / "b").parent == tmp_path / "b"


def test_last_resort_is_a_temporary_folder(candidates, tmp_path):
    occupied = tmp_path / "file"
    occupied.write_text("")
    folder = candidates(occupied)
    assert folder.is_dir()
    shutil.rmtree(folder)


def test_chosen_folder_comes_first(monkeypatch, tmp_path):
    monkeypatch.setenv("SKLREG_CACHE_DIR", str(tmp_path / "chosen"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    chosen, beside, home = _compile._candidate_folders()
    assert chosen == tmp_path / "chosen"
    assert beside == PACKAGE / "__pycache__"
    assert home == tmp_path / "home" / "sklreg"


def test_no_folder_at_all_can_be_written(package, tmp_path):
    for place in (package / "__pycache__", tmp_path / "cache", tmp_path / "home"):
        place.write_text("a file where a folder should be")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    settings = {
        "XDG_CACHE_HOME": str(tmp_path / "home"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "TMPDIR": str(temporary),
    }
    assert run(USE_MINE, tmp_path / "cache", package, **settings) == "20.0"
    assert list(temporary.iterdir()) == []  # nothing is left behind


def test_cache_folder_that_vanishes_does_not_stop_a_fit(cache, package):
    code = f"""
    import shutil
    from sklreg import _compile
    folder = _compile.cache_folder()
    shutil.rmtree(folder)
    folder.write_text("a file where the folder was")
    {textwrap.indent(USE_MINE, "    ").strip()}
    """
    assert run(code, cache, package) == "20.0"


@pytest.mark.parametrize("kind", ["nbi", "nbc"])
def test_damaged_cache_files_are_compiled_anew(cache, package, kind):
    assert run(USE_MINE, cache, package) == "20.0"
    damaged = list(cache.rglob(f"*.{kind}"))
    assert damaged
    for path in damaged:
        path.write_bytes(path.read_bytes()[:5])
    assert run(USE_MINE, cache, package) == "20.0"


# Penalties of the user's own ----------------------------------------------------------

USER_PENALTY = """
from sklreg.penalties import Penalty

class Double(Penalty):
    def value(self, x, j):
        return 0.0

    def prox(self, x, step, j):
        return 2.0 * x
"""


def test_own_penalties_of_users_leave_the_cache_alone(cache, package, tmp_path):
    run(USE_MINE, cache, package)
    compiled = machine_code(cache)
    (package.parent / "theirs.py").write_text(USER_PENALTY)
    code = f"""
    import theirs
    {textwrap.indent(USER_PENALTY, "    ").strip()}
    from sklreg.penalties import per_feature
    from sklreg.probe import probe
    for cls in (theirs.Double, Double):
        record = cls().record(1.0, 1)
        restricted = per_feature(record, 1, lower=0.0)
        print(probe(record, 2.0), probe(restricted, -2.0), end=" ")
    """
    assert run(code, cache, package) == "4.0 0.0 4.0 0.0"
    assert machine_code(cache) == compiled
    assert run(USE_MINE, cache, package) == "20.0"


def penalty_worth(number):
    """Define a penalty anew under its old name, as an edited notebook cell does."""

    from sklreg.penalties import Penalty

    if number == 1:

        class Constant(Penalty):
            def value(self, x, j):
                return 1.0

            def prox(self, x, step, j):
                return x

    else:

        class Constant(Penalty):
            def value(self, x, j):
                return 2.0

            def prox(self, x, step, j):
                return x

    return Constant().record(1.0, 1)


def test_class_defined_anew_under_its_old_name_is_a_new_class():
    columns, w = np.zeros(1, dtype=np.intp), np.zeros(1)
    for number in (1, 2, 1):
        assert penalty_value(penalty_worth(number), columns, w) == number


# Loops --------------------------------------------------------------------------------


@kernel
def total_of(factor, x, start, stop):
    total = 0.0
    for i in span(start, stop):
        total += x[i] + factor * x[i - start]
    return total


@pytest.mark.parametrize(("start", "stop"), [(0, 0), (0, 7), (3, 7), (6, 7), (7, 7)])
def test_a_span_is_a_range(start, stop):
    x = np.arange(7.0) ** 2
    expected = x[start:stop].sum() + 0.5 * x[: stop - start].sum()
    assert total_of(0.5, x, start, stop) == expected


# Without compiling, and pickled -------------------------------------------------------


def test_everything_runs_without_jit(cache):
    X = np.random.default_rng(0).standard_normal((20, 3))
    compiled = sklreg.LinearRegressor("l1", alpha=0.1).fit(X, X @ [1.0, 0.0, 2.0])
    interpreted = run(FIT, cache, NUMBA_DISABLE_JIT="1")
    coef = [float(number) for number in interpreted.strip("[]").split(",")]
    np.testing.assert_allclose(coef, compiled.coef_, atol=1e-12)
    assert machine_code(cache) == {}


def test_kernels_pickle():
    assert pickle.loads(pickle.dumps(penalty_value)) is penalty_value


def test_records_pickle():
    record = ElasticNet(l1_ratio=0.3).record(0.1, 2)
    copy = pickle.loads(pickle.dumps(record))
    assert type(copy) is type(record)
    assert copy == record


def test_kernels_keep_name_and_documentation():
    assert penalty_value.__name__ == "penalty_value"
    assert "alpha P(w)" in penalty_value.__doc__


def test_record_methods_run_without_compiling(cache):
    code = """
    import sys
    from sklreg.penalties import L1
    print(L1().record(0.5, 1).prox(2.0, 1.0, 0), "numba" in sys.modules)
    """
    assert run(code, cache) == "1.5 False"


# What a record must look like ---------------------------------------------------------


def test_method_with_wrong_number_of_arguments_is_refused():
    message = r"Wrong\.prox\(self, x\) must take as many arguments as \(self, x.*step"
    with pytest.raises(TypeError, match=message):

        @_compile.record
        class Wrong(NamedTuple):
            alpha: float

            def prox(self, x):
                return x


def test_private_methods_may_take_anything():
    @_compile.record
    class Right(NamedTuple):
        alpha: float

        def _prox(self, x):
            return x

    assert Right(1.0)._prox(2.0) == 2.0


def test_own_and_foreign_classes_are_told_apart():
    assert _compile.is_own(L1)
    assert not _compile.is_own(type(penalty_worth(1)))
    assert not _compile.is_own(Path)


# Memory -------------------------------------------------------------------------------


def total(n):
    return np.ones(n).sum()


def test_only_allocating_kernels_make_arrays():
    assert _compile._compiler(allocates=True)(total)(3) == 3.0
    with pytest.raises(Exception, match=r"(?i)nrt|array"):
        _compile._compiler(allocates=False)(total)(3)


# Fast-math ----------------------------------------------------------------------------


def classify(x):
    is_number = x - x == 0.0
    return is_number, x == math.inf, x > 1.0, math.isnan(x), math.isinf(x)


@pytest.mark.parametrize("x", [0.0, 1.0, math.inf, -math.inf, math.nan])
def test_fast_math_keeps_the_meaning_of_nan_and_infinity(x):
    compiled = _compile._compiler(allocates=False)(classify)
    assert compiled(x) == classify(x)


def test_nan_reaches_the_objective():
    record = L1().record(1.0, 1)
    columns = np.zeros(1, dtype=np.intp)
    for number in (math.nan, math.inf):
        value = penalty_value(record, columns, np.array([number]))
        assert not math.isfinite(value)
