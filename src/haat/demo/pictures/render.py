"""From drawings to PNG: on as many processes as there are processors, in the order asked for.

Drawing and rasterising take some 0.1 s of one processor for each picture of 1,280 px, and hold Python's lock for it:
that is why processes and not threads.
"""

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Final

from haat.demo.model import Look
from haat.demo.pictures import draw

WIDTH: Final = 1_280
_AT_ONCE: Final = 8  # pictures asked of the pool ahead of the reader: PNG of 100 kB each, so memory stays small


def png(look: Look, width: int = WIDTH) -> bytes:
    """The picture of a look as a square PNG."""
    import resvg_py

    return bytes(resvg_py.svg_to_bytes(svg_string=draw(look), width=width, height=width, skip_system_fonts=True))


def render(looks: Sequence[Look], width: int = WIDTH, processes: int = 0) -> Iterator[bytes]:
    """PNG of each look, in order. `processes` 0: one for each processor; 1: in this process."""
    count = min(processes or len(os.sched_getaffinity(0)), len(looks))
    if count <= 1:
        yield from (png(look, width) for look in looks)
        return
    # forked children would inherit the locks of threads that do not exist there: the writer thread of a database
    with ProcessPoolExecutor(count, multiprocessing.get_context("spawn")) as pool:
        waiting = [pool.submit(png, look, width) for look in looks[:_AT_ONCE]]
        for place in range(len(looks)):
            if place + _AT_ONCE < len(looks):
                waiting.append(pool.submit(png, looks[place + _AT_ONCE], width))
            yield waiting[place].result()
