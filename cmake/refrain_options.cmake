# refrain_options: how our own code is compiled. Linked PRIVATE, so that consumers never inherit it.
add_library(refrain_options INTERFACE)
target_compile_features(refrain_options INTERFACE cxx_std_20)
target_compile_options(refrain_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual
  # clang's warnings are errors; GCC 12's are to be read: some are about code that is right.
  $<$<AND:$<BOOL:${REFRAIN_DEVELOPER_MODE}>,$<CXX_COMPILER_ID:Clang>>:-Werror>)
# Boost's own definitions, for every file alike: GCC uses a precompiled header only if they are the same.
target_compile_definitions(refrain_options INTERFACE $<TARGET_PROPERTY:Boost::json,INTERFACE_COMPILE_DEFINITIONS>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(refrain_options INTERFACE -Wthread-safety -fcoro-aligned-allocation)
  target_link_options(refrain_options INTERFACE -fuse-ld=lld-19)
else()
  # GCC 12 sees maybe-uninitialised and null-dereference ghosts inside Boost and std at -O and with sanitizers.
  target_compile_options(refrain_options INTERFACE -Wno-maybe-uninitialized -Wno-subobject-linkage)
endif()
if(REFRAIN_SANITIZE)
  target_compile_options(refrain_options INTERFACE -fsanitize=${REFRAIN_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(refrain_options INTERFACE -fsanitize=${REFRAIN_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # Checking what Boost and the standard library do themselves takes half the time of compiling.
    target_compile_options(refrain_options INTERFACE -fsanitize-ignorelist=${CMAKE_CURRENT_LIST_DIR}/ubsan_ignorelist.txt)
  endif()
endif()
if(REFRAIN_COVERAGE)
  target_compile_options(refrain_options INTERFACE -fprofile-instr-generate -fcoverage-mapping)
  target_link_options(refrain_options INTERFACE -fprofile-instr-generate)
endif()
if(REFRAIN_LIBFUZZER)
  # The libraries too, or the fuzzer would not see which paths an input takes in them.
  target_compile_options(refrain_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
set(CMAKE_CXX_EXTENSIONS OFF)
# Not CMAKE_POSITION_INDEPENDENT_CODE: it gives programs -fPIE, and they could not share the precompiled header.
target_compile_options(refrain_options INTERFACE -fPIC)

# refrain_test_options: how tests are compiled. Their own code is not worth optimising when it is instrumented.
add_library(refrain_test_options INTERFACE)
target_link_libraries(refrain_test_options INTERFACE refrain_options)
if(REFRAIN_SANITIZE)
  target_compile_options(refrain_test_options INTERFACE -O0)
endif()
