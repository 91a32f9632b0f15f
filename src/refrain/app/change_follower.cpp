#include "refrain/app/change_follower.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace refrain::app {

void ChangeFollower::on_feed_up() {
  on_epoch_raised();
  if (near_ == nullptr) return;
  // Look-ups that began before this may still hold what was changed before it.
  cache_.invalidate_all();
  near_->open();
}

void ChangeFollower::on_feed_down() {
  if (near_ != nullptr) near_->close();
}

void ChangeFollower::on_changed(CacheKey key) {
  if (near_ != nullptr) cache_.invalidate(key);
}

void ChangeFollower::on_all_changed() {
  if (near_ != nullptr) cache_.invalidate_all();
}

void ChangeFollower::on_epoch_raised() {
  boost::asio::co_spawn(executor_, cache_.follow_epoch(), boost::asio::detached);
}

}  // namespace refrain::app
