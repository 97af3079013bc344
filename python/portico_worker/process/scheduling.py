"""How a slot's thread shares the processor with the process that writes to it."""

from __future__ import annotations

import os


def yield_to_the_waker() -> None:
    """Sets this thread to SCHED_BATCH: the same share of the processor, but on waking it does not preempt.

    The HTTP process wakes a thread by writing a request to it. Preempted there, it would lose its processor once a
    request with other connections waiting (measured: a quarter of the CPU time of a small request).
    SCHED_RESET_ON_FORK keeps the application's children and threads as they would have been. Where the call is
    missing or refused, nothing is lost but that.
    """
    try:
        os.sched_setscheduler(0, os.SCHED_BATCH | os.SCHED_RESET_ON_FORK, os.sched_param(0))
    except (AttributeError, OSError):
        pass
