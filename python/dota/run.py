"""Runs a module through dota-run: numpy arrays in, numpy arrays and counters out."""
import json
import os
import tempfile

import numpy as np

from .export import run as run_tool


def run(module, inputs, outputs=1, retain=None, options=(), tool="dota-run"):
    """([outputs as arrays], {counter name: value}) of `module` on `inputs`.

    retain: share of the keys each query keeps, 0 to 1; None for dense attention.
    options: further options of dota-run. Raises RuntimeError with dota-run's own message.
    """
    with tempfile.TemporaryDirectory() as scratch:
        arguments = [module, f"--stats={scratch}/stats.json", *options]
        for i, value in enumerate(inputs):
            np.save(f"{scratch}/in{i}.npy", value)
            arguments.append(f"--input={scratch}/in{i}.npy")
        arguments += [f"--output={scratch}/out{i}.npy" for i in range(outputs)]
        if retain is not None:
            arguments.append(f"--retain={retain:g}")
        run_tool(tool, *arguments)
        with open(f"{scratch}/stats.json") as file:
            counters = {name: counter["value"] for name, counter in json.load(file)["counters"].items()}
        return [np.load(f"{scratch}/out{i}.npy") for i in range(outputs)], counters
