#!/usr/bin/env python3
"""Cosine similarities of pairs of texts: by the framework in f32, and on DOTA at several retentions.

Each text is padded to the smallest of a few lengths; all texts of one length are a batch of one module, which goes through dota-run once a setting. scripts/demo calls this after it has built
everything."""
import argparse
import collections
import os
import sys
import time

import numpy as np

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
HERE = os.path.relpath(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "python"))
from dota import export, run as dota_run  # noqa: E402

LENGTHS = (32, 64, 128, 256)
SETTINGS = {"dense": None, "100 %": 1.0, "50 %": 0.5, "25 %": 0.25, "10 %": 0.1}

Bucket = collections.namedtuple("Bucket", "length texts ids mask")


def progress(message):
    """Shows what is being done, on a terminal only."""
    if sys.stderr.isatty():
        print(f"\r\033[K{message}", end="", file=sys.stderr, flush=True)


def read_pairs(path):
    """[(text, text, recorded cosine or None)]: two or three columns apart by tabs; # starts a comment."""
    pairs = []
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if not line.strip() or line.startswith("#"):
                continue
            fields = line.rstrip("\n").split("\t")
            if len(fields) not in (2, 3):
                sys.exit(f"{path}:{number}: {len(fields)} columns; expected two texts apart by a tab, and perhaps their cosine")
            try:
                recorded = float(fields[2]) if len(fields) == 3 else None
            except ValueError:
                sys.exit(f"{path}:{number}: the third column is '{fields[2]}'; expected a number")
            pairs.append((fields[0], fields[1], recorded))
    if not pairs:
        sys.exit(f"{path}: no pairs")
    return pairs


def fill_buckets(encoder, texts):
    """Each text in the bucket of the smallest length that holds it."""
    tokens = {text: encoder.tokenize(text) for text in texts}
    long = sum(len(ids) > LENGTHS[-1] for ids in tokens.values())
    if long:
        print(f"note: {long} texts are longer than {LENGTHS[-1]} tokens and were cut")
    buckets = []
    for shorter, length in zip((0, *LENGTHS), LENGTHS):
        own = [text for text in texts if shorter < min(len(tokens[text]), LENGTHS[-1]) <= length]
        if not own:
            continue
        ids, mask = np.zeros((len(own), length), np.int32), np.zeros((len(own), length), np.int32)
        for row, text in enumerate(own):
            kept = tokens[text]
            if len(kept) > length:
                # The last token closes the text.
                kept = kept[:length - 1] + kept[-1:]
            ids[row, :len(kept)], mask[row, :len(kept)] = kept, 1
        buckets.append(Bucket(length, own, ids, mask))
    return buckets


def shorten(text, width):
    return text if len(text) <= width else text[:width - 1].rstrip() + "…"


