#pragma once

/// @file
/// A route whose answers lie in a file.

#include "http/sample_routes.h"
#include "support/sample_file.h"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <semaphore>
#include <string>
#include <string_view>

namespace refrain::testing {

/// Text in which no two neighbouring pieces are alike.
inline std::string long_text(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; text.size() < size; ++i)
    text += std::to_string(i) + ",";
  text.resize(size);
  return text;
}

/// `GET /file`: a text that lies in the middle of a file. `GET /known-file`: the same, as a 304.
///
/// Lifetime: it outlives the server.
class FileRoute {
public:
  FileRoute(SampleRoutes& routes, std::size_t size) : text_(long_text(size)) {
    for (const unsigned status : {200U, 304U}) {
      routes.router().add(
          http::Method::kGet,
          status == 200U ? "/file" : "/known-file",
          [this, status](const http::Request& /*request*/, http::Response& response) {
            answer(status, response);
            return std::optional<Task<void>>();
          });
    }
  }

  [[nodiscard]] const std::string& text() const { return text_; }
  /// Cuts the file off after so many bytes of the text.
  void truncate(std::size_t size) { file_.truncate(kBefore.size() + size); }
  /// Cuts the file off after about so many bytes of the text.
  void truncate_between_pages(std::size_t size) {
    const auto page = static_cast<std::size_t>(::getpagesize());
    file_.truncate(size / page * page);
  }

  [[nodiscard]] bool wait_until_asked() { return asked_.try_acquire_for(std::chrono::seconds(10)); }
  /// Responses that have not let the file go yet.
  [[nodiscard]] int users() const { return users_; }

private:
  static constexpr std::string_view kBefore = "what lies before the text";

  void answer(unsigned status, http::Response& response) {
    ++users_;
    const std::shared_ptr<const SampleFile> owner(&file_,
                                                  [this](const SampleFile* /*file*/) { --users_; });
    response.set_status(status);
    response.set_file_body(owner, "text/plain", file_.descriptor(), kBefore.size(), text_.size());
    asked_.release();
  }

  const std::string text_;
  SampleFile file_{std::string(kBefore) + text_ + "what lies behind the text"};
  std::atomic<int> users_ = 0;
  std::counting_semaphore<> asked_{0};
};

}  // namespace refrain::testing
