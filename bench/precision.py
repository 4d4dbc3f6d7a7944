"""Accuracy against cost by precision, on all-MiniLM-L6-v2; bench/precision calls it. Formats are calibrated on sentences that are not measured."""
import argparse
import json
import os
import sys
import tempfile

import numpy as np
import safetensors.numpy

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path[:0] = [os.path.join(ROOT, "bench"), os.path.join(ROOT, "examples", "sentence_similarity"), os.path.join(ROOT, "python")]
from dota import export, run as dota_run  # noqa: E402
import minilm  # noqa: E402
from sentences import sentences  # noqa: E402

# Name, what calibration is told, what dota-run is told besides.
FX8 = ("--precision=fx8",)
SETTINGS = [
    ("FX16", (), ()),
    ("FX16, weights FX8, a scale a tensor", (), ("--weight-precision=fx8", "--weight-scales=tensor")),
    ("FX16, weights FX8", (), ("--weight-precision=fx8",)),
    ("FX16, weights FX4, a scale a tensor", (), ("--weight-precision=fx4", "--weight-scales=tensor")),
    ("FX16, weights FX4", (), ("--weight-precision=fx4",)),
    ("FX8, max", ("--method=max", *FX8), FX8),
    ("FX8, percentile 99.9", ("--method=percentile:99.9", *FX8), FX8),
    ("FX8", FX8, FX8),
    ("FX8, equalized", ("--equalize", *FX8), FX8),
    ("FX8, sums and norms too", (*FX8, "--value-precision=fx8"), (*FX8, "--value-precision=fx8")),
    ("FX4, equalized", ("--equalize", "--precision=fx4"), ("--precision=fx4",)),
]
RETENTIONS = (0.5, 0.25, 0.1)
# Largest errors on the sentences that precisions are chosen on, and how many those are.
BUDGETS = (0.02, 0.05, 0.1, 0.2)
CHOOSING = 40
DETECTORS = {"INT4": "int4", "INT2": "int2"}


def progress(message):
    if sys.stderr.isatty():
        print(f"\r\033[K{message}", end="", file=sys.stderr, flush=True)


def pack(encoder, texts, length):
    """Token ids and mask, [texts, length]; longer texts are cut before their last token."""
    ids, mask = np.zeros((len(texts), length), np.int32), np.zeros((len(texts), length), np.int32)
    for row, text in enumerate(texts):
        kept = encoder.tokenize(text)
        if len(kept) > length:
            kept = kept[:length - 1] + kept[-1:]
        ids[row, :len(kept)], mask[row, :len(kept)] = kept, 1
    return ids, mask


def calibrate(tool, module, inputs, options, output):
    with tempfile.TemporaryDirectory() as scratch:
        arguments = [module, "-o", output, *options]
        for i, value in enumerate(inputs):
            np.save(f"{scratch}/in{i}.npy", value)
            arguments.append(f"--input={scratch}/in{i}.npy")
        dota_run.run_tool(tool, *arguments)


def overlap(found, exact):
    """The share of the exact strongest keys that were found, layer by layer: [layers]."""
    shares = {}
    for name, ids in exact.items():
        # Beside a mask there may be the scores it was chosen by.
        if name.endswith(".scores"):
            continue
        layer = int(name.rsplit(".", 1)[1])
        for ours, theirs in zip(found[name].reshape(-1, found[name].shape[-1]), ids.reshape(-1, ids.shape[-1])):
            wanted = set(theirs.tolist()) - {0xffffffff}
            if wanted:
                shares.setdefault(layer, []).append(len(wanted & set(ours.tolist())) / len(wanted))
    return [float(np.mean(shares[layer])) for layer in sorted(shares)]


def cosines_of(embedded, exact):
    return (embedded * exact).sum(1) / np.linalg.norm(embedded, axis=1) / np.linalg.norm(exact, axis=1)


def choose(encoder, every, calibrator, chooser, runner, quick):
    """Bits chosen product by product within budgets of error, measured on sentences that they were not chosen on."""
    batch = 8 if quick else CHOOSING
    others, tests = pack(encoder, every[300:300 + batch], 32), [pack(encoder, every[i:i + batch], 32) for i in range(0, 3 * batch if quick else 200, batch)]
    exact = np.concatenate([np.asarray(encoder.embed(*test)) for test in tests])
    figures = []
    rows = [["budget", "error there", "products narrowed", "cosine to f32", "worst", "cycles a text", "DRAM MB", "energy uJ"]]
    with tempfile.TemporaryDirectory() as folder:
        module, equalized, chosen, report = (os.path.join(folder, name) for name in ("minilm.mlirbc", "equalized.mlirbc", "chosen.mlirbc", "points.json"))
        export.from_jax(encoder.function, others, module)
        calibrate(calibrator, module, others, ("--equalize", *FX8), equalized)
        for start, suffix in ((module, ""), (equalized, ", equalized")):
            for budget in BUDGETS:
                progress(f"[{len(rows)}/{2 * len(BUDGETS)}] budget {budget:g}{suffix}")
                calibrate(chooser, start, others, (f"--budget={budget}", "--objective=energy", f"--json={report}"), chosen)
                with open(report) as file:
                    point = next(point for point in json.load(file)["points"] if point["chosen"])
                runs = [dota_run.run(chosen, test, tool=runner) for test in tests]
                cosines = cosines_of(np.concatenate([embedded for (embedded,), _ in runs]), exact)
                cycles, dram, energy = (float(np.mean([counters[name] for _, counters in runs])) / batch for name in ("cycles.total", "dram.bytes", "energy.total"))
                figures.append({"budget": budget, "equalized": start == equalized, "error": point["error"], "narrowed": point["narrowed"], "cosine": float(cosines.mean()),
                                "worst": float(cosines.min()), "cycles": cycles, "dram": dram, "energy": energy})
                rows.append([f"{budget:g}{suffix}", f"{point['error']:.4f}", f"{point['narrowed']} of {point['all']}", f"{cosines.mean():.4f}", f"{cosines.min():.4f}",
                             f"{cycles:,.0f}", f"{dram / 1e6:.2f}", f"{energy:.1f}"])
    progress("")
    print(f"{encoder.title}: bits of each product chosen for energy on {batch} sentences of up to 32 tokens, measured on {len(exact)} others")
    print_table(rows)
    return figures


