#pragma once

/// @file
/// Owners of the C libraries' objects that drawing uses.

#include <cairo.h>
#include <glib-object.h>

#include <memory>

namespace refrain {

/// Calls a C library's function that gives an object back.
template <auto release>
struct Releaser {
  template <class T>
  void operator()(T* object) const {
    release(object);
  }
};

using CairoHandle = std::unique_ptr<cairo_t, Releaser<cairo_destroy>>;
using SurfaceHandle = std::unique_ptr<cairo_surface_t, Releaser<cairo_surface_destroy>>;
using PatternHandle = std::unique_ptr<cairo_pattern_t, Releaser<cairo_pattern_destroy>>;
using PathHandle = std::unique_ptr<cairo_path_t, Releaser<cairo_path_destroy>>;

template <class T>
using ObjectHandle = std::unique_ptr<T, Releaser<g_object_unref>>;

}  // namespace refrain
