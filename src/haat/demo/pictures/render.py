"""From drawings to PNG, in processes of their own.

Drawing and rasterising hold Python's lock for most of the time: that is why processes and not threads.
"""

import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from typing import Final

from haat.demo.model import Look
from haat.demo.pictures import draw

WIDTH: Final = 640
"""Pixels a side. On one processor a picture takes 0.05 s to draw and 0.07 s to encode at 640, 0.18 and 0.25 s at 1,280:
the first start of a shop would wait a minute longer for what only a zoomed product page shows."""


def png(look: Look, width: int = WIDTH) -> bytes:
    """The picture of a look as a square PNG."""
    import resvg_py

    return bytes(resvg_py.svg_to_bytes(svg_string=draw(look), width=width, height=width, skip_system_fonts=True))


@contextmanager
def drawing_room(processes: int = 0) -> Iterator[Executor]:
    """Processes to run `png` in: one for each processor unless said otherwise. What waits at the end is given up."""
    count = processes or len(os.sched_getaffinity(0))
    # forked children would inherit the locks of threads that do not exist there: the writer thread of a database
    pool = ProcessPoolExecutor(count, multiprocessing.get_context("spawn"))
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
