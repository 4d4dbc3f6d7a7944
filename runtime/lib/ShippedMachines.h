//===- ShippedMachines.h - machine descriptions inside the library ----------===//
//
// The files of runtime/machines, put into the library when it is built, so that
// installed tools find them.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_RUNTIME_SHIPPEDMACHINES_H
#define DOTA_RUNTIME_SHIPPEDMACHINES_H

#include <span>
#include <string_view>

namespace dota {

struct ShippedMachine {
  std::string_view name, text;
};
std::span<const ShippedMachine> shippedMachines();

} // namespace dota

#endif // DOTA_RUNTIME_SHIPPEDMACHINES_H
