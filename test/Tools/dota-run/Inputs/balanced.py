"""Checks what balancing leaves of a captured mask.

usage: balanced.py MASKS GROUP FOUND.json BALANCED.json     statistics before and after"""
import json
import struct
import sys

with open(sys.argv[1], "rb") as file:
    header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
    data = file.read()
group = int(sys.argv[2])
before = after = 0
for name, tensor in header.items():
    if name == "__metadata__" or name.endswith(".scores"):
        continue
    scores = header[name + ".scores"]
    assert tensor["shape"] == scores["shape"] and scores["dtype"] == "F32"
    heads, rows, keep = tensor["shape"]
    ids = struct.unpack(f"<{heads * rows * keep}I", data[slice(*tensor["data_offsets"])])
    values = struct.unpack(f"<{heads * rows * keep}f", data[slice(*scores["data_offsets"])])
    # A threshold of 0: every kept key scores more, and empty places are 0.
    assert all(value >= 0 if id != 0xFFFFFFFF else value == 0 for id, value in zip(ids, values))
    assert any(value > 0 for value in values)
    lengths = [sum(id != 0xFFFFFFFF for id in ids[row * keep:(row + 1) * keep]) for row in range(heads * rows)]
    before += sum(lengths)
    for head in range(heads):
        for first in range(0, rows, group):
            own = lengths[head * rows + first:head * rows + min(first + group, rows)]
            after += sum(min(length, -(-sum(own) // len(own))) for length in own)
kept = [json.load(open(path))["counters"]["pairs.kept"]["value"] for path in sys.argv[3:5]]
assert kept == [before, after], (kept, before, after)
assert after < before
