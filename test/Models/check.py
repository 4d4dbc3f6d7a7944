#!/usr/bin/env python3
"""Runs modules of this folder through dota-run and compares with the framework's own f32 output.

usage: check.py [--bin DIR] [MODULE.mlirbc ...]     (DIR holds dota-run; default: build/release/bin of the checkout; default modules: all)

A module passes when every token's cosine similarity to the framework's is at least 0.999 (dense FX16) and at least 95 % of all
multiply-accumulates ran on the device. make_test_models.py in python/tools writes the modules. Only the standard library is used."""
import argparse
import array
import ast
import glob
import json
import math
import os
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


def load(path):
    """An .npy file of f4 as (shape, flat array)."""
    with open(path, "rb") as file:
        magic, version, _ = struct.unpack("<6sBB", file.read(8))
        length, = struct.unpack("<H" if version == 1 else "<I", file.read(2 if version == 1 else 4))
        header = ast.literal_eval(file.read(length).decode())
        values = array.array("f", file.read())
    if magic != b"\x93NUMPY" or header["descr"] != "<f4" or header["fortran_order"]:
        raise ValueError(f"{path}: not little-endian f32 in C order")
    if len(values) != math.prod(header["shape"]):
        raise ValueError(f"{path}: {len(values)} values for shape {header['shape']}")
    return header["shape"], values


def cosine(a, b):
    norms = math.sqrt(sum(x * x for x in a) * sum(x * x for x in b))
    return sum(x * y for x, y in zip(a, b)) / norms if norms else float(list(a) == list(b))


def check(tool, module):
    """(passed, one line of what was seen)"""
    stem = module.removesuffix(".mlirbc")
    with tempfile.TemporaryDirectory() as scratch:
        command = [tool, module, *(f"--input={path}" for path in sorted(glob.glob(f"{stem}.in*.npy"))),
                   f"--output={scratch}/y.npy", f"--stats={scratch}/stats.json"]
        run = subprocess.run(command, capture_output=True, text=True)
        if run.returncode:
            return False, f"exit status {run.returncode} of {' '.join(command)}\n{run.stderr}"
        shape, got = load(f"{scratch}/y.npy")
        with open(f"{scratch}/stats.json") as file:
            counters = json.load(file)["counters"]
    wanted, reference = load(f"{stem}.out0.npy")
    if shape != wanted:
        return False, f"shape {shape}, the framework's is {wanted}"
    width = shape[-1]
    worst = min(cosine(reference[i:i + width], got[i:i + width]) for i in range(0, len(got), width))
    device, host = (counters[f"macs.{place}"]["value"] for place in ("device", "host"))
    share = device / (device + host)
    return (worst >= 0.999 and share >= 0.95,
            f"worst cosine {worst:.6f}, {100 * share:.1f} % on the device, {counters['cycles.total']['value']} cycles")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", default=os.path.join(HERE, "..", "..", "build", "release", "bin"))
    parser.add_argument("modules", nargs="*")
    options = parser.parse_args()
    modules = options.modules or sorted(glob.glob(f"{HERE}/*.mlirbc"))
    failed = 0
    for module in modules:
        passed, seen = check(os.path.join(options.bin, "dota-run"), module)
        print(f"{'ok  ' if passed else 'FAIL'} {os.path.basename(module).removesuffix('.mlirbc'):16} {seen}", flush=True)
        failed += not passed
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
