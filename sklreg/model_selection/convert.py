"""What the strengths of other libraries are in ours."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable
from typing import Any, NamedTuple


class _Given(NamedTuple):
    """The arguments of `convert_alpha`; None where absent."""

    value: Any
    l1_ratio: float | None
    sample_weight_sum: float | None
    n_outputs: int
    batch_size: int | None
    target_std: float | None


def _is_number(value: Any) -> bool:
    return isinstance(value, numbers.Real) and math.isfinite(value)


def _check_value(value: Any, *, is_pair: bool) -> None:
    pair = value if isinstance(value, tuple) else ()
    parts = pair if is_pair else (value,)
    if not parts or not all(_is_number(part) and part >= 0 for part in parts):
        kind = "a pair (l1, l2) of finite numbers" if is_pair else "a finite number"
        msg = f"value must be {kind} of at least 0, got {value!r}."
        raise ValueError(msg)
    if is_pair and len(pair) != 2:
        msg = f"value must be a pair (l1, l2), got {value!r}."
        raise ValueError(msg)


def _need(given: _Given, name: str, meaning: str) -> float:
    value = getattr(given, name)
    if value is None:
        msg = f"convert_alpha needs {name} for this source: {meaning}."
        raise TypeError(msg)
    if not (_is_number(value) and value > 0):
        msg = f"{name} must be a positive number, got {value!r}."
        raise ValueError(msg)
    return float(value)


def _weight_sum(given: _Given) -> float:
    meaning = "the sum of the sample weights, n_samples when unweighted"
    return _need(given, "sample_weight_sum", meaning)


def _ratio(given: _Given, default: float) -> float:
    return default if given.l1_ratio is None else given.l1_ratio


def _equal(given: _Given) -> tuple[float, float]:
    return given.value, _ratio(given, 1.0)


def _elastic_net(given: _Given) -> tuple[float, float]:
    return given.value, _ratio(given, 0.5)


def _ridge(given: _Given) -> tuple[float, float]:
    return given.value / _weight_sum(given), 0.0


def _glm(given: _Given) -> tuple[float, float]:
    return given.value, 0.0


def _logistic(given: _Given) -> tuple[float, float]:
    if given.value <= 0:
        msg = f"C must be positive, got {given.value!r}."
        raise ValueError(msg)
    return 1.0 / (given.value * _weight_sum(given)), _ratio(given, 0.0)


def _sgd(given: _Given) -> tuple[float, float]:
    n_samples = _need(given, "batch_size", "the number of rows n_samples")
    return given.value * n_samples / _weight_sum(given), _ratio(given, 0.0)


def _mlp(given: _Given) -> tuple[float, float]:
    meaning = "batch_size of solver='adam' or 'sgd', n_samples of solver='lbfgs'"
    return given.value / _need(given, "batch_size", meaning), 0.0


def _keras(given: _Given) -> tuple[float, float]:
    l1, l2 = given.value if isinstance(given.value, tuple) else (given.value, 0.0)
    alpha = l1 + 2.0 * l2
    return alpha, (l1 / alpha if alpha else 1.0)


def _keras_l2(given: _Given) -> tuple[float, float]:
    return 2.0 * given.value, 0.0


def _half_per_output(
    convert: Callable[[_Given], tuple[float, float]],
) -> Callable[[_Given], tuple[float, float]]:
    """Adapt to a loss that is the mean over outputs of the whole squared error."""

    def converted(given: _Given) -> tuple[float, float]:
        alpha, l1_ratio = convert(given)
        return 0.5 * given.n_outputs * alpha, l1_ratio

    return converted


def _torch(given: _Given) -> tuple[float, float]:
    return given.value, 0.0


def _glmnet(given: _Given) -> tuple[float, float]:
    a = _ratio(given, 1.0)
    if a == 1.0:
        return given.value, 1.0
    meaning = "the population standard deviation of y if gaussian, 1 for other families"
    sd = _need(given, "target_std", meaning)
    alpha = given.value * (a + (1.0 - a) / sd)
    return alpha, (given.value * a / alpha if alpha else a)


#: Source names and their conversions.
SOURCES: dict[str, Callable[[_Given], tuple[float, float]]] = {
    "sklearn.Lasso": _equal,
    "sklearn.LassoCV": _equal,
    "sklearn.ElasticNet": _elastic_net,
    "sklearn.ElasticNetCV": _elastic_net,
    "sklearn.MultiTaskLasso": _equal,
    "sklearn.MultiTaskElasticNet": _elastic_net,
    "sklearn.Ridge": _ridge,
    "sklearn.RidgeCV": _ridge,
    "sklearn.LogisticRegression": _logistic,
    "sklearn.LogisticRegressionCV": _logistic,
    "sklearn.PoissonRegressor": _glm,
    "sklearn.GammaRegressor": _glm,
    "sklearn.TweedieRegressor": _glm,
    "sklearn.SGD": _sgd,
    "sklearn.SGDClassifier": _sgd,
    "sklearn.SGDRegressor": _sgd,
    "sklearn.MLP": _mlp,
    "sklearn.MLPClassifier": _mlp,
    "sklearn.MLPRegressor": _mlp,
    "keras.l1": _keras,
    "keras.l2": _keras_l2,
    "keras.l1_l2": _keras,
    "keras.l1+mse": _half_per_output(_keras),
    "keras.l2+mse": _half_per_output(_keras_l2),
    "keras.l1_l2+mse": _half_per_output(_keras),
    "torch.weight_decay": _torch,
    "torch.weight_decay+mse": _half_per_output(_torch),
    "glmnet": _glmnet,
}


def convert_alpha(
    value: Any,
    source: str,
    *,
    l1_ratio: float | None = None,
    sample_weight_sum: float | None = None,
    n_outputs: int = 1,
    batch_size: int | None = None,
    target_std: float | None = None,
) -> tuple[float, float]:
    """Return the `alpha` and `l1_ratio` that state another library's problem.

    Parameters
    ----------
    value : float or tuple of two floats
        The strength there: ``alpha``, ``C`` (LogisticRegression), ``lambda`` (glmnet),
        ``weight_decay`` (torch), the factor of a Keras regulariser; for
        ``"keras.l1_l2"`` the pair (l1, l2).
    source : str
        Whose strength it is: ``"sklearn."`` with ``Lasso``, ``ElasticNet``, ``Ridge``,
        ``LogisticRegression`` (these four also with ``CV``), ``MultiTaskLasso``,
        ``MultiTaskElasticNet`` (of ``GroupElasticNet(weights=1)``),
        ``PoissonRegressor``, ``GammaRegressor``, ``TweedieRegressor``, ``SGD`` or
        ``MLP`` (these two also with ``Classifier`` or ``Regressor``);
        ``"keras.l1"``, ``"keras.l2"``, ``"keras.l1_l2"``, with ``"+mse"`` appended if
        the loss is ``"mse"``;
        ``"torch.weight_decay"``, with ``"+mse"`` appended if it is ``nn.MSELoss``;
        ``"glmnet"``.
    l1_ratio : float, optional
        Its mixing of l1 and l2 (glmnet's ``alpha``), in [0, 1].
    sample_weight_sum : float, optional
        Sum of the sample weights, n_samples when unweighted.
    n_outputs : int, default=1
        Number of outputs, for mean squared errors that average over them.
    batch_size : int, optional
        Rows in a mini-batch for ``"sklearn.MLP"`` (all rows for lbfgs); all rows for
        ``"sklearn.SGD"``.
    target_std : float, optional
        Population standard deviation of y, for glmnet's gaussian elastic net; 1 for
        its other families.

    Returns
    -------
    alpha : float
        Strength for sklreg's estimators.
    l1_ratio : float
        Mixing: 1 for l1, 0 for l2.

    Raises
    ------
    ValueError
        For an unknown source or a number out of range.
    TypeError
        If an argument that the source needs is absent.

    Notes
    -----
    sklreg minimises ``sum(s * loss) / sum(s) + alpha * P(w)`` with half squared errors
    and log-losses summed over outputs, see the README.

    Examples
    --------
    >>> from sklreg import convert_alpha
    >>> convert_alpha(1.0, "sklearn.Ridge", sample_weight_sum=442)
    (0.0022624434389140274, 0.0)
    >>> convert_alpha((0.5, 0.25), "keras.l1_l2")
    (1.0, 0.5)
    """
    if source not in SOURCES:
        msg = f"source must be one of {', '.join(SOURCES)}; got {source!r}."
        raise ValueError(msg)
    _check_value(value, is_pair=source.startswith("keras.l1_l2"))
    if not (isinstance(n_outputs, numbers.Integral) and n_outputs >= 1):
        msg = f"n_outputs must be a positive whole number, got {n_outputs!r}."
        raise ValueError(msg)
    if l1_ratio is not None and not 0.0 <= l1_ratio <= 1.0:
        msg = f"l1_ratio must lie in [0, 1], got {l1_ratio!r}."
        raise ValueError(msg)
    given = _Given(
        value, l1_ratio, sample_weight_sum, n_outputs, batch_size, target_std
    )
    alpha, ratio = SOURCES[source](given)
    return float(alpha), float(ratio)
