#pragma once

/// @file
/// A response under construction.

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>

namespace refrain::http {

/// What a handler fills. Belongs to a connection, which uses it again for the next request: buffers
/// keep their capacity, so a response from the cache allocates nothing.
class Response {
public:
  /// Where a body lies that is not in memory.
  struct File {
    int descriptor = -1;
    std::uint64_t offset = 0;
    std::size_t size = 0;
  };

  /// Back to an empty 200.
  void clear();

  void set_status(unsigned status) { status_ = status; }
  [[nodiscard]] unsigned status() const { return status_; }

  /// Appends a field. @pre Neither part has a line break.
  void add_header(std::string_view name, std::string_view value);

  /// The fields so far, each ended by CR LF, for those who format straight into them.
  [[nodiscard]] std::string& header_lines() { return header_lines_; }
  [[nodiscard]] const std::string& header_lines() const { return header_lines_; }

  /// A body of the response's own. `content_type` outlives the response (a literal).
  void set_body(std::string_view content_type, std::string body);

  /// A body that lives elsewhere; `owner` keeps `content_type` and `body` alive until they are
  /// sent. Any cheap-to-copy handle to immutable memory will do; it is moved in.
  template <class Owner>
  void set_shared_body(Owner owner, std::string_view content_type, std::string_view body) {
    keep_owner(std::move(owner));
    content_type_ = content_type;
    body_ = body;
  }

  /// A body of `size` bytes in an open file; `owner`, as in `set_shared_body`, keeps `content_type`
  /// alive, the file open and the body in its place until it is sent. The socket then still refers
  /// to the file's pages: its bytes there are never changed, though the file may be deleted.
  template <class Owner>
  void set_file_body(Owner owner,
                     std::string_view content_type,
                     int descriptor,
                     std::uint64_t offset,
                     std::size_t size) {
    assert(descriptor >= 0);
    keep_owner(std::move(owner));
    content_type_ = content_type;
    body_ = {};
    file_ = {descriptor, offset, size};
  }

  [[nodiscard]] std::string_view content_type() const { return content_type_; }
  /// @pre `file() == nullptr`
  [[nodiscard]] std::string_view body() const {
    assert(file() == nullptr);
    return body_;
  }
  /// Where the body lies, or null if it is in memory.
  [[nodiscard]] const File* file() const { return file_.descriptor < 0 ? nullptr : &file_; }
  [[nodiscard]] std::size_t body_size() const {
    return file() == nullptr ? body_.size() : file_.size;
  }

  Response() = default;
  Response(const Response&) = delete;
  Response& operator=(const Response&) = delete;
  ~Response() { release_owner(); }

private:
  template <class Owner>
  void keep_owner(Owner owner) {
    static_assert(sizeof(Owner) <= sizeof owner_storage_ &&
                  alignof(Owner) <= alignof(std::max_align_t));
    release_owner();
    new (&owner_storage_) Owner(std::move(owner));
    destroy_owner_ = [](void* storage) {
      static_cast<Owner*>(storage)->~Owner();
    };
  }
  /// With what it kept.
  void release_owner();

  unsigned status_ = 200;
  std::string header_lines_;
  std::string own_body_;
  std::string_view content_type_;
  std::string_view body_;
  File file_;  // its descriptor is negative while the body is in memory
  alignas(std::max_align_t) unsigned char owner_storage_[sizeof(std::shared_ptr<void>)] = {};
  void (*destroy_owner_)(void*) = nullptr;
};

}  // namespace refrain::http
