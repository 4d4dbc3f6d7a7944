"""Writes a detector file, or rewrites one.

usage: detectors.py write FILE PRECISION NAME=SHAPE[:VALUE]...     tensors of one value (0.5)
       detectors.py show FILE                                     names, shapes, metadata"""
import json
import struct
import sys


def write(path, precision, tensors):
    header, data = {"__metadata__": {"format": "dota detectors", "version": "1", "precision": precision}}, b""
    for tensor in tensors:
        name, shape = tensor.split("=")
        shape, _, value = shape.partition(":")
        shape = [int(n) for n in shape.split("x")]
        count = 1
        for n in shape:
            count *= n
        bytes = struct.pack("<f", float(value or 0.5)) * count
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(bytes)]}
        data += bytes
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def show(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
    for name, value in sorted(header.items()):
        print(name, value.get("shape", value))


if sys.argv[1] == "write":
    write(sys.argv[2], sys.argv[3], sys.argv[4:])
else:
    show(sys.argv[2])
