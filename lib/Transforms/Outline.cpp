//===- Outline.cpp - move dota ops into device programs ---------------------===//
//
// Works on the block of each function: levels, then one group of ops a program,
// then the values that cross between groups, then the programs themselves.
// Fails at a dota op that is f32 or nested. Idempotent: programs are not entered.
//
//===----------------------------------------------------------------------===//

#include "dota/Dialect/Dota/FixedPoint.h"
#include "dota/Dialect/Dota/Mfu.h"
#include "dota/Passes.h"
#include "dota/Transforms/Observations.h"
#include "dota/runtime/Error.h"
#include "dota/runtime/Machine.h"
#include "mlir/Analysis/TopologicalSortUtils.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/Remarks.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"
#include <map>

namespace mlir::dota {
#define GEN_PASS_DEF_OUTLINE
#include "dota/Passes.h.inc"
} // namespace mlir::dota

using namespace mlir;
using namespace mlir::dota;

namespace {

/// Batch extent of ops that work on one sequence.
constexpr int64_t kNoBatch = 0;

/// Ops of one level and one batch extent.
struct Group {
  SmallVector<Operation *> ops;
};
/// In order of launch: by level, ops without batch first, as batched ops may read
/// what they compute.
using Key = std::pair<int64_t, int64_t>;

bool isDeviceOp(Operation *op) { return isa<WorkOpInterface>(op); }

bool isConstant(Value value) {
  Operation *op = value.getDefiningOp();
  return op && (isa<ConstantOp>(op) || matchPattern(op, m_Constant()));
}

int64_t batchOf(Type type) {
  if (auto mask = dyn_cast<MaskType>(type))
    return mask.getShape().size() == 4 ? mask.getShape().front() : kNoBatch;
  auto tensor = cast<RankedTensorType>(type);
  return tensor.getRank() == 3 ? tensor.getDimSize(0) : kNoBatch;
}

/// The type of one sequence of a batch.
Type withoutBatch(Type type) {
  if (auto mask = dyn_cast<MaskType>(type))
    return MaskType::get(type.getContext(), mask.getShape().drop_front(), mask.getKeep());
  auto tensor = cast<RankedTensorType>(type);
  Type element = tensor.getElementType();
  if (auto columns = getPerColumnFixedPoint(element))
    element = getPerColumnFixedPointType(type.getContext(), columns->bits, columns->dimension - 1,
                                         columns->exponents);
  return RankedTensorType::get(tensor.getShape().drop_front(), element);
}

/// Whether `operand` is a bias of scores, whose batch dimension is a fourth.
bool isScoreBias(OpOperand &operand) {
  unsigned number = operand.getOperandNumber();
  if (isa<AttentionOp>(operand.getOwner()))
    return number == 3;
  if (isa<MaskedAttentionOp>(operand.getOwner()))
    return number == 4;
  auto detect = dyn_cast<DetectOp>(operand.getOwner());
  return detect && number == detect.getMatrices();
}

class Outliner {
public:
  /// `programs` counts the module's.
  Outliner(func::FuncOp function, SymbolTable &symbols, int64_t &programs, MfuAttr mfu)
      : function(function), block(function.getBody().front()), symbols(symbols), programs(programs),
        mfu(mfu) {}

  LogicalResult run() {
    if (failed(check()))
      return failure();
    findLevels();
    remarkCuts();
    moveDetectors();
    groupOps();
    cross();
    for (auto &[key, group] : groups)
      if (failed(build(key.second, group)))
        return failure();
    for (auto &[key, group] : groups)
      for (Operation *op : llvm::reverse(group.ops)) {
        op->dropAllUses();
        op->erase();
      }
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
      if (isOpTriviallyDead(&op))
        op.erase();
    sortTopologically(&block);
    return success();
  }

private:
  LogicalResult check() {
    WalkResult result = function.walk([&](Operation *op) -> WalkResult {
      if (!isDeviceOp(op))
        return success();
      bool border = isa<QuantizeOp, DequantizeOp>(op);
      auto first = cast<RankedTensorType>(op->getOperand(0).getType());
      if (!border && first.getElementType().isF32())
        return op->emitOpError("is f32; only fixed-point ops can go to the device");
      if (op->getBlock() != &block)
        return op->emitOpError("is inside '")
               << op->getParentOp()->getName()
               << "'; only ops of a function's own block can go to the device";
      return success();
    });
    return failure(result.wasInterrupted());
  }

  //===--------------------------------------------------------------------===//
  // Levels
  //===--------------------------------------------------------------------===//

