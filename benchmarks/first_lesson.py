"""What a learner waits for in lesson 00: python -m benchmarks.first_lesson

Each figure is the median of several runs on this machine; imports are whole processes, with the ratio to NumPy's.
"""

import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from lrcourse import datasets, models, panels, problems, training
from tests.execute import execute

LESSON = Path(__file__).parent.parent / "notebooks/00_start_here.ipynb"


def median_seconds(call, runs):
    """The median of ``runs`` timings of ``call``, after one that does not count."""
    times = []
    for _ in range(runs + 1):
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return statistics.median(times[1:])


def importing(module):
    return lambda: subprocess.run([sys.executable, "-c", f"import {module}"], check=True)


def main():
    data = datasets.digits()
    model = models.SoftmaxRegression(data.features, data.classes)
    rates = np.geomspace(0.001, 1000, 64)
    sweep = training.descend(problems.quadratic([1, 10]), lr=np.geomspace(0.001, 1, 121), steps=100)
    panel = panels.rates(sweep, goal=1e-6)
    places = iter(np.resize(sweep.lr[0], 1000))

    def move():
        panel.slider.value = next(places)

    bare, numpy, ours = (median_seconds(importing(module), 15) for module in ("sys", "numpy", "lrcourse"))
    print(f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}, NumPy {np.__version__}")
    print(f"import lrcourse                          {ours * 1e3:7.0f} ms, {ours / numpy:.2f} of import numpy")
    print(f"(import numpy {numpy * 1e3:.0f} ms, bare interpreter {bare * 1e3:.0f} ms)")
    print(f"lesson 00, kernel start to last cell     {median_seconds(lambda: execute(LESSON), 3):7.1f} s")
    for batch_size in (64, len(data.train.y)):
        seconds = median_seconds(lambda size=batch_size: training.train(model, data, lr=rates, batch_size=size), 5)
        print(f"64 rates x 200 steps, batches of {batch_size:5}    {seconds:7.2f} s")
    print(f"panel, first picture                     {median_seconds(lambda: panels.rates(sweep), 5) * 1e3:7.0f} ms")
    print(f"panel, next picture (kernel side)        {median_seconds(move, 50) * 1e3:7.0f} ms")


if __name__ == "__main__":
    main()
