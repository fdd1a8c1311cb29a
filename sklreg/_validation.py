"""Friendly input to canonical arrays: the only room that checks what users pass.

The private parts of scikit-learn that the suite needs are imported here and nowhere
else.
"""

from __future__ import annotations

import functools
import math
import numbers
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from sklearn.base import _fit_context
from sklearn.utils import check_array, compute_class_weight
from sklearn.utils._param_validation import Hidden as Hidden
from sklearn.utils._param_validation import Interval as Interval
from sklearn.utils._param_validation import StrOptions as StrOptions
from sklearn.utils._param_validation import validate_parameter_constraints
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _deprecate_positional_args, validate_data

from . import losses, penalties
from .designs import CSC, Dense

F = TypeVar("F", bound=Callable[..., Any])
Array = NDArray[np.float64]
FLOATS = [np.float64, np.float32]
SPARSE = ("csr", "csc")
#: Numbers from here on are all whole.
_WHOLE = 2.0**53
#: Smaller sums of squares are no measure of anything: they lose digits.
_LEAST_SQUARES = 1e-290

#: Constraints of the parameters that every estimator of the suite takes.
PENALTY_CONSTRAINTS: dict[str, list[Any]] = {
    "penalty": [StrOptions(set(penalties.CATALOGUE)), penalties.Penalty, None],
    "alpha": [Interval(numbers.Real, 0, None, closed="left")],
    "l1_ratio": [Interval(numbers.Real, 0, 1, closed="both")],
}


def fitting(method: F) -> F:
    """Decorate ``fit``: parameters are checked, and it is all or nothing.

    Whatever ends the fit early, Ctrl-C included, leaves the estimator as it was.
    """

    @functools.wraps(method)
    def all_or_nothing(self: Any, *args: Any, **kwargs: Any) -> Any:
        before = vars(self).copy()
        try:
            return method(self, *args, **kwargs)
        except BaseException:
            vars(self).clear()
            vars(self).update(before)
            raise

    return _fit_context(prefer_skip_nested_validation=True)(all_or_nothing)


#: Types of which equal values are the same to every constraint.
_PLAIN = {bool, int, float, str, type(None), np.float64}
#: What was found valid: estimator's class, parameter, type and value; so many at most.
_valid: set[tuple[Any, ...]] = set()
_REMEMBERED = 10_000


def check_parameters(estimator: Any) -> None:
    """Validate the parameters as scikit-learn does, but plain values only once.

    It takes a tenth of a millisecond, which is more than a fit of few rows.
    """
    cls: Any = type(estimator)
    unknown, keys = {}, []
    for name in _parameter_names(cls):
        value = getattr(estimator, name)
        plain = type(value) in _PLAIN
        key = (cls, name, type(value), value if plain else None)
        if plain and key in _valid:
            continue
        unknown[name] = value
        keys += [key] * plain
    if unknown:
        constraints = estimator._parameter_constraints
        validate_parameter_constraints(constraints, unknown, caller_name=cls.__name__)
        if len(_valid) > _REMEMBERED:
            _valid.clear()
        _valid.update(keys)


@functools.cache
def _parameter_names(cls: Any) -> list[str]:
    return list(cls._get_param_names())


def only_if(check: Callable[[Any], bool]) -> Callable[[F], F]:
    """Decorate a method that estimators have where `check` of them is true."""
    return cast("Callable[[F], F]", available_if(check))


def keywords_from(version: str) -> Callable[[F], F]:
    """Decorate a method whose keywords may come by position until then, and warn."""
    return cast("Callable[[F], F]", _deprecate_positional_args(version=version))


# Features --------------------------------------------------------------------------


def checked_for_fit(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    reset: bool = True,
    multi_output: bool = False,
    finite: bool = True,
    **y_checks: Any,
) -> tuple[Any, Any]:
    """Validate X and y for fitting; X stays float32 or float64, dense or sparse.

    Arrays that scikit-learn would return as they are it is not asked about. Without
    `finite` the caller is to find out what is not finite in X: a pass over X less.
    """
    n_dims = {1, 2} if multi_output else {1}
    is_canonical = _is_canonical(X) and (not finite or _all_finite(_stored(X)))
    if reset and is_canonical and _are_targets(y, X.shape[0], n_dims):
        vars(estimator).pop("feature_names_in_", None)
        estimator.n_features_in_ = X.shape[1]
        return X, y
    X, y = validate_data(
        estimator,
        X,
        y,
        accept_sparse=SPARSE,
        dtype=FLOATS,
        reset=reset,
        multi_output=multi_output,
        **y_checks,
    )
    return X, y


