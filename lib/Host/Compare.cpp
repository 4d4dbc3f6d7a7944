//===- Compare.cpp - the device against the f32 reference, op by op ---------===//

#include "dota/Host/Compare.h"
#include "dota/Host/Session.h"
#include "dota/Passes.h"
#include "dota/Target/Program.h"
#include "mlir/IR/Builders.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include <cmath>
#include <limits>
#include <map>
#include <tuple>

using namespace mlir;
using namespace mlir::dota;

double ComparedOp::decibels() const {
  if (noise == 0)
    return std::numeric_limits<double>::infinity();
  return 10 * std::log10(signal / noise);
}

static std::string describePlace(const ::dota::Program::Location &place) {
  if (place.file.empty())
    return place.name.empty() ? "an unknown place" : place.name;
  std::string text = llvm::formatv("{0}:{1}:{2}", place.file, place.line, place.column);
  return place.name.empty() ? text : text + " (" + place.name + ")";
}

std::string mlir::dota::describe(const ComparedOp &op) {
  return op.kind + " at " + describePlace(op.place);
}

Comparison::Comparison(ModuleOp raised) {
  Builder builder(raised.getContext());
  raised.walk([&](WorkOpInterface op) {
    auto type = dyn_cast<RankedTensorType>(op->getResult(0).getType());
    if (!type || !type.getElementType().isF32() || isa<QuantizeOp, DequantizeOp>(op))
      return;
    op->setAttr(DotaDialect::kNumberAttrName, builder.getI64IntegerAttr(ops.size()));
    ComparedOp &compared = ops.emplace_back();
    compared.kind = op->getName().stripDialect().str();
    compared.place = lane::describeLocation(op.getLoc());
    compared.shape.assign(type.getShape().begin(), type.getShape().end());
  });
}

/// Compiles what the module's dota ops mean, with an observer of each numbered
/// op's result, and runs it.
static LogicalResult observe(OwningOpRef<ModuleOp> module, StringRef function,
                             ArrayRef<HostTensor> inputs,
                             llvm::function_ref<void(int64_t number, ArrayRef<float>)> take) {
  module->walk([&](Operation *op) {
    auto number = op->getAttrOfType<IntegerAttr>(DotaDialect::kNumberAttrName);
    if (!number)
      return;
    OpBuilder builder(op->getContext());
    builder.setInsertionPointAfter(op);
    Value value = op->getResult(0);
    auto type = cast<RankedTensorType>(value.getType());
    if (!type.getElementType().isF32())
      value = DequantizeOp::create(builder, op->getLoc(), type.clone(builder.getF32Type()), value);
    // Programs may not hold one; they are functions before anybody verifies.
    ObserveOp::create(builder, op->getLoc(), value, number.getInt(), /*moment=*/false);
  });
  PassManager pm(module->getContext());
  pm.addPass(createDotaToLinalg());
  if (failed(pm.run(*module)))
    return failure();
  Location location = module->getLoc();
  auto jit = Jit::create(std::move(module), function);
  if (failed(jit))
    return failure();
  HostSession session;
  session.observe = [&](const HostView &view, int64_t number, bool) {
    if (!view.isContiguous())
      throw std::runtime_error("a value to compare has gaps between its rows");
    take(number, ArrayRef(reinterpret_cast<const float *>(view.data), view.size()));
  };
  if (auto results = (*jit)->run(inputs, session); !results)
    return emitError(location) << "comparison failed: " << toString(results.takeError());
  return success();
}

LogicalResult Comparison::runReference(ModuleOp raised, StringRef function,
                                       ArrayRef<HostTensor> inputs) {
  reference.assign(ops.size(), {});
  return observe(raised.clone(), function, inputs, [&](int64_t number, ArrayRef<float> values) {
    reference[number].insert(reference[number].end(), values.begin(), values.end());
  });
}

