"""Contract suites: one class per port, a test per promise. Engines bind by a `rigs` fixture and nothing else."""
