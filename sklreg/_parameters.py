"""Parameter objects: what a user writes, searches and pickles; and the record of one.

A penalty or a loss is a small object that holds parameters. ``set_params`` changes it
in place, because scikit-learn discards what ``set_params`` of a nested object returns.
At fit it validates itself and hands out its `Record`: an immutable NamedTuple with the
same fields and the mathematical methods of the class, which kernels can call. Both
come from the one list of annotated fields in the class body.
"""

from __future__ import annotations

import collections
import dataclasses
import inspect
import itertools
import math
import numbers
from typing import Any, ClassVar, Self, dataclass_transform

from ._compile import is_own, record


@dataclass_transform(eq_default=False)
class Parameters:
    """Named parameters with scikit-learn's ``get_params`` and ``set_params``.

    A subclass lists its parameters as annotated class attributes with defaults.
    """

    Record: ClassVar[Any]
    _extra_fields: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "__init__" in vars(cls):
            msg = (
                f"{cls.__name__} must not define __init__: list its parameters as "
                "annotated class attributes with defaults, as in `gamma: float = 3.0`."
            )
            raise TypeError(msg)
        dataclasses.dataclass(eq=False)(cls)
        cls.Record = _record_class(cls)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name.

        Parameters
        ----------
        deep : bool, default=True
            Whether to add the parameters of parameter objects inside this one, as
            ``name__inner``.
        """
        params = {name: getattr(self, name) for name in _field_names(type(self))}
        for name, value in list(params.items()) if deep else []:
            if isinstance(value, Parameters):
                inner = value.get_params()
                params |= {f"{name}__{key}": inner[key] for key in inner}
        return params

    def set_params(self, **params: Any) -> Self:
        """Change parameters in place and return the object.

        ``name__inner`` is the parameter `inner` of the parameter object `name`.
        """
        owner, fields = type(self).__name__, _field_names(type(self))
        own: dict[str, Any] = {}
        inner: dict[str, dict[str, Any]] = {}
        for key, value in params.items():
            name, nested, rest = key.partition("__")
            if name not in fields:
                known = ", ".join(fields) or "none"
                msg = f"{owner} has no parameter {name!r}; it has: {known}."
                raise ValueError(msg)
            if nested:
                inner.setdefault(name, {})[rest] = value
            else:
                own[name] = value
        for name, values in inner.items():
            if not isinstance(holder := own.get(name, getattr(self, name)), Parameters):
                key = next(iter(values))
                msg = (
                    f"{name}__{key} of {owner} cannot be set while {name} is "
                    f"{holder!r}, which has no parameters; pass an object."
                )
                raise ValueError(msg)  # noqa: TRY004  # as for every parameter
        for name, value in own.items():
            setattr(self, name, value)
        for name, values in inner.items():
            getattr(self, name).set_params(**values)
        return self

    def validate(self) -> None:
        """Raise ValueError unless every parameter is usable; default: all are."""


_OF_THE_OBJECT = {"get_params", "set_params", "validate", "record"}


def _field_names(cls: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(cls))


def _record_class(cls: type[Parameters]) -> type:
    """Build the NamedTuple with the fields of `cls` and its mathematical methods."""
    # Numba cannot attach methods to an empty tuple, hence the unused `unit`.
    fields = (*cls._extra_fields, *_field_names(cls)) or ("unit",)
    body = {
        name: member
        for base in reversed(cls.__mro__)
        if issubclass(base, Parameters) and base is not Parameters
        for name, member in vars(base).items()
        if _belongs_to_record(name, member, fields)
    }
    body |= {
        "__slots__": (),
        "__module__": cls.__module__,
        "__qualname__": f"{cls.__qualname__}.Record",
        "__doc__": f"What kernels see of a {cls.__name__}.",
    }
    bases = (collections.namedtuple("Record", fields),)  # noqa: PYI024
    return record(type(_unique_name(cls), bases, body))


_definitions = itertools.count()


def _unique_name(cls: type) -> str:
    """Name a record so that Numba, which tells types apart by name, cannot confuse two.

    Our own names must be the same in every process, for the cache; a class of the
    user's may be defined anew under its old name, in a notebook.
    """
    name = f"{cls.__module__}.{cls.__qualname__}.Record"
    return name if is_own(cls) else f"{name}.{next(_definitions)}"


def _belongs_to_record(name: str, member: Any, fields: tuple[str, ...]) -> bool:
    if name.startswith("_") or name in fields or name in _OF_THE_OBJECT:
        return False
    return inspect.isfunction(member) or isinstance(member, bool | property)


def check_number(
    owner: object,
    name: str,
    *,
    above: float = -math.inf,
    low: float = -math.inf,
    high: float = math.inf,
    below: float = math.inf,
) -> float:
    """Return ``owner.name`` as a float; raise unless finite and in the range.

    The range is ``low <= value <= high`` and ``above < value < below``.
    """
    value = getattr(owner, name)
    is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    finite = is_number and math.isfinite(value)
    if finite and low <= value <= high and above < value < below:
        return float(value)
    open_left, open_right = math.isfinite(above), math.isfinite(below)
    least, most = above if open_left else low, below if open_right else high
    if math.isfinite(most):
        left, right = "[("[open_left], "])"[open_right]
        expected = f"a number in {left}{least:g}, {most:g}{right}"
    elif open_left:
        expected = f"a finite number above {above:g}"
    elif math.isfinite(low):
        expected = f"a finite number of at least {low:g}"
    else:
        expected = "a finite number"
    msg = f"{name} of {type(owner).__name__} must be {expected}, got {value!r}."
    raise ValueError(msg)
