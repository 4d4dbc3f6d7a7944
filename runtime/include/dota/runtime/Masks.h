//===- Masks.h - masks that programs find, in memory and in files -----------===//
//
// A masks file is a safetensors file: for each mask of each run of a program a u32
// tensor "PROGRAM.RUN.MASK" of shape [heads, rows, keep], key ids ascending, filled
// up with 0xffffffff; and where they are known an f32 tensor "PROGRAM.RUN.MASK.scores"
// of the same shape. docs/mask-file.md has the format.
// https://huggingface.co/docs/safetensors
//
// For timing alone there are named families of masks as well: made
// from a seed, every row keeping the same number of keys.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_RUNTIME_MASKS_H
#define DOTA_RUNTIME_MASKS_H

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dota {

/// The keys that each query of each head keeps: heads x rows x keep ids.
struct Mask {
  uint64_t heads = 0;
  uint64_t rows = 0;
  uint64_t keep = 0;
  std::vector<uint32_t> ids;
  /// How strong each kept key was estimated to be, to be compared within a row: as many
  /// as ids, 0 where there is no key; or none, where it is not known.
  std::vector<float> scores;

  Mask() = default;
  /// Keeps nothing yet. Throws Error beyond 2^40 ids.
  Mask(uint64_t heads, uint64_t rows, uint64_t keep);

  /// The ids of `count` rows of a head, count x keep of them.
  std::span<uint32_t> rowsOf(uint64_t head, uint64_t firstRow, uint64_t count);
  std::span<const uint32_t> rowsOf(uint64_t head, uint64_t firstRow, uint64_t count) const;
  /// Their scores, which there must be.
  std::span<float> scoresOf(uint64_t head, uint64_t firstRow, uint64_t count);

  /// (query, key) pairs that are kept.
  uint64_t pairs() const;
  bool operator==(const Mask &) const = default;
};

/// Masks by name, "PROGRAM.RUN.MASK".
class Masks {
public:
  static std::string nameOf(std::string_view program, uint64_t run, uint32_t mask);

  Mask *find(const std::string &name);
  const Mask *find(const std::string &name) const;
  /// Replaces one of the same name.
  Mask &add(std::string name, Mask mask);
  const std::map<std::string, Mask> &all() const { return masks_; }
  bool operator==(const Masks &) const = default;

private:
  std::map<std::string, Mask> masks_;
};

/// `name` is what messages open with. Throws Error on anything but a whole, well
/// formed file of masks; allocates no more than the file's size.
Masks readMasks(std::span<const uint8_t> file, std::string_view name);
std::vector<uint8_t> writeMasks(const Masks &masks);

/// Throws Error if an id is not below `keys`. That each row ascends, readMasks has
/// already seen to. `name` is the mask's.
void checkKeys(const Mask &mask, uint64_t keys, std::string_view name);

/// A family of masks, written "NAME" or "NAME:SEED".
struct MaskFamily {
  std::string name;
  uint64_t seed = 0;

  /// All there are: uniform, window, zipf, clustered, causal, bigbird, lowrank,
  /// smooth.
  static std::span<const std::string_view> names();
  /// Throws Error.
  static MaskFamily parse(std::string_view text);
  /// As it is parsed.
  std::string text() const;

  /// A mask in which every row keeps the same number of its visible keys: `keep`,
  /// or all of them where there are fewer. With a `diagonal` key j is visible to
  /// row i when j <= i + diagonal; in the causal family also only when it stands no
  /// later among the keys than the row among the rows. `stream` tells masks of one seed apart.
  Mask make(uint64_t heads, uint64_t rows, uint64_t keys, uint64_t keep,
            std::optional<int64_t> diagonal, uint64_t stream) const;
};

} // namespace dota

#endif // DOTA_RUNTIME_MASKS_H
