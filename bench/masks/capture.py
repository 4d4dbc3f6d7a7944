#!/usr/bin/env python3
"""Captures masks of all-MiniLM-L6-v2 for bench/keyorder: three layers, all heads, one text, 10 % of the keys.

    PYTHONPATH=python .venv/bin/python bench/masks/capture.py [bench/masks/minilm.safetensors]

Wants what scripts/demo installs and builds. The text is the first of examples/sentence_similarity/paragraphs.tsv; the
formats and the detectors are calibrated on it."""
import os
import sys
import tempfile

import numpy as np
import safetensors.numpy

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
EXAMPLE = os.path.join(ROOT, "examples", "sentence_similarity")
sys.path[:0] = [EXAMPLE, os.path.join(ROOT, "python")]
from dota import export, run as dota_run  # noqa: E402
import minilm  # noqa: E402

TOKENS, LAYERS = 128, (0, 2, 5)


def main():
    target = sys.argv[1] if len(sys.argv) > 1 else os.path.join(ROOT, "bench", "masks", "minilm.safetensors")
    encoder = minilm.MiniLM(None, None)
    with open(os.path.join(EXAMPLE, "paragraphs.tsv"), encoding="utf-8") as file:
        text = next(line for line in file if not line.startswith("#")).split("\t")[0]
    ids = encoder.tokenize(text)
    if len(ids) < TOKENS:
        sys.exit(f"capture: the text has {len(ids)} tokens; {TOKENS} are wanted")
    ids = np.array([ids[:TOKENS - 1] + ids[-1:]], np.int32)
    with tempfile.TemporaryDirectory() as folder:
        module, masks = os.path.join(folder, "minilm.mlirbc"), os.path.join(folder, "masks.safetensors")
        export.from_jax(encoder.function, (ids, np.ones_like(ids)), module)
        dota_run.run(module, (ids, np.ones_like(ids)), retain=0.1, options=[f"--dump-masks={masks}"],
                     tool=os.path.join(ROOT, "build", "release", "bin", "dota-run"))
        found = safetensors.numpy.load_file(masks)
    kept = {f"minilm.0.{layer}": found[f"program_0.0.{layer}"] for layer in LAYERS}
    safetensors.numpy.save_file(kept, target)
    print(f"{target}: {', '.join(f'{name} {list(mask.shape)}' for name, mask in kept.items())}")


if __name__ == "__main__":
    main()