def _is_canonical(X: Any) -> bool:
    """Tell whether X is a matrix of floats with some rows and columns."""
    is_sparse = scipy.sparse.issparse(X) and X.format in SPARSE
    return bool(
        (is_sparse or type(X) is np.ndarray)
        and X.ndim == 2
        and X.dtype in FLOATS
        and min(X.shape) > 0
    )


def _stored(X: Any) -> NDArray[Any]:
    """Return the numbers that a matrix stores."""
    return np.asarray(X.data if scipy.sparse.issparse(X) else X)


def _are_targets(y: Any, n_samples: int, n_dims: set[int]) -> bool:
    """Tell whether y is an array of so many finite numbers or names."""
    return bool(
        type(y) is np.ndarray
        and y.ndim in n_dims
        and y.dtype.kind in "biufU"
        and len(y) == n_samples
        and y.size > 0
        and y.flags.c_contiguous
        and (y.dtype.kind != "f" or _all_finite(y))
    )


def _all_finite(values: NDArray[Any]) -> bool:
    """Tell whether all numbers are finite; those with an infinite sum are not."""
    with np.errstate(over="ignore", invalid="ignore"):
        return math.isfinite(values.sum())


def checked_for_predict(estimator: Any, X: Any) -> Any:
    """Validate X for prediction by a fitted estimator."""
    named = hasattr(estimator, "feature_names_in_")
    is_known = not named and _is_canonical(X) and _all_finite(_stored(X))
    if is_known and X.shape[1] == estimator.n_features_in_:
        return X
    return validate_data(estimator, X, accept_sparse=SPARSE, dtype=FLOATS, reset=False)


def as_design(X: Any) -> Dense | CSC:
    """Return the design of a validated X, without copying dense data."""
    X = in_order(X)
    return CSC.from_scipy(X) if scipy.sparse.issparse(X) else Dense.of(X)


def in_order(X: Any) -> Any:
    """Return X in C or Fortran order, or in canonical CSC; X itself if it is."""
    if not scipy.sparse.issparse(X):
        contiguous = X.flags.c_contiguous or X.flags.f_contiguous
        return X if contiguous else np.ascontiguousarray(X)
    columns = X.tocsc()
    if not columns.has_canonical_format:
        columns = columns.copy() if columns is X else columns
        columns.sum_duplicates()
    return columns


def check_magnitude(name: str, values: Any, squares_are_finite: bool) -> None:
    """Refuse numbers whose squares are not numbers any more.

    Parameters
    ----------
    name : str
        "X" or "y".
    values : array or sparse matrix
        The numbers.
    squares_are_finite : bool
        Whether sums of their squares are.
    """
    if not squares_are_finite:
        largest = max(abs(values.max()), abs(values.min()))
        msg = (
            f"{name} holds numbers as large as {largest:.3g}, whose squares overflow "
            f"float64; rescale {name}, for example with StandardScaler."
        )
        raise ValueError(msg)


def check_not_tiny(name: str, values: Any, squares: float) -> None:
    """Refuse numbers that are not all zero but whose squares nearly are.

    Parameters
    ----------
    name : str
        "X" or "y".
    values : array or sparse matrix
        The numbers.
    squares : float
        The sum of their squares.
    """
    if squares >= _LEAST_SQUARES:
        return
    largest = max(abs(values.max()), abs(values.min()))
    if 0.0 < largest < math.sqrt(_LEAST_SQUARES):
        msg = (
            f"{name} holds no number larger than {largest:.3g}, and their squares "
            f"underflow float64; rescale {name}, for example by its standard deviation."
        )
        raise ValueError(msg)


# Weights ---------------------------------------------------------------------------


