//===- FilesTest.cpp - whole files in, whole files out ----------------------===//

#include "dota/runtime/Files.h"
#include "dota/runtime/Error.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

using namespace dota;
namespace fs = std::filesystem;

namespace {

struct Files : testing::Test {
  fs::path folder =
      fs::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name();
  void SetUp() override {
    fs::remove_all(folder);
    fs::create_directories(folder);
  }
  void TearDown() override { fs::remove_all(folder); }

  std::string path(const char *name) { return (folder / name).string(); }
  std::string textOf(const char *name) {
    std::vector<uint8_t> bytes = readFile(path(name));
    return {bytes.begin(), bytes.end()};
  }
  size_t count() { return std::distance(fs::directory_iterator(folder), fs::directory_iterator()); }
};

TEST_F(Files, CommitPutsTheWholeFileInItsPlace) {
  {
    OutputFile file(path("a"));
    file.write(std::string_view("one "));
    file.write(std::string_view("two"));
    EXPECT_EQ(count(), 0u);
    file.commit();
  }
  EXPECT_EQ(textOf("a"), "one two");
  EXPECT_EQ(count(), 1u);
  EXPECT_EQ(fs::status(path("a")).permissions() & fs::perms::owner_all,
            fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(Files, NothingIsLeftWithoutCommit) {
  std::ofstream(path("old")) << "old";
  {
    OutputFile file(path("a")), old(path("old"));
    file.write(std::string_view("new"));
    old.write(std::string_view("new"));
  }
  EXPECT_EQ(textOf("old"), "old");
  EXPECT_EQ(count(), 1u);
}

TEST_F(Files, OfSeveralFilesAllOrNone) {
  std::vector<OutputFile> files;
  files.emplace_back(path("a"));
  fs::create_directory(path("sub"));
  files.emplace_back(path("sub/b"));
  for (OutputFile &file : files)
    file.write(std::string_view("x"));
  fs::remove(path("sub"));
  EXPECT_THROW(OutputFile::commit(files), Error);
  files.clear();
  EXPECT_EQ(count(), 0u);
}

TEST_F(Files, UnwritablePlacesFailAtOnce) {
  EXPECT_THROW(OutputFile(path("no/such/folder")), Error);
  EXPECT_THROW(OutputFile(folder.string()), Error);
  EXPECT_THROW(OutputFile(""), Error);
  std::ofstream(path("file")) << "x";
  EXPECT_THROW(OutputFile(path("file/a")), Error);
  EXPECT_THROW(readFile(path("absent")), Error);
  EXPECT_THROW(readFile(folder.string()), Error);
}

TEST_F(Files, LinksAndDevicesStay) {
  std::ofstream(path("target")) << "x";
  fs::create_symlink("target", path("link"));
  std::string text = "y";
  writeFile(path("link"), {reinterpret_cast<const uint8_t *>(text.data()), 1});
  EXPECT_TRUE(fs::is_symlink(path("link")));
  EXPECT_EQ(textOf("target"), "y");
  writeFile("/dev/null", {});
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

} // namespace
