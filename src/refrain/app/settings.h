#pragma once

/// @file
/// Everything that can be configured, with the mission's defaults.

#include "refrain/http/limits.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace refrain::app {

/// A range of delays; equal ends make it fixed, zero ends switch it off.
struct DelayRange {
  std::chrono::milliseconds shortest{};
  std::chrono::milliseconds longest{};
};

/// The values of all options. What each means, its unit and its spellings: `options.cpp`.
struct Settings {
  std::string host = "127.0.0.1";
  std::uint16_t text_port = 8001;
  std::uint16_t sticker_port = 8002;
  std::size_t threads = 0;
  std::size_t generator_threads = 0;
  http::Limits limits;
  std::chrono::seconds drain_time{10};

  std::size_t max_generations = 256;
  std::chrono::seconds generation_limit{60};
  std::size_t max_entry_bytes = std::size_t{16} << 20U;
  std::chrono::seconds stale_time{60};
  std::chrono::milliseconds cleanup_interval{1000};

  bool has_redis = true;
  std::string redis_host = "localhost";
  std::uint16_t redis_port = 6379;
  std::chrono::seconds redis_ttl{3600};
  std::string redis_url;
  std::string redis_mode = "standalone";
  std::string redis_nodes;   // of a cluster, or sentinels
  std::string redis_master;  // the name under which sentinels know it
  std::string redis_sentinel_user;
  std::string redis_sentinel_password;
  bool has_redis_replica_reads = false;
  std::chrono::milliseconds redis_budget{50};
  std::chrono::milliseconds redis_soft_budget{0};
  std::chrono::milliseconds redis_connect_budget{250};
  std::chrono::milliseconds redis_lease_after{100};
  std::uint16_t redis_protocol = 3;
  std::string redis_tls_ca;
  std::string redis_tls_certificate;
  std::string redis_tls_key;
  std::string redis_tls_server_name;
  bool redis_tls_verifies = true;
  bool has_sticker_redis = false;

  std::string text_order = "redis";
  std::size_t text_memory_items = 1000;
  std::size_t text_memory_bytes = std::size_t{100} << 20U;
  std::chrono::seconds text_memory_ttl{3600};
  std::string text_memory_policy = "lru";
  std::size_t sticker_memory_items = 100;
  std::size_t sticker_memory_bytes = std::size_t{100} << 20U;
  std::chrono::seconds sticker_memory_ttl{3600};
  std::string sticker_memory_policy = "lru";
  bool has_disk = true;
  std::filesystem::path disk_directory = "sticker_cache";
  std::int64_t disk_bytes = std::int64_t{1} << 30U;
  std::chrono::seconds disk_ttl{86400};
  std::string disk_durability = "interval";
  std::string disk_transfer = "sendfile";
  std::int64_t disk_free_floor = std::int64_t{100} << 20U;
  std::size_t disk_threads = 4;
  std::chrono::milliseconds disk_read_budget{1000};
  std::size_t disk_queue_bytes = std::size_t{64} << 20U;

  std::filesystem::path text_model;
  bool is_text_slow = false;
  std::size_t max_text_characters = 4000;
  std::size_t max_prompt_characters = 1000;
  DelayRange mock_delay{std::chrono::seconds(1), std::chrono::seconds(3)};

  std::string tenant_header;
  std::string admin_token;
  std::string log_level = "info";
  std::string log_format = "text";
};

}  // namespace refrain::app
