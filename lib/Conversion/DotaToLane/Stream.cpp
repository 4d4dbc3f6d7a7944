//===- Stream.cpp - writing one lane's instructions ---------------------------===//

#include "Stream.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/ErrorHandling.h"
#include <cstring>

using namespace mlir;
using namespace mlir::dota;
using namespace mlir::dota::tolane;

//===----------------------------------------------------------------------===//
// Stream
//===----------------------------------------------------------------------===//

void Stream::comesFrom(Operation *op) {
  if (source == op)
    return;
  source = op;
  location_ = NameLoc::get(builder.getStringAttr(op->getName().stripDialect()), op->getLoc());
}

Value Stream::buffer(int64_t bytes) {
  return lane::BufferOp::create(builder, location_, lane::SramType::get(builder.getContext()),
                                alignBytes(bytes));
}

Value Stream::at(const Place &place) {
  if (place.offset == 0)
    return place.base;
  Value &view = views[{place.base, place.offset}];
  if (!view)
    view = lane::ViewOp::create(builder, location_, place.base.getType(), place.base, place.offset);
  return view;
}

namespace {
struct Transfer {
  int64_t rows, rowBytes, dramStride, sramStride;
};
} // namespace

/// One long row where both sides have no gaps.
static Transfer fold(Transfer t) {
  bool gapless = t.dramStride == t.rowBytes && t.sramStride == t.rowBytes;
  if (t.rows == 1 || (gapless && t.rows * t.rowBytes < (int64_t{1} << 24)))
    return {1, t.rows * t.rowBytes, 0, 0};
  return t;
}

void Stream::load(const Place &to, const Source &from, int64_t rows, int64_t rowBytes) {
  Transfer t = fold({rows, rowBytes, from.stride, to.stride});
  lane::LoadOp::create(builder, location_, at(to), from.address, t.rows, t.rowBytes, t.dramStride,
                       t.sramStride);
}

void Stream::store(const Place &from, const Source &to, int64_t rows, int64_t rowBytes) {
  Transfer t = fold({rows, rowBytes, to.stride, from.stride});
  lane::StoreOp::create(builder, location_, at(from), to.address, t.rows, t.rowBytes, t.dramStride,
                        t.sramStride);
}

void Stream::configure(Precision computes, int64_t detectRows, Precision detects) {
  if (detectRows == 0)
    detects = computes;
  const ::dota::RmmuMode wanted{static_cast<::dota::Precision>(computes),
                                static_cast<uint32_t>(detectRows),
                                static_cast<::dota::Precision>(detects)};
  const bool sameDetection = mode.detectRows == 0 || mode.detectPrecision == wanted.detectPrecision;
  if (mode.precision == wanted.precision && mode.detectRows == wanted.detectRows && sameDetection)
    return;
  mode = wanted;
  lane::ConfigureOp::create(builder, location_, computes, detectRows, detects);
}

Place Stream::resident(const Matrix &matrix) {
  int64_t stride = plan.sliceRowBytes(matrix, lane);
  Value &base = residents[matrix.value];
  if (!base)
    base = buffer(matrix.rows * stride);
  return {base, 0, stride};
}

