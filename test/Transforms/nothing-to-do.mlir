// A module that has nothing for a pass is left as it is.
//
// RUN: dota-opt %s -o %t
// RUN: dota-opt %s --dota-frontend | diff %t -
// RUN: dota-opt %s --dota-raise | diff %t -
// RUN: dota-opt %s --dota-insert-observers | diff %t -
// RUN: dota-opt %s --dota-insert-detectors=retain=0.5 | diff %t -
// RUN: dota-opt %s --dota-quantize | diff %t -
// RUN: dota-opt %s --dota-outline | diff %t -
// RUN: dota-opt %s --dota-skip-dead-keys | diff %t -
// RUN: dota-opt %s --dota-to-lane | diff %t -
// RUN: dota-opt %s --dota-to-linalg | diff %t -
// RUN: dota-opt %s --dota-call-contractions | diff %t -
// RUN: dota-opt %s --dota-report-assertions | diff %t -
// RUN: dota-opt %s --dota-outline-loops | diff %t -
// RUN: dota-opt %s --dota-lower-launch | diff %t -
// RUN: dota-opt %s --lane-schedule | diff %t -
// RUN: dota-opt %s --lane-allocate-sram | diff %t -
// RUN: dota-opt %s --lane-insert-waits | diff %t -
// RUN: dota-opt %s --lane-verify | diff %t -

func.func @main(%x: tensor<2x4xi32>, %flag: tensor<i1>) -> (tensor<2x4xi32>, tensor<i1>) {
  return %x, %flag : tensor<2x4xi32>, tensor<i1>
}
// A program whose streams have nothing to order, to place or to wait for.
lane.program @p dram 64 {
  lane.stream 0 {
    lane.halt
  }
}
