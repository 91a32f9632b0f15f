/// @file
/// What the sanitizers cannot know about the libraries that draw, which are not built with them.
/// Each program that draws stickers under a sanitizer compiles this file in.

// The runtimes look for these names; see "Suppressions" in their manuals.
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions();

/// An FcPattern refers to its elements by their distance from itself, which is no pointer: they
/// look lost while the fonts are in use, those of Pango's and the process's own configuration until
/// the end.
const char* __lsan_default_suppressions() {
  return "leak:libfontconfig.so\n";
}

/// They pass memory between threads by atomic operations and futexes of their own, which the
/// runtime does not see; it sees only the calls into libc that it intercepts. Our own accesses and
/// our calls into them are checked as ever.
const char* __tsan_default_suppressions() {
  return "called_from_lib:libcairo.so\n"
         "called_from_lib:libfontconfig.so\n"
         "called_from_lib:libfreetype.so\n"
         "called_from_lib:libglib-2.0.so\n"
         "called_from_lib:libgobject-2.0.so\n"
         "called_from_lib:libharfbuzz.so\n"
         "called_from_lib:libpango-1.0.so\n"
         "called_from_lib:libpangocairo-1.0.so\n"
         "called_from_lib:libpangoft2-1.0.so\n";
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
