//===- NpyTest.cpp - arrays in, arrays out, and every broken file -----------===//

#include "dota/runtime/Npy.h"
#include "dota/runtime/Error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

using namespace dota;

namespace {
std::vector<uint8_t> fileOf(std::string header, size_t dataBytes, int version = 1) {
  std::vector<uint8_t> file = {0x93, 'N', 'U', 'M', 'P', 'Y', uint8_t(version), 0};
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i)
    file.push_back(uint8_t(header.size() >> 8 * i));
  file.insert(file.end(), header.begin(), header.end());
  file.resize(file.size() + dataBytes);
  return file;
}

std::string errorOf(std::span<const uint8_t> file) {
  try {
    readNpy(file, "x.npy");
  } catch (const Error &error) {
    return error.what();
  }
  return "no error";
}
std::string errorOf(std::string header, size_t dataBytes = 0) {
  return errorOf(fileOf(std::move(header), dataBytes));
}
} // namespace

TEST(Npy, WritesWhatItReads) {
  for (NpyType type :
       {NpyType::F16, NpyType::F32, NpyType::F64, NpyType::I32, NpyType::I64, NpyType::Bool})
    for (const std::vector<uint64_t> &shape :
         {std::vector<uint64_t>{}, {5}, {2, 3}, {0}, {4, 0, 7}, {1, 2, 3, 4}}) {
      NpyArray array{type, shape, {}};
      array.bytes.resize(array.elements() * sizeOf(type));
      for (size_t i = 0; i < array.bytes.size(); ++i)
        array.bytes[i] = type == NpyType::Bool ? i % 2 : uint8_t(i * 37);
      std::vector<uint8_t> file = writeNpy(array);
      EXPECT_EQ((file.size() - array.bytes.size()) % 64, 0u);
      EXPECT_EQ(file[file.size() - array.bytes.size() - 1], '\n');
      EXPECT_EQ(readNpy(file, "x.npy"), array);
    }
}

TEST(Npy, ReadsWhatOthersWrite) {
  // Version 2, other order of keys, double quotes, no trailing comma, extra space.
  NpyArray array =
      readNpy(fileOf(R"({ "shape": (2,3) , 'fortran_order':False,"descr": '<i4'})", 24, 2), "x");
  EXPECT_EQ(array.type, NpyType::I32);
  EXPECT_EQ(array.shape, (std::vector<uint64_t>{2, 3}));
  EXPECT_EQ(array.typeText(), "2x3xi4");
  // One dimension is in either order.
  EXPECT_EQ(
      readNpy(fileOf("{'descr':'<f4','fortran_order':True,'shape':(3,)}\n", 12, 3), "x").elements(),
      3u);
  EXPECT_EQ(readNpy(fileOf("{'descr':'<f8','fortran_order':False,'shape':()}", 8), "x").elements(),
            1u);
}

