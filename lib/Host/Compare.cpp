//===- Compare.cpp - the device against the f32 reference, op by op ---------===//

#include "dota/Host/Compare.h"
#include "dota/Dialect/Dota/FixedPoint.h"
#include "dota/Host/Session.h"
#include "dota/Passes.h"
#include "dota/Target/Program.h"
#include "dota/Transforms/Observations.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <tuple>

using namespace mlir;
using namespace mlir::dota;

void Deviation::take(float wanted, float value) {
  if (!std::isfinite(wanted))
    return;
  const double error = static_cast<double>(value) - wanted;
  signal += static_cast<double>(wanted) * wanted;
  noise += error * error;
}

Deviation &Deviation::operator+=(const Deviation &other) {
  signal += other.signal;
  noise += other.noise;
  return *this;
}

double Deviation::decibels() const {
  if (noise == 0)
    return std::numeric_limits<double>::infinity();
  return 10 * std::log10(signal / noise);
}

std::string mlir::dota::describe(const ComparedOp &op) {
  return op.kind + " at " + lane::placeText(op.place);
}

//===----------------------------------------------------------------------===//
// The reference
//===----------------------------------------------------------------------===//

static std::optional<int64_t> numberOf(Operation *op) {
  if (auto number = op->getAttrOfType<IntegerAttr>(DotaDialect::kNumberAttrName))
    return number.getInt();
  return std::nullopt;
}

/// The numbered ops whose results the host computes `value` from.
static SmallVector<int64_t> findOrigins(Value value) {
  llvm::SetVector<int64_t> found;
  llvm::SetVector<Operation *> left;
  auto visit = [&](Value read) {
    if (Operation *op = read.getDefiningOp())
      left.insert(op);
  };
  visit(value);
  for (size_t next = 0; next < left.size(); ++next) {
    Operation *op = left[next];
    if (std::optional<int64_t> number = numberOf(op)) {
      found.insert(*number);
      continue;
    }
    op->walk([&](Operation *inner) { llvm::for_each(inner->getOperands(), visit); });
  }
  return found.takeVector();
}

void Comparison::findSources(ModuleOp raised, StringRef function, SmallVectorImpl<Value> &values) {
  Builder builder(raised.getContext());
  DenseMap<Value, int64_t> known;
  auto add = [&](Value value, StringRef kind) -> Source & {
    known[value] = static_cast<int64_t>(sources.size());
    values.push_back(value);
    Source &source = sources.emplace_back();
    source.kind = kind.str();
    source.place = lane::describeLocation(value.getLoc());
    ArrayRef<int64_t> shape = cast<RankedTensorType>(value.getType()).getShape();
    source.shape.assign(shape.begin(), shape.end());
    return source;
  };
  SmallVector<Operation *> ops;
  raised.walk([&](WorkOpInterface op) {
    auto type = dyn_cast<RankedTensorType>(op->getResult(0).getType());
    if (!type || !type.getElementType().isF32() || isa<QuantizeOp, DequantizeOp>(op))
      return;
    op->setAttr(DotaDialect::kNumberAttrName, builder.getI64IntegerAttr(sources.size()));
    add(op->getResult(0), op->getName().stripDialect());
    ops.push_back(op);
  });
  for (const Observation &read : findObservations(raised))
    if (read.kind == Observation::Kind::Operand && !known.contains(read.value))
      add(read.value, "").origins = findOrigins(read.value);
  for (auto [number, op] : llvm::enumerate(ops))
    for (Value operand : op->getOperands()) {
      auto source = known.find(operand);
      sources[number].operands.push_back(source == known.end() ? -1 : source->second);
      ElementsAttr constant;
      matchPattern(operand, m_Constant(&constant));
      sources[number].constants.push_back(constant);
    }
  if (FunctionOpInterface entry = findEntry(raised, function))
    for (Value result : entry.getFunctionBody().back().getTerminator()->getOperands())
      llvm::append_range(results, findOrigins(result));
}

