//===- Contract.cpp - a product of matrices by a library -------------------===//
//
// The last dimension of each kind is a matrix product's, the others are loops
// around it. Eigen multiplies; it wants one stride of each matrix to be 1, so
// that a matrix without such a stride is copied.
//
//===----------------------------------------------------------------------===//

#include "Contract.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include <Eigen/Dense>

using namespace mlir::dota;

namespace {

using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Rows = Eigen::Map<RowMajor, 0, Eigen::OuterStride<>>;
using Columns = Eigen::Map<Eigen::MatrixXf, 0, Eigen::OuterStride<>>;
using Any = Eigen::Map<RowMajor, 0, Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>>;

/// One loop: its extent and by how much it moves through a, b and c.
struct Loop {
  int64_t extent = 1;
  int64_t a = 0, b = 0, c = 0;
};

struct Matrix {
  float *data;
  int64_t rows, columns, rowStride, columnStride;
};

/// Calls `use` with the matrix as a map that has an inner stride of 1.
template <class Use>
void withMap(const Matrix &m, Use use) {
  if (m.columnStride == 1 || m.columns == 1) {
    use(Rows(m.data, m.rows, m.columns, Eigen::OuterStride<>(m.rowStride)));
  } else if (m.rowStride == 1 || m.rows == 1) {
    use(Columns(m.data, m.rows, m.columns, Eigen::OuterStride<>(m.columnStride)));
  } else {
    RowMajor copy = Any(m.data, m.rows, m.columns,
                        Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>(m.rowStride, m.columnStride));
    use(copy);
  }
}

void multiply(const Matrix &a, const Matrix &b, const Matrix &c) {
  RowMajor product(c.rows, c.columns);
  withMap(a, [&](const auto &left) {
    withMap(b, [&](const auto &right) { product.noalias() = left * right; });
  });
  Any(c.data, c.rows, c.columns,
      Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>(c.rowStride, c.columnStride)) += product;
}

/// Merges neighbouring loops that walk all three operands without a gap.
llvm::SmallVector<Loop> merge(llvm::ArrayRef<Loop> loops) {
  llvm::SmallVector<Loop> merged;
  for (const Loop &loop : loops) {
    if (!merged.empty()) {
      Loop &outer = merged.back();
      if (outer.a == loop.a * loop.extent && outer.b == loop.b * loop.extent &&
          outer.c == loop.c * loop.extent) {
        outer = {outer.extent * loop.extent, loop.a, loop.b, loop.c};
        continue;
      }
    }
    merged.push_back(loop);
  }
  return merged;
}

} // namespace

void mlir::dota::contract(const HostView &a, const HostView &b, const HostView &c, int64_t batches,
                          int64_t rows, int64_t columns, int64_t reductions) {
  llvm::SmallVector<Loop> batch, m, n, k;
  for (int64_t i = 0; i < batches; ++i)
    batch.push_back({a.sizes[i], a.strides[i], b.strides[i], c.strides[i]});
  for (int64_t i = 0; i < rows; ++i)
    m.push_back({a.sizes[batches + i], a.strides[batches + i], 0, c.strides[batches + i]});
  for (int64_t i = 0; i < reductions; ++i)
    k.push_back({b.sizes[batches + i], a.strides[batches + rows + i], b.strides[batches + i], 0});
  for (int64_t i = 0; i < columns; ++i)
    n.push_back({b.sizes[batches + reductions + i], 0, b.strides[batches + reductions + i],
                 c.strides[batches + rows + i]});

  auto takeInner = [](llvm::SmallVector<Loop> &loops) {
    loops = merge(loops);
    return loops.empty() ? Loop() : loops.pop_back_val();
  };
  Loop row = takeInner(m), column = takeInner(n), reduction = takeInner(k);
  llvm::SmallVector<Loop> outer = batch;
  outer.append(m);
  outer.append(n);
  outer.append(k);

  auto *aData = reinterpret_cast<float *>(a.data);
  auto *bData = reinterpret_cast<float *>(b.data);
  auto *cData = reinterpret_cast<float *>(c.data);
  llvm::SmallVector<int64_t> at(outer.size(), 0);
  while (true) {
    int64_t aOffset = 0, bOffset = 0, cOffset = 0;
    for (auto [position, loop] : llvm::zip_equal(at, outer)) {
      aOffset += position * loop.a;
      bOffset += position * loop.b;
      cOffset += position * loop.c;
    }
    multiply({aData + aOffset, row.extent, reduction.extent, row.a, reduction.a},
             {bData + bOffset, reduction.extent, column.extent, reduction.b, column.b},
             {cData + cOffset, row.extent, column.extent, row.c, column.c});
    int64_t digit = static_cast<int64_t>(outer.size()) - 1;
    while (digit >= 0 && ++at[digit] == outer[digit].extent)
      at[digit--] = 0;
    if (digit < 0)
      return;
  }
}
