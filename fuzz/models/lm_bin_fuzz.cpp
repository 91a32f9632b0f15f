/// @file
/// Damaged model files: a small valid one, cut short and with single bytes changed, must be refused
/// or answer every question without a fault. The tables of numbers are left as they are: they are
/// most of the file, and any number is allowed there.

#include "refrain/models/text/ngram_model.h"

#include "models/text/lm_bin_writer.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

using refrain::NgramModel;
using refrain::testing::LmBinWriter;

// Input: how many bytes to cut off (two bytes, little-endian), then for each change a place outside
// the tables (two bytes) and what to exclusive-or it with.
std::string damaged(const std::uint8_t* data, std::size_t size) {
  static const std::string kSound = refrain::testing::tea_model().write();
  std::string file = kSound;
  const auto number = [data](std::size_t at) {
    return static_cast<std::size_t>(data[at] + 256 * data[at + 1]);
  };
  for (std::size_t at = 2; at + 3 <= size; at += 3) {
    std::size_t place = number(at) % (file.size() - LmBinWriter::kTablesBytes);
    if (place >= LmBinWriter::kHeaderBytes) place += LmBinWriter::kTablesBytes;
    file[place] = static_cast<char>(static_cast<unsigned char>(file[place]) ^ data[at + 2]);
  }
  if (size >= 2) file.resize(file.size() - number(0) % file.size());
  return file;
}

void ask_everything(const NgramModel& model) {
  for (refrain::WordId word = 0; word < model.vocabulary_size(); ++word) {
    if (model.find_word(model.spelling(word)) != word) std::abort();
    for (refrain::WordId before = 0; before < model.vocabulary_size(); ++before) {
      const NgramModel::History history{before, word};
      if (model.likeliest(history, 3).size() > 3) std::abort();
      if (model.likeliest_with_prefix(history, "t", 3).size() > 3) std::abort();
      (void)model.log_probability(before, history);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto model = NgramModel::create(damaged(data, size), "fuzz");
  if (model) ask_everything(*model);
  return 0;
}
