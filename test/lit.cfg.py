# How the lit tests run. Substitutions:
#   %python              the interpreter that runs lit
#   %source_root         the root of the sources
#   %record_paths        where dota-tblgen finds the records that a .td includes
#   %mlir_runner_utils   shared library that prints memrefs, for mlir-runner
#   %mlir_c_runner_utils its companion
#   %host_pipeline       options of dota-opt from tensors and linalg down to LLVM
import os
import sys

import lit.formats

config.name = "DOTA"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test", ".td"]
config.excludes = ["Inputs", "Package", "unit"]
config.test_source_root = os.path.dirname(__file__)
# Each tool is found by its name: ours first, LLVM's after them.
config.environment["PATH"] = os.path.pathsep.join(
    [config.dota_tools_dir, config.llvm_tools_dir, os.environ.get("PATH", "")]
)


def shared_library(name):
    return os.path.join(config.llvm_library_dir, "lib" + name + config.shared_library_suffix)


config.substitutions += [
    ("%python", sys.executable),
    ("%source_root", config.dota_source_root),
    ("%record_paths", f"-I {config.dota_source_root}/dialect -I {config.mlir_include_dir}"),
    ("%mlir_runner_utils", shared_library("mlir_runner_utils")),
    ("%mlir_c_runner_utils", shared_library("mlir_c_runner_utils")),
    (
        "%host_pipeline",
        "--one-shot-bufferize='bufferize-function-boundaries=1 "
        "function-boundary-type-conversion=identity-layout-map' --buffer-deallocation-pipeline "
        "--convert-bufferization-to-memref --convert-linalg-to-loops --expand-strided-metadata "
        "--lower-affine --convert-scf-to-cf --convert-math-to-llvm --convert-math-to-libm "
        "--finalize-memref-to-llvm --convert-arith-to-llvm --convert-index-to-llvm "
        "--convert-cf-to-llvm --convert-func-to-llvm --convert-ub-to-llvm "
        "--reconcile-unrealized-casts",
    ),
]
