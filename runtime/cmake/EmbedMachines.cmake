# Writes OUTPUT, a C++ source that holds each of MACHINES (a list of paths) as text.
set(entries "")
foreach(path IN LISTS MACHINES)
  get_filename_component(name ${path} NAME_WE)
  file(READ ${path} text)
  string(APPEND entries "    {\"${name}\", R\"toml(${text})toml\"},\n")
endforeach()
file(WRITE ${OUTPUT} "// Made from runtime/machines by EmbedMachines.cmake.
#include \"ShippedMachines.h\"

namespace dota {
std::span<const ShippedMachine> shippedMachines() {
  static constexpr ShippedMachine machines[] = {
${entries}  };
  return machines;
}
} // namespace dota
")