/// Compiles a module with observers and runs it.
static LogicalResult observe(OwningOpRef<ModuleOp> module, StringRef function,
                             ArrayRef<HostTensor> inputs,
                             llvm::function_ref<void(int64_t number, ArrayRef<float>)> take) {
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
  SmallVector<Value> values;
  findSources(raised, function, values);
  IRMapping mapping;
  OwningOpRef<ModuleOp> module = cast<ModuleOp>(raised->clone(mapping));
  OpBuilder builder(raised.getContext());
  for (auto [number, value] : llvm::enumerate(values)) {
    Value copy = mapping.lookup(value);
    builder.setInsertionPointAfterValue(copy);
    ObserveOp::create(builder, copy.getLoc(), copy, number, /*moment=*/false);
  }
  return observe(std::move(module), function, inputs, [&](int64_t number, ArrayRef<float> seen) {
    llvm::append_range(sources[number].reference, seen);
  });
}

//===----------------------------------------------------------------------===//
// What the device's ops mean in f32
//===----------------------------------------------------------------------===//

static Type elementOf(Value value) { return getElementTypeOrSelf(value.getType()); }
static bool isFixed(Value value) { return getStoredBits(elementOf(value)) > 0; }

static Value toFloat(Value value, Location loc, OpBuilder &builder) {
  if (!isFixed(value))
    return value;
  auto type = cast<RankedTensorType>(value.getType());
  return DequantizeOp::create(builder, loc, type.clone(builder.getF32Type()), value);
}

/// The f32 meaning of a fixed-point op on the operands that it has. Its constants are the
/// model's own, so that rounding them is the op's doing.
Value Comparison::floatMeaning(Operation *op, OpBuilder &builder) const {
  if (auto quantize = dyn_cast<QuantizeOp>(op))
    return quantize.getX();
  const std::optional<int64_t> number = numberOf(op);
  OperationState state(op->getLoc(), op->getName());
  for (auto [index, operand] : llvm::enumerate(op->getOperands())) {
    // A mask may follow, but nothing comes before what the op has in f32.
    ElementsAttr constant;
    if (number && isFixed(operand) && index < sources[*number].constants.size())
      constant = sources[*number].constants[index];
    // A batch of one has lost its dimension.
    if (constant &&
        constant.getShapedType().getShape() != cast<RankedTensorType>(operand.getType()).getShape())
      constant = {};
    state.operands.push_back(
        constant ? arith::ConstantOp::create(builder, op->getLoc(), cast<TypedAttr>(constant))
                       .getResult()
                 : toFloat(operand, op->getLoc(), builder));
  }
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  state.addTypes(type.clone(builder.getF32Type()));
  state.propertiesAttr = op->getPropertiesAsAttribute();
  return builder.create(state)->getResult(0);
}

static void clearLive(LinearOp op) {
  op.getLiveMutable().clear();
  op.removeHeadsAttr();
}

/// The value of an f32 op without its mask, which is erased.
static Value withoutMask(Value masked, OpBuilder &builder) {
  Operation *op = masked.getDefiningOp();
  if (auto linear = dyn_cast<LinearOp>(op)) {
    clearLive(linear);
    return masked;
  }
  auto attention = cast<MaskedAttentionOp>(op);
  Value whole = AttentionOp::create(builder, op->getLoc(), masked.getType(), attention.getQ(),
                                    attention.getK(), attention.getV(), attention.getBias(),
                                    attention.getHeads(), attention.getKvHeads(),
                                    attention.getScale(), attention.getCausal());
  op->erase();
  return whole;
}

/// Whether attention over `mask` reads what is made of `value`, as keys or values, and
/// nothing else does: then rows that the mask keeps nowhere make no difference.
static bool isReadByAttentionOver(Value mask, Value value) {
  return llvm::all_of(value.getUses(), [&](OpOperand &use) {
    Operation *user = use.getOwner();
    if (auto attention = dyn_cast<MaskedAttentionOp>(user))
      return attention.getMask() == mask && use.getOperandNumber() != 0;
    return isa<WorkOpInterface>(user) && !isa<DetectOp, DequantizeOp>(user) &&
           isReadByAttentionOver(mask, user->getResult(0));
  });
}

