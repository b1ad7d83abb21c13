"""What haat costs, as ratios inside one run. `python -m benchmarks` runs all; see docs/reference/figures.md."""