def checked_weights(sample_weight: Any, n_samples: int) -> Array:
    """Return the sample weights as float64 of sum 1.

    Parameters
    ----------
    sample_weight : None, number or array of shape (n_samples,)
        Finite, not negative, not all zero.
    """
    if isinstance(sample_weight, str):
        msg = (
            "sample_weight must be None, a number or one number for each row of X, "
            f"got {sample_weight!r}."
        )
        raise ValueError(msg)  # noqa: TRY004  # as for every other bad weight
    if sample_weight is None:
        return np.full(n_samples, 1.0 / n_samples)
    if isinstance(sample_weight, numbers.Number):
        sample_weight = np.full(n_samples, sample_weight)
    weight = check_array(
        sample_weight, ensure_2d=False, dtype=np.float64, input_name="sample_weight"
    )
    if weight.ndim > 1:
        msg = (
            "Sample weights must be 1D array or scalar: sample_weight has shape "
            f"{weight.shape}; give one number for each row of X."
        )
        raise ValueError(msg)
    if weight.shape != (n_samples,):
        msg = (
            f"sample_weight must have shape ({n_samples},), one weight for each row "
            f"of X, got shape {weight.shape}."
        )
        raise ValueError(msg)
    if weight.min() < 0.0:
        msg = f"sample_weight must not be negative, got {weight.min():g}."
        raise ValueError(msg)
    if weight.max() == 0.0:
        msg = "sample_weight must contain at least one non-zero number, all are zero."
        raise ValueError(msg)
    weight = weight / weight.max()  # sums of huge weights would overflow
    return weight / weight.sum()


def weights_of_rows(sample_weight: Any) -> Any:
    """Return sample weights as metrics take them: one for all rows is none."""
    return sample_weight if np.ndim(sample_weight) > 0 else None


def total_weight(sample_weight: Any, n_samples: int) -> float:
    """Return the sum of sample weights that `checked_weights` accepts."""
    if sample_weight is None:
        return float(n_samples)
    each = np.broadcast_to(np.asarray(sample_weight, dtype=np.float64), n_samples)
    return float(each.sum())


def checked_offset(offset: Any, shape: tuple[int, ...]) -> Array | None:
    """Return the offset as float64 of shape (n_samples, n_outputs), or None.

    Parameters
    ----------
    offset : None or array of shape (n_samples,) or (n_samples, n_outputs)
        Finite numbers; one for each row only where there is one output.
    shape : tuple
        That of the linear predictor, (n_samples, n_outputs).
    """
    if offset is None:
        return None
    expected = f"{shape}" if shape[1] > 1 else f"{shape[:1]} or {shape}"
    if np.ndim(offset) == 0:
        msg = f"offset must be None or an array of shape {expected}, got {offset!r}."
        raise ValueError(msg)
    offset = check_array(
        offset, ensure_2d=False, dtype=np.float64, input_name="offset", allow_nd=True
    )
    if shape not in {offset.shape, (*offset.shape, 1)}:
        msg = (
            f"offset must have shape {expected}, as the linear predictor, got shape "
            f"{offset.shape}."
        )
        raise ValueError(msg)
    return np.ascontiguousarray(offset.reshape(shape))


# Classes ---------------------------------------------------------------------------


class Classes(NamedTuple):
    """Labels found, their targets and the weights that class_weight makes of them."""

    labels: NDArray[Any]
    one_hot: Array  # n_samples x n_classes; rows without weight may be all zero
    weight: Array  # n_samples, sums to one
    mass: float  # what class_weight makes of a total weight of one


def _are_labels(y: Any) -> bool:
    """Tell whether y is a vector of whole numbers or names, as classifiers take."""
    if not (type(y) is np.ndarray and y.ndim == 1):
        return False
    if y.dtype.kind == "f":
        return bool((y == np.rint(y)).all() and np.abs(y).max() < _WHOLE)
    return y.dtype.kind in "biuU"


def checked_classes(y: Any, weight: Array, class_weight: Any) -> Classes:
    """Find the classes among the rows that have weight.

    Parameters
    ----------
    y : array of shape (n_samples,)
        Labels of any type that can be sorted.
    weight : array of shape (n_samples,)
        Sample weights of sum 1.
    class_weight : None, "balanced" or dict
        Factor for each class; "balanced" gives every class the same total weight.
    """
    discrete = _are_labels(y)
    if not discrete:
        check_classification_targets(y)
    present = weight > 0.0
    labels = np.unique(y[present])
    if discrete and 2 * len(labels) > len(y):
        check_classification_targets(y)  # warns of so many
    if len(labels) < 2:
        msg = (
            "A classifier needs at least 2 classes among the rows of non-zero weight, "
            f"got 1 class: {labels.tolist()[0]!r}."
        )
        raise ValueError(msg)
    one_hot = np.ascontiguousarray(y[:, None] == labels, dtype=np.float64)
    if class_weight is None:
        return Classes(labels, one_hot, weight, 1.0)
    if isinstance(class_weight, str):  # by weight, so that weights are repeats
        share = len(labels) * (one_hot @ (weight @ one_hot))
        weight = np.divide(weight, share, out=np.zeros_like(weight), where=share > 0.0)
    else:
        factors = compute_class_weight(class_weight, classes=labels, y=y[present])
        weight = weight * (one_hot @ factors)
    if not (np.isfinite(weight).all() and weight.min() >= 0.0 < weight.max()):
        msg = (
            "class_weight must give finite weights of at least zero, not all zero, "
            f"got {class_weight!r}."
        )
        raise ValueError(msg)
    mass = float(weight.sum())
    return Classes(labels, one_hot, weight / mass, mass)