def print_table(rows):
    """Rows of strings; the first column to the left, the rest to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        print("  ".join([row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))]).rstrip())


def main():
    parser = argparse.ArgumentParser(description="Cosine similarities of pairs of texts, in the framework and on DOTA.")
    parser.add_argument("--pairs", metavar="FILE.tsv", help="two texts a line, apart by a tab (default: the example's own)")
    parser.add_argument("--encoder", choices=("minilm", "tiny"), default="minilm",
                        help="tiny: a small encoder that is trained here first")
    parser.add_argument("--bin", default=os.path.join(ROOT, "build", "release", "bin"), help="where dota-run lies")
    options = parser.parse_args()

    if options.encoder == "minilm":
        from minilm import MiniLM as Encoder
    else:
        from tiny import Tiny as Encoder
    encoder = Encoder(os.path.join(ROOT, "build", "demo"), progress)
    if options.pairs:
        pairs = read_pairs(options.pairs)
    else:
        pairs = [pair for file in encoder.examples for pair in read_pairs(os.path.join(os.path.dirname(os.path.abspath(__file__)), file))]
    buckets = fill_buckets(encoder, list(dict.fromkeys(text for pair in pairs for text in pair[:2])))

    start = time.time()
    vectors = {setting: {} for setting in ("f32", *SETTINGS)}
    counters = {}
    # Exported once, until what makes it changes.
    newest = max(os.path.getmtime(sys.modules[part].__file__) for part in (Encoder.__module__, "dota.bert", "dota.export"))
    steps, step = len(buckets) * (1 + len(SETTINGS)), 0
    for bucket in buckets:
        module = os.path.join(ROOT, "build", "demo", f"{encoder.name}-{len(bucket.texts)}x{bucket.length}.mlirbc")
        step += 1
        progress(f"[{step}/{steps}] {bucket.length} tokens: f32, export")
        vectors["f32"].update(zip(bucket.texts, encoder.embed(bucket.ids, bucket.mask)))
        if not os.path.exists(module) or os.path.getmtime(module) < newest:
            export.from_jax(encoder.function, (bucket.ids, bucket.mask), module)
        for setting, retain in SETTINGS.items():
            step += 1
            progress(f"[{step}/{steps}] {bucket.length} tokens: {setting}")
            (embedded,), counters[bucket.length, setting] = dota_run.run(
                module, (bucket.ids, bucket.mask), retain=retain, tool=os.path.join(options.bin, "dota-run"))
            vectors[setting].update(zip(bucket.texts, embedded))
    progress("")

    print(f"{encoder.title}: {len(pairs)} pairs of texts. f32: the framework. dense: DOTA in FX16, every key.")
    print("100 % to 10 %: DOTA with detection, each query keeps that share of the keys.")
    print("Formats and detectors are calibrated on these very texts; nothing is trained for omission.\n")
    rows = [["cosine similarity", *vectors]]
    for a, b, _ in pairs:
        rows.append([f"{shorten(a, 34)} | {shorten(b, 34)}",
                     *(f"{float(np.dot(vectors[setting][a], vectors[setting][b])):.4f}" for setting in vectors)])
    exact = [float(np.dot(vectors["f32"][a], vectors["f32"][b])) for a, b, _ in pairs]
    rows.append(["mean difference from f32", "", *(
        f"{np.mean([abs(np.dot(vectors[setting][a], vectors[setting][b]) - f32) for (a, b, _), f32 in zip(pairs, exact)]):.4f}"
        for setting in SETTINGS)])
    print_table(rows)
    recorded = [abs(f32 - pair[2]) for pair, f32 in zip(pairs, exact) if pair[2] is not None]
    if recorded:
        print(f"\nf32 against the {len(recorded)} cosines that PyTorch gave: largest difference {max(recorded):.6f}")

    for bucket in buckets:
        of = {setting: counters[bucket.length, setting] for setting in SETTINGS}
        count, dense = len(bucket.texts), of["dense"]
        print()
        print_table([
            [f"{count} texts of up to {bucket.length} tokens", *SETTINGS],
            ["pairs of query and key", *(f"{100 * c['pairs.kept'] / c['pairs.dense']:.1f} %" for c in of.values())],
            ["cycles a text", *(f"{c['cycles.total'] / count:,.0f}" for c in of.values())],
            ["  of them attention", *(f"{100 * c['cycles.attention'] / c['cycles.total']:.1f} %" for c in of.values())],
            ["  of them detection", *(f"{100 * c['cycles.detection'] / c['cycles.total']:.1f} %" for c in of.values())],
            ["DRAM MB a text", *(f"{c['dram.bytes'] / count / 1e6:.2f}" for c in of.values())],
            ["energy uJ a text", *(f"{c['energy.total'] / count:.1f}" for c in of.values())],
            ["speed-up over dense", *(f"{dense['cycles.total'] / c['cycles.total']:.2f}" for c in of.values())],
            ["  attention alone", *(f"{dense['cycles.attention'] / c['cycles.attention']:.2f}" for c in of.values())],
        ])
    print(f"\n{time.time() - start:.0f} s")
    # The framework's own numbers must be right before anything else means something.
    if recorded and max(recorded) > 1e-4:
        sys.exit("compare: f32 differs from the recorded cosines by more than 0.0001")


if __name__ == "__main__":
    try:
        main()
    except RuntimeError as error:
        # A tool's own message.
        sys.exit(f"compare: {error}")
