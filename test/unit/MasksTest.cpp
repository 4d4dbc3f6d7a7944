//===- MasksTest.cpp - mask files, broken ones, and made-up masks -----------===//

#include "dota/runtime/Masks.h"
#include "dota/runtime/Error.h"
#include "dota/runtime/KeyOrder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string>

using namespace dota;

namespace {
std::vector<uint8_t> fileOf(const std::string &header, const std::vector<uint32_t> &ids = {},
                            size_t extra = 0) {
  std::vector<uint8_t> file(8 + header.size() + 4 * ids.size() + extra);
  const uint64_t length = header.size();
  std::memcpy(file.data(), &length, 8);
  std::memcpy(file.data() + 8, header.data(), length);
  if (!ids.empty())
    std::memcpy(file.data() + 8 + length, ids.data(), 4 * ids.size());
  return file;
}

std::string errorOf(std::span<const uint8_t> file) {
  try {
    readMasks(file, "m");
  } catch (const Error &error) {
    return error.what();
  }
  return "no error";
}
std::string errorOf(const std::string &header, const std::vector<uint32_t> &ids = {},
                    size_t extra = 0) {
  return errorOf(fileOf(header, ids, extra));
}

Masks someMasks() {
  Masks masks;
  Mask &a = masks.add(Masks::nameOf("encoder", 0, 3), Mask(2, 3, 2));
  a.ids = {0, 5, 1, kNoKey, kNoKey, kNoKey, 2, 3, 0, 4, 1, 2};
  masks.add(Masks::nameOf("encoder", 1, 3), Mask(1, 1, 4)).ids = {1, 2, 3, 4};
  Mask &b = masks.add("scored.0.0", Mask(1, 2, 2));
  b.ids = {3, 4, 1, kNoKey};
  b.scores = {0.5f, -2, 1e9f, 0};
  masks.add("empty.0.0", Mask(2, 0, 4));
  return masks;
}
} // namespace

TEST(Masks, WritesWhatItReads) {
  const Masks masks = someMasks();
  EXPECT_EQ(readMasks(writeMasks(masks), "m"), masks);
  EXPECT_EQ(readMasks(writeMasks(Masks()), "m"), Masks());
  const Mask &mask = *masks.find("encoder.0.3");
  EXPECT_EQ(mask.pairs(), 9u);
  EXPECT_EQ(mask.rowsOf(1, 1, 2)[2], 1u);
  EXPECT_EQ(masks.find("encoder.2.3"), nullptr);
}

TEST(Masks, FilesAreSafetensors) {
  const std::vector<uint8_t> file = writeMasks(someMasks());
  uint64_t length;
  std::memcpy(&length, file.data(), 8);
  EXPECT_EQ(length % 8, 0u);
  const std::string header(reinterpret_cast<const char *>(file.data()) + 8, length);
  EXPECT_THAT(header, testing::HasSubstr(R"("encoder.0.3":{"data_offsets":[0,48],"dtype":"U32",)"
                                         R"("shape":[2,3,2]})"));
}

