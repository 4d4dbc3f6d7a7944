// RUN: dota-opt --dota-report-assertions %s | FileCheck %s

// CHECK: func.func private @dotaFail(memref<?xi8>) attributes {llvm.emit_c_interface}
// CHECK: memref.global "private" constant @dota_text{{.*}} : memref<{{.*}}xi8>
// CHECK-LABEL: func @ids
// CHECK-SAME: %[[FINE:.*]]: i1
func.func @ids(%fine: i1) {
  // CHECK: %[[WRONG:.*]] = arith.xori %[[FINE]]
  // CHECK: scf.if %[[WRONG]]
  // CHECK:   %[[TEXT:.*]] = memref.get_global @dota_text
  // CHECK:   %[[OPEN:.*]] = memref.cast %[[TEXT]]
  // CHECK:   call @dotaFail(%[[OPEN]])
  // CHECK-NOT: cf.assert
  cf.assert %fine, "id is out of range"
  return
}
