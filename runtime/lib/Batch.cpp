//===- Batch.cpp - a program over arrays of sequences -----------------------===//

#include "dota/runtime/Batch.h"
#include "dota/runtime/Error.h"

#include <fmt/format.h>

#include <algorithm>

using namespace dota;

namespace {

NpyType typeOf(Program::Element element) {
  return element == Program::Element::I32 ? NpyType::I32 : NpyType::F32;
}

std::string typeText(const Program::Tensor &tensor) {
  return NpyArray{typeOf(tensor.element), tensor.shape, {}}.typeText();
}

} // namespace

std::optional<uint64_t> dota::batchOf(const Program &program, std::span<const NpyArray> inputs,
                                      std::span<const std::string> names) {
  if (inputs.size() != program.inputs.size()) {
    std::string expected;
    for (const Program::Tensor &tensor : program.inputs)
      expected +=
          fmt::format("{}'{}' {}", expected.empty() ? ": " : ", ", tensor.name, typeText(tensor));
    throw Error(fmt::format("{} inputs are given; program '{}' takes {}{}", inputs.size(),
                            program.name, program.inputs.size(), expected));
  }
  std::optional<uint64_t> batch;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Program::Tensor &tensor = program.inputs[i];
    const std::vector<uint64_t> &shape = inputs[i].shape;
    bool isOne = shape == tensor.shape;
    bool isBatch = shape.size() == tensor.shape.size() + 1 &&
                   std::equal(tensor.shape.begin(), tensor.shape.end(), shape.begin() + 1);
    if (inputs[i].type != typeOf(tensor.element) || (!isOne && !isBatch))
      throw Error(fmt::format("{}: {}; input '{}' of program '{}' is {}, or a batch of them",
                              names[i], inputs[i].typeText(), tensor.name, program.name,
                              typeText(tensor)));
    std::optional<uint64_t> here = isBatch ? std::optional(shape[0]) : std::nullopt;
    if (i == 0)
      batch = here;
    else if (here != batch)
      throw Error(
          fmt::format("{}: {}; {} is {}: the inputs are not of the same number of sequences",
                      names[i], inputs[i].typeText(), names[0], inputs[0].typeText()));
  }
  if (batch == uint64_t{0})
    throw Error(fmt::format("{}: a batch of 0 sequences", names[0]));
  return batch;
}

std::vector<NpyArray> dota::runBatch(Simulator &simulator, const Program &program,
                                     std::span<const NpyArray> inputs,
                                     std::optional<uint64_t> batch, const RunOptions &options,
                                     const std::function<void(uint64_t)> &beforeRun) {
  uint64_t runs = batch.value_or(1);
  std::vector<NpyArray> outputs;
  for (const Program::Tensor &tensor : program.outputs) {
    NpyArray &output = outputs.emplace_back(NpyArray{typeOf(tensor.element), tensor.shape, {}});
    if (batch)
      output.shape.insert(output.shape.begin(), *batch);
    output.bytes.resize(runs * tensor.bytes());
  }
  for (uint64_t run = 0; run < runs; ++run) {
    if (beforeRun)
      beforeRun(run);
    std::vector<const void *> from;
    std::vector<void *> to;
    from.reserve(inputs.size());
    to.reserve(outputs.size());
    for (size_t i = 0; i < inputs.size(); ++i)
      from.push_back(inputs[i].bytes.data() + run * program.inputs[i].bytes());
    for (size_t i = 0; i < outputs.size(); ++i)
      to.push_back(outputs[i].bytes.data() + run * program.outputs[i].bytes());
    simulator.run(from, to, options);
  }
  return outputs;
}
