//===- ProgramFile.cpp - the program container to and from bytes ------------===//

#include "dota/runtime/ProgramFile.h"
#include "Program_generated.h"
#include "dota/runtime/Error.h"

#include <fmt/format.h>
#include <zlib.h>

#include <bit>
#include <cstring>
#include <set>

using namespace dota;

static_assert(std::endian::native == std::endian::little, "containers are little-endian");

namespace {

//===----------------------------------------------------------------------===//
// Checks that reading and writing share
//===----------------------------------------------------------------------===//

/// Checks one program. `where` opens each message: the file's and program's names.
struct Checker {
  const Program &program;
  std::string where;

  template <class... Args>
  [[noreturn]] void fail(fmt::format_string<Args...> format, Args &&...args) const {
    throw Error(where + fmt::format(format, std::forward<Args>(args)...));
  }

  /// `rows` rows of `rowBytes` bytes, `stride` apart, lie in DRAM. No operand exceeds
  /// 2^40, so 128 bits cannot overflow.
  bool inDram(uint64_t address, uint64_t rows, uint64_t rowBytes, uint64_t stride) const {
    if (rows == 0 || rowBytes == 0)
      return address <= program.dramBytes;
    unsigned __int128 end = address;
    end += static_cast<unsigned __int128>(rows - 1) * stride;
    end += rowBytes;
    return end <= program.dramBytes;
  }

  void checkTensor(const Program::Tensor &tensor, std::string_view kind) const {
    unsigned __int128 bytes = 4;
    for (uint64_t size : tensor.shape) {
      bytes *= size;
      if (bytes > program.dramBytes)
        break;
    }
    // A shape with a zero in it has no bytes, whatever the sizes before it.
    for (uint64_t size : tensor.shape)
      if (size == 0)
        bytes = 0;
    if (tensor.address > program.dramBytes || bytes > program.dramBytes - tensor.address)
      fail("{} '{}' at {} ends beyond the {} bytes of DRAM", kind, tensor.name, tensor.address,
           program.dramBytes);
  }

  void checkMaskUse(size_t lane, size_t index, const char *what, uint64_t mask, uint64_t head,
                    uint64_t firstRow, uint64_t rows, uint64_t keys, uint64_t keep) const {
    for (const Program::Mask &m : program.masks) {
      if (m.id != mask)
        continue;
      if (head >= m.heads || firstRow + rows > m.rows || keys > m.keys || keep != m.keep)
        fail("lane {}, instruction {}: {} of head {}, rows {} to {}, {} keys, {} kept does not fit "
             "mask {} of {} heads, {} rows, {} keys, {} kept",
             lane, index, what, head, firstRow, firstRow + rows, keys, keep, m.id, m.heads, m.rows,
             m.keys, m.keep);
      return;
    }
    fail("lane {}, instruction {}: {} names mask {}, which the program does not have", lane, index,
         what, mask);
  }

  void checkInstruction(size_t lane, size_t index, const Instruction &instruction) const {
    forEachRegion(instruction, [&](const Region &r) {
      if (r.overlaps())
        fail("lane {}, instruction {}: {} {} {} rows of {} bytes in SRAM, {} bytes apart", lane,
             index, mnemonic(instruction), r.write ? "writes" : "reads", r.rows, r.rowBytes,
             r.stride);
    });
    if (auto *i = std::get_if<Load>(&instruction)) {
      if (!inDram(i->dram, i->rows, i->rowBytes, i->dramStride))
        fail("lane {}, instruction {}: load ends beyond the {} bytes of DRAM", lane, index,
             program.dramBytes);
    } else if (auto *i = std::get_if<Store>(&instruction)) {
      if (!inDram(i->dram, i->rows, i->rowBytes, i->dramStride))
        fail("lane {}, instruction {}: store ends beyond the {} bytes of DRAM", lane, index,
             program.dramBytes);
    } else if (auto *i = std::get_if<Select>(&instruction)) {
      checkMaskUse(lane, index, "select", i->mask, i->head, i->firstRow, i->rows, i->keys, i->keep);
    } else if (auto *i = std::get_if<Trim>(&instruction)) {
      checkMaskUse(lane, index, "trim", i->mask, i->head, i->firstRow, i->rows, i->keys, i->keep);
    } else if (auto *i = std::get_if<Mark>(&instruction)) {
      checkMaskUse(lane, index, "mark", i->mask, i->head, i->firstRow, i->rows, i->keys, i->keep);
    } else if (auto *i = std::get_if<Order>(&instruction)) {
      checkMaskUse(lane, index, "order", i->mask, i->head, i->firstRow, i->rows, i->keys, i->keep);
    }
  }

