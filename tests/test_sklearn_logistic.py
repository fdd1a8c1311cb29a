"""scikit-learn's own tests of LogisticRegression, with our name."""

from adopted import adopted

#: Tests that are left out, and why.
LEFT_OUT = {
    "test_large_sparse_matrix": "refusal of 64-bit indices by three of their solvers",
    "test_liblinear_dual_random_state": "wants solutions that depend on random_state",
    "test_liblinear_with_large_values": "refusal of large numbers by liblinear",
    "test_logistic_cv_multinomial_score": "six digits of a private function's solution",
    "test_logistic_regression_array_api_compliance": "array API: arrays are NumPy's",
    "test_logistic_regression_array_api_warm_start": "array API: arrays are NumPy's",
    "test_logistic_regression_callback_fitted_estimator": "callbacks of each iteration",
    "test_logistic_regression_callback_support": "callbacks of each iteration",
    "test_logistic_regression_callback_support_warning": "callbacks of each iteration",
    "test_logreg_predict_proba_multinomial": "calls a private method",
    "test_max_iter": "warnings at a tiny max_iter, in the words of each solver",
    "test_newton_cholesky_fallback_to_lbfgs": "warnings and steps of one solver",
    "test_zero_max_iter": "what their solvers return after no iteration",
}

globals().update(adopted("test_logistic", LEFT_OUT))
