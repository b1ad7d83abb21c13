"""Processes that are killed. Run by `make faults`; they need no network and leave nothing behind."""