TEST(Npy, SaysWhatIsWrong) {
  EXPECT_EQ(errorOf(std::vector<uint8_t>{}), "x.npy: not an npy file");
  EXPECT_EQ(errorOf(fileOf("", 0, 4)), "x.npy: npy version 4.0; 1 to 3 are read");
  EXPECT_EQ(errorOf(std::vector<uint8_t>{0x93, 'N', 'U', 'M', 'P', 'Y', 2, 0, 9}),
            "x.npy: ends in the header's length, after 9 bytes");
  EXPECT_EQ(errorOf(std::vector<uint8_t>{0x93, 'N', 'U', 'M', 'P', 'Y', 2, 0, 255, 255, 255, 255}),
            "x.npy: the header has 4294967295 bytes; the file holds 0 of them");
  EXPECT_EQ(errorOf(""), "x.npy: the header ends where '{' is expected");
  EXPECT_EQ(errorOf("[]"), "x.npy: the header has '[' where '{' is expected");
  EXPECT_EQ(errorOf("{}"), "x.npy: the header has no key 'descr'");
  EXPECT_EQ(errorOf("{'descr': '<f4', 'shape': ()}"),
            "x.npy: the header has no key 'fortran_order'");
  EXPECT_EQ(errorOf("{'descr': '<f4', 'descr': '<f4'}"),
            "x.npy: the header has the key 'descr' twice");
  EXPECT_EQ(errorOf("{'colour': 3}"), "x.npy: the header has the key 'colour'");
  EXPECT_EQ(errorOf("{'descr"), "x.npy: the header has a string without an end");
  EXPECT_EQ(
      errorOf("{'descr': '>f4'}"),
      "x.npy: the header has the element type '>f4'; <f2, <f4, <f8, <i4, <i8 and |b1 are read");
  EXPECT_EQ(errorOf("{'descr': [('a', '<f4')]}"),
            "x.npy: the header describes records; arrays of numbers are read");
  EXPECT_EQ(errorOf("{'descr': '\x01\xff'}"),
            "x.npy: the header has the element type '\\x01\\xff'; <f2, <f4, <f8, <i4, <i8 and |b1 "
            "are read");
  EXPECT_EQ(errorOf("{'fortran_order': 0}"),
            "x.npy: the header has a fortran_order that is neither True nor False");
  EXPECT_EQ(errorOf("{'shape': (3)}"),
            "x.npy: the header has a number in parentheses where a tuple is expected");
  EXPECT_EQ(errorOf("{'shape': (-3,)}"), "x.npy: the header has '-' where a dimension is expected");
  EXPECT_EQ(errorOf("{'shape': (3"), "x.npy: the header ends where ',' is expected");
  EXPECT_EQ(errorOf("{'shape': (99999999999999999999,)}"),
            "x.npy: the header has a dimension of 2^64 or more");
  EXPECT_EQ(errorOf("{'descr':'<f4','fortran_order':False,'shape':(2,)} x", 8),
            "x.npy: the header has 'x' after its end");
  EXPECT_EQ(errorOf("{'descr':'<f4','fortran_order':True,'shape':(2,1)}", 8),
            "x.npy: the header says Fortran order; only C order is read");
  EXPECT_EQ(errorOf("{'descr':'<f4','fortran_order':False,'shape':(3,)}", 8),
            "x.npy: 3xf4 needs 12 bytes; the file holds 8");
  EXPECT_EQ(errorOf("{'descr':'<f4','fortran_order':False,'shape':(4611686018427387904,)}", 8),
            "x.npy: the shape has 2^64 bytes or more");
  EXPECT_EQ(errorOf("{'descr':'<f4','fortran_order':False,'shape':(4294967296,4294967296,)}", 8),
            "x.npy: the shape has 2^64 bytes or more");
  std::vector<uint8_t> flag = fileOf("{'descr':'|b1','fortran_order':False,'shape':(2,)}", 2);
  flag.back() = 7;
  EXPECT_EQ(errorOf(flag), "x.npy: element 1 is 7; a bool is 0 or 1");
  std::string many = "{'descr':'<f4','fortran_order':False,'shape':(";
  for (int i = 0; i < 33; ++i)
    many += "1,";
  EXPECT_EQ(errorOf(many + ")}", 4), "x.npy: the header has 33 dimensions; 32 at most");
}

TEST(Npy, DamagedFilesAreErrorsNotCrashes) {
  std::mt19937 random(1);
  NpyArray array{NpyType::F32, {4, 3}, std::vector<uint8_t>(48, 1)};
  const std::vector<uint8_t> good = writeNpy(array);
  for (size_t n = 0; n < good.size(); ++n)
    EXPECT_NE(errorOf(std::span(good).first(n)), "no error") << n;
  for (int i = 0; i < 20000; ++i) {
    std::vector<uint8_t> file = good;
    for (unsigned n = 1 + random() % 4; n; --n)
      file[random() % 128] = uint8_t(random());
    try {
      NpyArray read = readNpy(file, "x");
      EXPECT_EQ(read.bytes.size(), read.elements() * sizeOf(read.type));
    } catch (const Error &) {
    }
  }
}

TEST(Npy, HalvesConvertExactly) {
  for (uint32_t h = 0; h < 0x10000; ++h) {
    float value = halfToFloat(uint16_t(h));
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(halfToFloat(floatToHalf(value))));
      continue;
    }
    EXPECT_EQ(floatToHalf(value), h);
    int exponent = (h >> 10) & 31, fraction = h & 0x3ff;
    if (exponent < 31) {
      double expected =
          exponent ? std::ldexp(1024 + fraction, exponent - 25) : std::ldexp(fraction, -24);
      EXPECT_EQ(value, h & 0x8000 ? -expected : expected);
    }
    // Half way to the next larger goes to the even one; a little less goes down.
    if ((h & 0x7fff) < 0x7bff) {
      float next = halfToFloat(uint16_t(h + 1));
      float middle = value + (next - value) / 2;
      EXPECT_EQ(floatToHalf(middle), h % 2 ? h + 1 : h);
      EXPECT_EQ(floatToHalf(std::nextafter(middle, value)), h);
      EXPECT_EQ(floatToHalf(std::nextafter(middle, next)), h + 1);
    }
  }
  EXPECT_EQ(floatToHalf(65519.99f), 0x7bff);
  EXPECT_EQ(floatToHalf(65520.0f), 0x7c00);
  EXPECT_EQ(floatToHalf(-INFINITY), 0xfc00);
  EXPECT_EQ(floatToHalf(1e-30f), 0);
}
