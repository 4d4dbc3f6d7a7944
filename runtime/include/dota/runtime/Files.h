//===- Files.h - whole files in, whole files out ----------------------------===//
//
// A file is read whole or not at all, and written whole or not at all: output
// goes to a temporary beside its place and is renamed when all of it is there.
//
//===----------------------------------------------------------------------===//
#ifndef DOTA_RUNTIME_FILES_H
#define DOTA_RUNTIME_FILES_H

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dota {

bool fileExists(const std::string &path);

/// The bytes of a file; "-" is standard input. Throws Error.
std::vector<uint8_t> readFile(const std::string &path);

/// A file to be written. The constructor already fails where the file could not be
/// written, so that a long run does not end in that news; it creates nothing. "-" is
/// standard output; what exists and is no regular file (a pipe, /dev/null) is
/// written in place.
class OutputFile {
public:
  explicit OutputFile(std::string path);
  OutputFile(OutputFile &&other) noexcept;
  OutputFile &operator=(OutputFile &&) = delete;
  ~OutputFile();

  const std::string &path() const { return path_; }
  /// Bytes that follow those written so far; they are kept until `commit`.
  void write(std::span<const uint8_t> bytes);
  void write(std::string_view text);
  /// Puts what was written in its place. Throws Error.
  void commit() { commit({this, 1}); }
  /// Of several files: all are written beside their places before the first is
  /// renamed, so that a full disk leaves none of them.
  static void commit(std::span<OutputFile> files);

private:
  void stage();
  void place();

  std::string path_;      // as given, for messages
  std::string target_;    // symbolic links followed
  std::string temporary_; // there is one between `stage` and `place`
  std::vector<uint8_t> bytes_;
};

/// All of a file at once. Throws Error.
void writeFile(const std::string &path, std::span<const uint8_t> bytes);

} // namespace dota

#endif // DOTA_RUNTIME_FILES_H
