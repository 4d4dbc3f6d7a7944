//===- DotaInterfaces.td - interfaces of dota ops --------------*- tablegen -*-===//
#ifndef DOTA_INTERFACES
#define DOTA_INTERFACES

include "mlir/IR/OpBase.td"
include "mlir/IR/Interfaces.td"

def Dota_WorkOpInterface : OpInterface<"WorkOpInterface"> {
  let cppNamespace = "::mlir::dota";
  let description = "A compute op that counts its work.";
  let methods = [
    InterfaceMethod<
      "Multiply-accumulates of matrix products, all sequences of a batch: dense attention counts every "
      "pair of a query and a key twice (q k^T and p v), causal or not, since the machine computes them all; "
      "masked attention `keep` pairs a row; detection its estimated scores. Other ops have none.",
      "int64_t", "getMacs", (ins), "", "return 0;">
  ];
}

#endif // DOTA_INTERFACES
