//===- Files.cpp - whole files in, whole files out --------------------------===//

#include "dota/runtime/Files.h"
#include "dota/runtime/Error.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

using namespace dota;

namespace {

[[noreturn]] void fail(const std::string &path, std::string_view what, int error) {
  throw Error(fmt::format("{}: {}: {}", path, what, std::strerror(error)));
}

void writeAll(int descriptor, std::span<const uint8_t> bytes, const std::string &path) {
  while (!bytes.empty()) {
    // A single write takes at most 2 GiB.
    ssize_t done = ::write(descriptor, bytes.data(), std::min<size_t>(bytes.size(), 1 << 30));
    if (done < 0 && errno == EINTR)
      continue;
    if (done < 0)
      fail(path, "cannot write", errno);
    bytes = bytes.subspan(static_cast<size_t>(done));
  }
}

void writeAndClose(int descriptor, std::span<const uint8_t> bytes, const std::string &path) {
  try {
    writeAll(descriptor, bytes, path);
  } catch (...) {
    ::close(descriptor);
    throw;
  }
  if (::close(descriptor) != 0)
    fail(path, "cannot write", errno);
}

/// The path with symbolic links followed, so that a link stays a link.
std::string resolve(const std::string &path) {
  char *real = ::realpath(path.c_str(), nullptr);
  if (!real)
    return path;
  std::string result = real;
  std::free(real);
  return result;
}

} // namespace

bool dota::fileExists(const std::string &path) {
  struct stat status;
  return ::stat(path.c_str(), &status) == 0;
}

std::vector<uint8_t> dota::readFile(const std::string &path) {
  int descriptor = path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    fail(path, "cannot open", errno);
  std::vector<uint8_t> bytes;
  struct stat status;
  size_t room = 1 << 16;
  if (::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode))
    room = static_cast<size_t>(status.st_size) + 1;
  size_t size = 0;
  int error = 0;
  for (;;) {
    if (size == bytes.size())
      bytes.resize(std::max(room, 2 * size));
    ssize_t done =
        ::read(descriptor, bytes.data() + size, std::min<size_t>(bytes.size() - size, 1 << 30));
    if (done < 0 && errno == EINTR)
      continue;
    if (done < 0)
      error = errno;
    if (done <= 0)
      break;
    size += static_cast<size_t>(done);
  }
  if (descriptor != STDIN_FILENO)
    ::close(descriptor);
  if (error)
    fail(path, "cannot read", error);
  bytes.resize(size);
  return bytes;
}

OutputFile::OutputFile(std::string path) : path_(std::move(path)) {
  if (path_ == "-")
    return;
  if (path_.empty())
    fail("''", "cannot write", ENOENT);
  target_ = resolve(path_);
  struct stat status;
  if (::stat(target_.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode))
      fail(path_, "cannot write", EISDIR);
    if (::access(target_.c_str(), W_OK) != 0)
      fail(path_, "cannot write", errno);
    if (!S_ISREG(status.st_mode))
      return;
  }
  size_t slash = target_.rfind('/');
  std::string folder = slash == std::string::npos ? "." : target_.substr(0, slash + 1);
  if (::stat(folder.c_str(), &status) != 0)
    fail(path_, "cannot write", errno);
  if (!S_ISDIR(status.st_mode))
    fail(path_, "cannot write", ENOTDIR);
  if (::access(folder.c_str(), W_OK | X_OK) != 0)
    fail(path_, "cannot write", errno);
}

OutputFile::OutputFile(OutputFile &&other) noexcept
    : path_(std::move(other.path_)), target_(std::move(other.target_)),
      temporary_(std::exchange(other.temporary_, {})), bytes_(std::move(other.bytes_)) {}

OutputFile::~OutputFile() {
  if (!temporary_.empty())
    ::unlink(temporary_.c_str());
}

void OutputFile::write(std::span<const uint8_t> bytes) {
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
}

void OutputFile::write(std::string_view text) {
  write({reinterpret_cast<const uint8_t *>(text.data()), text.size()});
}

/// Writes the bytes to a temporary beside the place, where there can be one.
void OutputFile::stage() {
  struct stat status;
  bool exists = !target_.empty() && ::stat(target_.c_str(), &status) == 0;
  if (target_.empty() || (exists && !S_ISREG(status.st_mode)))
    return;
  std::string pattern = target_ + ".XXXXXX";
  int descriptor = ::mkostemp(pattern.data(), O_CLOEXEC);
  if (descriptor < 0)
    fail(path_, "cannot write", errno);
  temporary_ = pattern;
  // mkostemp makes a private file; the result has the rights of any other new file,
  // or those of the file that it replaces.
  mode_t mask = ::umask(0);
  ::umask(mask);
  ::fchmod(descriptor, exists ? status.st_mode & 0777 : 0666 & ~mask);
  writeAndClose(descriptor, bytes_, path_);
}

void OutputFile::place() {
  if (path_ == "-") {
    writeAll(STDOUT_FILENO, bytes_, path_);
  } else if (temporary_.empty()) {
    int descriptor = ::open(target_.c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor < 0)
      fail(path_, "cannot write", errno);
    writeAndClose(descriptor, bytes_, path_);
  } else {
    if (::rename(temporary_.c_str(), target_.c_str()) != 0)
      fail(path_, "cannot write", errno);
    temporary_.clear();
  }
  bytes_.clear();
}

void OutputFile::commit(std::span<OutputFile> files) {
  for (OutputFile &file : files)
    file.stage();
  for (OutputFile &file : files)
    file.place();
}

void dota::writeFile(const std::string &path, std::span<const uint8_t> bytes) {
  OutputFile file(path);
  file.write(bytes);
  file.commit();
}