//===----------------------------------------------------------------------===//
// The device
//===----------------------------------------------------------------------===//

/// What a row observes.
struct Comparison::Observed {
  Operation *op;
  bool omits; ///< what it leaves out, else what it computes
};

/// "fx16 e12"; "fx16 e9-12" where columns differ.
static std::string describeFormat(Type element) {
  if (auto format = getFixedPoint(element))
    return llvm::formatv("fx{0} e{1}", format->bits, format->exponent);
  if (auto columns = getPerColumnFixedPoint(element)) {
    auto [least, most] = std::minmax_element(columns->exponents.begin(), columns->exponents.end());
    return llvm::formatv("fx{0} e{1}-{2}", columns->bits, *least, *most);
  }
  return "f32";
}

static bool isNarrowing(Operation *op) {
  auto activation = dyn_cast<ActivationOp>(op);
  return activation && activation.getKind() == ActivationKind::Identity && !numberOf(op);
}

/// The source that a fixed-point value stands for, or -1. What quantisation has put
/// before an op is known by whom it is for.
int64_t Comparison::sourceOf(Value fixed) const {
  Operation *op = fixed.getDefiningOp();
  if (!op)
    return -1;
  if (std::optional<int64_t> number = numberOf(op))
    return *number;
  if (!isa<QuantizeOp>(op) && !isNarrowing(op))
    return -1;
  for (OpOperand &use : fixed.getUses())
    if (std::optional<int64_t> reader = numberOf(use.getOwner())) {
      const Source &source = sources[*reader];
      if (use.getOperandNumber() < source.operands.size())
        return source.operands[use.getOperandNumber()];
    }
  return isNarrowing(op) ? sourceOf(op->getOperand(0)) : -1;
}

std::vector<Comparison::Observed> Comparison::findRows(ModuleOp programs) {
  struct Found {
    Row row;
    Observed observed;
  };
  // By the op they are for, and around it.
  enum Place { Quantize, Omit, Compute, Narrow };
  std::multimap<std::pair<int64_t, Place>, Found> found;
  // A value has one row in a format, however many programs read it in that.
  DenseSet<std::pair<int64_t, Type>> seen;
  programs->walk([&](Operation *op) {
    const int64_t source = op->getNumResults() == 1 ? sourceOf(op->getResult(0)) : -1;
    if (source < 0 || !isFixed(op->getResult(0)) ||
        // From one program to another, exactly.
        (isa<QuantizeOp>(op) && !sources[source].kind.empty()) ||
        !seen.insert({source, elementOf(op->getResult(0))}).second)
      return;
    auto add = [&](int64_t at, Place place, StringRef kind, bool omits = false) {
      Row row;
      row.source = source;
      row.op.kind = kind.str();
      row.op.place = sources[source].place;
      row.op.shape = sources[source].shape;
      row.op.format = omits ? "f32" : describeFormat(elementOf(op->getResult(0)));
      if (auto linear = dyn_cast<LinearOp>(op); linear && !omits)
        row.op.weight = describeFormat(elementOf(linear.getWeight()));
      row.countedAs = omits ? "" : op->getName().stripDialect().str();
      row.isSum = isa<AddOp>(op);
      found.insert({{at, place}, {std::move(row), {op, omits}}});
    };
    if (isa<QuantizeOp>(op)) {
      int64_t first = std::numeric_limits<int64_t>::max();
      for (Operation *user : op->getUsers())
        first = std::min(first, numberOf(user).value_or(first));
      return add(first, Quantize, "quantize");
    }
    if (isNarrowing(op))
      return add(source, Narrow, "narrow");
    // What the model itself leaves out, the reference does as well.
    auto linear = dyn_cast<LinearOp>(op);
    const bool gotMask = isa<MaskedAttentionOp>(op) && sources[source].kind == "attention";
    if (gotMask || (linear && linear.getLive()))
      add(source, Omit, "omit", /*omits=*/true);
    add(source, Compute, sources[source].kind);
  });

  std::map<std::pair<int64_t, const void *>, size_t> rowsOf;
  std::vector<Observed> observed;
  for (auto &[order, each] : found) {
    auto &[row, what] = each;
    const Place place = order.second;
    // By its format, and as the op's result.
    const Type format = elementOf(what.op->getResult(0));
    if (place != Omit)
      rowsOf[{row.source, format.getAsOpaquePointer()}] = rows.size();
    if (place == Compute)
      rowsOf[{row.source, nullptr}] = rows.size();
    auto addInput = [&, &inputs = row.inputs](int64_t source, const void *format) {
      for (const void *key : {format, static_cast<const void *>(nullptr)})
        if (auto input = rowsOf.find({source, key}); input != rowsOf.end())
          return inputs.push_back(input->second);
    };
    const Source &source = sources[row.source];
    if (place == Quantize)
      for (int64_t origin : source.origins)
        addInput(origin, nullptr);
    else if (place == Narrow)
      addInput(row.source, nullptr);
    else if (place == Compute && !observed.empty() && observed.back().op == what.op)
      row.inputs.push_back(rows.size() - 1);
    else
      for (auto [operand, from] : llvm::zip(what.op->getOperands(), source.operands))
        if (isFixed(operand))
          addInput(from, elementOf(operand).getAsOpaquePointer());
    rows.push_back(std::move(row));
    observed.push_back(what);
  }
  return observed;
}

