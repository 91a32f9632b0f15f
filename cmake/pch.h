// Heavy third-party and standard headers, parsed once per build. Every file still includes what it uses:
// the `tidy` preset and the header check build without this.
#include <boost/asio.hpp>
#include <boost/json.hpp>

#include <tl/expected.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>
