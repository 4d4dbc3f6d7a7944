//===- Masks.cpp - masks in memory and as safetensors -----------------------===//
#include "dota/runtime/Masks.h"
#include "dota/runtime/Error.h"
#include "dota/runtime/KeyOrder.h"
#include "dota/runtime/Safetensors.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <fmt/format.h>

using namespace dota;

static_assert(std::endian::native == std::endian::little, "ids are little-endian");

Mask::Mask(uint64_t heads, uint64_t rows, uint64_t keep) : heads(heads), rows(rows), keep(keep) {
  uint64_t n = 1;
  for (uint64_t extent : {heads, rows, keep})
    if (__builtin_mul_overflow(n, extent, &n) || n > uint64_t{1} << 40)
      throw Error(fmt::format("a mask of {} x {} x {} ids; 2^40 are possible", heads, rows, keep));
  ids.assign(n, kNoKey);
}

std::span<uint32_t> Mask::rowsOf(uint64_t head, uint64_t firstRow, uint64_t count) {
  return std::span(ids).subspan((head * rows + firstRow) * keep, count * keep);
}
std::span<const uint32_t> Mask::rowsOf(uint64_t head, uint64_t firstRow, uint64_t count) const {
  return std::span(ids).subspan((head * rows + firstRow) * keep, count * keep);
}

std::span<float> Mask::scoresOf(uint64_t head, uint64_t firstRow, uint64_t count) {
  return std::span(scores).subspan((head * rows + firstRow) * keep, count * keep);
}

uint64_t Mask::pairs() const {
  return ids.size() - static_cast<uint64_t>(std::count(ids.begin(), ids.end(), kNoKey));
}

std::string Masks::nameOf(std::string_view program, uint64_t run, uint32_t mask) {
  return fmt::format("{}.{}.{}", program, run, mask);
}
Mask *Masks::find(const std::string &name) {
  auto it = masks_.find(name);
  return it == masks_.end() ? nullptr : &it->second;
}
const Mask *Masks::find(const std::string &name) const {
  auto it = masks_.find(name);
  return it == masks_.end() ? nullptr : &it->second;
}
Mask &Masks::add(std::string name, Mask mask) {
  return masks_.insert_or_assign(std::move(name), std::move(mask)).first->second;
}

/// Throws Error where a row's ids do not ascend; `complain` says whose.
template <class Complain>
static void checkRows(const Mask &mask, Complain &&complain) {
  if (mask.keep == 0)
    return;
  for (uint64_t row = 0; row < mask.heads * mask.rows; ++row) {
    const uint32_t *ids = mask.ids.data() + row * mask.keep;
    for (uint64_t i = 1; i < mask.keep; ++i) {
      if (ids[i] > ids[i - 1] || (ids[i] == kNoKey && ids[i - 1] == kNoKey))
        continue;
      auto where = fmt::format("of head {}, row {}", row / mask.rows, row % mask.rows);
      complain(ids[i - 1] == kNoKey
                   ? fmt::format("keeps key {} after an empty slot {}", ids[i], where)
                   : fmt::format("keeps key {} after key {} {}; ids must ascend", ids[i],
                                 ids[i - 1], where));
    }
  }
}

/// After a mask's name: the tensor of its scores.
static constexpr std::string_view kScoresSuffix = ".scores";

Masks dota::readMasks(std::span<const uint8_t> file, std::string_view name) {
  Masks masks;
  const auto read = readSafetensors(file, name);
  for (const auto &[tensorName, tensor] : read.tensors) {
    if (tensorName.ends_with(kScoresSuffix))
      continue;
    const auto complain = [&](const std::string &what) {
      throw Error(fmt::format("{}: tensor '{}' {}", name, printable(tensorName), what));
    };
    if (tensor.dtype != "U32")
      complain(fmt::format("has dtype {}; masks are U32", tensor.dtype));
    if (tensor.shape.size() != 3)
      complain(fmt::format("has shape {}; masks have [heads, rows, keep]", tensor.shapeText()));
    Mask mask;
    mask.heads = tensor.shape[0];
    mask.rows = tensor.shape[1];
    mask.keep = tensor.shape[2];
    mask.ids.resize(tensor.bytes.size() / 4);
    if (!tensor.bytes.empty())
      std::memcpy(mask.ids.data(), tensor.bytes.data(), tensor.bytes.size());
    checkRows(mask, complain);
    masks.add(tensorName, std::move(mask));
  }
  for (const auto &[tensorName, tensor] : read.tensors) {
    if (!tensorName.ends_with(kScoresSuffix))
      continue;
    const auto complain = [&](const std::string &what) {
      throw Error(fmt::format("{}: tensor '{}' {}", name, printable(tensorName), what));
    };
    const std::string of = tensorName.substr(0, tensorName.size() - kScoresSuffix.size());
    Mask *mask = masks.find(of);
    if (!mask)
      complain(fmt::format("has scores; there is no mask '{}'", printable(of)));
    if (tensor.dtype != "F32")
      complain(fmt::format("has dtype {}; scores are F32", tensor.dtype));
    if (tensor.shape != read.tensors.at(of).shape)
      complain(fmt::format("has shape {}; its mask has {}", tensor.shapeText(),
                           read.tensors.at(of).shapeText()));
    mask->scores.resize(mask->ids.size());
    if (!tensor.bytes.empty())
      std::memcpy(mask->scores.data(), tensor.bytes.data(), tensor.bytes.size());
    for (size_t i = 0; i < mask->scores.size(); ++i)
      if (!std::isfinite(mask->scores[i]))
        complain(
            fmt::format("has the score {} in place {}; finite ones expected", mask->scores[i], i));
  }
  return masks;
}

std::vector<uint8_t> dota::writeMasks(const Masks &masks) {
  Safetensors file;
  file.metadata["format"] = "dota masks: [heads, rows, keep], 4294967295 where empty";
  for (const auto &[name, mask] : masks.all()) {
    const std::vector<uint64_t> shape{mask.heads, mask.rows, mask.keep};
    file.tensors[name] = {
        "U32", shape, {reinterpret_cast<const uint8_t *>(mask.ids.data()), 4 * mask.ids.size()}};
    if (!mask.scores.empty())
      file.tensors[name + std::string(kScoresSuffix)] = {
          "F32",
          shape,
          {reinterpret_cast<const uint8_t *>(mask.scores.data()), 4 * mask.scores.size()}};
  }
  return writeSafetensors(file);
}

void dota::checkKeys(const Mask &mask, uint64_t keys, std::string_view name) {
  for (uint64_t i = 0; i < mask.ids.size(); ++i)
    if (mask.ids[i] != kNoKey && mask.ids[i] >= keys)
      throw Error(fmt::format("mask '{}' keeps key {} in head {}, row {}; there are {} keys", name,
                              mask.ids[i], i / mask.keep / mask.rows, i / mask.keep % mask.rows,
                              keys));
}