TEST(Masks, SaysWhatIsWrong) {
  const std::string good = R"({"p.0.0":{"dtype":"U32","shape":[1,1,2],"data_offsets":[0,8]}})";
  EXPECT_EQ(errorOf(good, {1, 2}), "no error");
  EXPECT_EQ(errorOf(std::vector<uint8_t>{1, 2}),
            "m: has 2 bytes; a safetensors file begins with 8");
  EXPECT_EQ(errorOf(std::vector<uint8_t>(8, 0xff)),
            "m: the header has 18446744073709551615 bytes; the file holds 0 of them");
  EXPECT_EQ(errorOf(""), "m: the header is not JSON: byte 1 cannot be read");
  EXPECT_EQ(errorOf("[]"), "m: the header is not a JSON object");
  EXPECT_EQ(errorOf("{\"\xff\": 1}"), "m: the header is not JSON: byte 3 cannot be read");
  EXPECT_EQ(errorOf(R"({"a":[[[[[)"), "m: the header is nested more than 3 deep");
  EXPECT_EQ(errorOf(R"({"a":1,"a":2})"), "m: has the tensor 'a' twice");
  EXPECT_EQ(errorOf(R"({"a":{"b":1},"c":{"b":1,"b":1}})"), "m: has a tensor's 'b' twice");
  EXPECT_EQ(errorOf(R"({"a":1})"), "m: tensor 'a' is not described by an object");
  EXPECT_EQ(errorOf(R"({"a":{"b":1}})"), "m: tensor 'a' has a 'b'");
  EXPECT_EQ(errorOf(R"({"a":{"dtype":"U32","shape":[1]}})"), "m: tensor 'a' has no data_offsets");
  EXPECT_EQ(errorOf(R"({"a":{"dtype":"F32","shape":[1,1,1],"data_offsets":[0,4]}})", {0}),
            "m: tensor 'a' has dtype F32; masks are U32");
  EXPECT_EQ(errorOf(R"({"a":{"dtype":"F31","shape":[1,1,1],"data_offsets":[0,4]}})", {0}),
            "m: tensor 'a' has dtype \"F31\", which is none of safetensors");
  EXPECT_EQ(errorOf(R"({"__metadata__":[]})"), "m: __metadata__ is not an object of strings");
  EXPECT_EQ(errorOf(R"({"__metadata__":{"a":1}})"),
            "m: __metadata__ has 1 for 'a'; a string expected");
  EXPECT_EQ(errorOf(R"({"a":{"dtype":"U32","shape":[1,-1,1],"data_offsets":[0,4]}})", {0}),
            "m: tensor 'a' has shape [1,-1,1]; an array of natural numbers expected");
  EXPECT_EQ(errorOf(R"({"a":{"dtype":"U32","shape":[1,1],"data_offsets":[0,4]}})", {0}),
            "m: tensor 'a' has shape [1, 1]; masks have [heads, rows, keep]");
  EXPECT_EQ(errorOf(R"({"a":{"dtype":"U32","shape":[1,1,1],"data_offsets":[4,0]}})", {0}),
            "m: tensor 'a' has data_offsets [4,0]; they are [begin, end]");
  EXPECT_EQ(errorOf(R"({"a":{"dtype":"U32","shape":[1,1,2],"data_offsets":[0,8]}})", {0}),
            "m: tensor 'a' ends at byte 8; the file holds 4");
  EXPECT_EQ(errorOf(R"({"a":{"dtype":"U32","shape":[1,1,2],"data_offsets":[0,4]}})", {0}),
            "m: tensor 'a' has 4 bytes; its shape [1, 1, 2] has 8");
  EXPECT_EQ(errorOf(R"({"a":{"dtype":"U32","shape":[4294967296,4294967296,1],)"
                    R"("data_offsets":[0,4]}})",
                    {0}),
            "m: tensor 'a' has a shape of 2^64 bytes or more");
  EXPECT_EQ(errorOf(good, {1, 2, 3}), "m: the tensors have 8 bytes; the file holds 12");
  EXPECT_EQ(errorOf(R"({"a":{"dtype":"U32","shape":[1,1,1],"data_offsets":[0,4]},)"
                    R"("b":{"dtype":"U32","shape":[1,1,1],"data_offsets":[0,4]}})",
                    {1, 2}),
            "m: a tensor begins at byte 0; the one before ends at 4");
  // Scores of a mask, in the bits of floats.
  auto scored = [](const std::string &name, const std::string &type, const std::string &shape) {
    return R"({"p.0.0":{"dtype":"U32","shape":[1,1,2],"data_offsets":[0,8]},")" + name +
           R"(":{"dtype":")" + type + R"(","shape":)" + shape + R"(,"data_offsets":[8,16]}})";
  };
  EXPECT_EQ(errorOf(scored("p.0.0.scores", "F32", "[1,1,2]"), {1, 2, 0, 0}), "no error");
  EXPECT_EQ(errorOf(scored("p.0.1.scores", "F32", "[1,1,2]"), {1, 2, 0, 0}),
            "m: tensor 'p.0.1.scores' has scores; there is no mask 'p.0.1'");
  EXPECT_EQ(errorOf(scored("p.0.0.scores", "U32", "[1,1,2]"), {1, 2, 0, 0}),
            "m: tensor 'p.0.0.scores' has dtype U32; scores are F32");
  EXPECT_EQ(errorOf(scored("p.0.0.scores", "F32", "[1,2,1]"), {1, 2, 0, 0}),
            "m: tensor 'p.0.0.scores' has shape [1, 2, 1]; its mask has [1, 1, 2]");
  EXPECT_EQ(errorOf(scored("p.0.0.scores", "F32", "[1,1,2]"), {1, 2, 0, 0x7f800000}),
            "m: tensor 'p.0.0.scores' has the score inf in place 1; finite ones expected");
  EXPECT_EQ(errorOf(good, {2, 2}),
            "m: tensor 'p.0.0' keeps key 2 after key 2 of head 0, row 0; ids must ascend");
  EXPECT_EQ(errorOf(good, {kNoKey, 2}),
            "m: tensor 'p.0.0' keeps key 2 after an empty slot of head 0, row 0");
}

TEST(Masks, DamagedFilesAreErrorsNotCrashes) {
  std::mt19937 random(1);
  const std::vector<uint8_t> good = writeMasks(someMasks());
  for (size_t n = 0; n < good.size(); ++n)
    EXPECT_NE(errorOf(std::span(good).first(n)), "no error") << n;
  for (int i = 0; i < 20000; ++i) {
    std::vector<uint8_t> file = good;
    for (unsigned n = 1 + random() % 4; n; --n)
      file[8 + random() % (file.size() - 8)] = uint8_t(random());
    errorOf(file);
  }
}

