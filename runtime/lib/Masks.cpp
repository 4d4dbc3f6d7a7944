//===- Masks.cpp - masks in memory and as safetensors -----------------------===//
//
// A safetensors file: the header's length (u64), the header (JSON: for each tensor
// its type, shape and place), then the tensors' bytes without gaps.
//
//===----------------------------------------------------------------------===//
#include "dota/runtime/Masks.h"
#include "dota/runtime/Error.h"
#include "dota/runtime/KeyOrder.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <set>

using namespace dota;
using Json = nlohmann::json;

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

namespace {
/// Reads one file; every complaint opens with its name.
class Reader {
public:
  Reader(std::span<const uint8_t> file, std::string_view name) : file_(file), name_(name) {}

  Masks read() {
    if (file_.size() < 8)
      fail("has {} bytes; a safetensors file begins with 8", file_.size());
    uint64_t length;
    std::memcpy(&length, file_.data(), 8);
    if (length > file_.size() - 8)
      fail("the header has {} bytes; the file holds {} of them", length, file_.size() - 8);
    const Json header = parse(file_.subspan(8, length));
    data_ = file_.subspan(8 + length);

    Masks masks;
    std::vector<std::pair<uint64_t, uint64_t>> places;
    for (const auto &[name, tensor] : header.items())
      if (name != "__metadata__")
        masks.add(name, readMask(name, tensor, places));
    // The format leaves no bytes out and uses none twice.
    std::sort(places.begin(), places.end());
    uint64_t end = 0;
    for (auto [begin, next] : places) {
      if (begin != end)
        fail("a tensor begins at byte {}; the one before ends at {}", begin, end);
      end = next;
    }
    if (end != data_.size())
      fail("the tensors have {} bytes; the file holds {}", end, data_.size());
    return masks;
  }

private:
  template <class... Args>
  [[noreturn]] void fail(fmt::format_string<Args...> format, Args &&...args) const {
    throw Error(fmt::format("{}: {}", name_, fmt::format(format, std::forward<Args>(args)...)));
  }

  Json parse(std::span<const uint8_t> text) const {
    // What no header has is refused as it is met: a key twice, deep nesting.
    std::set<std::string> tensors, fields;
    auto see = [&](int depth, Json::parse_event_t event, Json &parsed) {
      if (depth > 3)
        fail("the header is nested more than 3 deep");
      if (event != Json::parse_event_t::key)
        return true;
      const std::string key = parsed.get<std::string>();
      if (depth == 1)
        fields.clear();
      if (depth <= 2 && !(depth == 1 ? tensors : fields).insert(key).second)
        fail("has {} '{}' twice", depth == 1 ? "the tensor" : "a tensor's", printable(key));
      return true;
    };
    try {
      Json header = Json::parse(text.begin(), text.end(), see);
      if (!header.is_object())
        fail("the header is not a JSON object");
      return header;
    } catch (const Json::parse_error &error) {
      fail("the header is not JSON: byte {} cannot be read", error.byte);
    } catch (const Json::exception &error) {
      fail("the header is not JSON");
    }
  }

  /// A natural number, of which JSON has several kinds.
  static bool number(const Json &json, uint64_t &value) {
    if (!json.is_number_unsigned())
      return false;
    value = json.get<uint64_t>();
    return true;
  }

