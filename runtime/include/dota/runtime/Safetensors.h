//===- Safetensors.h - named arrays in a file -------------------------------===//
//
// The format: the header's length (u64), the header (JSON: for each tensor its type,
// shape and place, and strings under "__metadata__"), then the tensors' bytes
// without gaps. https://huggingface.co/docs/safetensors
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_RUNTIME_SAFETENSORS_H
#define DOTA_RUNTIME_SAFETENSORS_H

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dota {

struct Safetensors {
  struct Tensor {
    std::string dtype; ///< as in the header: "F32", "U32", ...
    std::vector<uint64_t> shape;
    /// Row-major, little-endian, not aligned; belongs to the file that was read, or
    /// to whoever writes.
    std::span<const uint8_t> bytes;

    /// "[2, 3]"
    std::string shapeText() const;
  };

  std::map<std::string, Tensor> tensors;
  std::map<std::string, std::string> metadata;
};

/// `name` is what messages open with. Throws Error on anything but a whole, well
/// formed file.
Safetensors readSafetensors(std::span<const uint8_t> file, std::string_view name);
std::vector<uint8_t> writeSafetensors(const Safetensors &file);

/// A file's own words in a message: at most 64 characters, all printable.
std::string printable(std::string_view text);

} // namespace dota

#endif // DOTA_RUNTIME_SAFETENSORS_H
