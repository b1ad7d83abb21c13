"""What was looked at and what was found, for people and for machines."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Found:
    """The answer of one check."""

    name: str
    invariant: str  # number in the list of invariants
    says: str  # what is true of a sound shop
    total: int  # breaks, all counted
    breaks: Sequence[Mapping[str, Any]]  # the first of them, as named references and values
    took_ms: int


@dataclass(frozen=True, slots=True)
class Report:
    """The answer of all checks. `clean` says nothing of checks that were left out: they are named with the reason."""

    drained: bool
    now_ms: int  # the moment against which deadlines were held
    counts: Mapping[str, int]  # how much was there to look at
    found: Sequence[Found]
    left_out: Mapping[str, str]  # check → why it was not run
    took_ms: int

    @property
    def clean(self) -> bool:
        """No check found a break."""
        return not self.broken

    @property
    def broken(self) -> Mapping[str, int]:
        """Breaks by the name of the check that found them."""
        return {found.name: found.total for found in self.found if found.total}

    def as_json(self) -> str:
        """One JSON object: `clean`, `broken`, and everything of this report."""
        return json.dumps({"clean": self.clean, "broken": dict(self.broken), **asdict(self)}, ensure_ascii=False)

    def as_table(self) -> str:
        """A line a check, the breaks below it."""
        width = max((len(found.name) for found in self.found), default=0)
        lines = [", ".join(f"{count:,} {name}" for name, count in self.counts.items())]
        for found in self.found:
            word = f"{found.total:,} broken" if found.total else "ok"
            lines.append(f"{found.invariant:>3}  {found.name:<{width}}  {word:>12}  {found.took_ms:>7,} ms")
            if found.total:
                lines.append(f"     should be: {found.says}")
            lines.extend("     - " + " ".join(f"{k}={v}" for k, v in one.items()) for one in found.breaks)
            if found.total > len(found.breaks):
                lines.append(f"     … and {found.total - len(found.breaks):,} more")
        lines.extend(f"  -  {name}: not looked at, {why}" for name, why in self.left_out.items())
        ran = f"{len(self.found)} checks in {self.took_ms / 1000:.1f} s"
        verdict = "clean" if self.clean else f"{sum(self.broken.values()):,} breaks in {len(self.broken)} checks"
        return "\n".join([*lines, f"{'drained' if self.drained else 'online'}: {ran}: {verdict}"])
