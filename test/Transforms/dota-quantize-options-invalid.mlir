// RUN: not dota-opt %s --dota-quantize=precision=int2 2>&1 | FileCheck %s --check-prefix=VALUES
// RUN: not dota-opt %s --dota-quantize=weight-precision=half 2>&1 | FileCheck %s --check-prefix=WEIGHTS
// RUN: not dota-opt %s --dota-quantize=operand-precision=int4 2>&1 | FileCheck %s --check-prefix=OPERANDS
// RUN: not dota-opt %s --dota-quantize=weight-scales=row 2>&1 | FileCheck %s --check-prefix=SCALES
// RUN: not dota-opt %s --dota-quantize=value-precision=fx4 2>&1 | FileCheck %s --check-prefix=OTHERS
// VALUES: error: precision is 'int2'; fx16, fx8 or fx4 expected
// WEIGHTS: error: weight precision is 'half'; fx16, fx8 or fx4 expected
// OPERANDS: error: operand precision is 'int4'; fx16, fx8 or fx4 expected
// OTHERS: error: value precision is 'fx4'; fx16 or fx8 expected
// SCALES: error: weight scale is 'row'; auto, tensor or channel expected
module {}
