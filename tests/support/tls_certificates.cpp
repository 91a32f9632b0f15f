#include "support/tls_certificates.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace refrain::testing {

TlsCertificates::TlsCertificates() {
  make_authority("ca");
  make_authority("other-ca");
  sign("server", "DNS:localhost,IP:127.0.0.1", "30");
  sign("elsewhere", "DNS:elsewhere.example", "30");
  sign("expired", "DNS:localhost,IP:127.0.0.1", "-1");
  sign("client", "DNS:client.example", "30");
  std::filesystem::create_directory(ca_directory());
  std::filesystem::copy(path("ca.crt"), ca_directory());
  openssl({"rehash", ca_directory()});
}

std::string TlsCertificates::path(std::string_view file) const {
  return (folder_.path() / file).string();
}

std::string TlsCertificates::ca_directory() const {
  return path("authorities");
}

void TlsCertificates::make_authority(const std::string& name) {
  openssl({"req",
           "-x509",
           "-newkey",
           "ec",
           "-pkeyopt",
           "ec_paramgen_curve:prime256v1",
           "-nodes",
           "-days",
           "30",
           "-subj",
           "/CN=" + name,
           "-keyout",
           path(name + ".key"),
           "-out",
           path(name + ".crt")});
}

void TlsCertificates::sign(const std::string& name,
                           const std::string& alternative_names,
                           const std::string& days) {
  const std::string extensions = path(name + ".ext");
  std::ofstream(extensions) << "subjectAltName=" << alternative_names << "\n";
  openssl({"req",
           "-new",
           "-newkey",
           "ec",
           "-pkeyopt",
           "ec_paramgen_curve:prime256v1",
           "-nodes",
           "-subj",
           "/CN=" + name,
           "-keyout",
           path(name + ".key"),
           "-out",
           path(name + ".csr")});
  openssl({"x509",
           "-req",
           "-in",
           path(name + ".csr"),
           "-CA",
           path("ca.crt"),
           "-CAkey",
           path("ca.key"),
           "-CAcreateserial",
           "-days",
           days,
           "-extfile",
           extensions,
           "-out",
           path(name + ".crt")});
}

void TlsCertificates::openssl(std::vector<std::string> words) const {
  words.insert(words.begin(), "openssl");
  std::vector<char*> argv;
  for (std::string& word : words)
    argv.push_back(word.data());
  argv.push_back(nullptr);
  const ::pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child == 0) {
    const int nowhere = ::open("/dev/null", O_RDWR);
    ::dup2(nowhere, STDIN_FILENO);
    ::dup2(nowhere, STDOUT_FILENO);
    ::dup2(nowhere, STDERR_FILENO);
    ::execvp(argv[0], argv.data());
    ::_exit(127);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (status != 0) throw std::runtime_error("openssl " + words[1] + " failed: is it installed?");
}

}  // namespace refrain::testing
