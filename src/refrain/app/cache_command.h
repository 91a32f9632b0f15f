#pragma once

/// @file
/// `refrain cache status|list|get|purge|verify`.

#include "refrain/app/cache_list.h"
#include "refrain/app/terminal.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace refrain::app {

enum class CacheAction : std::uint8_t { kStatus, kList, kGet, kPurge, kVerify };

struct CacheRequest {
  CacheAction action = CacheAction::kStatus;
  std::filesystem::path directory = "sticker_cache";
  std::string digest;            ///< Of the entry to get or purge, or how it begins.
  std::filesystem::path output;  ///< Where `get` writes; empty: standard output.
  CacheListQuery list;
  bool is_repair = false;  ///< `verify` removes what is corrupt.
  bool is_json = false;    ///< Of `status` and `verify`.
};

/// Reading works beside a running service; changing needs the directory for itself. Returns the
/// exit code: 1 if something is corrupt, missing or cannot be had, 2 if what is asked for makes no
/// sense.
int run_cache_command(const CacheRequest& request, const Terminal& terminal);

}  // namespace refrain::app
