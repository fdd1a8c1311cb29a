"""Friendly input to canonical arrays: the only room that checks what users pass.

The private parts of scikit-learn that the suite needs are imported here and nowhere
else.
"""

from sklearn.utils._param_validation import (
    Hidden,
    Interval,
    StrOptions,
    validate_parameter_constraints,
)

from .classes import Classes, checked_classes
from .features import (
    as_design,
    check_magnitude,
    check_not_tiny,
    checked_for_fit,
    checked_for_predict,
    in_order,
)
from .objective import check_targets, loss_object, loss_record, penalty_record
from .parameters import (
    PENALTY_CONSTRAINTS,
    check_parameters,
    checked_nested,
    fitting,
    keywords_from,
    only_if,
)
from .weights import (
    checked_offset,
    checked_weights,
    total_weight,
    weights_of_rows,
)

__all__ = [
    "PENALTY_CONSTRAINTS",
    "Classes",
    "Hidden",
    "Interval",
    "StrOptions",
    "as_design",
    "check_magnitude",
    "check_not_tiny",
    "check_parameters",
    "check_targets",
    "checked_classes",
    "checked_for_fit",
    "checked_for_predict",
    "checked_nested",
    "checked_offset",
    "checked_weights",
    "fitting",
    "in_order",
    "keywords_from",
    "loss_object",
    "loss_record",
    "only_if",
    "penalty_record",
    "total_weight",
    "validate_parameter_constraints",
    "weights_of_rows",
]
