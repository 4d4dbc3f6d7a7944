//===- Safetensors.cpp - named arrays in a file -----------------------------===//
#include "dota/runtime/Safetensors.h"
#include "dota/runtime/Error.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <set>

using namespace dota;
using Json = nlohmann::json;

std::string Safetensors::Tensor::shapeText() const {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

std::string dota::printable(std::string_view text) {
  std::string result;
  for (unsigned char c : text.substr(0, 64))
    result += c >= ' ' && c < 127 ? std::string(1, char(c)) : fmt::format("\\x{:02x}", c);
  return text.size() > 64 ? result + "..." : result;
}

namespace {
/// Bytes of an element; 0 for a type that the format does not have.
uint64_t sizeOf(std::string_view dtype) {
  struct Type {
    std::string_view name;
    uint64_t size;
  };
  static constexpr Type types[] = {{"BOOL", 1}, {"U8", 1},   {"I8", 1},  {"U16", 2}, {"I16", 2},
                                   {"F16", 2},  {"BF16", 2}, {"U32", 4}, {"I32", 4}, {"F32", 4},
                                   {"U64", 8},  {"I64", 8},  {"F64", 8}};
  const auto *type = std::ranges::find(types, dtype, &Type::name);
  return type == std::end(types) ? 0 : type->size;
}

/// Reads one file; every complaint opens with its name.
class Reader {
public:
  Reader(std::span<const uint8_t> file, std::string_view name) : file_(file), name_(name) {}

  Safetensors read() {
    if (file_.size() < 8)
      fail("has {} bytes; a safetensors file begins with 8", file_.size());
    uint64_t length;
    std::memcpy(&length, file_.data(), 8);
    if (length > file_.size() - 8)
      fail("the header has {} bytes; the file holds {} of them", length, file_.size() - 8);
    const Json header = parse(file_.subspan(8, length));
    data_ = file_.subspan(8 + length);

    Safetensors result;
    std::vector<std::pair<uint64_t, uint64_t>> places;
    for (const auto &[name, value] : header.items())
      if (name == "__metadata__")
        result.metadata = readMetadata(value);
      else
        result.tensors.emplace(name, readTensor(name, value, places));
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
    return result;
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

  std::map<std::string, std::string> readMetadata(const Json &metadata) const {
    std::map<std::string, std::string> result;
    if (!metadata.is_object())
      fail("__metadata__ is not an object of strings");
    for (const auto &[key, value] : metadata.items()) {
      if (!value.is_string())
        fail("__metadata__ has {} for '{}'; a string expected", printable(dump(value)),
             printable(key));
      result.emplace(key, value.get<std::string>());
    }
    return result;
  }

  /// A natural number, of which JSON has several kinds.
  static bool number(const Json &json, uint64_t &value) {
    if (!json.is_number_unsigned())
      return false;
    value = json.get<uint64_t>();
    return true;
  }

  Safetensors::Tensor readTensor(const std::string &name, const Json &description,
                                 std::vector<std::pair<uint64_t, uint64_t>> &places) const {
    const auto complain = [&](const std::string &what) {
      fail("tensor '{}' {}", printable(name), what);
    };
    if (!description.is_object())
      complain("is not described by an object");
    for (const auto &[key, value] : description.items())
      if (key != "dtype" && key != "shape" && key != "data_offsets")
        complain(fmt::format("has a '{}'", printable(key)));
    for (const char *key : {"dtype", "shape", "data_offsets"})
      if (!description.contains(key))
        complain(fmt::format("has no {}", key));

    Safetensors::Tensor tensor;
    const Json &dtype = description["dtype"], &shape = description["shape"],
               &offsets = description["data_offsets"];
    if (dtype.is_string())
      tensor.dtype = dtype.get<std::string>();
    uint64_t bytes = sizeOf(tensor.dtype);
    if (bytes == 0)
      complain(fmt::format("has dtype {}, which is none of safetensors", printable(dump(dtype))));
    bool natural = shape.is_array();
    if (natural)
      for (const Json &extent : shape)
        natural &= number(extent, tensor.shape.emplace_back());
    if (!natural)
      complain(fmt::format("has shape {}; an array of natural numbers expected",
                           printable(dump(shape))));
    uint64_t begin = 0, end = 0;
    if (!offsets.is_array() || offsets.size() != 2 || !number(offsets[0], begin) ||
        !number(offsets[1], end) || begin > end)
      complain(fmt::format("has data_offsets {}; they are [begin, end]", printable(dump(offsets))));
    if (end > data_.size())
      complain(fmt::format("ends at byte {}; the file holds {}", end, data_.size()));
    for (uint64_t n : tensor.shape)
      if (__builtin_mul_overflow(bytes, n, &bytes))
        complain("has a shape of 2^64 bytes or more");
    if (bytes != end - begin)
      complain(
          fmt::format("has {} bytes; its shape {} has {}", end - begin, tensor.shapeText(), bytes));
    places.emplace_back(begin, end);
    tensor.bytes = data_.subspan(begin, bytes);
    return tensor;
  }

  static std::string dump(const Json &json) {
    return json.dump(-1, ' ', true, Json::error_handler_t::replace);
  }

  std::span<const uint8_t> file_, data_;
  std::string_view name_;
};
} // namespace

Safetensors dota::readSafetensors(std::span<const uint8_t> file, std::string_view name) {
  return Reader(file, name).read();
}

std::vector<uint8_t> dota::writeSafetensors(const Safetensors &file) {
  Json header = Json::object();
  if (!file.metadata.empty())
    header["__metadata__"] = file.metadata;
  uint64_t offset = 0;
  for (const auto &[name, tensor] : file.tensors) {
    const uint64_t end = offset + tensor.bytes.size();
    header[name] = {
        {"dtype", tensor.dtype}, {"shape", tensor.shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header.dump(-1, ' ', true, Json::error_handler_t::replace);
  text.append((8 - text.size() % 8) % 8, ' '); // the data begin on a multiple of 8
  std::vector<uint8_t> result(8);
  const uint64_t length = text.size();
  std::memcpy(result.data(), &length, 8);
  result.reserve(8 + text.size() + offset);
  result.insert(result.end(), text.begin(), text.end());
  for (const auto &[name, tensor] : file.tensors)
    result.insert(result.end(), tensor.bytes.begin(), tensor.bytes.end());
  return result;
}
