"""scikit-learn's own tests of Lasso and ElasticNet on sparse X, with our names."""

from adopted import adopted

#: Tests that are left out, and why.
LEFT_OUT = {"test_sparse_enet_coordinate_descent": "warning at max_iter=2"}

globals().update(adopted("test_sparse_coordinate_descent", LEFT_OUT))
