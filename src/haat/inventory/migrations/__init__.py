"""The orders database's version line. Orders and payments extend it: their facts commit together with stock."""
