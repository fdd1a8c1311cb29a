"""How Numba compiles, specialises and caches; nothing else imports numba.

Three decorators are all the rest of the package sees:

* ``@kernel`` marks a function of arrays and records. It is compiled at its first
  call, once per combination of argument types, and the machine code is stored on
  disk, so that the next process loads it instead of compiling. It makes no arrays:
  then Numba need not count who refers to those that a record holds, which takes ten
  times as long as a small kernel's work.
* ``@allocating`` marks one that does.
* ``@record`` marks an immutable ``NamedTuple`` (a penalty, a loss, a design, ...)
  whose plain Python methods a kernel may call. They stay callable from Python,
  where nothing is compiled.

Importing this module imports neither Numba nor its compiler.

Numba's own cache looks only at the file of the cached function: after an edit of a
method in *another* file it silently runs the old machine code, and a class that was
renamed makes every later call fail. Both are cured by keeping the cache in a folder
named by a hash of all the package's sources (`docs/decisions/0003-kernel-cache.md`).
Kernels that meet a class from outside the package are compiled in memory only.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import hashlib
import inspect
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])
C = TypeVar("C", bound=type)

PACKAGE = Path(__file__).resolve().parent
#: Fast-math without the flags that would change the meaning of NaN and infinity.
FASTMATH = {"reassoc", "contract", "nsz", "arcp"}

_VERSIONS_KEPT = 5

_lock = threading.RLock()
_verbs: dict[str, inspect.Signature] = {}  # the methods kernels may call on a record
_written: dict[Callable[..., Any], Callable[..., Any]] = {}  # in single precision
_known_to_numba: set[Any] = set()


def kernel(function: F) -> F:
    """Compile `function` at its first call; it may call other kernels and records.

    It may not make arrays, nor any other object that lies in memory of its own.
    """
    return cast("F", functools.update_wrapper(_Kernel(function), function))


def allocating(function: F) -> F:
    """Compile `function` as a kernel that may make arrays."""
    made = _Kernel(function, allocates=True)
    return cast("F", functools.update_wrapper(made, function))


def record(cls: C) -> C:
    """Let kernels call the public methods of the NamedTuple `cls`.

    A method's name fixes its number of arguments: ``value(x, j)`` of a penalty and
    ``value(y, eta)`` of a loss may share it.
    """
    for name, method in inspect.getmembers(cls, inspect.isfunction):
        if name.startswith("_"):
            continue
        given = inspect.signature(method)
        known = _verbs.setdefault(name, given)
        if len(given.parameters) != len(known.parameters):
            owner = cls.__qualname__.removesuffix(".Record")
            msg = f"{owner}.{name}{given} must take as many arguments as {known}"
            raise TypeError(msg)
    return cls


def as_written(double: F, single: F | None = None) -> F:
    """Let kernels call a function of numbers, compiled without reordering.

    Sums of which rounding is to cancel mean something else once fast-math has put the
    terms in another order.

    Parameters
    ----------
    double : callable
        The function.
    single : callable, optional
        What kernels call in its place where the first argument is a float32; else the
        same.

    Returns
    -------
    function : callable
        `double`, which Python calls.
    """
    _written[double] = single or double
    return double


class _Kernel:
    """A function that becomes a Numba dispatcher when it is first needed."""

    def __init__(
        self, function: Callable[..., Any], *, allocates: bool = False
    ) -> None:
        self.py_func, self.allocates = function, allocates

    def __call__(self, *args: Any) -> Any:
        for value in args:
            if (
                isinstance(value, tuple)
                and type(value) not in _flat
                and _is_foreign(value)
            ):
                with _lock:
                    _teach_verbs()  # the class may be younger than the kernel
                with _foreign:
                    return self._in_memory(*args)
        return self._on_disk(*args)

    @functools.cached_property
    def _on_disk(self) -> Any:
        with _lock:
            dispatcher = _compiler(allocates=self.allocates)(self.py_func)
            if hasattr(dispatcher, "enable_caching"):  # absent: NUMBA_DISABLE_JIT=1
                dispatcher._cache = _package_cache(self.py_func)
            return dispatcher

    @functools.cached_property
    def _in_memory(self) -> Any:
        with _lock:
            return _compiler(allocates=True)(self.py_func)

    @property
    def _numba_type_(self) -> Any:
        """What Numba sees where one kernel calls another."""
        dispatcher = self._in_memory if _foreign.depth else self._on_disk
        return dispatcher._numba_type_

    def __reduce__(self) -> str:
        return self.py_func.__qualname__


class _Foreign(threading.local):
    """Where a thread compiles for a class from outside, which may make arrays."""

    depth = 0

    def __enter__(self) -> None:
        self.depth += 1

    def __exit__(self, *ended: object) -> None:
        self.depth -= 1


_foreign = _Foreign()
#: Own classes whose records hold no others.
_flat: set[type] = set()


def _is_foreign(value: tuple[Any, ...]) -> bool:
    """Tell whether a class from outside the package takes part in a record."""
    if not is_own(type(value)):
        return True
    parts = [part for part in value if isinstance(part, tuple)]
    if not parts:
        _flat.add(type(value))
    return any(map(_is_foreign, parts))


@functools.cache
def is_own(cls: type) -> bool:
    """Tell whether `cls` is defined in this package."""
    return cls.__module__.partition(".")[0] == PACKAGE.name


def _compiler(*, allocates: bool) -> Callable[[Callable[..., Any]], Any]:
    """Import Numba and return its decorator, as every kernel uses it."""
    import numba

    _teach_verbs()
    return numba.njit(
        nogil=True, fastmath=FASTMATH, error_model="numpy", _nrt=allocates
    )


def _teach_verbs() -> None:
    """Teach Numba the verbs and functions defined so far."""
    from numba.core import types
    from numba.extending import overload, overload_method

    kinds: Any = types

    def teach(verb: str) -> None:
        def method_of(self: Any, *args: Any) -> Any:
            del args
            method = getattr(self.instance_class, verb, None)
            return method if inspect.isfunction(method) else None

        vars(method_of)["__signature__"] = _verbs[verb]
        for kind in (kinds.NamedTuple, kinds.NamedUniTuple):
            overload_method(
                kind, verb, strict=False, jit_options={"fastmath": FASTMATH}
            )(method_of)

    def teach_written(double: Any, single: Any) -> None:
        def chosen(x: Any) -> Any:
            return single if x == kinds.float32 else double

        options: dict[str, Any] = {"fastmath": {"contract"}, "error_model": "numpy"}
        options["forceinline"] = True  # loops over what is called do not vectorise
        overload(double, strict=False, jit_options=options)(chosen)

    for verb in sorted(_verbs.keys() - _known_to_numba):
        teach(verb)
        _known_to_numba.add(verb)
    for double in _written.keys() - _known_to_numba:
        teach_written(double, _written[double])
        _known_to_numba.add(double)


def _package_cache(function: Callable[..., Any]) -> Any:
    """Return the on-disk cache of `function`, in the folder of these sources."""
    from numba.core import caching

    class Locator(caching._CacheLocator):
        def get_cache_path(self) -> str:
            return str(cache_folder())

        def get_source_stamp(self) -> str:
            return FINGERPRINT

        def get_disambiguator(self) -> str:
            return str(function.__code__.co_firstlineno)

        @classmethod
        def from_function(cls, py_func: Any, py_file: Any) -> Any:
            del py_func, py_file
            return cls()

    class Implementation(caching.CompileResultCacheImpl):
        _locator_classes = (Locator,)

    class Cache(caching.FunctionCache):
        _impl_class = Implementation

        def _load_overload(self, sig: Any, target_context: Any) -> Any:
            try:
                return super()._load_overload(sig, target_context)
            except Exception:  # unpickling a damaged file raises anything
                with contextlib.suppress(OSError):
                    self.flush()  # an empty index, so that the next save mends it
                return None

        def _save_overload(self, sig: Any, data: Any) -> None:
            with contextlib.suppress(OSError):  # a full disk must not stop a fit
                super()._save_overload(sig, data)

    return Cache(function)


def _hash_of_sources() -> str:
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        digest.update(path.relative_to(PACKAGE).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


#: Any edit of the package leads to another cache folder. Taken at import: what is
#: compiled later comes from the sources of now, whatever has become of them then.
FINGERPRINT = _hash_of_sources()


@functools.cache
def cache_folder() -> Path:
    """Return the first folder of the list that can be written.

    ``$SKLREG_CACHE_DIR``, the package's ``__pycache__``, the user's cache folder, a
    temporary folder of this process.
    """
    for parent in _candidate_folders():
        folder = parent / f"kernels-{FINGERPRINT}"
        try:
            if not folder.exists():
                _prune(parent)
            folder.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=folder).close()
        except OSError:
            continue
        return folder
    folder = Path(tempfile.mkdtemp(prefix="sklreg-kernels-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _prune(parent: Path) -> None:
    """Leave the folders of the few last versions of the sources."""
    with contextlib.suppress(OSError):  # another process prunes as well
        folders = [(path.stat().st_mtime, path) for path in parent.glob("kernels-*")]
        for _, path in sorted(folders)[:-_VERSIONS_KEPT]:
            shutil.rmtree(path, ignore_errors=True)


def _candidate_folders() -> Iterator[Path]:
    if chosen := os.environ.get("SKLREG_CACHE_DIR"):
        yield Path(chosen)
    yield PACKAGE / "__pycache__"
    with contextlib.suppress(RuntimeError):  # no home folder
        cache_home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        yield Path(cache_home) / "sklreg"
