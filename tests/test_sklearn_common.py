"""scikit-learn's own tests of linear models, with our names."""

from adopted import adopted

#: Tests that are left out, and why.
LEFT_OUT: dict[str, str] = {}

globals().update(adopted("test_common", LEFT_OUT))
