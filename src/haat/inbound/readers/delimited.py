"""CSV and TSV as rows: quoted line breaks, any header order, every broken row named."""

import csv
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from haat.inbound.model import Limits, Refusal, Row, Unreadable
from haat.inbound.readers.source import Lines, LineTooLong, Source

TOO_LONG: Final = f"This row is longer than {Limits.LINE_BYTES >> 20} MiB; it was skipped."
_NOT_TEXT: Final = "This row is not text in the encoding of the file."


def header_of(lines: Lines, delimiter: str) -> list[str]:
    """The column names of the first row that is not blank. Raises: Unreadable."""
    try:
        for cells in csv.reader(lines, delimiter=delimiter, strict=True):
            if cells:
                break
        else:
            raise Unreadable("The file is empty.")
    except LineTooLong:
        raise Unreadable("The first line is longer than a row may be.") from None
    except (csv.Error, UnicodeError) as error:
        raise Unreadable(f"The header cannot be read as CSV: {error}.") from error
    if len(cells) > Limits.COLUMNS:
        raise Unreadable(f"The header names {len(cells):,} columns; the most is {Limits.COLUMNS:,}.")
    names: list[str] = []
    seen: set[str] = set()
    for position, cell in enumerate(cells, 1):
        name = cell.strip() or f"column {position}"
        if name in seen:
            name = f"{name} ({position})"
        seen.add(name)
        names.append(name)
    if any("\0" in name for name in names):
        raise Unreadable("The header holds NUL characters: this is not a text file.")
    return names


def read_rows(source: Source, delimiter: str, need: Collection[str] = ()) -> Iterator[Row | Refusal]:
    """The rows under the header, empty cells left out. `need` names columns (lower case) that must be there.

    Cost: one row in memory.
    Raises: Unreadable when there is no header, or a column is missing.
    """
    lines = source.lines()
    header = header_of(lines, delimiter)
    missing = [name for name in need if name not in {column.lower() for column in header}]
    if missing:
        raise Unreadable(f"There is no column {missing[0]!r}. The header names: {', '.join(header)[:300]}.")
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        first = lines.number + 1
        lines.record_bytes = 0
        try:
            cells = next(reader)
        except StopIteration:
            return
        except LineTooLong:
            yield Refusal(first, "", TOO_LONG)
        except csv.Error as error:
            yield Refusal(first, "", f"This row is not CSV: {error}. Check its quotes.")
        except UnicodeError:
            yield Refusal(first, "", _NOT_TEXT)
        else:
            if cells:
                yield _row(first, header, cells, lines.record_bytes)


def _row(line: int, header: Sequence[str], cells: Sequence[str], size: int) -> Row | Refusal:
    if len(cells) > len(header):
        return Refusal(line, "", f"This row has {len(cells):,} cells; the header has {len(header):,}.")
    if size > Limits.LINE_BYTES:
        return Refusal(line, "", TOO_LONG)
    return Row(line, {name: cell for name, cell in zip(header, cells, strict=False) if cell})
