"""Read by each Python under libfaketime, whose clock_nanosleep refuses what time.sleep asks: select does it instead."""

import select
import time


def _sleep(seconds: float) -> None:
    select.select([], [], [], seconds)


time.sleep = _sleep
