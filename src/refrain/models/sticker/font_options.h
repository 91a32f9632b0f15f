#pragma once

/// @file
/// Where a sticker's letters come from.

#include <string>
#include <vector>

namespace refrain {

/// Font files and folders. Nothing of the user's or the system's own font configuration is read, so
/// the same files give the same letters everywhere. The defaults are where Debian installs
/// fonts-quicksand, fonts-comfortaa, fonts-comic-neue and fonts-lobster.
struct FontOptions {
  /// The fonts of captions. A file that is not there is passed over.
  std::vector<std::string> files = {
      "/usr/share/fonts/truetype/quicksand/Quicksand-Bold.ttf",
      "/usr/share/fonts/truetype/comfortaa/Comfortaa-Bold.ttf",
      "/usr/share/fonts/opentype/comic-neue/ComicNeue-Bold.otf",
      "/usr/share/fonts/opentype/lobster/lobster.otf",
  };
  /// Searched for whatever script the files do not have. More fonts here make opening slower.
  std::vector<std::string> directories = {"/usr/share/fonts"};
  /// Where fontconfig may already have an index of the directories; without one they are scanned.
  std::string cache_directory = "/var/cache/fontconfig";
};

}  // namespace refrain
