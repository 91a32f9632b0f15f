#pragma once

/// @file
/// A mutex that clang's thread safety analysis understands (libstdc++'s is not annotated).
/// Attribute names: https://clang.llvm.org/docs/ThreadSafetyAnalysis.html

#include <mutex>

#if defined(__clang__)
#define REFRAIN_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define REFRAIN_THREAD_ATTRIBUTE(x)
#endif

#define REFRAIN_CAPABILITY(x) REFRAIN_THREAD_ATTRIBUTE(capability(x))
#define REFRAIN_SCOPED_CAPABILITY REFRAIN_THREAD_ATTRIBUTE(scoped_lockable)
#define REFRAIN_GUARDED_BY(x) REFRAIN_THREAD_ATTRIBUTE(guarded_by(x))
#define REFRAIN_REQUIRES(...) REFRAIN_THREAD_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define REFRAIN_EXCLUDES(...) REFRAIN_THREAD_ATTRIBUTE(locks_excluded(__VA_ARGS__))
#define REFRAIN_ACQUIRE(...) REFRAIN_THREAD_ATTRIBUTE(acquire_capability(__VA_ARGS__))
#define REFRAIN_TRY_ACQUIRE(...) REFRAIN_THREAD_ATTRIBUTE(try_acquire_capability(__VA_ARGS__))
#define REFRAIN_RELEASE(...) REFRAIN_THREAD_ATTRIBUTE(release_capability(__VA_ARGS__))

namespace refrain {

/// `std::mutex` with annotations: members say `REFRAIN_GUARDED_BY(mutex_)`, and clang checks it.
class REFRAIN_CAPABILITY("mutex") Mutex {
public:
  void lock() REFRAIN_ACQUIRE() { mutex_.lock(); }
  bool try_lock() REFRAIN_TRY_ACQUIRE(true) { return mutex_.try_lock(); }
  void unlock() REFRAIN_RELEASE() { mutex_.unlock(); }

private:
  std::mutex mutex_;
};

/// Holds a `Mutex` for a scope.
class REFRAIN_SCOPED_CAPABILITY MutexLock {
public:
  explicit MutexLock(Mutex& mutex) REFRAIN_ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() REFRAIN_RELEASE() { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

private:
  Mutex& mutex_;
};

}  // namespace refrain
