#include "refrain/core/mutex.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace refrain {
namespace {

class Account {
public:
  void add(int amount) {
    const MutexLock lock(mutex_);
    balance_ += amount;
  }

  int balance() const {
    const MutexLock lock(mutex_);
    return balance_;
  }

private:
  mutable Mutex mutex_;
  int balance_ REFRAIN_GUARDED_BY(mutex_) = 0;
};

TEST(MutexLock, LetsOneThreadInAtATime) {
  Account account;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&account] {
        for (int j = 0; j < 5000; ++j)
          account.add(1);
      });
    }
  }

  EXPECT_EQ(account.balance(), 20'000);
}

}  // namespace
}  // namespace refrain