/// Takes the values of some tokens, all of each.
void Comparison::Row::take(ArrayRef<float> wanted, ArrayRef<float> meaning,
                           ArrayRef<float> device) {
  const size_t features = op.shape.empty() ? 1 : op.shape.back();
  for (size_t token = 0; token + features <= wanted.size(); token += features) {
    Deviation all, made, read;
    for (size_t i = token; i < token + features; ++i) {
      all.take(wanted[i], device[i]);
      made.take(meaning[i], device[i]);
      read.take(wanted[i], meaning[i]);
      const float error = std::fabs(device[i] - wanted[i]);
      if (!std::isfinite(wanted[i]))
        continue;
      op.range = std::max(op.range, std::fabs(wanted[i]));
      if (error <= op.largestError)
        continue;
      op.largestError = error;
      op.largestAt.assign(op.shape.size(), 0);
      auto rest = op.values + static_cast<int64_t>(i);
      for (size_t dimension = op.shape.size(); dimension-- > 0;) {
        op.largestAt[dimension] = rest % op.shape[dimension];
        rest /= op.shape[dimension];
      }
    }
    op.error += all;
    op.own += made;
    signal.push_back(all.signal);
    noise.push_back(all.noise);
    if (all.signal > 0) {
      own += made.noise / all.signal;
      inherited += read.noise / all.signal;
    }
  }
  op.values += static_cast<int64_t>(wanted.size());
}

LogicalResult Comparison::runDevice(ModuleOp programs, StringRef function,
                                    ArrayRef<HostTensor> inputs) {
  OwningOpRef<ModuleOp> module = programs.clone();
  // What nobody reads is no error.
  module->walk([](LinearOp op) {
    if (op.getLive() && isReadByAttentionOver(op.getLive(), op.getResult()))
      clearLive(op);
  });
  for (auto [index, observed] : llvm::enumerate(findRows(*module))) {
    Operation *op = observed.op;
    OpBuilder builder(op->getContext());
    builder.setInsertionPointAfter(op);
    Value value = observed.omits ? floatMeaning(op, builder)
                                 : toFloat(op->getResult(0), op->getLoc(), builder);
    Value meaning = floatMeaning(op, builder);
    if (observed.omits)
      meaning = withoutMask(meaning, builder);
    // Programs may not hold one; they are functions before anybody verifies.
    ObserveOp::create(builder, op->getLoc(), value, 2 * index, /*moment=*/false);
    ObserveOp::create(builder, op->getLoc(), meaning, 2 * index + 1, /*moment=*/false);
  }
  std::vector<float> device;
  LogicalResult result =
      observe(std::move(module), function, inputs, [&](int64_t number, ArrayRef<float> values) {
        if (number % 2 == 0)
          return device.assign(values.begin(), values.end());
        Row &row = rows[number / 2];
        ArrayRef<float> wanted = sources[row.source].reference;
        // Programs run once a sequence, in order; what all sequences share is the same
        // in each.
        if (!wanted.empty())
          wanted = wanted.drop_front(row.op.values % wanted.size());
        const size_t count = std::min(values.size(), wanted.size());
        row.take(wanted.take_front(count), values.take_front(count),
                 ArrayRef(device).take_front(count));
      });
  for (Source &source : sources)
    source.reference = {};
  estimateShares();
  return result;
}