# Penalties and losses ----------------------------------------------------------------


def penalty_record(penalty: Any, alpha: float, l1_ratio: float, n_features: int) -> Any:
    """Return the record that the parameters of an estimator stand for."""
    return penalties.record_of(penalty, alpha, n_features, l1_ratio)


def loss_object(loss: Any) -> losses.Loss | None:
    """Return the loss of that name, or the loss itself; None for whatever else."""
    if isinstance(loss, str):
        return losses.CATALOGUE[loss]() if loss in losses.CATALOGUE else None
    return loss if isinstance(loss, losses.Loss) else None


def loss_record(loss: Any, n_classes: int = 0) -> Any:
    """Return the record of a loss, given by name or as an object.

    Parameters
    ----------
    loss : str or loss object
        The loss.
    n_classes : int, default=0
        Number of exclusive classes; 0 for numbers.
    """
    given, loss = loss, loss_object(loss)
    if loss.of_classes != (n_classes > 0):
        kind, other = ("classes", "numbers") if n_classes else ("numbers", "classes")
        msg = f"loss must be a loss of {kind}, got {loss!r}, which is one of {other}."
        raise ValueError(msg)
    if n_classes <= 2:
        return loss.record()
    if not hasattr(loss, "multinomial"):
        msg = (
            f"Only binary classification is supported. With loss={given!r} there must "
            f"be 2 classes, got {n_classes}; take loss='log_loss', or wrap the "
            "estimator in sklearn.multiclass.OneVsRestClassifier."
        )
        raise ValueError(msg)
    return loss.multinomial()


def check_targets(
    given: Any, loss: Any, y: Array, weight: Array, *, fit_intercept: bool
) -> None:
    """Refuse targets for which the loss is undefined or has no minimiser.

    Parameters
    ----------
    given : str or loss object
        The loss as the user wrote it.
    loss : NamedTuple
        Record of the loss.
    y : array of shape (n_samples, n_outputs)
        Targets; rows without weight may hold anything.
    weight : array of shape (n_samples,)
        Sample weights.
    fit_intercept : bool
        Whether the model has an intercept.
    """
    y = y[weight > 0.0]
    valid = loss.in_domain(y)
    if not valid.all():
        msg = (
            f"Some value(s) of y are out of the valid range of loss={given!r}, which "
            f"takes {loss.domain()}: {np.count_nonzero(~valid)} of {valid.size} are "
            f"not, the least is {y[~valid].min():g}. Correct or leave out these rows, "
            "or take a loss of any number, such as 'squared_error'."
        )
        raise ValueError(msg)
    mean = weight[weight > 0.0] @ y
    if loss.has_link and fit_intercept and mean.min(initial=np.inf) <= 0.0:
        msg = (
            f"The mean of y must be above zero for loss={given!r} with an intercept, "
            f"got {mean.min():g}: the intercept is the logarithm of a mean. Leave out "
            "targets that are zero throughout, or set fit_intercept=False."
        )
        raise ValueError(msg)


def checked_nested(params: dict[str, Any], current: dict[str, Any]) -> None:
    """Refuse ``penalty__gamma`` while ``penalty`` is a plain string.

    Parameters
    ----------
    params, current : dict
        What ``set_params`` was given and the estimator's parameters before.
    """
    for key in params:
        name, nested, inner = key.partition("__")
        value = params.get(name, current.get(name))
        if nested and (value is None or isinstance(value, str | list | tuple)):
            msg = (
                f"{key} cannot be set while {name} is {value!r}, which has no "
                f"parameters; pass an object that has the parameter {inner!r}, as in "
                "penalty=ElasticNet(l1_ratio=0.5)."
            )
            raise ValueError(msg)
