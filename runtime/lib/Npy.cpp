//===- Npy.cpp - arrays in NumPy's file format ------------------------------===//
//
// The header is a Python literal: a dictionary of `descr`, `fortran_order` and
// `shape`. Just that much of Python is read here.
//
//===----------------------------------------------------------------------===//
#include "dota/runtime/Npy.h"
#include "dota/runtime/Error.h"

#include <array>
#include <bit>
#include <cstring>
#include <fmt/format.h>

using namespace dota;

static_assert(std::endian::native == std::endian::little, "arrays are little-endian");

namespace {
struct TypeInfo {
  NpyType type;
  std::string_view descriptor;
  uint64_t size;
};
constexpr std::array<TypeInfo, 6> types = {{{NpyType::F16, "<f2", 2},
                                            {NpyType::F32, "<f4", 4},
                                            {NpyType::F64, "<f8", 8},
                                            {NpyType::I32, "<i4", 4},
                                            {NpyType::I64, "<i8", 8},
                                            {NpyType::Bool, "|b1", 1}}};
constexpr std::string_view magic("\x93NUMPY", 6);

/// The product, none if it is 2^64 or more. No overflow where a dimension is 0.
bool multiply(std::span<const uint64_t> shape, uint64_t &product) {
  product = 1;
  for (uint64_t n : shape)
    if (n == 0) {
      product = 0;
      return true;
    }
  for (uint64_t n : shape)
    if (__builtin_mul_overflow(product, n, &product))
      return false;
  return true;
}

class Header {
public:
  Header(std::string_view text, std::string_view file) : text_(text), file_(file) {}

  NpyArray parse() {
    NpyArray array;
    bool descriptor = false, order = false, shape = false, fortran = false;
    expect('{');
    while (!accept('}')) {
      std::string_view key = string();
      expect(':');
      bool &seen = key == "descr"           ? descriptor
                   : key == "fortran_order" ? order
                   : key == "shape"         ? shape
                                            : fail("has the key '{}'", printable(key));
      if (seen)
        fail("has the key '{}' twice", key);
      seen = true;
      if (key == "descr")
        array.type = type();
      else if (key == "fortran_order")
        fortran = boolean();
      else
        array.shape = tuple();
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skipSpace();
    if (at_ != text_.size())
      fail("has '{}' after its end", printable(text_.substr(at_, 1)));
    if (!descriptor || !order || !shape)
      fail("has no key '{}'", !descriptor ? "descr" : !order ? "fortran_order" : "shape");
    if (fortran && array.shape.size() > 1)
      fail("says Fortran order; only C order is read");
    return array;
  }

private:
  template <class... Args>
  [[noreturn]] bool &fail(fmt::format_string<Args...> format, Args &&...args) const {
    throw Error(
        fmt::format("{}: the header {}", file_, fmt::format(format, std::forward<Args>(args)...)));
  }
  static std::string printable(std::string_view text) {
    std::string result;
    for (unsigned char c : text.substr(0, 32))
      result += c >= ' ' && c < 127 ? std::string(1, char(c)) : fmt::format("\\x{:02x}", c);
    return result;
  }
  void skipSpace() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n'))
      ++at_;
  }
  bool accept(char c) {
    skipSpace();
    if (at_ == text_.size() || text_[at_] != c)
      return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (accept(c))
      return;
    if (at_ == text_.size())
      fail("ends where '{}' is expected", c);
    fail("has '{}' where '{}' is expected", printable(text_.substr(at_, 1)), c);
  }
  std::string_view string() {
    skipSpace();
    char quote = at_ < text_.size() && text_[at_] == '"' ? '"' : '\'';
    expect(quote);
    size_t end = text_.find(quote, at_);
    if (end == text_.npos)
      fail("has a string without an end");
    std::string_view result = text_.substr(at_, end - at_);
    at_ = end + 1;
    return result;
  }
  NpyType type() {
    skipSpace();
    if (at_ < text_.size() && text_[at_] == '[')
      fail("describes records; arrays of numbers are read");
    std::string_view descriptor = string();
    for (const TypeInfo &info : types)
      if (info.descriptor == descriptor)
        return info.type;
    fail("has the element type '{}'; <f2, <f4, <f8, <i4, <i8 and |b1 are read",
         printable(descriptor));
  }
  bool boolean() {
    skipSpace();
    for (bool value : {false, true}) {
      std::string_view word = value ? "True" : "False";
      if (text_.substr(at_, word.size()) == word) {
        at_ += word.size();
        return value;
      }
    }
    fail("has a fortran_order that is neither True nor False");
  }
  uint64_t integer() {
    skipSpace();
    size_t begin = at_;
    uint64_t value = 0;
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_)
      if (__builtin_mul_overflow(value, 10, &value) ||
          __builtin_add_overflow(value, uint64_t(text_[at_] - '0'), &value))
        fail("has a dimension of 2^64 or more");
    if (at_ == begin)
      fail("has '{}' where a dimension is expected", printable(text_.substr(at_, 1)));
    return value;
  }
  std::vector<uint64_t> tuple() {
    std::vector<uint64_t> shape;
    bool comma = true;
    expect('(');
    while (!accept(')')) {
      if (!comma)
        expect(',');
      shape.push_back(integer());
      comma = accept(',');
    }
    if (shape.size() == 1 && !comma)
      fail("has a number in parentheses where a tuple is expected");
    if (shape.size() > 32)
      fail("has {} dimensions; 32 at most", shape.size());
    return shape;
  }

