"""The table of docs/explanation/degradation.md, from what tests/faults/test_degradation.py saw.

`HAAT_TEST_MATRIX=docs/explanation/degradation.json make faults ENGINES=all` writes what was seen;
`python -m tools.degradation` puts the table of it into the page; with `--check` it only says whether it is there.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).resolve().parents[1] / "docs" / "explanation"
PAGE: Final = FOLDER / "degradation.md"
SEEN: Final = FOLDER / "degradation.json"
BEGIN: Final = "<!-- table: python -m tools.degradation -->"
END: Final = "<!-- end of table -->"


def table(seen: Mapping[str, Any]) -> str:
    """A row for each section, a column for each part that was away; one word if all its outages were alike."""
    parts = list(dict.fromkeys(name.partition(", ")[0] for name in seen))
    sections = list(next(iter(seen.values()))["sections"])
    rows = [["", *(f"{part} away" for part in parts)], ["---"] * (len(parts) + 1)]
    rows += [[section, *(_cell(seen, part, section) for part in parts)] for section in sections]
    rows.append(["works again after", *(f"{max(_recoveries(seen, part)):.1f} s" for part in parts)])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _cell(seen: Mapping[str, Any], part: str, section: str) -> str:
    """What holds, and the worst ratio of 95th percentiles where it works."""
    found = {name: outage["sections"][section] for name, outage in seen.items() if name.startswith(f"{part}, ")}
    kinds: dict[str, list[str]] = {}
    for name, one in found.items():
        kinds.setdefault(one["poorer"] or one["kind"], []).append(name.partition(", ")[2])
    if len(kinds) > 1:
        return "; ".join(f"{kind} ({', '.join(faults)})" for kind, faults in kinds.items())
    (kind,) = kinds
    worst = max(one["p95_ms"] / one["normal_ms"] for one in found.values())
    return f"{kind}, {worst:.1f} ×" if kind == "works" else kind


def _recoveries(seen: Mapping[str, Any], part: str) -> list[float]:
    return [outage["recovered_s"] for name, outage in seen.items() if name.startswith(f"{part}, ")]


def renewed(page: str, seen: Mapping[str, Any]) -> str:
    """The page with the table of what was seen."""
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{table(seen)}\n\n{END}{rest.partition(END)[2]}"


def main(given: Sequence[str]) -> int:
    """0 when the page has the table; it is put there unless only asked for."""
    page = PAGE.read_text(encoding="utf-8")
    new = renewed(page, json.loads(SEEN.read_text(encoding="utf-8")))
    if "--check" not in given:
        PAGE.write_text(new, encoding="utf-8")
    elif new != page:
        print(f"{PAGE.name} has another table than {SEEN.name}: python -m tools.degradation")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
