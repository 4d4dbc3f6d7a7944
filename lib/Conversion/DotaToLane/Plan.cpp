//===- Plan.cpp - how a program is spread over lanes, steps and memories ------===//
//
// 1. describe: each value as a matrix of a format.
// 2. spread: which values lanes keep by columns, private to them; which ops run
//    by columns, by heads, by rows, or sum over a part of the depth.
// 3. group: ops that share a loop over tiles become one step.
// 4. chooseStorage: what stays in SRAM; the tiles of each step.
// 5. placeInDram: addresses, reuse of scratch, barriers.
//
//===----------------------------------------------------------------------===//

#include "Plan.h"
#include "Stream.h"
#include "dota/Dialect/Dota/FixedPoint.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::dota;
using namespace mlir::dota::tolane;

Slicing tolane::partition(int64_t count, unsigned lanes, int64_t unit) {
  int64_t units = (count + unit - 1) / unit;
  Slicing result;
  int64_t begin = 0;
  for (unsigned lane = 0; lane < lanes; ++lane) {
    int64_t end = begin + units / lanes + (lane < units % lanes ? 1 : 0);
    result.push_back({std::min(begin * unit, count), std::min(end * unit, count)});
    begin = end;
  }
  return result;
}

int64_t Matrix::columnOffset(int64_t c) const {
  assert((c % unit * bits % 8 == 0 || c == cols) && "column starts inside a byte");
  return c / unit * bytesOf(unit, bits) + bytesOf(c % unit, bits);
}

//===----------------------------------------------------------------------===//
// DRAM
//===----------------------------------------------------------------------===//

int64_t Dram::allocate(int64_t bytes) {
  int64_t address = top;
  top += alignBytes(bytes);
  return address;
}

int64_t Dram::allocateScratch(int64_t bytes, int64_t epoch) {
  bytes = std::max<int64_t>(alignBytes(bytes), 64);
  auto best = free.end();
  for (auto it = free.begin(); it != free.end(); ++it)
    if (it->epoch < epoch && it->bytes >= bytes && (best == free.end() || it->bytes < best->bytes))
      best = it;
  int64_t address;
  if (best == free.end()) {
    address = allocate(bytes);
  } else {
    address = best->address;
    best->address += bytes;
    best->bytes -= bytes;
    if (best->bytes == 0)
      free.erase(best);
  }
  sizes[address] = bytes;
  return address;
}

