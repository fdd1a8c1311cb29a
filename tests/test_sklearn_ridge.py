"""scikit-learn's own tests of Ridge, with our name."""

from adopted import adopted

_SKIPPED = "skipped by the file itself: not for this solver, or not for sparse X"

#: Tests that are left out, and why.
LEFT_OUT = {
    "test_array_api_error_and_warnings_for_solver_parameter": "arrays are NumPy's",
    "test_lbfgs_solver_error": "warning at max_iter=1",
    "test_n_iter": "numbers of iterations of each solver",
    "test_regularization_limits_ridge\\[csr.*(svd|True-cholesky).*": _SKIPPED,
    "test_ridge_array_api_compliance": "arrays are NumPy's",
    "test_ridge_fit_intercept_sparse_sag": "warning about the speed of sag",
    "test_ridge_gcv_vs_ridge_loo_cv\\[.*-csr.*svd\\]": _SKIPPED,
    "test_ridge_gcv_sample_weights\\[.*-csr.*svd\\]": _SKIPPED,
    "test_ridge_per_target_alpha_array_api": "arrays are NumPy's",
    "test_ridge_regression_sample_weights\\[.*csr.*True-(chol|lsqr|saga).*": _SKIPPED,
    "test_ridge_regression_sample_weights\\[.*csr.*svd\\]": _SKIPPED,
    "test_ridge_regression_unpenalized.*\\[wide-True.*": "expected to fail by the file",
    "test_ridge_regression_unpenalized_hstacked_X\\[.*cholesky\\]": _SKIPPED,
    "test_ridge_sample_weight_consistency\\[(svd|chol.*|saga)-.*csr.*True\\]": _SKIPPED,
    "test_ridge_sample_weight_consistency\\[svd.*csr.*False\\]": _SKIPPED,
}

globals().update(adopted("test_ridge", LEFT_OUT))