LogicalResult Comparison::runDevice(ModuleOp programs, StringRef function,
                                    ArrayRef<HostTensor> inputs) {
  LogicalResult result =
      observe(programs.clone(), function, inputs, [&](int64_t number, ArrayRef<float> values) {
        ComparedOp &op = ops[number];
        const std::vector<float> &wanted = reference[number];
        // Programs run once a sequence, in order; what all sequences share is the same
        // in each.
        size_t first = wanted.empty() ? 0 : op.values % wanted.size();
        for (size_t i = 0; i < values.size() && first + i < wanted.size(); ++i) {
          float exact = wanted[first + i], error = std::fabs(values[i] - exact);
          if (!std::isfinite(exact))
            continue;
          op.signal += static_cast<double>(exact) * exact;
          op.noise += static_cast<double>(error) * error;
          op.range = std::max(op.range, std::fabs(exact));
          if (error <= op.largestError)
            continue;
          op.largestError = error;
          op.largestAt.assign(op.shape.size(), 0);
          int64_t rest = static_cast<int64_t>(first + i);
          for (size_t dimension = op.shape.size(); dimension-- > 0;) {
            op.largestAt[dimension] = rest % op.shape[dimension];
            rest /= op.shape[dimension];
          }
        }
        op.values += static_cast<int64_t>(values.size());
      });
  reference.clear();
  return result;
}

void Comparison::count(const ::dota::Statistics &statistics) {
  // What the simulator counts is by place and kind of op.
  using Key = std::tuple<std::string, uint32_t, uint32_t, std::string>;
  auto keyOf = [](const ::dota::Program::Location &place, StringRef kind) {
    // Detection and known masks change the kind, not the op.
    kind.consume_front("masked_");
    return Key(place.file, place.line, place.column, kind.str());
  };
  std::map<Key, uint64_t> counted;
  std::map<Key, int64_t> sharing;
  for (const ::dota::OperationStatistics &operation : statistics.operations)
    counted[keyOf(operation.location, operation.location.name)] += operation.saturations;
  for (const ComparedOp &op : ops)
    ++sharing[keyOf(op.place, op.kind)];
  for (ComparedOp &op : ops) {
    op.saturations = counted[keyOf(op.place, op.kind)];
    op.sharing = sharing[keyOf(op.place, op.kind)];
  }
}

std::vector<const ComparedOp *> Comparison::compared() const {
  std::vector<const ComparedOp *> result;
  for (const ComparedOp &op : ops)
    if (op.values > 0)
      result.push_back(&op);
  return result;
}

const ComparedOp *Comparison::firstBelow(double decibels) const {
  for (const ComparedOp *op : compared())
    if (op->decibels() < decibels)
      return op;
  return nullptr;
}

static std::string indexText(ArrayRef<int64_t> index) {
  return llvm::formatv(
      "[{0}]",
      llvm::join(llvm::map_range(index, [](int64_t i) { return std::to_string(i); }), ","));
}

std::string Comparison::text() const {
  std::string text;
  llvm::raw_string_ostream out(text);
  out << "   snr dB  largest error  at                range  saturations  op\n";
  for (const ComparedOp *op : compared()) {
    std::string snr = op->noise == 0 ? "exact" : llvm::formatv("{0:F1}", op->decibels()).str();
    std::string saturations = "-";
    if (op->saturations)
      saturations = std::to_string(*op->saturations) + (op->sharing > 1 ? "*" : "");
    out << llvm::formatv("{0,9}  {1,13:E3}  {2,-14}  {3,8:F4}  {4,11}  {5}\n", snr,
                         op->largestError, op->largestAt.empty() ? "-" : indexText(op->largestAt),
                         op->range, saturations, describe(*op));
  }
  if (llvm::any_of(compared(),
                   [](const ComparedOp *op) { return op->sharing > 1 && op->saturations; }))
    out << "*: of all ops of this kind at this place together\n";
  return text;
}

std::string Comparison::json() const {
  llvm::json::Array list;
  for (const ComparedOp *op : compared()) {
    llvm::json::Object object{{"op", op->kind},
                              {"name", op->place.name},
                              {"file", op->place.file},
                              {"line", op->place.line},
                              {"column", op->place.column},
                              {"shape", llvm::json::Array(op->shape)},
                              {"values", op->values},
                              {"snr", nullptr},
                              {"error", op->largestError},
                              {"index", llvm::json::Array(op->largestAt)},
                              {"range", op->range},
                              {"saturations", nullptr},
                              {"sharing", op->sharing}};
    if (std::isfinite(op->decibels()))
      object["snr"] = op->decibels();
    if (op->saturations)
      object["saturations"] = static_cast<int64_t>(*op->saturations);
    list.push_back(std::move(object));
  }
  llvm::json::Value whole = llvm::json::Object{{"version", 1}, {"ops", std::move(list)}};
  return llvm::formatv("{0:2}\n", whole);
}
