"""Benchmarks: the product against what else could do the same work, on one machine, in one run."""