  /// Calls `use` with every value that `op` reads, its regions included.
  static void forEachOperand(Operation *op, function_ref<void(Value)> use) {
    op->walk([&](Operation *inner) {
      for (Value operand : inner->getOperands())
        use(operand);
    });
  }

  void findLevels() {
    for (Operation &op : block) {
      int64_t level = 0;
      forEachOperand(&op, [&](Value operand) {
        Operation *producer = operand.getDefiningOp();
        if (!producer || producer->getBlock() != &block)
          return;
        // The host reads a program's results after its launch.
        bool crosses = isDeviceOp(producer) && !isDeviceOp(&op);
        level = std::max(level, levels.lookup(producer) + crosses);
      });
      levels[&op] = level;
    }
  }

  /// Names each host op that stands between two device ops, where it reads a
  /// device op's result.
  void remarkCuts() {
    DenseSet<Operation *> leadsToDevice;
    for (Operation &op : llvm::reverse(block))
      if (isDeviceOp(&op) || llvm::any_of(op.getUsers(), [&](Operation *user) {
            Operation *inBlock = block.findAncestorOpInBlock(*user);
            return inBlock && leadsToDevice.contains(inBlock);
          }))
        leadsToDevice.insert(&op);
    for (Operation &op : block) {
      if (isDeviceOp(&op) || !leadsToDevice.contains(&op))
        continue;
      bool readsDevice = false;
      forEachOperand(&op, [&](Value operand) {
        Operation *producer = operand.getDefiningOp();
        readsDevice |= producer && producer->getBlock() == &block && isDeviceOp(producer);
      });
      if (readsDevice)
        remark::missed(op.getLoc(), remark::RemarkOpts::name("DeviceRegionCut")
                                        .category("dota-outline")
                                        .function(function.getSymName()))
            << ("'" + op.getName().getStringRef() +
                "' runs on the host between device ops and cuts the device region")
                   .str();
    }
  }

  /// A mask cannot leave its program: detectors go where their masks are read.
  void moveDetectors() {
    for (Operation &op : llvm::make_early_inc_range(block)) {
      auto detect = dyn_cast<DetectOp>(op);
      if (!detect)
        continue;
      std::map<int64_t, DetectOp> ofLevel;
      for (OpOperand &use : llvm::make_early_inc_range(detect->getUses())) {
        int64_t level = levels.lookup(use.getOwner());
        DetectOp &there = ofLevel[level];
        if (!there) {
          OpBuilder builder(detect);
          there = cast<DetectOp>(builder.clone(*detect));
          levels[there] = level;
        }
        use.set(there.getMask());
      }
      levels.erase(detect.getOperation());
      detect->erase();
      for (auto &[level, there] : ofLevel)
        for (Value factor : {there.getQ(), there.getK()})
          moveToReaders(factor.getDefiningOp());
    }
  }

  /// What only later levels read need not be computed before.
  void moveToReaders(Operation *op) {
    if (!op || !isDeviceOp(op) || op->use_empty())
      return;
    int64_t first = std::numeric_limits<int64_t>::max();
    for (Operation *user : op->getUsers())
      first = std::min(first, isDeviceOp(user) ? levels.lookup(user) : 0);
    levels[op] = std::max(levels.lookup(op), first);
  }

  //===--------------------------------------------------------------------===//
  // Groups
  //===--------------------------------------------------------------------===//

  Key keyOf(Operation *op) { return {levels.lookup(op), batchOf(op->getResult(0).getType())}; }

  void groupOps() {
    for (Operation &op : block)
      // A quantize goes along with each of its readers.
      if (isDeviceOp(&op) && !isa<QuantizeOp>(op))
        groups[keyOf(&op)].ops.push_back(&op);
  }

  /// Puts dequantize and quantize on each fixed-point value that one program
  /// computes and another reads. Both are exact.
  void cross() {
    for (auto &[key, group] : groups) {
      for (size_t i = 0; i < group.ops.size(); ++i) {
        Operation *op = group.ops[i];
        Value value = op->getResult(0);
        if (isa<DequantizeOp>(op) || isa<MaskType>(value.getType()))
          continue;
        Value restored;
        DequantizeOp left;
        for (Operation *user : value.getUsers())
          if (auto dequantize = dyn_cast<DequantizeOp>(user))
            left = dequantize;
        for (OpOperand &use : llvm::make_early_inc_range(value.getUses())) {
          Operation *user = use.getOwner();
          if (user == left || !isDeviceOp(user) || keyOf(user) == key)
            continue;
          OpBuilder builder(op->getContext());
          auto type = cast<RankedTensorType>(value.getType());
          if (!left) {
            builder.setInsertionPointAfter(op);
            left = DequantizeOp::create(builder, op->getLoc(), type.clone(builder.getF32Type()),
                                        value);
            levels[left] = key.first;
            group.ops.push_back(left);
          }
          if (!restored) {
            builder.setInsertionPointAfter(left);
            restored = QuantizeOp::create(builder, op->getLoc(), type, left);
            levels[restored.getDefiningOp()] = key.first;
          }
          use.set(restored);
        }
      }
    }
  }