  std::string_view text_, file_;
  size_t at_ = 0;
};
} // namespace

uint64_t dota::sizeOf(NpyType type) { return types[static_cast<size_t>(type)].size; }
std::string_view dota::descriptorOf(NpyType type) {
  return types[static_cast<size_t>(type)].descriptor;
}

uint64_t NpyArray::elements() const {
  uint64_t n = 0;
  multiply(shape, n);
  return n;
}

std::string NpyArray::typeText() const {
  std::string text;
  for (uint64_t n : shape)
    text += fmt::format("{}x", n);
  return text + std::string(descriptorOf(type).substr(1));
}

NpyArray dota::readNpy(std::span<const uint8_t> file, std::string_view name) {
  auto fail = [&](const std::string &what) { throw Error(fmt::format("{}: {}", name, what)); };
  if (file.size() < 8 || std::memcmp(file.data(), magic.data(), magic.size()) != 0)
    fail("not an npy file");
  const unsigned major = file[6], minor = file[7];
  if (major < 1 || major > 3)
    fail(fmt::format("npy version {}.{}; 1 to 3 are read", major, minor));

  const size_t lengthBytes = major == 1 ? 2 : 4;
  uint64_t length = 0;
  if (file.size() < 8 + lengthBytes)
    fail(fmt::format("ends in the header's length, after {} bytes", file.size()));
  std::memcpy(&length, file.data() + 8, lengthBytes);
  const size_t start = 8 + lengthBytes;
  if (length > file.size() - start)
    fail(fmt::format("the header has {} bytes; the file holds {} of them", length,
                     file.size() - start));
  NpyArray array =
      Header({reinterpret_cast<const char *>(file.data()) + start, length}, name).parse();

  std::span<const uint8_t> data = file.subspan(start + length);
  uint64_t count = 0, size = 0;
  if (!multiply(array.shape, count) || __builtin_mul_overflow(count, sizeOf(array.type), &size))
    fail("the shape has 2^64 bytes or more");
  if (size != data.size())
    fail(fmt::format("{} needs {} bytes; the file holds {}", array.typeText(), size, data.size()));
  if (array.type == NpyType::Bool)
    for (size_t i = 0; i < data.size(); ++i)
      if (data[i] > 1)
        fail(fmt::format("element {} is {}; a bool is 0 or 1", i, data[i]));
  array.bytes.assign(data.begin(), data.end());
  return array;
}

std::vector<uint8_t> dota::writeNpy(const NpyArray &array) {
  std::string shape;
  for (uint64_t n : array.shape)
    shape += fmt::format("{}{}", shape.empty() ? "" : ", ", n);
  if (array.shape.size() == 1)
    shape += ",";
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}",
                                   descriptorOf(array.type), shape);
  // Data starts on a multiple of 64 bytes; the header ends with a new line.
  header.append(63 - (magic.size() + 4 + header.size()) % 64, ' ');
  header += '\n';
  std::vector<uint8_t> file(magic.begin(), magic.end());
  const auto length = static_cast<uint16_t>(header.size());
  for (unsigned byte : {1u, 0u, length & 0xffu, unsigned(length >> 8)})
    file.push_back(static_cast<uint8_t>(byte));
  file.insert(file.end(), header.begin(), header.end());
  file.insert(file.end(), array.bytes.begin(), array.bytes.end());
  return file;
}

float dota::halfToFloat(uint16_t half) {
  const uint32_t sign = uint32_t(half & 0x8000) << 16;
  const uint32_t exponent = (half >> 10) & 31, fraction = half & 0x3ff;
  if (exponent == 31)
    return std::bit_cast<float>(sign | 0x7f800000 | (fraction << 13));
  if (exponent != 0)
    return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (fraction << 13));
  float magnitude = static_cast<float>(fraction) * 0x1p-24f;
  return sign ? -magnitude : magnitude;
}

uint16_t dota::floatToHalf(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value), magnitude = bits & 0x7fffffff;
  const auto sign = static_cast<uint16_t>((bits >> 16) & 0x8000);
  if (magnitude > 0x7f800000) // NaN: quiet, with what fits of the payload
    return static_cast<uint16_t>(sign | 0x7e00 | ((magnitude >> 13) & 0x1ff));
  if (magnitude >= 0x477ff000) // rounds to 2^16 or more
    return sign | 0x7c00;
  if (magnitude < 0x38800000) { // subnormal: an integer of 2^-24
    // Adding 0.5 leaves just these units in the fraction, rounded half to even.
    float sum = std::bit_cast<float>(magnitude) + 0.5f;
    return static_cast<uint16_t>(sign | (std::bit_cast<uint32_t>(sum) - 0x3f000000));
  }
  const uint32_t rounded = magnitude + 0xfff + ((magnitude >> 13) & 1);
  return static_cast<uint16_t>(sign | ((rounded - 0x38000000) >> 13));
}
