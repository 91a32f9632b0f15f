# Everything comes from the system's packages (tools/install_dependencies says why each is needed).
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json url)
find_package(OpenSSL 3.0 REQUIRED)
find_package(tl-expected REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)

if(REFRAIN_DEVELOPER_MODE)
  find_package(Boost 1.81 REQUIRED COMPONENTS iostreams)  # traces that gzip, xz or zstd made
  find_package(CLI11 REQUIRED)
  find_package(spdlog REQUIRED)
  find_package(prometheus-cpp CONFIG REQUIRED)  # prometheus-cpp::core
  find_package(GTest REQUIRED)
  find_package(benchmark REQUIRED)
  pkg_check_modules(TOMLPLUSPLUS REQUIRED IMPORTED_TARGET tomlplusplus)
  pkg_check_modules(PANGOCAIRO REQUIRED IMPORTED_TARGET pangocairo pangoft2)
  pkg_check_modules(WEBP REQUIRED IMPORTED_TARGET libwebp)
  find_package(PNG REQUIRED)
  pkg_check_modules(HIREDIS QUIET IMPORTED_TARGET hiredis)  # of tests and benchmarks: tools/install_dependencies check
endif()

# Boost's headers are third-party code: our warnings are not for them.
foreach(target IN ITEMS Boost::headers Boost::boost)
  if(TARGET ${target})
    get_target_property(dirs ${target} INTERFACE_INCLUDE_DIRECTORIES)
    if(dirs)
      set_target_properties(${target} PROPERTIES INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${dirs}")
    endif()
  endif()
endforeach()
