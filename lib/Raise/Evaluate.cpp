//===- Evaluate.cpp - expressions at concrete indices -----------------------===//

#include "Evaluate.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include <cmath>
#include <cstring>

using namespace mlir;
using namespace mlir::dota::raising;

namespace mlir::dota::raising {
double evaluateUnary(Op op, double x);
double evaluateBinary(Op op, uint8_t detail, double a, double b);
} // namespace mlir::dota::raising

std::optional<ConstantData> ConstantData::of(Value v) {
  Attribute attribute;
  if (!matchPattern(v, m_Constant(&attribute)))
    return std::nullopt;
  auto elements = dyn_cast<ElementsAttr>(attribute);
  if (!elements)
    return std::nullopt;
  ConstantData result;
  result.element = elements.getElementType();
  result.count = elements.getNumElements();
  if (!result.element.isIntOrIndexOrFloat())
    return std::nullopt;
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(attribute)) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    unsigned bits = result.element.isIndex() ? 64 : result.element.getIntOrFloatBitWidth();
    if (!blob || bits < 8 || int64_t(blob->getData().size()) < result.count * (bits / 8))
      return std::nullopt;
    result.data = blob->getData().data();
    return result;
  }
  auto dense = dyn_cast<DenseElementsAttr>(attribute);
  if (!dense)
    return std::nullopt;
  result.splat = dense.isSplat();
  if (result.element.isInteger(1)) {
    for (bool value : dense.getValues<bool>())
      result.unpacked.push_back(value);
    result.splat = false;
    return result;
  }
  unsigned bits = result.element.isIndex() ? 64 : result.element.getIntOrFloatBitWidth();
  if (bits % 8 != 0)
    return std::nullopt;
  result.data = dense.getRawData().data();
  return result;
}

const float *ConstantData::floats() const {
  return element.isF32() && !splat && unpacked.empty() ? reinterpret_cast<const float *>(data)
                                                       : nullptr;
}

template <typename T>
static T readAs(const char *data, int64_t i) {
  T value;
  std::memcpy(&value, data + i * sizeof(T), sizeof(T));
  return value;
}

double ConstantData::operator[](int64_t i) const {
  if (!unpacked.empty())
    return unpacked[i];
  if (splat)
    i = 0;
  if (element.isF32())
    return readAs<float>(data, i);
  if (element.isF64())
    return readAs<double>(data, i);
  if (auto type = dyn_cast<FloatType>(element)) {
    if (type.getWidth() != 16)
      return 0;
    return APFloat(type.getFloatSemantics(), APInt(16, readAs<uint16_t>(data, i)))
        .convertToDouble();
  }
  unsigned bits = element.isIndex() ? 64 : element.getIntOrFloatBitWidth();
  switch (bits) {
  case 8:
    return readAs<int8_t>(data, i);
  case 16:
    return readAs<int16_t>(data, i);
  case 32:
    return readAs<int32_t>(data, i);
  default:
    return double(readAs<int64_t>(data, i));
  }
}

void Evaluator::set(Variable v, int64_t value) {
  if (int64_t(values.size()) <= v)
    values.resize(v + 1, 0);
  values[v] = value;
  rows.clear();
}

