#pragma once

/// @file
/// Small traces and files of them.

#include "refrain/simulator/simulation.h"
#include "refrain/simulator/trace.h"

#include <boost/iostreams/copy.hpp>
#include <boost/iostreams/device/array.hpp>
#include <boost/iostreams/device/back_inserter.hpp>
#include <boost/iostreams/filter/gzip.hpp>
#include <boost/iostreams/filter/lzma.hpp>
#include <boost/iostreams/filter/zstd.hpp>
#include <boost/iostreams/filtering_streambuf.hpp>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace refrain::testing {

/// A trace of keys that are numbers, all of size 1.
inline Trace trace_of(const std::vector<std::uint64_t>& keys) {
  std::vector<Trace::Request> requests;
  for (const std::uint64_t key : keys)
    requests.push_back({hash_of_key(key), 1, 1});
  return Trace("sample", std::move(requests), {});
}

/// `count` requests for keys below `keys`, the small ones more often.
inline std::vector<std::uint64_t> random_keys(std::uint64_t seed,
                                              std::size_t count,
                                              std::uint64_t keys) {
  std::mt19937_64 random(seed);
  std::vector<std::uint64_t> numbers;
  for (std::size_t i = 0; i < count; ++i)
    numbers.push_back(std::min(random() % keys, random() % keys));
  return numbers;
}

inline SimulationResult simulated(const Trace& trace,
                                  CacheUnit unit,
                                  std::vector<std::uint64_t> sizes,
                                  std::vector<PolicyKind> policies) {
  SimulationPlan plan;
  plan.unit = unit;
  plan.sizes = std::move(sizes);
  plan.policies = std::move(policies);
  return Simulation(trace, plan).run([](std::size_t, std::size_t) {});
}

template <class Compressor>
std::string compressed(const Compressor& compressor, std::string_view text) {
  std::string out;
  boost::iostreams::filtering_istreambuf in;
  in.push(compressor);
  in.push(boost::iostreams::array_source(text.data(), text.size()));
  boost::iostreams::copy(in, boost::iostreams::back_inserter(out));
  return out;
}

inline std::string gzipped(std::string_view text) {
  return compressed(boost::iostreams::gzip_compressor(), text);
}
inline std::string xzipped(std::string_view text) {
  return compressed(boost::iostreams::lzma_compressor(), text);
}
inline std::string zstd_compressed(std::string_view text) {
  return compressed(boost::iostreams::zstd_compressor(), text);
}

inline void write_file(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace refrain::testing
