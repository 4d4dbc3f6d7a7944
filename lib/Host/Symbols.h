//===- Symbols.h - the C functions that compiled host code calls -*- C++ -*-===//
#ifndef DOTA_LIB_HOST_SYMBOLS_H
#define DOTA_LIB_HOST_SYMBOLS_H

#include <vector>

namespace mlir::dota {

struct HostSymbol {
  const char *name;
  void *address;
};

/// What the execution engine resolves before it looks into the process.
std::vector<HostSymbol> hostSymbols();

} // namespace mlir::dota

#endif // DOTA_LIB_HOST_SYMBOLS_H
