//===- IRArithmetic.h - the numeric rules as arith and math ops -*- C++ -*-===//
//
// An arithmetic for `::dota::Numerics` whose values are SSA values of f32, i64 and
// i1 and whose operations build `arith` and `math` ops: instantiating the rules
// with it writes them down as IR. No op carries fast-math flags, so each rounds on
// its own, as the rules demand.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_CONVERSION_IRARITHMETIC_H
#define DOTA_CONVERSION_IRARITHMETIC_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Builders.h"

namespace mlir::dota {

class IRArithmetic {
public:
  using F32 = Value;
  using I64 = Value;
  using I1 = Value;

  IRArithmetic(OpBuilder &builder, Location loc) : b(builder), loc(loc) {}

  F32 f32(float c) { return arith::ConstantOp::create(b, loc, b.getF32FloatAttr(c)); }
  I64 i64(int64_t c) { return arith::ConstantOp::create(b, loc, b.getI64IntegerAttr(c)); }

  F32 add(F32 x, F32 y) { return arith::AddFOp::create(b, loc, x, y); }
  F32 sub(F32 x, F32 y) { return arith::SubFOp::create(b, loc, x, y); }
  F32 mul(F32 x, F32 y) { return arith::MulFOp::create(b, loc, x, y); }
  F32 div(F32 x, F32 y) { return arith::DivFOp::create(b, loc, x, y); }
  F32 sqrt(F32 x) { return math::SqrtOp::create(b, loc, x); }
  F32 abs(F32 x) { return math::AbsFOp::create(b, loc, x); }
  F32 roundEven(F32 x) { return math::RoundEvenOp::create(b, loc, x); }
  I1 lessEqual(F32 x, F32 y) {
    return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OLE, x, y);
  }
  /// Of two floats, ordered, or of two signed integers.
  I1 less(Value x, Value y) {
    if (x.getType().isInteger())
      return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, x, y);
    return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OLT, x, y);
  }
  F32 select(I1 c, F32 x, F32 y) { return arith::SelectOp::create(b, loc, c, x, y); }

  I64 addi(I64 x, I64 y) { return arith::AddIOp::create(b, loc, x, y); }
  I64 subi(I64 x, I64 y) { return arith::SubIOp::create(b, loc, x, y); }
  I64 muli(I64 x, I64 y) { return arith::MulIOp::create(b, loc, x, y); }
  I64 andi(I64 x, I64 y) { return arith::AndIOp::create(b, loc, x, y); }
  I64 shiftLeft(I64 x, int s) {
    return s == 0 ? x : arith::ShLIOp::create(b, loc, x, i64(s)).getResult();
  }
  I64 shiftRight(I64 x, int s) {
    return s == 0 ? x : arith::ShRSIOp::create(b, loc, x, i64(s)).getResult();
  }
  I64 min(I64 x, I64 y) { return arith::MinSIOp::create(b, loc, x, y); }
  I64 max(I64 x, I64 y) { return arith::MaxSIOp::create(b, loc, x, y); }

  F32 toFloat(I64 x) { return arith::SIToFPOp::create(b, loc, b.getF32Type(), x); }
  I64 toInteger(F32 x) { return arith::FPToSIOp::create(b, loc, b.getI64Type(), x); }
  F32 powerOfTwo(I64 n) {
    Value bits = arith::ShLIOp::create(b, loc, addi(n, i64(127)), i64(23));
    return fromBits(bits);
  }
  I64 bitsOf(F32 x) {
    Value bits = arith::BitcastOp::create(b, loc, b.getI32Type(), x);
    return arith::ExtUIOp::create(b, loc, b.getI64Type(), bits);
  }
  F32 fromBits(I64 x) {
    Value narrow = arith::TruncIOp::create(b, loc, b.getI32Type(), x);
    return arith::BitcastOp::create(b, loc, b.getF32Type(), narrow);
  }

private:
  OpBuilder &b;
  Location loc;
};

} // namespace mlir::dota

#endif // DOTA_CONVERSION_IRARITHMETIC_H