  void check() const {
    for (const Program::Tensor &tensor : program.inputs)
      checkTensor(tensor, "input");
    for (const Program::Tensor &tensor : program.outputs)
      checkTensor(tensor, "output");
    for (const Program::Data &data : program.data)
      if (!inDram(data.address, 1, data.bytes.size(), 0))
        fail("data of {} bytes at {} ends beyond the {} bytes of DRAM", data.bytes.size(),
             data.address, program.dramBytes);
    std::set<uint32_t> ids;
    for (const Program::Mask &mask : program.masks)
      if (!ids.insert(mask.id).second)
        fail("mask {} is there twice", mask.id);
    if (program.mfu.expDegree < kLeastExpDegree || program.mfu.expDegree > kGreatestExpDegree)
      fail("exponentials of degree {}; {} to {} are possible", program.mfu.expDegree,
           kLeastExpDegree, kGreatestExpDegree);
    if (program.streams.empty())
      fail("there is no stream");
    for (size_t lane = 0; lane < program.streams.size(); ++lane) {
      const Program::Stream &stream = program.streams[lane];
      if (stream.words.size() != stream.locations.size())
        fail("lane {} has {} instructions and {} locations", lane, stream.words.size(),
             stream.locations.size());
      for (size_t index = 0; index < stream.words.size(); ++index) {
        if (stream.locations[index] >= program.locations.size())
          fail("lane {}, instruction {}: location {} of {}", lane, index, stream.locations[index],
               program.locations.size());
        std::optional<Instruction> instruction = decode(stream.words[index]);
        if (!instruction)
          fail("lane {}, instruction {}: {:016x} {:016x} {:016x} {:016x} is no instruction", lane,
               index, stream.words[index][3], stream.words[index][2], stream.words[index][1],
               stream.words[index][0]);
        bool isHalt = std::holds_alternative<Halt>(*instruction);
        if (isHalt != (index + 1 == stream.words.size()))
          fail("lane {}, instruction {} of {}: {}", lane, index, stream.words.size(),
               isHalt ? "halt before the end" : "the stream does not end in a halt");
        checkInstruction(lane, index, *instruction);
      }
      if (stream.words.empty())
        fail("lane {} has no instructions", lane);
    }
  }
};

void checkPrograms(const ProgramFile &file, std::string_view name) {
  std::set<std::string_view> names;
  for (const Program &program : file.programs) {
    if (!names.insert(program.name).second)
      throw Error(fmt::format("{}: program '{}' is there twice", name, program.name));
    dota::check(program, name);
  }
}

//===----------------------------------------------------------------------===//
// Checksum
//===----------------------------------------------------------------------===//

/// CRC-32 of the bytes with the four at `hole` taken as zero.
uint32_t checksum(std::span<const uint8_t> bytes, size_t hole) {
  const uint8_t zeros[4] = {};
  uLong crc = crc32_z(0, bytes.data(), hole);
  crc = crc32_z(crc, zeros, 4);
  return static_cast<uint32_t>(crc32_z(crc, bytes.data() + hole + 4, bytes.size() - hole - 4));
}

/// Where the container keeps its checksum; the buffer has been verified.
size_t checksumPlace(std::span<const uint8_t> bytes) {
  const auto *root = flatbuffers::GetRoot<flatbuffers::Table>(bytes.data());
  const uint8_t *place = root->GetAddressOf(container::Container::VT_CHECKSUM);
  return place ? static_cast<size_t>(place - bytes.data()) : 0;
}

//===----------------------------------------------------------------------===//
// Bytes to structs
//===----------------------------------------------------------------------===//

/// A vector or string that is absent reads as empty. The verifier leaves open whether
/// elements of 8 bytes are aligned.
template <class T>
std::vector<T> vectorOf(const flatbuffers::Vector<T> *v) {
  std::vector<T> result(v ? v->size() : 0);
  if (!result.empty())
    std::memcpy(result.data(), v->Data(), result.size() * sizeof(T));
  return result;
}
std::string stringOf(const flatbuffers::String *s) { return s ? s->str() : std::string(); }

template <class T, class F>
auto mapped(const flatbuffers::Vector<flatbuffers::Offset<T>> *v, F &&convert) {
  std::vector<decltype(convert(std::declval<const T &>()))> result;
  if (v)
    for (const T *element : *v)
      result.push_back(convert(*element));
  return result;
}

Program::Tensor tensorOf(const container::Tensor &t, std::string_view where) {
  if (t.element() > container::Element::MAX)
    throw Error(fmt::format("{}: element type {} of tensor '{}' is not known", where,
                            static_cast<unsigned>(t.element()), stringOf(t.name())));
  return {stringOf(t.name()), static_cast<Program::Element>(t.element()), vectorOf(t.shape()),
          t.address()};
}

Program programOf(const container::Program &p, std::string_view where) {
  Program program;
  program.name = stringOf(p.name());
  auto tensor = [&](const container::Tensor &t) { return tensorOf(t, where); };
  program.inputs = mapped(p.inputs(), tensor);
  program.outputs = mapped(p.outputs(), tensor);
  program.data = mapped(p.data(), [](const container::Data &d) {
    return Program::Data{d.address(), vectorOf(d.bytes())};
  });
  program.masks = mapped(p.masks(), [](const container::Mask &m) {
    return Program::Mask{m.id(), m.heads(), m.rows(), m.keys(), m.keep()};
  });
  program.locations = mapped(p.locations(), [](const container::Location &l) {
    return Program::Location{stringOf(l.name()), stringOf(l.file()), l.line(), l.column()};
  });
  program.streams = mapped(p.streams(), [&](const container::Stream &s) {
    Program::Stream stream;
    std::vector<uint64_t> words = vectorOf(s.words());
    constexpr size_t kPerWord = std::tuple_size_v<Word>;
    if (words.size() % kPerWord != 0)
      throw Error(fmt::format("{}: program '{}': a stream of {} times 64 bits is no whole number "
                              "of instructions",
                              where, program.name, words.size()));
    stream.words.resize(words.size() / kPerWord);
    for (size_t i = 0; i < words.size(); ++i)
      stream.words[i / kPerWord][i % kPerWord] = words[i];
    stream.locations = vectorOf(s.locations());
    return stream;
  });
  if (const container::Work *work = p.work()) {
    program.macs = work->macs();
    program.pairsKept = work->pairs_kept();
    program.pairsDense = work->pairs_dense();
  }
  program.dramBytes = p.dram_bytes();
  if (const container::Mfu *mfu = p.mfu()) {
    if (mfu->format() > container::MfuFormat::MAX)
      throw Error(fmt::format("{}: program '{}': format {} of the MFU is not known", where,
                              program.name, static_cast<unsigned>(mfu->format())));
    program.mfu = {static_cast<MfuFormat>(mfu->format()), mfu->exp_degree()};
  }
  return program;
}

} // namespace

