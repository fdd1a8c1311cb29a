"""scikit-learn's own tests of Lasso, ElasticNet and those of several tasks."""

from adopted import adopted

#: Tests that are left out, and why.
LEFT_OUT = {
    "test_1d_multioutput_enet_and_multitask_enet_cv": "seven digits of theirs",
    "test_1d_multioutput_lasso_and_multitask_lasso_cv": "seven digits of theirs",
    "test_check_input_false": "wants an error for X in C order",
    "test_enet_coordinate_descent_raises_convergence": "warning at max_iter=1",
    "test_enet_copy_X_False_check_input_False": "wants X overwritten",
    "test_enet_nonfinite_params": "their message; X is refused in other words",
    "test_lassoCV_does_not_set_precompute": "looks for a Lasso within LassoCV",
    "test_lasso_alpha_warning": "warning that their algorithm is bad at alpha=0",
    "test_lasso_dual_gap": "seven digits of a gap that is rounding here",
    "test_multi_task_lasso_and_enet": "wants a gap above zero; warning at max_iter=1",
    "test_multi_task_lasso_readonly_data": "wants a gap above zero",
    "test_sparse_input_convergence_warning": "warning at max_iter=1",
    "test_warm_start_convergence": "n_iter_ of 0, where check_estimator wants 1",
    "test_warm_start_convergence_with_regularizer_decrement": "numbers of iterations",
}

globals().update(adopted("test_coordinate_descent", LEFT_OUT))
