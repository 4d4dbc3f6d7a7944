"""From a framework's model to a module that LLVM/MLIR 22.1 reads: linalg (or TOSA) on tensors, weights inside, 22.1 bytecode.

Each way is the framework's own exporter followed by upstream conversions from the torch-mlir package. That package is built on a younger LLVM whose bytecode 22.1 does not read, hence text between
the two. As a command: python -m dota.export model.onnx -o model.mlirbc"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile


def from_jax(function, arguments, path):
    """Writes `function`, traced at the shapes and types of `arguments`, to `path`.

    What the function closes over becomes constants. The module's entry is @main with one argument for each leaf of `arguments`, in order, and one result for each leaf it returns.
    """
    import jax
    # Lowered, not exported: jax.export expands the error function of GELU into forty operations.
    module = jax.jit(function, keep_unused=True).lower(*arguments).compiler_ir("stablehlo")
    with tempfile.TemporaryDirectory() as scratch:
        stablehlo, linalg = (os.path.join(scratch, name) for name in ("stablehlo.mlirbc", "linalg.mlir"))
        with open(stablehlo, "wb") as file:
            module.operation.write_bytecode(file)
        run("torch-mlir-opt", stablehlo, "--stablehlo-legalize-to-linalg", "--inline",
            "--canonicalize", "--cse", "-o", linalg)
        with open(linalg) as file:
            write_bytecode(file.read(), path)


def from_pytorch(module, arguments, path, form="linalg-on-tensors"):
    """Writes a PyTorch module in evaluation mode, traced on `arguments`, to `path`; form "tosa" likewise.

    Needs torch. Pass attention_mask and position_ids explicitly where a model takes them: what it would compute
    for itself may not be exportable.
    """
    from torch_mlir import fx
    # torch 2.15's export loses buffers that are not persistent.
    for part in module.modules():
        part._non_persistent_buffers_set.clear()
    imported = fx.export_and_import(module, *arguments, output_type=form, func_name="main")
    write_bytecode(imported.operation.get_asm(), path)


def from_onnx(model, path):
    """Writes an ONNX file of static shapes to `path`. Needs the package onnx."""
    with tempfile.TemporaryDirectory() as scratch:
        imported, linalg = (os.path.join(scratch, name) for name in ("torch.mlir", "linalg.mlir"))
        run("torch-mlir-import-onnx", model, "-o", imported)
        run("torch-mlir-opt", imported, "--pass-pipeline=builtin.module(func.func("
            "convert-torch-onnx-to-torch),torch-lower-to-backend-contract,func.func(cse,canonicalize),"
            "torch-backend-to-linalg-on-tensors-backend-pipeline)", "-o", linalg)
        with open(linalg) as file:
            write_bytecode(file.read(), path)


def write_bytecode(text, path):
    """Writes a module that a younger MLIR printed, in upstream dialects, as 22.1 bytecode to `path`."""
    folder = os.path.dirname(os.path.abspath(path))
    os.makedirs(folder, exist_ok=True)
    # In the same folder, so that `path` is there whole or not at all. The text's name is what
    # errors and traces will call their place by.
    name = os.path.splitext(os.path.basename(path))[0] + ".mlir"
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        with open(os.path.join(scratch, name), "w") as file:
            file.write(_for_mlir_22(text))
        run("mlir-opt-22", name, "--convert-elementwise-to-linalg", "--emit-bytecode", "-o", "done",
            folder=scratch)
        os.replace(os.path.join(scratch, "done"), path)


def _for_mlir_22(text):
    """Spells in 22.1's words what the conversions leave in their own."""
    # CHLO's elementwise functions; math's mean the same.
    text = re.sub(r"chlo\.(erf|erfc|acos|acosh|asin|asinh|atanh|cosh|sinh|tan) (%\S+) : (tensor<[^>]*>) -> \3",
                  r"math.\1 \2 : \3", text)
    text = re.sub(r"chlo\.square (%\S+) : (tensor<[^>]*>) -> \2", r"arith.mulf \1, \1 : \2", text)
    # Bits in hexadecimal are a byte each there, and packed by another rule in 22.1.
    return re.sub(r'dense<"0x([0-9A-F]+)"> : tensor<((?:\d+x)*)i1>', _spell_bits, text)


def _spell_bits(match):
    values = ["true" if byte else "false" for byte in bytes.fromhex(match[1])]
    for extent in reversed([int(extent) for extent in match[2].split("x") if extent]):
        values = [f"[{', '.join(values[i:i + extent])}]" for i in range(0, len(values), extent)]
    return f"dense<{values[0]}> : tensor<{match[2]}i1>"


def run(tool, *arguments, folder=None):
    """Runs a tool that lies beside the Python interpreter or on PATH, in `folder`; its errors are RuntimeErrors."""
    beside = os.path.join(os.path.dirname(sys.executable), tool)
    found = beside if os.access(beside, os.X_OK) else shutil.which(tool)
    if not found:
        raise RuntimeError(f"{tool} not found; scripts/setup --python installs what the exports need")
    result = subprocess.run([found, *arguments], capture_output=True, text=True, cwd=folder)
    if result.returncode:
        raise RuntimeError(f"{tool} {' '.join(arguments)}: exit status {result.returncode}: "
                           f"{result.stderr[:2000]}")


def main():
    parser = argparse.ArgumentParser(prog="python -m dota.export", description="An ONNX file as a module that dota-run reads.")
    parser.add_argument("model", help="an .onnx file of static shapes")
    parser.add_argument("-o", dest="output", required=True, metavar="FILE.mlirbc")
    options = parser.parse_args()
    try:
        from_onnx(options.model, options.output)
    except RuntimeError as error:
        sys.exit(f"export: {error}")


if __name__ == "__main__":
    main()
