#pragma once

/// @file
/// Writes trigram models in the format of `docs/formats/lm-bin.md`.

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace refrain::testing {

/// Collects n-grams and writes them as a model file. Probabilities and weights are given as such.
class LmBinWriter {
public:
  static constexpr std::size_t kHeaderBytes = 19 + 1 + 3 * 4 + 4;
  static constexpr std::size_t kTablesBytes = std::size_t{3} * 65536 * 4;

  /// Words that no n-gram names may be given too.
  void unigram(std::string_view word, double probability, double backoff = 1.0) {
    unigrams_[std::string(word)] = {probability, backoff};
  }
  void bigram(std::string_view previous,
              std::string_view word,
              double probability,
              double backoff = 1.0) {
    bigrams_[{std::string(word), std::string(previous)}] = {probability, backoff};
  }
  void trigram(std::string_view before,
               std::string_view previous,
               std::string_view word,
               double probability) {
    trigrams_[{std::string(word), std::string(previous), std::string(before)}] = probability;
  }
  /// Room for bigrams that are not there, as Debian's model has.
  void spare_bigrams(std::uint32_t count) { spare_bigrams_ = count; }

  /// The file. @pre Every word of a bigram is a unigram, every context of a trigram and the pair
  /// that it predicts are bigrams.
  [[nodiscard]] std::string write() const {
    std::string file = "Trie Language Model";
    file.push_back(3);
    const auto bigram_room = static_cast<std::uint32_t>(bigrams_.size()) + spare_bigrams_;
    append(file, static_cast<std::uint32_t>(unigrams_.size()));
    append(file, bigram_room);
    append(file, static_cast<std::uint32_t>(trigrams_.size()));
    append(file, std::uint32_t{1});
    append_tables(file);
    append_unigrams(file);
    append_bigrams(file, bigram_room);
    append_trigrams(file);
    append_vocabulary(file);
    return file;
  }

private:
  struct Values {
    double probability = 1;
    double backoff = 1;
  };

  class Packer {
  public:
    explicit Packer(std::size_t bytes) : bytes_(bytes, '\0') {}

    void put(std::uint64_t value, unsigned width) {
      for (unsigned i = 0; i < width; ++i, ++bit_) {
        if (((value >> i) & 1U) == 0) continue;
        const auto byte = static_cast<unsigned char>(bytes_[bit_ / 8]);
        bytes_[bit_ / 8] = static_cast<char>(byte | (1U << (bit_ % 8)));
      }
    }
    [[nodiscard]] const std::string& bytes() const { return bytes_; }

  private:
    std::string bytes_;
    std::size_t bit_ = 0;
  };

  template <class T>
  static void append(std::string& file, T value) {
    std::array<char, sizeof(T)> bytes{};
    std::memcpy(bytes.data(), &value, sizeof value);
    file.append(bytes.data(), bytes.size());
  }

  static float in_file_base(double probability) {
    return static_cast<float>(std::log(probability) / std::log(1.0001));
  }

  static std::size_t packed_bytes(std::size_t entries, std::size_t bits) {
    return ((entries + 1) * bits + 7) / 8 + 8;
  }

  // Every n-gram has a table entry of its own: the n-th of its kind has index n.
  void append_tables(std::string& file) const {
    std::array<std::vector<float>, 3> tables;
    for (const auto& [words, values] : bigrams_) {
      tables[0].push_back(in_file_base(values.probability));
      tables[1].push_back(in_file_base(values.backoff));
    }
    for (const auto& [words, probability] : trigrams_)
      tables[2].push_back(in_file_base(probability));
    for (std::vector<float>& table : tables) {
      table.resize(65536, 0.0F);
      for (const float value : table)
        append(file, value);
    }
  }

  void append_unigrams(std::string& file) const {
    std::uint32_t next = 0;
    for (const auto& [word, values] : unigrams_) {
      append(file, in_file_base(values.probability));
      append(file, in_file_base(values.backoff));
      append(file, next);
      while (next < bigrams_.size() && std::next(bigrams_.begin(), next)->first.first == word)
        ++next;
    }
    append(file, 0.0F);
    append(file, 0.0F);
    append(file, next);
  }

  void append_bigrams(std::string& file, std::uint32_t room) const {
    const auto next_bits = static_cast<unsigned>(std::bit_width(trigrams_.size()));
    Packer packer(packed_bytes(room, word_bits() + 32 + next_bits));
    std::uint32_t index = 0;
    std::size_t next = 0;
    for (const auto& [words, values] : bigrams_) {
      packer.put(id_of(words.second), word_bits());
      packer.put(index, 16);
      packer.put(index, 16);
      packer.put(next, next_bits);
      next += static_cast<std::size_t>(
          std::ranges::count_if(trigrams_, [&pair = words](const auto& trigram) {
            return std::get<0>(trigram.first) == pair.first &&
                   std::get<1>(trigram.first) == pair.second;
          }));
      ++index;
    }
    packer.put(0, word_bits() + 32);
    packer.put(next, next_bits);
    file += packer.bytes();
  }

  void append_trigrams(std::string& file) const {
    Packer packer(packed_bytes(trigrams_.size(), word_bits() + 16));
    std::uint32_t index = 0;
    for (const auto& [words, probability] : trigrams_) {
      packer.put(id_of(std::get<2>(words)), word_bits());
      packer.put(index++, 16);
    }
    file += packer.bytes();
  }

  void append_vocabulary(std::string& file) const {
    std::string vocabulary;
    for (const auto& [word, values] : unigrams_) {
      vocabulary += word;
      vocabulary.push_back('\0');
    }
    append(file, static_cast<std::uint32_t>(vocabulary.size()));
    file += vocabulary;
  }

  [[nodiscard]] unsigned word_bits() const {
    return static_cast<unsigned>(std::bit_width(unigrams_.size()));
  }
  [[nodiscard]] std::uint64_t id_of(const std::string& word) const {
    return static_cast<std::uint64_t>(std::distance(unigrams_.begin(), unigrams_.find(word)));
  }

  std::map<std::string, Values> unigrams_;
  std::map<std::pair<std::string, std::string>, Values> bigrams_;  // word, previous
  std::map<std::tuple<std::string, std::string, std::string>, double>
      trigrams_;  // word, previous, before
  std::uint32_t spare_bigrams_ = 0;
};

/// A model of thirteen words, small enough to know by heart.
inline LmBinWriter tea_model() {
  LmBinWriter writer;
  writer.unigram("<s>", 1e-9, 0.5);
  writer.unigram("</s>", 0.20, 1.0);
  writer.unigram("b.", 0.15, 1.0);
  writer.unigram("coffee", 0.05, 0.8);
  writer.unigram("i", 0.10, 0.4);
  writer.unigram("i'm", 0.04, 0.9);
  writer.unigram("like", 0.06, 0.5);
  writer.unigram("tea", 0.05, 0.7);
  writer.unigram("teach", 0.02, 1.0);
  writer.unigram("teapot", 0.03, 1.0);
  writer.unigram("thank", 0.05, 0.3);
  writer.unigram("to", 0.15, 0.6);
  writer.unigram("you", 0.10, 0.5);
  writer.bigram("<s>", "i", 0.5, 0.6);
  writer.bigram("<s>", "thank", 0.2, 0.2);
  writer.bigram("i", "like", 0.6, 0.5);
  writer.bigram("i", "thank", 0.1, 0.9);
  writer.bigram("like", "tea", 0.3, 0.9);
  writer.bigram("like", "coffee", 0.3, 0.8);
  writer.bigram("like", "to", 0.2, 0.7);
  writer.bigram("thank", "you", 0.8, 0.6);
  writer.bigram("you", "</s>", 0.6, 1.0);
  writer.trigram("i", "like", "to", 0.4);
  writer.trigram("i", "like", "tea", 0.25);
  writer.trigram("<s>", "i", "like", 0.7);
  writer.trigram("<s>", "thank", "you", 0.9);
  writer.spare_bigrams(3);
  return writer;
}

}  // namespace refrain::testing