/// Follows the error of the results back: of each row's, the part that its own error is of
/// what it made and what came in stays there, the rest goes to what it reads. Every token
/// counts the same, however large it is, as it does to a norm.
void Comparison::estimateShares() {
  std::vector<double> parts(rows.size(), 0.0);
  // What an input's error is to a reader: where it adds up, by what that has, else by what
  // the input has.
  auto weigh = [&](const Row &input, const Row *sum) {
    const Row &base = sum ? *sum : input;
    const size_t tokens = base.signal.size();
    double weight = 0;
    for (size_t token = 0; token < tokens; ++token) {
      const double noise = input.noise.size() == tokens
                               ? input.noise[token]
                               : input.op.error.noise / static_cast<double>(input.noise.size());
      if (base.signal[token] > 0)
        weight += noise / base.signal[token];
    }
    return weight / static_cast<double>(tokens);
  };
  auto split = [&](double part, ArrayRef<size_t> inputs, const Row *sum) {
    SmallVector<double> weights;
    for (size_t input : inputs)
      weights.push_back(rows[input].op.values > 0 ? weigh(rows[input], sum) : 0);
    const double all = std::accumulate(weights.begin(), weights.end(), 0.0);
    if (all > 0)
      for (auto [input, weight] : llvm::zip_equal(inputs, weights))
        parts[input] += part * weight / all;
    return all > 0;
  };
  SmallVector<size_t> last;
  for (int64_t result : results)
    for (size_t row = 0; row < rows.size(); ++row)
      if (rows[row].source == result && rows[row].op.kind == sources[result].kind)
        last.push_back(row);
  if (!split(1, last, nullptr))
    return;
  for (size_t index = rows.size(); index-- > 0;) {
    Row &row = rows[index];
    const double all = row.own + row.inherited;
    const double part = parts[index], own = all > 0 ? part * row.own / all : 0;
    row.op.share = own;
    split(part - own, row.inputs, row.isSum ? &row : nullptr);
  }
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
  for (const Row &row : rows)
    ++sharing[keyOf(row.op.place, row.countedAs)];
  for (Row &row : rows) {
    if (row.countedAs.empty())
      continue;
    row.op.saturations = counted[keyOf(row.op.place, row.countedAs)];
    row.op.sharing = sharing[keyOf(row.op.place, row.countedAs)];
  }
}

//===----------------------------------------------------------------------===//
// What is said of it
//===----------------------------------------------------------------------===//

std::vector<const ComparedOp *> Comparison::compared() const {
  std::vector<const ComparedOp *> result;
  for (const Row &row : rows)
    if (row.op.values > 0)
      result.push_back(&row.op);
  return result;
}

const ComparedOp *Comparison::firstBelow(double decibels) const {
  for (const ComparedOp *op : compared())
    if (op->error.decibels() < decibels)
      return op;
  return nullptr;
}

const ComparedOp *Comparison::firstOwnBelow(double decibels) const {
  for (const ComparedOp *op : compared())
    if (op->own.decibels() < decibels)
      return op;
  return nullptr;
}

static std::string indexText(ArrayRef<int64_t> index) {
  return llvm::formatv(
      "[{0}]",
      llvm::join(llvm::map_range(index, [](int64_t i) { return std::to_string(i); }), ","));
}

static std::string decibelText(const Deviation &deviation) {
  return deviation.noise == 0 ? "exact" : llvm::formatv("{0:F1}", deviation.decibels()).str();
}