void dota::check(const Program &program, std::string_view name) {
  Checker{program, fmt::format("{}: program '{}': ", name, program.name)}.check();
}

ProgramFile dota::read(std::span<const uint8_t> bytes, std::string_view name) {
  // The size of the root's offset and the identifier.
  if (bytes.size() < 8 || !container::ContainerBufferHasIdentifier(bytes.data()))
    throw Error(fmt::format("{}: not a DOTA program", name));
  if (bytes.size() >= FLATBUFFERS_MAX_BUFFER_SIZE)
    throw Error(fmt::format("{}: {} bytes, of at most {}", name, bytes.size(),
                            FLATBUFFERS_MAX_BUFFER_SIZE - 1));
  // A program has a table a location, mask, datum and tensor; nothing nests deeper
  // than container, program, tensor.
  flatbuffers::Verifier verifier(bytes.data(), bytes.size(), 8, 1u << 30);
  if (!container::VerifyContainerBuffer(verifier))
    throw Error(fmt::format("{}: damaged or cut short ({} bytes)", name, bytes.size()));
  const container::Container &root = *container::GetContainer(bytes.data());
  size_t hole = checksumPlace(bytes);
  if (hole == 0)
    throw Error(fmt::format("{}: damaged: there is no checksum", name));
  if (uint32_t sum = checksum(bytes, hole); sum != root.checksum())
    throw Error(fmt::format("{}: damaged: checksum {:08x}, the bytes give {:08x}", name,
                            root.checksum(), sum));
  if (root.version() != ProgramFile::kVersion)
    throw Error(fmt::format("{}: container version {}, this reads version {}", name, root.version(),
                            ProgramFile::kVersion));
  if (root.instruction_set() != kInstructionSetHash)
    throw Error(fmt::format("{}: program is of another instruction set: {:016x}, this is {:016x}",
                            name, root.instruction_set(), kInstructionSetHash));
  ProgramFile file;
  file.machine = stringOf(root.machine());
  file.programs =
      mapped(root.programs(), [&](const container::Program &p) { return programOf(p, name); });
  file.host = vectorOf(root.host());
  file.notes = mapped(root.notes(), [](const flatbuffers::String &s) { return s.str(); });
  checkPrograms(file, name);
  return file;
}

//===----------------------------------------------------------------------===//
// Structs to bytes
//===----------------------------------------------------------------------===//

