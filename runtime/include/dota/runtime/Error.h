//===- Error.h - what the runtime throws ------------------------------------===//
#ifndef DOTA_RUNTIME_ERROR_H
#define DOTA_RUNTIME_ERROR_H

#include <stdexcept>
#include <string>

namespace dota {

/// Something given from outside (a file, a program, an argument) is not usable.
/// The message is one line, lower-case, without a full stop; it opens with
/// `file:line:col: ` or `file: ` where there is such a place.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

} // namespace dota

#endif // DOTA_RUNTIME_ERROR_H
