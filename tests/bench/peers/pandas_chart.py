"""What a script would do with batches: pandas_chart.py DIR reads each data_*.csv of it, describes it and draws its
bars, all in one process. Prints how many a second; without arguments, the versions."""
import glob
import os
import sys
import time

import matplotlib
import pandas

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402


def draw(path):
    frame = pandas.read_csv(path)
    frame.describe(include="all").to_json(path + ".json")
    figure, axes = pyplot.subplots(figsize=(10, 6), dpi=100)
    axes.bar(frame["label"], frame["value"])
    axes.tick_params(axis="x", rotation=45)
    axes.set_xlabel("label")
    axes.set_ylabel("value")
    axes.set_title(os.path.basename(path))
    figure.savefig(path + ".png")
    pyplot.close(figure)


if len(sys.argv) < 2:
    print(pandas.__version__, matplotlib.__version__)
else:
    paths = glob.glob(os.path.join(sys.argv[1], "data_*.csv"))
    started = time.monotonic()
    for path in paths:
        draw(path)
    print(f"{len(paths) / (time.monotonic() - started):.1f}")