  //===--------------------------------------------------------------------===//
  // Programs
  //===--------------------------------------------------------------------===//

  /// One program under construction.
  struct Body {
    Body(MLIRContext *context, int64_t batch, ArrayRef<Operation *> ops)
        : batch(batch), ops(ops.begin(), ops.end()), builder(context) {
      builder.setInsertionPointToEnd(&block);
    }

    int64_t batch;
    DenseSet<Operation *> ops;
    Block block;
    OpBuilder builder;
    IRMapping inside;
    /// What the launch passes, and the argument that receives it.
    llvm::MapVector<Value, BlockArgument> arguments;
  };

  /// Whether the type that an operand has outside loses its first dimension.
  static bool losesBatch(OpOperand &use, const Body &body) {
    if (body.batch == kNoBatch)
      return false;
    int64_t rank = cast<RankedTensorType>(use.get().getType()).getRank();
    return rank == (isScoreBias(use) ? 4 : 3);
  }

  static ElementsAttr reshape(ElementsAttr value, ShapedType type) {
    type = type.clone(value.getElementType());
    if (auto resource = dyn_cast<DenseResourceElementsAttr>(value))
      return DenseResourceElementsAttr::get(type, resource.getRawHandle());
    return cast<DenseElementsAttr>(value).reshape(type);
  }

  /// A constant inside; null where its batch makes it differ by sequence.
  Value constantInside(Value value, bool loses, Body &body) {
    auto type = cast<RankedTensorType>(value.getType());
    if (loses && type.getDimSize(0) != 1)
      return {};
    auto inner = loses ? cast<RankedTensorType>(withoutBatch(type)) : type;
    Operation *op = value.getDefiningOp();
    if (auto constant = dyn_cast<ConstantOp>(op))
      return ConstantOp::create(body.builder, op->getLoc(), inner,
                                loses ? reshape(constant.getValue(), inner) : constant.getValue());
    ElementsAttr attribute;
    if (!matchPattern(value, m_Constant(&attribute)))
      return {};
    return arith::ConstantOp::create(
        body.builder, op->getLoc(), inner,
        cast<TypedAttr>(loses ? reshape(attribute, inner) : attribute));
  }

  /// The argument through which a value of the host comes in.
  Value argument(Value value, bool loses, Body &body) {
    auto type = cast<RankedTensorType>(value.getType());
    Type inner = loses ? withoutBatch(type) : Type(type);
    // One row of the batch for all sequences: the launch passes it without the
    // dimension, as what is shared.
    if (loses && type.getDimSize(0) != body.batch) {
      Value &shared = withoutLeadingOne[value];
      if (!shared) {
        OpBuilder outside(value.getContext());
        outside.setInsertionPointAfterValue(value);
        SmallVector<ReassociationIndices> dimensions(type.getRank() - 1);
        for (int64_t i = 0; i < type.getRank(); ++i)
          dimensions[std::max<int64_t>(i - 1, 0)].push_back(i);
        shared = tensor::CollapseShapeOp::create(outside, value.getLoc(), value, dimensions);
      }
      value = shared;
    }
    BlockArgument &known = body.arguments[value];
    if (!known)
      known = body.block.addArgument(inner, value.getLoc());
    return known;
  }

  FailureOr<Value> operandInside(OpOperand &use, Body &body) {
    Value value = use.get();
    if (Value known = body.inside.lookupOrNull(value))
      return known;
    if (auto mask = value.getDefiningOp<ConstantMaskOp>()) {
      Operation *copy = body.builder.clone(*mask);
      if (body.batch != kNoBatch)
        copy->getResult(0).setType(withoutBatch(value.getType()));
      body.inside.map(value, copy->getResult(0));
      return copy->getResult(0);
    }
    bool loses = losesBatch(use, body);
    if (isConstant(value))
      if (Value constant = constantInside(value, loses, body)) {
        body.inside.map(value, constant);
        return constant;
      }
    if (auto quantize = value.getDefiningOp<QuantizeOp>()) {
      Value x = body.inside.lookupOrNull(quantize.getX());
      if (!x && isConstant(quantize.getX()))
        x = constantInside(quantize.getX(), loses, body);
      if (!x)
        x = argument(quantize.getX(), loses, body);
      IRMapping operands;
      operands.map(quantize.getX(), x);
      Operation *copy = body.builder.clone(*quantize, operands);
      if (loses)
        copy->getResult(0).setType(withoutBatch(value.getType()));
      body.inside.map(value, copy->getResult(0));
      return copy->getResult(0);
    }
    auto type = cast<RankedTensorType>(value.getType());
    if (!type.getElementType().isF32())
      return use.getOwner()->emitOpError("operand ")
             << use.getOperandNumber() << " enters a program as " << type
             << "; only f32 values can come from the host";
    return argument(value, loses, body);
  }