void Dram::release(int64_t address, int64_t epoch) {
  auto it = sizes.find(address);
  free.push_back({address, it->second, epoch});
  sizes.erase(it);
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

Plan::Plan(ProgramOp program, const ::dota::Machine &machine, int64_t mostResident)
    : program(program), machine(machine), mostResident(mostResident) {}
Plan::~Plan() = default;

/// Heads that an attention or a detection finds in an operand.
static int64_t headCount(OpOperand &use) {
  const bool keys = use.getOperandNumber() > 0;
  if (auto detect = dyn_cast<DetectOp>(use.getOwner()); detect && keys)
    return detect.getKeyHeads();
  return cast<IntegerAttr>(use.getOwner()->getAttr(keys ? "kv_heads" : "heads")).getInt();
}

LogicalResult Plan::describe(Value value) {
  if (isa<MaskType>(value.getType()))
    return success();
  auto type = cast<RankedTensorType>(value.getType());
  Matrix matrix;
  matrix.value = value;
  matrix.cols = type.getRank() == 0 ? 1 : type.getShape().back();
  matrix.rows = type.getNumElements() / matrix.cols;
  matrix.unit = matrix.cols;
  Type element = type.getElementType();
  if (int bits = getStoredBits(element)) {
    matrix.bits = bits;
    matrix.precision = getPrecision(bits);
    matrix.exponents = Exponents(element);
  } else {
    // f32, or i32 that passes through.
    matrix.isFloat = true;
  }
  // In less than 8 bits an element the columns of a head start on whole bytes.
  if (matrix.bits < 8) {
    for (OpOperand &use : value.getUses()) {
      Operation *user = use.getOwner();
      bool heads = isa<DetectOp, AttentionOp, MaskedAttentionOp>(user);
      int64_t width = heads ? matrix.cols / headCount(use) : matrix.cols;
      if (heads && width * matrix.bits % 8 != 0)
        matrix.unit = width;
    }
    if (matrix.padded()) {
      for (OpOperand &use : value.getUses())
        if (!isa<DetectOp, AttentionOp, MaskedAttentionOp>(use.getOwner()) ||
            matrix.cols / headCount(use) != matrix.unit)
          return use.getOwner()->emitOpError()
                 << "takes a matrix in " << matrix.bits << " bits whose heads of " << matrix.unit
                 << " columns fill no whole bytes";
      if (!value.getDefiningOp<LinearOp>())
        return emitError(value.getLoc())
               << "makes a matrix in " << matrix.bits << " bits whose heads of " << matrix.unit
               << " columns fill no whole bytes; only dota.linear can";
    }
  }
  matrix.number = matrices.size();
  matrices.insert({value, std::move(matrix)});
  return success();
}

bool Plan::isBroadcast(Operation *op, Value operand) const {
  const Matrix &matrix = (*this)[operand];
  return isa<AddOp, MulOp>(op) && operand == op->getOperand(1) && matrix.rows == 1 &&
         (*this)[op->getResult(0)].rows > 1;
}

/// Do linears leave out the rows of keys that a mask does not keep?
static bool isMarked(Value mask) {
  return llvm::any_of(mask.getUsers(), [](Operation *user) { return isa<LinearOp>(user); });
}

/// Is a mask of one head that of several?
static bool isShared(TypedValue<MaskType> mask) {
  return llvm::any_of(mask.getUsers(), [&](Operation *user) {
    auto attention = dyn_cast<MaskedAttentionOp>(user);
    return attention && static_cast<int64_t>(attention.getHeads()) != mask.getType().getHeads();
  });
}

LogicalResult Plan::checkMask(MaskedAttentionOp op) {
  Value mask = op.getMask();
  if (mask.getDefiningOp<DetectOp>())
    return success();
  auto known = mask.getDefiningOp<ConstantMaskOp>();
  if (!known)
    return op.emitOpError("takes a mask that no dota.detect of the program finds");
  if (!known.getOrder())
    return known.emitOpError("has no order of its keys; dota-reorder-keys makes one");
  if (*known.getGroup() > machine.rmmu.group)
    return known.emitOpError() << "has an order of " << *known.getGroup()
                               << " rows a group; at most " << machine.rmmu.group
                               << " share a load on machine '" << machine.name << "'";
  return success();
}

LogicalResult Plan::checkLinear(LinearOp op) {
  if (op.getBias() && !Constant::get(op.getBias()))
    return op.emitOpError("has a bias that is no constant");
  Operation *weight = op.getWeight().getDefiningOp();
  if (weight && weight->hasTrait<OpTrait::ConstantLike>() && !Constant::get(op.getWeight()))
    return op.emitOpError("has weights whose bytes are not at hand");
  if (!op.getLive())
    return success();
  if (int64_t rows = (*this)[op.getX()].rows, keys = op.getLive().getType().getKeys(); rows != keys)
    return op.emitOpError() << "works on " << rows / keys << " sequences; one expected";
  return success();
}

bool Plan::isTable(OpOperand &use) {
  return isa<RotateOp>(use.getOwner()) && use.getOperandNumber() == 1;
}

/// What an op must be to have instructions; the dialect's verifiers saw to the rest.
LogicalResult Plan::checkOp(Operation *op) {
  if (isa<ReturnOp>(op) || isConstant(op))
    return success();
  // One operand tells the level of all.
  Value result = op->getResult(0);
  const Matrix *level = isa<QuantizeOp>(op) ? &(*this)[result] : &(*this)[op->getOperand(0)];
  if (level->isFloat)
    return op->emitOpError() << "works on " << level->value.getType()
                             << "; fixed point expected in a lane";
  auto hasOneExponent = [&](Value value) {
    return isa<MaskType>(value.getType()) || (*this)[value].exponents.isOne();
  };
  if (!isa<LinearOp, DetectOp>(op) &&
      !(llvm::all_of(op->getOperands(), hasOneExponent) && hasOneExponent(result)))
    return op->emitOpError() << "works on a matrix with an exponent for each column; only "
                                "dota.linear and dota.detect can";
  // Rows of several sequences are as good as those of one, but for attention.
  if (isa<AttentionOp, MaskedAttentionOp, DetectOp>(op)) {
    auto type = cast<RankedTensorType>(op->getOperand(0).getType());
    if (type.getRank() > 2 && type.getShape().front() != 1)
      return op->emitOpError() << "works on " << type.getShape().front()
                               << " sequences; one expected";
  }
  if (auto linear = dyn_cast<LinearOp>(op))
    return checkLinear(linear);
  if (auto masked = dyn_cast<MaskedAttentionOp>(op))
    return checkMask(masked);
  return success();
}

LogicalResult Plan::describe() {
  Block &body = program.getBody().front();
  for (Value argument : body.getArguments())
    if (failed(describe(argument)))
      return failure();
  for (Operation &op : body)
    for (Value result : op.getResults())
      if (!result.use_empty() || !isConstant(&op))
        if (failed(describe(result)))
          return failure();
  int64_t id = 0;
  for (Operation &op : body) {
    if (failed(checkOp(&op)))
      return failure();
    if (auto detect = dyn_cast<DetectOp>(&op)) {
      MaskInfo info;
      info.type = detect.getMask().getType();
      info.op = detect;
      info.id = id++;
      info.heads = headsOf(&op);
      info.shared = isShared(detect.getMask());
      info.marked = isMarked(detect.getMask());
      // A mask with one user next to it is found tile by tile as it is used.
      info.fused =
          !info.shared && detect->hasOneUse() && isa<MaskedAttentionOp>(*detect->user_begin());
      masks.insert({detect.getMask(), std::move(info)});
    }
    if (auto known = dyn_cast<ConstantMaskOp>(&op)) {
      MaskInfo info;
      info.type = known.getMask().getType();
      info.known = known;
      info.shared = isShared(known.getMask());
      info.marked = isMarked(known.getMask());
      masks.insert({known.getMask(), std::move(info)});
    }
  }
  return success();
}

Slicing Plan::headsOf(Operation *op) const {
  int64_t heads = cast<IntegerAttr>(op->getAttr("heads")).getInt();
  return partition(heads, lanes());
}

Slicing Plan::rowsOf(const MaskInfo &mask) const {
  DetectOp op = mask.op;
  return partition(cast<MaskType>(op.getMask().getType()).getRows(), lanes(),
                   op.getBalance().value_or(machine.rmmu.group));
}

int64_t Plan::markRows(const MaskInfo &mask) const {
  if (!mask.op || !mask.shared)
    return mask.type.getHeads();
  return llvm::count_if(rowsOf(mask), [](Range rows) { return !rows.empty(); });
}

Range Plan::markRows(LinearOp linear, Range columns) const {
  const auto groups = static_cast<int64_t>(*linear.getHeads());
  const int64_t width = (*this)[linear.getResult()].cols / groups;
  // All lanes' rows, where they find parts of one head's.
  const int64_t each = markRows(mask(linear.getLive())) / groups;
  return {columns.begin / width * each, ((columns.end - 1) / width + 1) * each};
}

//===----------------------------------------------------------------------===//
// Distribution
//===----------------------------------------------------------------------===//

static bool isElementwise(Operation *op) {
  return isa<ActivationOp, AddOp, MulOp, RotateOp, DequantizeOp>(op);
}

/// Columns of the heads that `op` reads from operand `number`.
static Slicing headColumns(const Slicing &heads, int64_t group, int64_t width) {
  Slicing result;
  for (Range range : heads)
    result.push_back(
        range.empty() ? Range{}
                      : Range{range.begin / group * width, ((range.end - 1) / group + 1) * width});
  return result;
}

Plan::Demand Plan::useDemand(OpOperand &use) {
  Operation *op = use.getOwner();
  unsigned number = use.getOperandNumber();
  int64_t cols = (*this)[use.get()].cols;
  auto attention = [&](auto op) -> Demand {
    int64_t heads = op.getHeads(), kvHeads = op.getKvHeads();
    if (number == 0)
      return {Demand::Slices, headColumns(headsOf(op), 1, cols / heads)};
    if (number == 1 || number == 2)
      return {Demand::Slices, headColumns(headsOf(op), heads / kvHeads, cols / kvHeads)};
    return {Demand::Whole, {}};
  };
  if (auto linear = dyn_cast<LinearOp>(op))
    return {number == 0 ? Demand::Any : Demand::Whole, {}};
  if (auto op_ = dyn_cast<AttentionOp>(op))
    return attention(op_);
  if (auto op_ = dyn_cast<MaskedAttentionOp>(op))
    return attention(op_);
  if (auto detect = dyn_cast<DetectOp>(op);
      detect && number < detect.getMatrices() && !mask(detect).shared) {
    const int64_t found = headCount(use);
    return {
        Demand::Slices,
        headColumns(headsOf(op), static_cast<int64_t>(detect.getHeads()) / found, cols / found)};
  }
  if (isa<DequantizeOp>(op))
    return {Demand::Any, {}};
  if (isElementwise(op) && !isBroadcast(op, use.get()) && !isTable(use))
    return demandOf(op->getResult(0));
  return {Demand::Whole, {}};
}

Plan::Demand Plan::demandOf(Value value) {
  if (whole.contains(value))
    return {Demand::Whole, {}};
  auto found = demands.find(value);
  if (found != demands.end())
    return found->second;
  Demand result;
  for (OpOperand &use : value.getUses()) {
    Demand demand = useDemand(use);
    if (demand.kind == Demand::Slices && result.kind == Demand::Slices) {
      if (demand.slicing != result.slicing)
        result.kind = Demand::Whole;
    } else if (demand.kind > result.kind) {
      result = demand;
    }
  }
  demands[value] = result;
  return result;
}

void Plan::makePrivate(Matrix &matrix, const Slicing &slicing) {
  matrix.isPrivate = true;
  matrix.slicing = slicing;
  matrix.written = Pattern::Columns;
}

/// Columns of a linear's result over lanes where no user says how.
static Slicing anyColumns(const Matrix &matrix, unsigned lanes) {
  if (matrix.unit != matrix.cols)
    return partition(matrix.cols, lanes, matrix.unit);
  for (int64_t unit : {32, 16, 8})
    if (matrix.cols >= 2 * unit * lanes)
      return partition(matrix.cols, lanes, unit);
  return partition(matrix.cols, lanes, 4);
}

/// Does each column of a private value belong to just one lane? Lanes that share
/// key heads both have them.
static bool isPartition(const Matrix &matrix) {
  int64_t covered = 0;
  for (Range range : matrix.slicing) {
    if (!range.empty() && range.begin != covered)
      return false;
    covered = std::max(covered, range.end);
  }
  return covered == matrix.cols;
}

/// Marks a value as one that must be whole; true, as everything changes then.
bool Plan::keepWhole(Value value) {
  assert(!whole.contains(value));
  whole.insert(value);
  return true;
}

/// One attempt to give each op its mode; true where a value turned out to be
/// needed whole that was thought private, so that all has to be done again.
bool Plan::spread() {
  demands.clear();
  modes.clear();
  for (auto &entry : matrices) {
    entry.second.isPrivate = false;
    entry.second.written = Pattern::Host;
    entry.second.slicing.clear();
  }
  for (Operation &op : program.getBody().front()) {
    if (op.getNumResults() == 0 || isConstant(&op))
      continue;
    // Operands that lanes keep must be cut as the op wants them.
    auto wants = [&](unsigned number) {
      OpOperand &use = op.getOpOperand(number);
      const Matrix &matrix = (*this)[use.get()];
      return !matrix.isPrivate || useDemand(use).slicing == matrix.slicing;
    };
    if (isa<AttentionOp, MaskedAttentionOp, DetectOp>(op)) {
      modes[&op] = Mode::Heads;
      auto detect = dyn_cast<DetectOp>(op);
      for (unsigned number = 0; number < (detect ? detect.getMatrices() : 3u); ++number)
        if (!wants(number))
          return keepWhole(op.getOperand(number));
      if (detect)
        continue;
      Matrix &result = (*this)[op.getResult(0)];
      int64_t heads = cast<IntegerAttr>(op.getAttr("heads")).getInt();
      Slicing slicing = headColumns(headsOf(&op), 1, result.cols / heads);
      Demand demand = demandOf(op.getResult(0));
      result.written = Pattern::Columns;
      result.slicing = slicing;
      if (demand.kind == Demand::Any ||
          (demand.kind == Demand::Slices && demand.slicing == slicing))
        makePrivate(result, slicing);
      continue;
    }
    Matrix &result = (*this)[op.getResult(0)];
    Demand demand = demandOf(op.getResult(0));
    if (auto linear = dyn_cast<LinearOp>(op)) {
      const Matrix &x = (*this)[linear.getX()];
      if (x.isPrivate && lanes() > 1) {
        if (!isPartition(x))
          return keepWhole(linear.getX());
        modes[&op] = Mode::Partial;
        result.written = Pattern::Rows;
        continue;
      }
      modes[&op] = Mode::Columns;
      Slicing slicing =
          demand.kind == Demand::Slices ? demand.slicing : anyColumns(result, lanes());
      result.written = Pattern::Columns;
      result.slicing = slicing;
      if (demand.kind == Demand::Slices || demand.kind == Demand::Any)
        makePrivate(result, slicing);
      continue;
    }
    SmallVector<Value> kept;
    for (Value operand : op.getOperands())
      if ((*this)[operand].isPrivate)
        kept.push_back(operand);
    if (kept.empty() || !isElementwise(&op)) {
      if (!kept.empty())
        return keepWhole(kept.front());
      modes[&op] = Mode::Rows;
      result.written = Pattern::Rows;
      continue;
    }
    modes[&op] = Mode::Columns;
    const Slicing slicing = (*this)[kept.front()].slicing;
    // Partners lie within a head, and a table is read as a whole.
    if (auto rotate = dyn_cast<RotateOp>(op)) {
      int64_t width = (*this)[rotate.getTable()].cols / 2;
      if (!llvm::all_of(rotate.getTable().getUses(), isTable) ||
          llvm::any_of(slicing, [&](Range range) {
            return range.begin % width != 0 || range.end % width != 0;
          }))
        return keepWhole(kept.front());
    }
    for (Value operand : kept)
      if ((*this)[operand].slicing != slicing)
        return keepWhole(operand);
    bool agrees = isa<DequantizeOp>(op)
                      ? isPartition((*this)[kept.front()])
                      : demand.kind == Demand::Any ||
                            (demand.kind == Demand::Slices && demand.slicing == slicing);
    if (!agrees)
      return keepWhole(kept.front());
    result.written = Pattern::Columns;
    result.slicing = slicing;
    if (!isa<DequantizeOp>(op))
      makePrivate(result, slicing);
  }
  return false;
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

void Plan::group() {
  steps.clear();
  steps_.clear();
  auto newStep = [&](Step::Kind kind, Operation *op) -> Step & {
    steps.push_back({});
    steps.back().kind = kind;
    if (op) {
      steps.back().ops.push_back(op);
      steps_[op] = steps.size() - 1;
    }
    return steps.back();
  };
  auto join = [&](Operation *op) {
    steps.back().ops.push_back(op);
    steps_[op] = steps.size() - 1;
  };
  auto madeBy = [&](Value value) {
    Operation *def = value.getDefiningOp();
    auto it = def ? steps_.find(def) : steps_.end();
    return it == steps_.end() ? -1 : it->second;
  };
  int last;
  for (Operation &op : program.getBody().front()) {
    if (isa<ReturnOp>(op) || isConstant(&op))
      continue;
    last = static_cast<int>(steps.size()) - 1;
    Step *current = steps.empty() ? nullptr : &steps.back();
    switch (modes[&op]) {
    case Mode::Heads:
      if (isa<DetectOp>(op)) {
        if (!mask(op.getResult(0)).fused)
          newStep(Step::Detect, &op);
        break;
      }
      newStep(Step::Attention, &op);
      if (auto masked = dyn_cast<MaskedAttentionOp>(op))
        if (mask(masked.getMask()).fused)
          steps_[masked.getMask().getDefiningOp()] = steps.size() - 1;
      break;
    case Mode::Partial:
    case Mode::Columns:
      if (auto linear = dyn_cast<LinearOp>(op)) {
        bool partial = modes[&op] == Mode::Partial;
        Step::Kind kind = partial ? Step::Partial : Step::Linear;
        bool joins = current && current->kind == kind && !partial && !apart.contains(&op) &&
                     current->chains.front().linear.getX() == linear.getX() &&
                     madeBy(linear.getWeight()) != last;
        if (joins)
          join(&op);
        else
          newStep(kind, &op);
        steps.back().chains.push_back({linear, {}, {}});
        if (partial) {
          // Lanes' sums are added by rows, together with what follows.
          Step &reduce = newStep(Step::Rows, &op);
          reduce.rows = (*this)[linear.getResult()].rows;
        }
        break;
      } else {
        const Matrix &result = (*this)[op.getResult(0)];
        // On the tiles of a linear, if all else is from an earlier step. They may end
        // inside a head, between the columns of a pair.
        if (current && current->kind == Step::Linear && !apart.contains(&op) &&
            !isa<RotateOp>(op)) {
          Chain &chain = current->chains.back();
          bool touches = false, foreign = false;
          for (Value operand : op.getOperands()) {
            Operation *def = operand.getDefiningOp();
            bool inChain = def && (def == chain.linear || llvm::is_contained(chain.ops, def));
            touches |= inChain;
            foreign |= !inChain && madeBy(operand) == last;
          }
          const Matrix &made = (*this)[chain.linear.getResult()];
          if (touches && !foreign && made.slicing == result.slicing) {
            chain.ops.push_back(&op);
            join(&op);
            break;
          }
        }
        if (current && current->kind == Step::Columns && !apart.contains(&op) &&
            current->rows == result.rows && current->slicing == result.slicing) {
          join(&op);
          break;
        }
        Step &step = newStep(Step::Columns, &op);
        step.rows = result.rows;
        step.slicing = result.slicing;
        break;
      }
    case Mode::Rows: {
      const Matrix &result = (*this)[op.getResult(0)];
      bool joins = current && current->kind == Step::Rows && current->rows == result.rows &&
                   !apart.contains(&op);
      // A row for all rows has to be finished before.
      for (Value operand : op.getOperands())
        joins &= (*this)[operand].rows == result.rows || madeBy(operand) != last;
      if (joins) {
        join(&op);
        break;
      }
      Step &step = newStep(Step::Rows, &op);
      step.rows = result.rows;
      break;
    }
    }
  }
  // Results that no op of the program can write in their place are copied.
  Operation *ret = program.getBody().front().getTerminator();
  llvm::DenseSet<Value> placed;
  for (auto [index, value] : llvm::enumerate(ret->getOperands())) {
    Operation *def = value.getDefiningOp();
    if (def && !def->hasTrait<OpTrait::ConstantLike>() && placed.insert(value).second)
      continue;
    Step &step = newStep(Step::Copy, nullptr);
    step.copied = value;
    step.rows = (*this)[value].rows;
    step.copyAddress = outputAddresses[index];
  }
}

int Plan::readStepOf(Operation *op) const {
  if (isa<ReturnOp>(op))
    return steps.size();
  // A row-parallel linear stands in two steps: products, then sums over lanes.
  auto mode = modes.find(op);
  return stepOf(op) - (mode != modes.end() && mode->second == Mode::Partial ? 1 : 0);
}

bool Plan::usedAfter(Value value, int step) const {
  return llvm::any_of(value.getUses(),
                      [&](OpOperand &use) { return readStepOf(use.getOwner()) != step; });
}

void Plan::setLifetimes() {
  for (auto &[value, matrix] : matrices) {
    Operation *def = value.getDefiningOp();
    if (!def || def->hasTrait<OpTrait::ConstantLike>()) {
      matrix.storage = Storage::Dram;
      continue;
    }
    matrix.firstStep = matrix.lastStep = stepOf(def);
    for (OpOperand &use : value.getUses())
      matrix.lastStep = std::max(matrix.lastStep, readStepOf(use.getOwner()));
  }
  for (int index = 0; index < static_cast<int>(steps.size()); ++index)
    if (Value copied = steps[index].copied)
      if (Matrix &matrix = (*this)[copied]; matrix.firstStep >= 0)
        matrix.lastStep = std::max(matrix.lastStep, index);
}

//===----------------------------------------------------------------------===//
// SRAM
//===----------------------------------------------------------------------===//

int64_t Plan::room(int step) const {
  int64_t most = 0;
  for (unsigned lane = 0; lane < lanes(); ++lane) {
    int64_t resident = 0;
    for (const auto &[value, matrix] : matrices)
      if (matrix.storage == Storage::Resident && matrix.firstStep <= step &&
          step <= matrix.lastStep)
        resident += alignBytes(matrix.rows * sliceRowBytes(matrix, lane));
    most = std::max(most, resident);
  }
  return static_cast<int64_t>(machine.sram.bytes) - most;
}

LogicalResult Plan::chooseStorage(bool &again) {
  auto sizeOf = [&](const Matrix &matrix) {
    int64_t bytes = 0;
    for (unsigned lane = 0; lane < lanes(); ++lane)
      bytes = std::max(bytes, alignBytes(matrix.rows * sliceRowBytes(matrix, lane)));
    return bytes;
  };
  // Small values first: they save as many transfers and take less of the room.
  SmallVector<Matrix *> candidates;
  for (auto &[value, matrix] : matrices) {
    if (matrix.firstStep < 0)
      continue;
    if (matrix.firstStep == matrix.lastStep && !usedAfter(value, matrix.firstStep))
      matrix.storage = Storage::Tile;
    else if (!matrix.isPrivate)
      matrix.storage = Storage::Dram;
    else {
      matrix.storage = Storage::Slices;
      candidates.push_back(&matrix);
    }
  }
  llvm::sort(candidates, [&](Matrix *a, Matrix *b) {
    return std::tuple(sizeOf(*a), a->firstStep, a->number) <
           std::tuple(sizeOf(*b), b->firstStep, b->number);
  });
  std::vector<int64_t> taken(steps.size() + 1);
  for (Matrix *matrix : candidates) {
    int64_t bytes = sizeOf(*matrix);
    bool fits = true;
    for (int step = matrix->firstStep; step <= matrix->lastStep; ++step)
      fits &= taken[step] + bytes <= mostResident;
    if (!fits)
      continue;
    matrix->storage = Storage::Resident;
    for (int step = matrix->firstStep; step <= matrix->lastStep; ++step)
      taken[step] += bytes;
  }
  // Tiles of each step; what stays resident gives way where they do not fit.
  for (int index = 0; index < static_cast<int>(steps.size());) {
    Step &step = steps[index];
    if (step.kind == Step::Linear || step.kind == Step::Partial)
      step.kernel = makeLinearKernel(*this, step);
    else if (step.kind == Step::Attention || step.kind == Step::Detect)
      step.kernel = makeAttentionKernel(*this, step);
    else
      step.kernel = makeTileKernel(*this, step);
    auto choose = [&]() -> std::optional<int64_t> {
      // Buffers of several lives seldom fill SRAM to the last byte.
      int64_t slack = static_cast<int64_t>(machine.sram.bytes) / 32;
      if (!step.kernel->choose(room(index) - slack))
        return std::nullopt;
      return step.kernel->choose(room(index));
    };
    std::optional<int64_t> least = choose();
    Matrix *largest = nullptr;
    for (Matrix *matrix : candidates)
      if (matrix->storage == Storage::Resident && matrix->firstStep <= index &&
          index <= matrix->lastStep && (!largest || sizeOf(*matrix) > sizeOf(*largest)))
        largest = matrix;
    if (!least && largest && step.kernel->cycles() > 0) {
      // What stays gives way, too, where its room saves more than storing it takes.
      const double before = step.kernel->cycles();
      const double store =
          static_cast<double>(sizeOf(*largest)) * lanes() / machine.dram.bytesPerCycle;
      largest->storage = Storage::Slices;
      if (!choose() && step.kernel->cycles() + store < before) {
        index = std::min(index, largest->firstStep);
        continue;
      }
      largest->storage = Storage::Resident;
      choose();
    }
    if (!least) {
      ++index;
      continue;
    }
    if (!largest && step.ops.size() > 1) {
      apart.insert(step.ops[step.ops.size() / 2]);
      again = true;
      return success();
    }
    if (!largest) {
      Location location = step.ops.empty() ? program.getLoc() : step.ops.front()->getLoc();
      return emitError(location) << "tile needs " << *least << " bytes of lane SRAM; "
                                 << machine.sram.bytes << " available";
    }
    largest->storage = Storage::Slices;
    index = std::min(index, largest->firstStep);
  }
  return success();
}

//===----------------------------------------------------------------------===//
// DRAM and barriers
//===----------------------------------------------------------------------===//

/// Do lanes need marks that others made?
bool Plan::readsMarksOfOthers(LinearOp linear) const {
  const MaskInfo &info = mask(linear.getLive());
  const Matrix &result = (*this)[linear.getResult()];
  for (unsigned lane = 0; lane < lanes(); ++lane) {
    // A row-parallel linear makes sums of all columns.
    const bool byColumns = result.written == Pattern::Columns;
    const Range columns = byColumns ? result.slicing[lane] : Range{0, result.cols};
    if (columns.empty())
      continue;
    const Range wanted = markRows(linear, columns);
    const Range own = info.shared ? Range{lane, lane + 1} : info.heads[lane];
    if (wanted.begin < own.begin || wanted.end > own.end)
      return true;
  }
  return false;
}

/// Values in DRAM that a step reads, and which part each lane reads.
void Plan::readsOf(const Step &step, llvm::function_ref<void(Matrix &, Pattern)> f) {
  if (step.kind == Step::Copy)
    return f((*this)[step.copied], Pattern::Rows);
  int index = &step - steps.data();
  auto operandsOf = [&](Operation *op) {
    for (OpOperand &use : op->getOpOperands()) {
      Value operand = use.get();
      if (isa<MaskType>(operand.getType()))
        continue;
      Matrix &matrix = (*this)[operand];
      if (matrix.firstStep == index)
        continue;
      bool heads = isa<AttentionOp, MaskedAttentionOp, DetectOp>(op);
      if (heads || isBroadcast(op, operand) || isa<LinearOp>(op))
        f(matrix, Pattern::Whole);
      else if (step.kind == Step::Rows)
        f(matrix, Pattern::Rows);
      else
        f(matrix, isTable(use) ? Pattern::Whole : Pattern::Columns);
    }
  };
  for (Operation *op : step.ops) {
    // Adding up the lanes' sums reads those alone.
    if (step.kind == Step::Rows && isa<LinearOp>(op))
      continue;
    operandsOf(op);
    if (auto masked = dyn_cast<MaskedAttentionOp>(op))
      if (const MaskInfo &info = mask(masked.getMask()); info.fused)
        operandsOf(info.op);
  }
}

void Plan::placeInDram() {
  int64_t epoch = 0;
  // What each step's end sets free.
  std::vector<SmallVector<int64_t>> ends(steps.size() + 1);
  Operation *ret = program.getBody().front().getTerminator();
  for (int index = 0; index < static_cast<int>(steps.size()); ++index) {
    Step &step = steps[index];
    if (lanes() > 1) {
      readsOf(step, [&](Matrix &matrix, Pattern pattern) {
        if (matrix.written == Pattern::Host || matrix.isPrivate || matrix.writtenEpoch != epoch)
          return;
        // What a lane wrote itself it can read at once.
        bool own = pattern == matrix.written && pattern != Pattern::Whole &&
                   (pattern != Pattern::Columns || matrix.slicing == step.slicing);
        step.barrier |= !own;
      });
      for (Operation *op : step.ops) {
        step.barrier |= step.kind == Step::Rows && isa<LinearOp>(op);
        if (auto masked = dyn_cast<MaskedAttentionOp>(op)) {
          const MaskInfo &info = mask(masked.getMask());
          step.barrier |= info.shared && info.foundEpoch == epoch;
        }
        if (auto linear = dyn_cast<LinearOp>(op);
            linear && linear.getLive() && !step.chains.empty())
          step.barrier |= mask(linear.getLive()).foundEpoch == epoch && readsMarksOfOthers(linear);
      }
      if (step.barrier)
        ++epoch;
    }
    auto scratch = [&](int64_t bytes, int lastStep) {
      int64_t address = dram.allocateScratch(bytes, epoch);
      ends[std::min(lastStep, static_cast<int>(steps.size()))].push_back(address);
      return address;
    };
    for (auto &[value, matrix] : matrices) {
      if (matrix.firstStep != index)
        continue;
      matrix.writtenEpoch = epoch;
      if (matrix.storage == Storage::Slices) {
        for (unsigned lane = 0; lane < lanes(); ++lane)
          matrix.sliceAddresses.push_back(
              scratch(matrix.rows * sliceRowBytes(matrix, lane), matrix.lastStep));
      } else if (matrix.storage == Storage::Dram) {
        for (auto [number, returned] : llvm::enumerate(ret->getOperands()))
          if (returned == value && matrix.address < 0)
            matrix.address = outputAddresses[number];
        if (matrix.address < 0)
          matrix.address = scratch(matrix.rows * matrix.rowBytes(), matrix.lastStep);
      }
    }
    for (Chain &chain : step.chains) {
      if (step.kind != Step::Partial)
        continue;
      const Matrix &x = (*this)[chain.linear.getX()], &result = (*this)[chain.linear.getResult()];
      for (unsigned lane = 0; lane < lanes(); ++lane)
        chain.partials.push_back(
            x.slicing[lane].empty() ? -1 : scratch(8 * result.rows * result.cols, index + 1));
    }
    if (step.kind == Step::Detect) {
      MaskInfo &info = mask(step.ops.front()->getResult(0));
      int lastStep = index;
      for (Operation *user : info.op->getUsers())
        lastStep = std::max(lastStep, stepOf(user));
      MaskType type = info.type;
      info.foundEpoch = epoch;
      if (info.shared)
        info.addresses.assign(lanes(), scratch(4 * type.getRows() * type.getKeep(), lastStep));
      else
        for (Range heads : info.heads)
          info.addresses.push_back(
              scratch(4 * heads.size() * type.getRows() * type.getKeep(), lastStep));
      if (info.marked)
        info.marks = scratch(markRows(info) * type.getKeys(), lastStep);
    }
    for (unsigned lane = 0; lane < lanes(); ++lane)
      if (int64_t bytes = step.kernel->scratchBytes(lane)) {
        step.scratch.resize(lanes(), -1);
        step.scratch[lane] = scratch(bytes, index);
      }
    for (int64_t address : ends[index])
      dram.release(address, epoch);
  }
}

LogicalResult Plan::make() {
  if (failed(describe()))
    return failure();
  Block &body = program.getBody().front();
  for (Value argument : body.getArguments()) {
    Matrix &matrix = (*this)[argument];
    inputAddresses.push_back(dram.allocate(matrix.rows * matrix.rowBytes()));
    matrix.address = inputAddresses.back();
  }
  for (Value result : body.getTerminator()->getOperands()) {
    const Matrix &matrix = (*this)[result];
    outputAddresses.push_back(dram.allocate(matrix.rows * matrix.rowBytes()));
  }
  while (spread())
    ;
  for (bool again = true; again;) {
    again = false;
    group();
    setLifetimes();
    if (failed(chooseStorage(again)))
      return failure();
  }
  placeInDram();
  return success();
}
