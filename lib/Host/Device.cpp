//===- Device.cpp - the simulated accelerator behind launches ---------------===//

#include "dota/Host/Device.h"
#include "dota/runtime/Error.h"

#include <cstring>
#include <fmt/format.h>

using namespace mlir::dota;

Device::Device(const ::dota::ProgramFile &file, const ::dota::Machine &machine,
               ::dota::RunOptions options, Progress progress)
    : file(file), machine(machine), options(std::move(options)), progress(std::move(progress)) {}

namespace {

/// Elements of 4 bytes, row-major, without gaps.
class Dense {
public:
  explicit Dense(const HostView &view)
      : view(view), elements(view.size()), hasGaps(!view.isContiguous()) {
    if (hasGaps) {
      copy.resize(elements);
      forEach([&](int64_t at, uint32_t *value) { copy[at] = *value; });
    }
  }

  uint32_t *data() { return hasGaps ? copy.data() : reinterpret_cast<uint32_t *>(view.data); }
  int64_t size() const { return elements; }
  void writeBack() {
    if (hasGaps)
      forEach([&](int64_t at, uint32_t *value) { *value = copy[at]; });
  }

private:
  template <class Visit>
  void forEach(Visit visit) {
    auto *base = reinterpret_cast<uint32_t *>(view.data);
    for (int64_t at = 0; at < elements; ++at) {
      int64_t rest = at, offset = 0;
      for (int64_t i = view.rank - 1; i >= 0; --i) {
        offset += rest % view.sizes[i] * view.strides[i];
        rest /= view.sizes[i];
      }
      visit(at, base + offset);
    }
  }

  HostView view;
  int64_t elements;
  bool hasGaps;
  std::vector<uint32_t> copy;
};

} // namespace

std::string Device::launch(std::string_view name, int64_t batch,
                           const std::vector<HostView> &operands,
                           const std::vector<HostView> &results) {
  const ::dota::Program &program = file.program(name);
  auto &simulator = simulators[std::string(name)];
  if (!simulator)
    simulator = std::make_unique<::dota::Simulator>(program, machine);
  if (operands.size() != program.inputs.size() || results.size() != program.outputs.size())
    return fmt::format(
        "program '{}' takes {} operands and gives {} results; launched with {} and {}", name,
        program.inputs.size(), program.outputs.size(), operands.size(), results.size());

  std::vector<Dense> inputs(operands.begin(), operands.end());
  std::vector<Dense> outputs(results.begin(), results.end());
  // An operand is of one sequence, for all of them, or holds each sequence's.
  auto check = [&](const Dense &dense, const ::dota::Program::Tensor &tensor, bool mayBeShared) {
    auto one = static_cast<int64_t>(tensor.elements());
    return dense.size() == one * batch || (mayBeShared && dense.size() == one);
  };
  for (size_t i = 0; i < inputs.size(); ++i)
    if (!check(inputs[i], program.inputs[i], true))
      return fmt::format("operand {} of program '{}' has {} elements; {} sequences of {} expected",
                         i, name, inputs[i].size(), batch, program.inputs[i].elements());
  for (size_t i = 0; i < outputs.size(); ++i)
    if (!check(outputs[i], program.outputs[i], false))
      return fmt::format("result {} of program '{}' has {} elements; {} sequences of {} expected",
                         i, name, outputs[i].size(), batch, program.outputs[i].elements());

  for (int64_t sequence = 0; sequence < batch; ++sequence) {
    std::vector<const void *> from;
    std::vector<void *> to;
    if (!options.timingOnly) {
      for (size_t i = 0; i < inputs.size(); ++i) {
        auto one = static_cast<int64_t>(program.inputs[i].elements());
        from.push_back(inputs[i].data() + (inputs[i].size() == one ? 0 : sequence * one));
      }
      for (size_t i = 0; i < outputs.size(); ++i)
        to.push_back(outputs[i].data() + sequence * program.outputs[i].elements());
    }
    if (progress)
      options.progress = [&](double share) { progress(name, sequence, batch, share); };
    simulator->run(from, to, options);
  }
  for (Dense &output : outputs) {
    if (options.timingOnly)
      std::memset(output.data(), 0, output.size() * sizeof(uint32_t));
    output.writeBack();
  }
  return {};
}

::dota::Statistics Device::statistics() const {
  ::dota::Statistics total(machine);
  for (const auto &[name, simulator] : simulators)
    total += simulator->statistics();
  return total;
}