Source Stream::inDram(const Matrix &matrix, int64_t row, int64_t column) const {
  if (matrix.storage == Storage::Slices) {
    int64_t stride = plan.sliceRowBytes(matrix, lane);
    return {matrix.sliceAddresses[lane] + row * stride + matrix.columnOffset(column) -
                matrix.columnOffset(matrix.slicing[lane].begin),
            stride};
  }
  assert(matrix.storage == Storage::Dram && "value has no place in DRAM");
  return {matrix.address + row * matrix.rowBytes() + matrix.columnOffset(column),
          matrix.rowBytes()};
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

Value Ring::get(Stream &stream, int64_t turn) {
  buffers.resize(slots);
  Value &buffer = buffers[turn % slots];
  if (!buffer)
    buffer = stream.buffer(bytes);
  return buffer;
}

void Pipeline::channel(std::vector<Chunk> chunks, int64_t slots, int64_t ahead) {
  int64_t previous = 0;
  for (int64_t k = 0; k < static_cast<int64_t>(chunks.size()); ++k) {
    int64_t earliest = k < slots ? 0 : chunks[k - slots].last + 1;
    int64_t issue = std::max({earliest, chunks[k].first - ahead, previous, int64_t{0}});
    if (issue > chunks[k].first)
      llvm::report_fatal_error("a chunk's place in SRAM is free too late");
    previous = issue;
    issues.push_back({issue, chunks[k].first, issues.size(),
                      [emit = std::move(chunks[k].emit), k] { emit(k); }});
  }
}

void Pipeline::run(int64_t items, ArrayRef<std::function<void(int64_t)>> stages) {
  // Of the transfers of one iteration, what is needed first goes first.
  llvm::sort(issues, [](const Issue &a, const Issue &b) {
    return std::tie(a.iteration, a.first, a.number) < std::tie(b.iteration, b.first, b.number);
  });
  int64_t depth = stages.size();
  auto issue = issues.begin();
  for (int64_t t = 0; t < items + depth - 1; ++t) {
    for (; issue != issues.end() && issue->iteration == t; ++issue)
      issue->emit();
    for (int64_t s = 0; s < depth; ++s)
      if (t - s >= 0 && t - s < items)
        stages[s](t - s);
  }
  issues.clear();
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

int64_t Data::add(Location location, int64_t bytes) {
  int64_t address = dram.allocate(bytes);
  blocks.push_back({address, location, std::vector<char>(alignBytes(bytes))});
  return address;
}

std::optional<Constant> Constant::get(Value value) {
  Attribute attr;
  if (auto constant = value.getDefiningOp<ConstantOp>())
    attr = constant.getValue();
  else if (!matchPattern(value, m_Constant(&attr)))
    return std::nullopt;
  Constant result;
  auto elements = dyn_cast<ElementsAttr>(attr);
  if (!elements || !elements.getElementType().isIntOrFloat())
    return std::nullopt;
  int bits = elements.getElementType().getIntOrFloatBitWidth();
  if (bits % 8 != 0)
    return std::nullopt;
  result.width = bits / 8;
  if (auto dense = dyn_cast<DenseElementsAttr>(attr)) {
    result.bytes = dense.getRawData().data();
    result.isSplat = dense.isSplat();
    return result;
  }
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(attr)) {
    AsmResourceBlob *blob = resource.getRawHandle().getBlob();
    if (!blob || static_cast<int64_t>(blob->getData().size()) < elements.size() * result.width)
      return std::nullopt;
    result.bytes = blob->getData().data();
    return result;
  }
  return std::nullopt;
}

int64_t Constant::integer(int64_t index) const {
  const char *at = bytes + (isSplat ? 0 : index) * width;
  auto read = [&]<class T>(T value) {
    std::memcpy(&value, at, sizeof(T));
    return static_cast<int64_t>(value);
  };
  return width == 1 ? read(int8_t{}) : width == 2 ? read(int16_t{}) : read(int32_t{});
}

float Constant::number(int64_t index) const {
  float value;
  std::memcpy(&value, bytes + (isSplat ? 0 : index) * width, sizeof(value));
  return value;
}

void Constant::pack(char *out, int64_t cols, Range rows, Range columns, int bits) const {
  int64_t rowBytes = bytesOf(columns.size(), bits);
  for (int64_t row = rows.begin; row < rows.end; ++row, out += rowBytes) {
    int64_t first = row * cols + columns.begin;
    if (!isSplat && bits == 8 * width) {
      std::memcpy(out, bytes + first * width, rowBytes);
      continue;
    }
    // Lowest bits first, as everywhere in an operand matrix.
    for (int64_t j = 0; j < columns.size(); ++j) {
      uint64_t stored = static_cast<uint64_t>(integer(first + j)) & ((uint64_t{1} << bits) - 1);
      int64_t bit = j * bits;
      for (int64_t b = 0; b < std::max(bits / 8, 1); ++b)
        out[bit / 8 + b] |= static_cast<char>((stored >> (8 * b) << (bit % 8)) & 255);
    }
  }
}
