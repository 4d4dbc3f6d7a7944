"""npy.py write FILE TYPE SHAPE VALUE...: an array, VALUEs repeated; TYPE as <f4, SHAPE as 2x6.
npy.py near A B TOLERANCE: fails where two f4 arrays differ by more."""
import array
import ast
import itertools
import math
import struct
import sys

CODES = {"<f4": "f", "<f8": "d", "<i4": "i", "<i8": "q", "|b1": "?"}


def load(path):
    with open(path, "rb") as file:
        size = struct.unpack("<8xH", file.read(10))[0]
        shape = ast.literal_eval(file.read(size).decode())["shape"]
        return shape, array.array("f", file.read())


if sys.argv[1] == "write":
    path, kind, sizes, values = sys.argv[2], sys.argv[3], sys.argv[4], sys.argv[5:]
    shape = tuple(int(s) for s in sizes.split("x"))
    number = float if kind.startswith("<f") else int
    data = [number(v) for v in itertools.islice(itertools.cycle(values), math.prod(shape))]
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
        file.write(struct.pack(f"<{len(data)}{CODES[kind]}", *data))
else:
    (shape, a), (other, b) = load(sys.argv[2]), load(sys.argv[3])
    worst = max(abs(x - y) for x, y in zip(a, b))
    if shape != other or not worst <= float(sys.argv[4]):
        sys.exit(f"shapes {shape} and {other}, largest difference {worst}")
