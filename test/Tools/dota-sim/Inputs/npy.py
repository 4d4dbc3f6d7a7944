"""Writes and prints .npy files without NumPy.

npy.py write FILE TYPE SHAPE VALUES...   TYPE f4, i4, i8; SHAPE as 2x3; one value fills
npy.py print FILE
"""
import ast
import math
import struct
import sys

CODES = {"f4": "f", "i4": "i", "i8": "q"}


def write(path, kind, shape, *values):
    sizes = [int(n) for n in shape.split("x")] if shape else []
    number = float if kind == "f4" else int
    data = [number(v) for v in values]
    if len(data) == 1:
        data *= math.prod(sizes)
    header = "{'descr': '<%s', 'fortran_order': False, 'shape': (%s), }" % (
        kind,
        "".join("%d," % n for n in sizes),
    )
    header = header.ljust(117) + "\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
        file.write(struct.pack("<%d%s" % (len(data), CODES[kind]), *data))


def show(path):
    with open(path, "rb") as file:
        content = file.read()
    size = struct.unpack("<H", content[8:10])[0]
    header = ast.literal_eval(content[10 : 10 + size].decode())
    kind = header["descr"][1:]
    body = content[10 + size :]
    values = struct.unpack("<%d%s" % (len(body) // struct.calcsize(CODES[kind]), CODES[kind]), body)
    print("x".join(str(n) for n in header["shape"]), kind, *values)


{"write": write, "print": show}[sys.argv[1]](*sys.argv[2:])