static std::string percentText(double share) { return llvm::formatv("{0:F1} %", 100 * share); }

std::string Comparison::text() const {
  /// Lines that are said once more at the end.
  constexpr size_t kMostShown = 5;
  constexpr double kLeastShown = 0.01;
  std::string text;
  llvm::raw_string_ostream out(text);
  std::vector<const ComparedOp *> ops = compared();
  out << "  snr dB  own dB    share  largest error  at                range  saturations  "
         "format      weight      op\n";
  for (const ComparedOp *op : ops) {
    std::string saturations = "-";
    if (op->saturations)
      saturations = std::to_string(*op->saturations) + (op->sharing > 1 ? "*" : "");
    out << llvm::formatv(
        "{0,8}  {1,6}  {2,7}  {3,13:E3}  {4,-14}  {5,8:F4}  {6,11}  {7,-10}  {8,-10}  {9}\n",
        decibelText(op->error), decibelText(op->own), op->share ? percentText(*op->share) : "-",
        op->largestError, op->largestAt.empty() ? "-" : indexText(op->largestAt), op->range,
        saturations, op->format, op->weight.empty() ? "-" : op->weight, describe(*op));
  }
  if (llvm::any_of(ops, [](const ComparedOp *op) { return op->sharing > 1 && op->saturations; }))
    out << "*: of all ops of this kind at this place together\n";

  std::map<StringRef, double> shares;
  for (const ComparedOp *op : ops)
    shares[op->kind] += op->share.value_or(0);
  llvm::erase_if(ops, [&](const ComparedOp *op) { return op->share.value_or(0) < kLeastShown; });
  if (ops.empty())
    return text;
  SmallVector<std::pair<double, StringRef>> kinds;
  for (const auto &[kind, share] : shares)
    if (share >= kLeastShown)
      kinds.emplace_back(-share, kind);
  llvm::sort(kinds);
  llvm::sort(ops, [](const ComparedOp *a, const ComparedOp *b) {
    return std::pair(-*a->share, a) < std::pair(-*b->share, b);
  });
  out << "where the error of the results was made, as estimated: ";
  llvm::interleaveComma(
      kinds, out, [&](const auto &kind) { out << kind.second << " " << percentText(-kind.first); });
  out << "\n";
  double rest = 1;
  for (const ComparedOp *op : ArrayRef(ops).take_front(kMostShown)) {
    out << llvm::formatv("{0,8}  {1}, own {2} dB\n", percentText(*op->share), describe(*op),
                         decibelText(op->own));
    rest -= *op->share;
  }
  if (rest >= kLeastShown)
    out << llvm::formatv("{0,8}  elsewhere\n", percentText(rest));
  return text;
}

std::string Comparison::json() const {
  llvm::json::Array list;
  auto decibels = [](const Deviation &deviation) -> llvm::json::Value {
    if (!std::isfinite(deviation.decibels()))
      return nullptr;
    return deviation.decibels();
  };
  for (const ComparedOp *op : compared()) {
    llvm::json::Object object{{"op", op->kind},
                              {"name", op->place.name},
                              {"file", op->place.file},
                              {"line", op->place.line},
                              {"column", op->place.column},
                              {"shape", llvm::json::Array(op->shape)},
                              {"format", op->format},
                              {"weight", nullptr},
                              {"values", op->values},
                              {"snr", decibels(op->error)},
                              {"own", decibels(op->own)},
                              {"share", nullptr},
                              {"error", op->largestError},
                              {"index", llvm::json::Array(op->largestAt)},
                              {"range", op->range},
                              {"saturations", nullptr},
                              {"sharing", op->sharing}};
    if (!op->weight.empty())
      object["weight"] = op->weight;
    if (op->share)
      object["share"] = *op->share;
    if (op->saturations)
      object["saturations"] = static_cast<int64_t>(*op->saturations);
    list.push_back(std::move(object));
  }
  llvm::json::Value whole = llvm::json::Object{{"version", 1}, {"ops", std::move(list)}};
  return llvm::formatv("{0:2}\n", whole);
}
