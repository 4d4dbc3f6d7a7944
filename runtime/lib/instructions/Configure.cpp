//===- Configure.cpp - the precision of the PE rows -------------------------===//
//
// Products are exact at any precision that holds their operands, so no value
// depends on the mode; that they fit it is checked beforehand.
//
//===----------------------------------------------------------------------===//
#include "../Execution.h"

using namespace dota;

void dota::run(const Configure &, Execution &) {}