def print_table(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        print("  ".join([row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))]).rstrip())


def write(figures, path):
    if path:
        with open(path, "w") as file:
            json.dump(figures, file, indent=1)
            file.write("\n")


def main():
    parser = argparse.ArgumentParser(prog="bench/precision", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="24 sentences instead of 200")
    parser.add_argument("--choose", action="store_true", help="let dota-choose-precision choose the bits of each product instead (minutes)")
    parser.add_argument("--json", metavar="FILE", help="write the figures")
    parser.add_argument("--bin", default=os.path.join(ROOT, "build", "release", "bin"), help="where the tools lie")
    options = parser.parse_args()
    runner, calibrator, chooser = (os.path.join(options.bin, name) for name in ("dota-run", "dota-calibrate", "dota-choose-precision"))

    encoder = minilm.MiniLM(None, None)
    every, count = sentences(), 24 if options.quick else 200
    measured, others = pack(encoder, every[:count], 32), pack(encoder, every[300:300 + count], 32)
    figures = {"benchmark": "precision", "model": encoder.title, "sentences": count, "precisions": [], "detectors": []}
    if options.choose:
        figures["chosen"] = choose(encoder, every, calibrator, chooser, runner, options.quick)
        return write(figures, options.json)
    with tempfile.TemporaryDirectory() as folder:
        module, calibrated = os.path.join(folder, "minilm.mlirbc"), os.path.join(folder, "calibrated.mlirbc")
        export.from_jax(encoder.function, measured, module)
        exact = np.asarray(encoder.embed(*measured))
        rows = [["", "cosine to f32", "worst", "cycles a text", "DRAM MB", "energy uJ", "saturations a text"]]
        for number, (name, calibration, precision) in enumerate(SETTINGS):
            progress(f"[{number + 1}/{len(SETTINGS)}] {name}")
            calibrate(calibrator, module, others, calibration, calibrated)
            (embedded,), counters = dota_run.run(calibrated, measured, options=precision, tool=runner)
            cosines = cosines_of(embedded, exact)
            figure = {"name": name, "cosine": float(cosines.mean()), "worst": float(cosines.min()),
                      "cycles": counters["cycles.total"] / count, "dram": counters["dram.bytes"] / count,
                      "energy": counters["energy.total"] / count, "saturations": counters["saturations"] / count}
            figures["precisions"].append(figure)
            rows.append([name, f"{figure['cosine']:.4f}", f"{figure['worst']:.4f}", f"{figure['cycles']:,.0f}",
                         f"{figure['dram'] / 1e6:.2f}", f"{figure['energy']:.1f}", f"{figure['saturations']:.1f}"])
        progress("")
        print(f"{encoder.title}: {count} sentences of up to 32 tokens, formats calibrated on {count} others")
        print_table(rows)

        # Long enough that a tenth of the keys means something: sentences one after the other.
        texts = 2 if options.quick else 8
        joined = [" ".join(every[10 * i:10 * i + 10]) for i in range(2 * texts)]
        measured, others = pack(encoder, joined[:texts], 128), pack(encoder, joined[texts:], 128)
        export.from_jax(encoder.function, measured, module)
        calibrate(calibrator, module, others, (), calibrated)
        layers = encoder.config["num_hidden_layers"]
        rows = [["detector, keys that stay", "all layers", *(f"layer {i}" for i in range(layers))]]
        for retain in RETENTIONS:
            masks = {}
            for name, precision in {"exact": None, **DETECTORS}.items():
                progress(f"{name} detection, {retain:.0%} of the keys")
                path = os.path.join(folder, "masks.safetensors")
                detector = ["--detector=oracle"] if precision is None else [f"--detector-precision={precision}"]
                dota_run.run(calibrated, measured, retain=retain, options=[*detector, f"--dump-masks={path}"], tool=runner)
                masks[name] = safetensors.numpy.load_file(path)
            for name in DETECTORS:
                shares = overlap(masks[name], masks["exact"])
                figures["detectors"].append({"name": name, "retain": retain, "layers": shares})
                rows.append([f"{name}, {retain:.0%}", f"{np.mean(shares):.3f}", *(f"{share:.3f}" for share in shares)])
        progress("")
    print(f"\nshare of the keys with the largest exact scores that a detector keeps (weighted, rank 8, {texts} texts of 128 tokens);")
    print("layers after the first see what the layers before them kept, each run its own")
    print_table(rows)
    write(figures, options.json)


if __name__ == "__main__":
    try:
        main()
    except RuntimeError as error:
        # A tool's own message.
        sys.exit(f"precision: {error}")
