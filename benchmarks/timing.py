"""How the benchmarks time a call."""

import statistics
import time


def timed(call, repeat):
    """The median seconds of ``repeat`` calls, and what the last one returned."""
    times = []
    for _ in range(repeat):
        begin = time.perf_counter()
        result = call()
        times.append(time.perf_counter() - begin)
    return statistics.median(times), result