namespace {

/// A bound of the bytes that the container takes. The builder does not fail
/// cleanly beyond its limit.
uint64_t sizeBound(const ProgramFile &file) {
  uint64_t bytes = 4096 + file.machine.size() + file.host.size();
  for (const std::string &note : file.notes)
    bytes += 16 + note.size();
  auto tensors = [&](const std::vector<Program::Tensor> &list) {
    for (const Program::Tensor &t : list)
      bytes += 128 + t.name.size() + 8 * t.shape.size();
  };
  for (const Program &p : file.programs) {
    bytes += 4096 + p.name.size();
    tensors(p.inputs);
    tensors(p.outputs);
    for (const Program::Data &d : p.data)
      bytes += 128 + d.bytes.size();
    bytes += 128 * p.masks.size();
    for (const Program::Location &l : p.locations)
      bytes += 128 + l.name.size() + l.file.size();
    for (const Program::Stream &s : p.streams)
      bytes += 128 + sizeof(Word) * s.words.size() + 4 * s.locations.size();
  }
  return bytes;
}

template <class T, class F>
auto tables(flatbuffers::FlatBufferBuilder &builder, const std::vector<T> &list, F &&build) {
  std::vector<decltype(build(std::declval<const T &>()))> offsets;
  offsets.reserve(list.size());
  for (const T &element : list)
    offsets.push_back(build(element));
  return builder.CreateVector(offsets);
}

} // namespace

std::vector<uint8_t> dota::write(const ProgramFile &file) {
  checkPrograms(file, "program");
  if (uint64_t bound = sizeBound(file); bound >= FLATBUFFERS_MAX_BUFFER_SIZE)
    throw Error(fmt::format("program takes about {} bytes; the container holds {}", bound,
                            FLATBUFFERS_MAX_BUFFER_SIZE));
  flatbuffers::FlatBufferBuilder builder(1 << 20);
  // The checksum is filled in at the end, so its field must be there.
  builder.ForceDefaults(true);

  auto tensor = [&](const Program::Tensor &t) {
    auto name = builder.CreateString(t.name);
    auto shape = builder.CreateVector(t.shape);
    return container::CreateTensor(builder, name, static_cast<container::Element>(t.element), shape,
                                   t.address);
  };
  auto programs = tables(builder, file.programs, [&](const Program &p) {
    auto name = builder.CreateString(p.name);
    auto inputs = tables(builder, p.inputs, tensor);
    auto outputs = tables(builder, p.outputs, tensor);
    auto data = tables(builder, p.data, [&](const Program::Data &d) {
      return container::CreateData(builder, d.address, builder.CreateVector(d.bytes));
    });
    auto masks = tables(builder, p.masks, [&](const Program::Mask &m) {
      return container::CreateMask(builder, m.id, m.heads, m.rows, m.keys, m.keep);
    });
    auto streams = tables(builder, p.streams, [&](const Program::Stream &s) {
      std::vector<uint64_t> words;
      words.reserve(s.words.size() * std::tuple_size_v<Word>);
      for (const Word &word : s.words)
        words.insert(words.end(), word.begin(), word.end());
      auto wordVector = builder.CreateVector(words);
      auto locations = builder.CreateVector(s.locations);
      return container::CreateStream(builder, wordVector, locations);
    });
    auto locations = tables(builder, p.locations, [&](const Program::Location &l) {
      auto locationName = builder.CreateString(l.name);
      auto fileName = builder.CreateString(l.file);
      return container::CreateLocation(builder, locationName, fileName, l.line, l.column);
    });
    auto work = container::CreateWork(builder, p.macs, p.pairsKept, p.pairsDense);
    auto mfu = container::CreateMfu(builder, static_cast<container::MfuFormat>(p.mfu.format),
                                    p.mfu.expDegree);
    return container::CreateProgram(builder, name, inputs, outputs, data, masks, streams, locations,
                                    work, p.dramBytes, mfu);
  });
  auto machine = builder.CreateString(file.machine);
  auto host = builder.CreateVector(file.host);
  auto notes = builder.CreateVectorOfStrings(file.notes);
  auto root = container::CreateContainer(builder, file.version, 0, file.instructionSet, machine,
                                         programs, host, notes);
  container::FinishContainerBuffer(builder, root);
  std::vector<uint8_t> bytes(builder.GetBufferPointer(),
                             builder.GetBufferPointer() + builder.GetSize());
  size_t hole = checksumPlace(bytes);
  uint32_t sum = checksum(bytes, hole);
  for (unsigned i = 0; i < 4; ++i)
    bytes[hole + i] = static_cast<uint8_t>(sum >> (8 * i));
  return bytes;
}

const Program &ProgramFile::program(std::string_view name) const {
  if (programs.empty())
    throw Error("the file holds no program");
  std::string names;
  for (const Program &p : programs) {
    if (p.name == name || (name.empty() && programs.size() == 1))
      return p;
    names += fmt::format("{}'{}'", names.empty() ? "" : ", ", p.name);
  }
  if (name.empty())
    throw Error(fmt::format("the file holds {} programs, say which: {}", programs.size(), names));
  throw Error(fmt::format("no program is named '{}'; there are {}", name, names));
}