  Mask readMask(const std::string &name, const Json &tensor,
                std::vector<std::pair<uint64_t, uint64_t>> &places) const {
    const auto complain = [&](const std::string &what) {
      fail("tensor '{}' {}", printable(name), what);
    };
    if (!tensor.is_object())
      complain("is not described by an object");
    for (const auto &[key, value] : tensor.items())
      if (key != "dtype" && key != "shape" && key != "data_offsets")
        complain(fmt::format("has a '{}'", printable(key)));
    for (const char *key : {"dtype", "shape", "data_offsets"})
      if (!tensor.contains(key))
        complain(fmt::format("has no {}", key));
    if (tensor["dtype"] != "U32")
      complain(fmt::format("has dtype {}; masks are \"U32\"", printable(dump(tensor["dtype"]))));

    Mask mask;
    const Json &shape = tensor["shape"], &offsets = tensor["data_offsets"];
    if (!shape.is_array() || shape.size() != 3 || !number(shape[0], mask.heads) ||
        !number(shape[1], mask.rows) || !number(shape[2], mask.keep))
      complain(fmt::format("has shape {}; masks have [heads, rows, keep]", printable(dump(shape))));
    uint64_t begin = 0, end = 0;
    if (!offsets.is_array() || offsets.size() != 2 || !number(offsets[0], begin) ||
        !number(offsets[1], end) || begin > end)
      complain(fmt::format("has data_offsets {}; they are [begin, end]", printable(dump(offsets))));
    if (end > data_.size())
      complain(fmt::format("ends at byte {}; the file holds {}", end, data_.size()));
    uint64_t bytes = 4;
    for (uint64_t n : {mask.heads, mask.rows, mask.keep})
      if (__builtin_mul_overflow(bytes, n, &bytes))
        complain("has a shape of 2^64 bytes or more");
    if (bytes != end - begin)
      complain(fmt::format("has {} bytes; its shape [{}, {}, {}] has {}", end - begin, mask.heads,
                           mask.rows, mask.keep, bytes));
    places.emplace_back(begin, end);
    mask.ids.resize(bytes / 4);
    if (bytes)
      std::memcpy(mask.ids.data(), data_.data() + begin, bytes);
    checkRows(mask, complain);
    return mask;
  }

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

  static std::string dump(const Json &json) {
    return json.dump(-1, ' ', true, Json::error_handler_t::replace);
  }
  static std::string printable(const std::string &text) {
    std::string result;
    for (unsigned char c : text.substr(0, 64))
      result += c >= ' ' && c < 127 ? std::string(1, char(c)) : fmt::format("\\x{:02x}", c);
    return text.size() > 64 ? result + "..." : result;
  }

  std::span<const uint8_t> file_, data_;
  std::string_view name_;
};
} // namespace

Masks dota::readMasks(std::span<const uint8_t> file, std::string_view name) {
  return Reader(file, name).read();
}

std::vector<uint8_t> dota::writeMasks(const Masks &masks) {
  Json header = Json::object();
  header["__metadata__"] = {{"format", "dota masks: [heads, rows, keep], 4294967295 where empty"}};
  uint64_t offset = 0;
  for (const auto &[name, mask] : masks.all()) {
    const uint64_t end = offset + 4 * mask.ids.size();
    header[name] = {{"dtype", "U32"},
                    {"shape", {mask.heads, mask.rows, mask.keep}},
                    {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header.dump(-1, ' ', true, Json::error_handler_t::replace);
  text.append((8 - text.size() % 8) % 8, ' '); // the data begin on a multiple of 8
  std::vector<uint8_t> file(8);
  const uint64_t length = text.size();
  std::memcpy(file.data(), &length, 8);
  file.reserve(8 + text.size() + offset);
  file.insert(file.end(), text.begin(), text.end());
  for (const auto &[name, mask] : masks.all()) {
    const auto *bytes = reinterpret_cast<const uint8_t *>(mask.ids.data());
    file.insert(file.end(), bytes, bytes + 4 * mask.ids.size());
  }
  return file;
}

void dota::checkKeys(const Mask &mask, uint64_t keys, std::string_view name) {
  for (uint64_t i = 0; i < mask.ids.size(); ++i)
    if (mask.ids[i] != kNoKey && mask.ids[i] >= keys)
      throw Error(fmt::format("mask '{}' keeps key {} in head {}, row {}; there are {} keys", name,
                              mask.ids[i], i / mask.keep / mask.rows, i / mask.keep % mask.rows,
                              keys));
}
