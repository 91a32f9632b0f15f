#include "refrain/http/response_writer.h"

#include <boost/asio/error.hpp>

#include <pthread.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

namespace refrain::http {
namespace {

/// Once for each thread, not around each call: that would be two more system calls. What is raised
/// stays pending on the thread, and does nothing.
void block_sigpipe() {
  thread_local bool is_blocked = false;
  if (std::exchange(is_blocked, true)) return;
  sigset_t broken_pipe;
  ::sigemptyset(&broken_pipe);
  ::sigaddset(&broken_pipe, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
}

bool is_full(int error) {
  return error == EAGAIN || error == EWOULDBLOCK;
}

}  // namespace

void ResponseWriter::begin_file(std::string_view head, const Response::File& file) {
  head_ = head;
  file_ = file;
  block_sigpipe();
  // Asio does so itself with the first read; there may have been none. If it fails, so does what
  // follows.
  ErrorCode ignored;
  if (!socket_.native_non_blocking()) static_cast<void>(socket_.native_non_blocking(true, ignored));
}

ResponseWriter::Step ResponseWriter::send_some(ErrorCode& error) {
  // Closed meanwhile: the client is past its deadline, or the server stops.
  if (!socket_.is_open()) {
    error = boost::asio::error::operation_aborted;
    return Step::kFailed;
  }
  if (!head_.empty()) {
    const Step step = send_head(error);
    if (step != Step::kDone) return step;
  }
  return send_piece(error);
}

ResponseWriter::Step ResponseWriter::send_head(ErrorCode& error) {
  while (!head_.empty()) {
    const ssize_t sent = ::send(socket_.native_handle(),
                                head_.data(),
                                head_.size(),
                                MSG_MORE | MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) {
      head_.remove_prefix(static_cast<std::size_t>(sent));
    } else if (is_full(errno)) {
      return Step::kFull;
    } else if (errno != EINTR) {
      error.assign(errno, boost::system::system_category());
      return Step::kFailed;
    }
  }
  return Step::kDone;
}

ResponseWriter::Step ResponseWriter::send_piece(ErrorCode& error) {
  std::size_t room = kMaxPiece;
  while (file_.size > 0) {
    if (room == 0) return Step::kPause;
    auto offset = static_cast<off_t>(file_.offset);
    const ssize_t sent =
        ::sendfile(socket_.native_handle(), file_.descriptor, &offset, std::min(room, file_.size));
    if (sent > 0) {
      file_.offset += static_cast<std::uint64_t>(sent);
      file_.size -= static_cast<std::size_t>(sent);
      room -= static_cast<std::size_t>(sent);
    } else if (sent == 0) {
      error = boost::asio::error::eof;
      return Step::kFailed;
    } else if (is_full(errno)) {
      return Step::kFull;
    } else if (errno != EINTR) {
      error.assign(errno, boost::system::system_category());
      return Step::kFailed;
    }
  }
  return Step::kDone;
}

}  // namespace refrain::http
