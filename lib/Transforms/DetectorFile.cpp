//===- DetectorFile.cpp - the detectors of a model, in a file ---------------===//

#include "dota/Transforms/DetectorFile.h"
#include "dota/runtime/Error.h"
#include "dota/runtime/Safetensors.h"
#include <cmath>
#include <cstring>
#include <fmt/format.h>

using namespace mlir;
using namespace mlir::dota;
using ::dota::Error;
using ::dota::printable;
using ::dota::Safetensors;

static constexpr const char *kFormat = "dota detectors";
static constexpr const char *kVersion = "1";

static std::string nameOf(size_t attention, const char *part) {
  return fmt::format("attention.{}.{}", attention, part);
}

namespace {
class Reader {
public:
  Reader(std::span<const uint8_t> bytes, const std::string &name)
      : name(name), file(::dota::readSafetensors(bytes, name)) {}

  DetectorFile read() {
    expect("format", kFormat);
    expect("version", kVersion);
    DetectorFile result;
    std::string precision = metadata("precision");
    std::optional<Precision> known = symbolizePrecision(precision);
    if (!known)
      throw Error(fmt::format("{}: precision is '{}'; fx16, fx8, fx4, int4 or int2 expected", name,
                              printable(precision)));
    result.precision = *known;
    while (file.tensors.count(nameOf(result.attentions.size(), "query.weight"))) {
      size_t n = result.attentions.size();
      AttentionDetector &detector = result.attentions.emplace_back();
      detector.query = factor(n, "query.weight", "query.bias");
      detector.key = factor(n, "key.weight", "key.bias");
      if (detector.key.columns != detector.query.columns)
        throw Error(fmt::format("{}: tensor '{}' has {} columns; '{}' has {}", name,
                                nameOf(n, "key.weight"), detector.key.columns,
                                nameOf(n, "query.weight"), detector.query.columns));
      std::vector<uint64_t> shape;
      if (file.tensors.count(nameOf(n, "threshold")))
        detector.thresholds = take(nameOf(n, "threshold"), 1, "[1] or [heads]", shape);
    }
    // What is taken is erased: a misspelt name must not go unnoticed.
    for (const auto &[tensor, contents] : file.tensors)
      throw Error(fmt::format("{}: tensor '{}' is not known after {} attentions; there is "
                              "attention.N.{{query,key}}.{{weight,bias}} and "
                              "attention.N.threshold, N from 0",
                              name, printable(tensor), result.attentions.size()));
    return result;
  }

private:
  std::string metadata(const char *key) const {
    auto found = file.metadata.find(key);
    if (found == file.metadata.end())
      throw Error(fmt::format("{}: __metadata__ has no {}", name, key));
    return found->second;
  }
  void expect(const char *key, const char *value) const {
    if (std::string found = metadata(key); found != value)
      throw Error(fmt::format("{}: {} is '{}'; '{}' expected", name, key, printable(found), value));
  }

  DetectorFactor factor(size_t n, const char *weight, const char *bias) {
    DetectorFactor factor;
    std::vector<uint64_t> shape;
    factor.weight = take(nameOf(n, weight), 2, "[features, heads * rank]", shape);
    factor.features = static_cast<int64_t>(shape[0]);
    factor.columns = static_cast<int64_t>(shape[1]);
    if (file.tensors.count(nameOf(n, bias))) {
      factor.bias = take(nameOf(n, bias), 1, "[heads * rank]", shape);
      if (static_cast<int64_t>(shape[0]) != factor.columns)
        throw Error(fmt::format("{}: tensor '{}' has {} columns; '{}' has {}", name,
                                nameOf(n, bias), shape[0], nameOf(n, weight), factor.columns));
    }
    return factor;
  }

  std::vector<float> take(const std::string &tensorName, size_t rank, const char *expected,
                          std::vector<uint64_t> &shape) {
    auto found = file.tensors.find(tensorName);
    if (found == file.tensors.end())
      throw Error(fmt::format("{}: there is no tensor '{}'", name, tensorName));
    const Safetensors::Tensor &tensor = found->second;
    if (tensor.dtype != "F32")
      throw Error(fmt::format("{}: tensor '{}' has dtype {}; F32 expected", name, tensorName,
                              tensor.dtype));
    if (tensor.shape.size() != rank || tensor.bytes.empty())
      throw Error(fmt::format("{}: tensor '{}' has shape {}; {} expected", name, tensorName,
                              tensor.shapeText(), expected));
    std::vector<float> values(tensor.bytes.size() / sizeof(float));
    std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
    for (size_t i = 0; i < values.size(); ++i)
      if (!std::isfinite(values[i]))
        throw Error(fmt::format("{}: tensor '{}' holds {} at index {}; finite numbers expected",
                                name, tensorName, values[i], i));
    shape = tensor.shape;
    file.tensors.erase(found);
    return values;
  }

  const std::string &name;
  Safetensors file;
};
} // namespace

DetectorFile mlir::dota::readDetectors(std::span<const uint8_t> file, const std::string &name) {
  return Reader(file, name).read();
}

std::vector<uint8_t> mlir::dota::writeDetectors(const DetectorFile &detectors) {
  Safetensors file;
  file.metadata = {{"format", kFormat},
                   {"version", kVersion},
                   {"precision", stringifyPrecision(detectors.precision).str()}};
  auto add = [&](const std::string &name, std::vector<uint64_t> shape,
                 const std::vector<float> &values) {
    if (!values.empty())
      file.tensors[name] = {"F32",
                            std::move(shape),
                            {reinterpret_cast<const uint8_t *>(values.data()), 4 * values.size()}};
  };
  auto addFactor = [&](size_t n, const char *weight, const char *bias, const DetectorFactor &f) {
    auto features = static_cast<uint64_t>(f.features), columns = static_cast<uint64_t>(f.columns);
    add(nameOf(n, weight), {features, columns}, f.weight);
    add(nameOf(n, bias), {columns}, f.bias);
  };
  for (size_t n = 0; n < detectors.attentions.size(); ++n) {
    addFactor(n, "query.weight", "query.bias", detectors.attentions[n].query);
    addFactor(n, "key.weight", "key.bias", detectors.attentions[n].key);
    const std::vector<float> &thresholds = detectors.attentions[n].thresholds;
    add(nameOf(n, "threshold"), {thresholds.size()}, thresholds);
  }
  return ::dota::writeSafetensors(file);
}