  /// Whether a value of the program is read by anything else.
  static bool leaves(Value value, const Body &body) {
    return llvm::any_of(value.getUsers(), [&](Operation *user) {
      if (isa<QuantizeOp>(user))
        return llvm::any_of(user->getUsers(),
                            [&](Operation *reader) { return !body.ops.contains(reader); });
      return !body.ops.contains(user);
    });
  }

  LogicalResult build(int64_t batch, Group &group) {
    llvm::sort(group.ops, [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
    Location loc = group.ops.front()->getLoc();
    Body body(function.getContext(), batch, group.ops);
    SmallVector<Value> leaving, returned;
    for (Operation *op : group.ops) {
      IRMapping operands;
      for (OpOperand &use : op->getOpOperands()) {
        FailureOr<Value> operand = operandInside(use, body);
        if (failed(operand))
          return failure();
        operands.map(use.get(), *operand);
      }
      Operation *copy = body.builder.clone(*op, operands);
      for (StringRef moment : {kSecondMomentAttrName, kKeySecondMomentAttrName})
        copy->removeAttr(moment);
      Value result = op->getResult(0);
      if (batch != kNoBatch)
        copy->getResult(0).setType(withoutBatch(result.getType()));
      body.inside.map(result, copy->getResult(0));
      if (leaves(result, body)) {
        leaving.push_back(result);
        returned.push_back(copy->getResult(0));
      }
    }
    ReturnOp::create(body.builder, loc, returned);

    OpBuilder outside(function.getContext());
    std::string name = "program_" + std::to_string(programs++);
    auto program = ProgramOp::create(
        outside, loc, name,
        outside.getFunctionType(body.block.getArgumentTypes(), ValueRange(returned).getTypes()),
        /*arg_attrs=*/nullptr, /*res_attrs=*/nullptr, mfu);
    auto *entry = new Block();
    program.getBody().push_back(entry);
    SmallVector<Location> places;
    for (BlockArgument argument : body.block.getArguments())
      places.push_back(argument.getLoc());
    entry->addArguments(body.block.getArgumentTypes(), places);
    for (auto [from, to] : llvm::zip_equal(body.block.getArguments(), entry->getArguments()))
      from.replaceAllUsesWith(to);
    entry->getOperations().splice(entry->end(), body.block.getOperations());
    StringAttr unique = symbols.insert(program, function->getIterator());

    SmallVector<Value> passed;
    for (auto &[value, argument] : body.arguments)
      passed.push_back(value);
    outside.setInsertionPointAfter(group.ops.back());
    auto launch =
        LaunchOp::create(outside, loc, ValueRange(leaving).getTypes(), unique.getValue(), passed,
                         batch == kNoBatch ? nullptr : outside.getI64IntegerAttr(batch));
    for (auto [value, result] : llvm::zip_equal(leaving, launch.getResults()))
      value.replaceUsesWithIf(result,
                              [&](OpOperand &use) { return !body.ops.contains(use.getOwner()); });
    return success();
  }

  func::FuncOp function;
  Block &block;
  SymbolTable &symbols;
  int64_t &programs;
  MfuAttr mfu;
  DenseMap<Operation *, int64_t> levels;
  std::map<Key, Group> groups;
  DenseMap<Value, Value> withoutLeadingOne;
};

struct Outline : mlir::dota::impl::OutlineBase<Outline> {
  using OutlineBase::OutlineBase;

  void runOnOperation() override {
    MfuAttr mfu;
    try {
      mfu = mfuAttrOf(&getContext(), ::dota::Machine::named(machine).mfu.rules);
    } catch (const ::dota::Error &error) {
      getOperation().emitError() << error.what();
      return signalPassFailure();
    }
    SymbolTable symbols(getOperation());
    int64_t programs = 0;
    for (auto function : llvm::to_vector(getOperation().getOps<func::FuncOp>()))
      if (!function.isExternal() && failed(Outliner(function, symbols, programs, mfu).run()))
        return signalPassFailure();
  }
};

} // namespace