TEST(Masks, KeysAreChecked) {
  const Masks masks = someMasks();
  checkKeys(*masks.find("encoder.0.3"), 6, "x");
  try {
    checkKeys(*masks.find("encoder.0.3"), 4, "x");
    FAIL();
  } catch (const Error &error) {
    EXPECT_STREQ(error.what(), "mask 'x' keeps key 5 in head 0, row 0; there are 4 keys");
  }
  EXPECT_THROW(Mask(uint64_t{1} << 32, uint64_t{1} << 32, 4), Error);
}

TEST(MaskFamily, KeepsAsManyKeysInEveryRow) {
  for (std::string_view name : MaskFamily::names())
    for (auto [rows, keys, keep] : {std::array{16, 64, 7},
                                    {9, 9, 9},
                                    {5, 20, 19},
                                    {4, 3, 8},
                                    {1, 1, 1},
                                    {3, 100, 0},
                                    {0, 5, 2}})
      for (std::optional<int64_t> diagonal :
           {std::optional<int64_t>(), std::optional<int64_t>(keys - rows),
            std::optional<int64_t>(-2)}) {
        SCOPED_TRACE(testing::Message() << name << " " << rows << " " << keys << " " << keep << " "
                                        << diagonal.value_or(999));
        const MaskFamily family{std::string(name), 7};
        const Mask mask = family.make(2, rows, keys, keep, diagonal, 3);
        ASSERT_EQ(mask.ids.size(), size_t(2 * rows * keep));
        for (int head = 0; head < 2; ++head)
          for (int row = 0; row < rows; ++row) {
            auto ids = mask.rowsOf(head, row, 1);
            int64_t visible = diagonal ? std::clamp<int64_t>(row + *diagonal + 1, 0, keys) : keys;
            if (name == "causal")
              visible = std::min<int64_t>(visible, row * keys / rows + 1);
            const int64_t expected = std::min<int64_t>(keep, visible);
            for (int64_t i = 0; i < keep; ++i)
              if (i >= expected) {
                EXPECT_EQ(ids[i], kNoKey);
              } else {
                EXPECT_LT(ids[i], visible);
                if (i)
                  EXPECT_GT(ids[i], ids[i - 1]);
              }
          }
        EXPECT_EQ(family.make(2, rows, keys, keep, diagonal, 3), mask) << "same seed";
        if (rows == 16) {
          EXPECT_NE(family.make(2, rows, keys, keep, diagonal, 4), mask) << "another mask";
          EXPECT_NE((MaskFamily{family.name, 8}).make(2, rows, keys, keep, diagonal, 3), mask);
        }
      }
}

TEST(MaskFamily, FamiliesShareKeysAsTheyShould) {
  // Loads of groups of four rows, relative to kept pairs: see the families' names.
  auto loads = [](std::string_view name) {
    const Mask mask = MaskFamily{std::string(name), 1}.make(1, 384, 384, 38, std::nullopt, 0);
    const OrderWork work = KeyOrder().order(mask.ids, 384, 38, 384, 4);
    EXPECT_EQ(work.kept, 384u * 38 - (name == "causal" ? 37u * 38 / 2 : 0));
    return double(work.loads) / double(work.kept);
  };
  EXPECT_NEAR(loads("uniform"), 0.86, 0.02);
  EXPECT_NEAR(loads("window"), 0.60, 0.04);
  EXPECT_NEAR(loads("zipf"), 0.68, 0.04);
  EXPECT_NEAR(loads("clustered"), 0.80, 0.05);
  EXPECT_NEAR(loads("causal"), 0.62, 0.03);
  EXPECT_NEAR(loads("bigbird"), 0.46, 0.04);
  EXPECT_NEAR(loads("lowrank"), 0.82, 0.04);
  EXPECT_NEAR(loads("smooth"), 0.43, 0.06);
}

TEST(MaskFamily, Names) {
  EXPECT_EQ(MaskFamily::parse("uniform").seed, 0u);
  EXPECT_EQ(MaskFamily::parse("zipf:18446744073709551615").text(), "zipf:18446744073709551615");
  auto message = [](std::string_view text) -> std::string {
    try {
      MaskFamily::parse(text);
    } catch (const Error &error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message("random"), "'random' is no family of masks; there are uniform, window, zipf, "
                               "clustered, causal, bigbird, lowrank, smooth");
  EXPECT_EQ(message("zipf:x"), "'x' is no seed of a family of masks; 0 to 2^64 - 1 are");
  EXPECT_EQ(message("zipf:"), "'' is no seed of a family of masks; 0 to 2^64 - 1 are");
}

TEST(MaskFamily, SeedsMeanTheSameEverywhere) {
  EXPECT_THAT(MaskFamily::parse("uniform:1").make(1, 1, 100, 6, std::nullopt, 0).ids,
              testing::ElementsAre(21, 30, 49, 54, 59, 77));
}
