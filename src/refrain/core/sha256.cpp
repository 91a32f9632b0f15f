#include "refrain/core/sha256.h"

#include <openssl/evp.h>

#include <memory>
#include <new>

namespace refrain {
namespace {

struct ContextDeleter {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

/// A context kept per thread, and the algorithm fetched once: `EVP_Digest` looks the algorithm up
/// at every call, which costs more than hashing a prompt.
struct Hasher {
  std::unique_ptr<EVP_MD, void (*)(EVP_MD*)> algorithm{EVP_MD_fetch(nullptr, "SHA256", nullptr),
                                                       EVP_MD_free};
  std::unique_ptr<EVP_MD_CTX, ContextDeleter> context{EVP_MD_CTX_new()};
};

}  // namespace

Sha256Digest sha256(std::string_view bytes) {
  thread_local Hasher hasher;
  Sha256Digest digest{};
  unsigned size = 0;
  const bool done =
      hasher.algorithm != nullptr && hasher.context != nullptr &&
      EVP_DigestInit_ex2(hasher.context.get(), hasher.algorithm.get(), nullptr) == 1 &&
      EVP_DigestUpdate(hasher.context.get(), bytes.data(), bytes.size()) == 1 &&
      EVP_DigestFinal_ex(hasher.context.get(), digest.data(), &size) == 1;
  if (!done) throw std::bad_alloc();
  return digest;
}

}  // namespace refrain
