//===- Device.h - the simulated accelerator behind launches -----*- C++ -*-===//
#ifndef DOTA_HOST_DEVICE_H
#define DOTA_HOST_DEVICE_H

#include "dota/Host/Session.h"
#include "dota/runtime/Simulator.h"

#include <map>
#include <memory>

namespace mlir::dota {

/// Runs the programs that host code launches, one sequence after the other.
class Device {
public:
  /// Told now and then of the share of a sequence that is done, 0 to 1.
  using Progress =
      std::function<void(std::string_view program, int64_t sequence, int64_t batch, double share)>;

  /// File and machine must outlive the device. `options` holds for every run; in
  /// timing alone the results of launches are zeros.
  Device(const ::dota::ProgramFile &file, const ::dota::Machine &machine,
         ::dota::RunOptions options, Progress progress = {});

  /// As HostSession::launch.
  std::string launch(std::string_view program, int64_t batch, const std::vector<HostView> &operands,
                     const std::vector<HostView> &results);

  /// Of all programs together.
  ::dota::Statistics statistics() const;

private:
  const ::dota::ProgramFile &file;
  const ::dota::Machine &machine;
  ::dota::RunOptions options;
  Progress progress;
  std::map<std::string, std::unique_ptr<::dota::Simulator>, std::less<>> simulators;
};

} // namespace mlir::dota

#endif // DOTA_HOST_DEVICE_H