static uint64_t mix(uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9ull;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

double Evaluator::hashed(const Node &n, ArrayRef<int64_t> where, ScalarKind kind) {
  uint64_t h = mix(seed + 0x9e3779b97f4a7c15ull * (1 + uint64_t(exprs.valueNumber(n.tensor))));
  for (int64_t i : where)
    h = mix(h + 0x9e3779b97f4a7c15ull * uint64_t(i + 1));
  if (kind != ScalarKind::Float || (argumentsAreBits && isa<BlockArgument>(n.tensor)))
    return double(h >> 63);
  return double(h >> 11) * 0x1p-52 * 2 - 2; // [-2, 2)
}

const ConstantData *Evaluator::constant(Value v) {
  auto [it, isNew] = constants.try_emplace(v);
  if (isNew)
    it->second = ConstantData::of(v);
  return it->second ? &*it->second : nullptr;
}

const Row &Evaluator::row(Expr e) {
  if (auto it = rows.find(e); it != rows.end())
    return it->second;
  Row r = compute(e);
  return rows[e] = std::move(r);
}

Row Evaluator::compute(Expr e) {
  if (auto it = fixed.find(e); it != fixed.end())
    return it->second;
  const Node n = exprs.node(e);
  IndexSpace &indices = exprs.indices;
  for (Variable v : n.free)
    if (int64_t(values.size()) <= v)
      values.resize(v + 1, 0);
  if (int64_t(values.size()) <= axis)
    values.resize(axis + 1, 0);
  bool alongAxis = exprs.depends(e, axis);
  int64_t count = alongAxis ? extent : 1;
  Row result(count);

  if (auto it = random.find(e); it != random.end()) {
    for (int64_t i = 0; i < count; ++i) {
      uint64_t h = mix(0x51ed270b + it->second.second);
      for (Variable v : n.free)
        h = mix(h + 0x9e3779b97f4a7c15ull * uint64_t((v == axis ? i : values[v]) + 1));
      result[i] = (double(h >> 11) * 0x1p-52 - 1) * it->second.first;
    }
    return result;
  }

  switch (n.op) {
  case Op::Constant:
    return {n.value};
  case Op::Position:
    for (int64_t i = 0; i < count; ++i) {
      if (alongAxis)
        values[axis] = i;
      result[i] = double(indices.evaluate(n.index[0], values));
    }
    return result;
  case Op::Load:
  case Op::Gather: {
    auto type = dyn_cast<RankedTensorType>(n.tensor.getType());
    SmallVector<const Row *> args;
    // The rows must not move while they are read.
    for (Expr arg : n.args)
      row(arg);
    for (Expr arg : n.args)
      args.push_back(&rows.at(arg));
    const ConstantData *data = type ? constant(n.tensor) : nullptr;
    SmallVector<int64_t> where;
    for (int64_t i = 0; i < count; ++i) {
      if (alongAxis)
        values[axis] = i;
      where.clear();
      if (n.op == Op::Load)
        for (Index index : n.index)
          where.push_back(indices.evaluate(index, values));
      else
        for (const Row *arg : args)
          where.push_back(int64_t(arg->size() == 1 ? (*arg)[0] : (*arg)[i]));
      if (!data) {
        result[i] = hashed(n, where, n.kind);
        continue;
      }
      int64_t flat = 0;
      for (auto [at, dim] : llvm::zip_equal(where, type.getShape()))
        flat = flat * dim + std::clamp<int64_t>(at, 0, dim - 1);
      result[i] = (*data)[flat];
    }
    return result;
  }
  case Op::Accumulator:
    return {0};
  case Op::Reduce: {
    Combine combine = Combine(n.detail);
    auto join = [&](double a, double b) -> double {
      switch (combine) {
      case Combine::Add:
        return a + b;
      case Combine::Mul:
        return a * b;
      case Combine::Max:
        return std::isnan(a) ? b : std::isnan(b) ? a : std::max(a, b);
      case Combine::Min:
        return std::isnan(a) ? b : std::isnan(b) ? a : std::min(a, b);
      case Combine::And:
        return double(a != 0 && b != 0);
      case Combine::Or:
        return double(a != 0 || b != 0);
      }
      return 0;
    };
    if (n.bound.size() == 1 && n.bound[0] == axis) {
      Row term = row(n.args[0]);
      Row init = row(n.args[1]);
      double sum = init[0];
      for (int64_t i = 0; i < extent; ++i)
        sum = join(sum, term.size() == 1 ? term[0] : term[i]);
      return {sum};
    }
    // Bound variables of its own: another evaluator walks them.
    Evaluator inner(exprs, axis, seed);
    inner.values = values;
    inner.fixed = fixed;
    inner.random = random;
    inner.argumentsAreBits = argumentsAreBits;
    result = row(n.args[1]);
    if (int64_t(result.size()) < count)
      result.resize(count, result[0]);
    int64_t total = 1;
    for (Variable v : n.bound)
      total *= indices.extent(v);
    for (int64_t step = 0; step < total; ++step) {
      int64_t rest = step;
      for (Variable v : llvm::reverse(n.bound)) {
        inner.set(v, rest % indices.extent(v));
        rest /= indices.extent(v);
      }
      const Row &term = inner.row(n.args[0]);
      for (int64_t i = 0; i < count; ++i)
        result[i] = join(result[i], term.size() == 1 ? term[0] : term[i]);
    }
    return result;
  }
  case Op::Select: {
    Row condition = row(n.args[0]);
    bool all = true, none = true;
    for (double c : condition)
      (c != 0 ? none : all) = false;
    // Lazily: the side that is not taken may read out of bounds.
    if (all || none) {
      Row taken = row(n.args[all ? 1 : 2]);
      if (int64_t(taken.size()) < count)
        taken.resize(count, taken[0]);
      return taken;
    }
    Row a = row(n.args[1]), b = row(n.args[2]);
    for (int64_t i = 0; i < count; ++i)
      result[i] = condition[condition.size() == 1 ? 0 : i] != 0 ? a[a.size() == 1 ? 0 : i]
                                                                : b[b.size() == 1 ? 0 : i];
    return result;
  }
  case Op::IntToFloat:
  case Op::BoolToInt:
    return row(n.args[0]);
  default:
    break;
  }
  if (n.args.size() == 1) {
    const Row &a = row(n.args[0]);
    for (int64_t i = 0; i < count; ++i)
      result[i] = evaluateUnary(n.op, a[a.size() == 1 ? 0 : i]);
    return result;
  }
  Row a = row(n.args[0]);
  const Row &b = row(n.args[1]);
  for (int64_t i = 0; i < count; ++i)
    result[i] = evaluateBinary(n.op, n.detail, a[a.size() == 1 ? 0 : i], b[b.size() == 1 ? 0 : i]);
  return result;
}

bool mlir::dota::raising::isConstant(const ExprSpace &exprs, Expr e) {
  return llvm::all_of(exprs.leaves(e), [&](Expr leaf) {
    return isa<RankedTensorType>(exprs.node(leaf).tensor.getType()) &&
           ConstantData::of(exprs.node(leaf).tensor).has_value();
  });
}

std::optional<std::vector<float>> mlir::dota::raising::evaluateAll(ExprSpace &exprs, Expr e,
                                                                   ArrayRef<Variable> order) {
  if (!isConstant(exprs, e))
    return std::nullopt;
  IndexSpace &indices = exprs.indices;
  int64_t total = 1;
  for (Variable v : order)
    total *= indices.extent(v);
  std::vector<float> result(total);

  // A constant read in a linear order, the case of nearly every weight: strides.
  auto [factor, rest] = exprs.splitCoefficient(e);
  const Node load = exprs.node(rest);
  if (load.op == Op::Load) {
    auto type = cast<RankedTensorType>(load.tensor.getType());
    Index flat = indices.constant(0);
    for (auto [index, dim] : llvm::zip_equal(load.index, type.getShape()))
      flat = indices.add(indices.scale(flat, dim), index);
    int64_t base;
    auto data = ConstantData::of(load.tensor);
    if (auto linear = indices.linear(flat, base); linear && data->floats()) {
      const float *from = data->floats();
      float *to = result.data();
      float scale = float(factor);
      auto copy = [&](auto &self, unsigned depth, int64_t at) -> void {
        int64_t extent = depth < order.size() ? indices.extent(order[depth]) : 1;
        int64_t stride =
            depth < order.size() && linear->count(order[depth]) ? linear->at(order[depth]) : 0;
        if (depth + 1 >= order.size()) {
          for (int64_t i = 0; i < extent; ++i)
            *to++ = factor == 1 ? from[at + i * stride] : scale * from[at + i * stride];
          return;
        }
        for (int64_t i = 0; i < extent; ++i)
          self(self, depth + 1, at + i * stride);
      };
      copy(copy, 0, base);
      return result;
    }
  }

  Variable axis = order.empty() ? indices.makeVariable(1) : order.back();
  Evaluator evaluator(exprs, axis, 0);
  int64_t width = indices.extent(axis);
  for (int64_t line = 0; line < total / width; ++line) {
    int64_t left = line;
    for (unsigned i = order.size(); i-- > 0;) {
      if (order[i] == axis)
        continue;
      evaluator.set(order[i], left % indices.extent(order[i]));
      left /= indices.extent(order[i]);
    }
    const Row &row = evaluator.row(e);
    for (int64_t i = 0; i < width; ++i)
      result[line * width + i] = float(row.size() == 1 ? row[0] : row[i]);
  }
  return result;
}
