# What `cmake --install` leaves: the libraries for other projects (component `development`), which find
# them with find_package(refrain), and the program (component `program`). tests/install uses the first.
include(CMakePackageConfigHelpers)

set(REFRAIN_INSTALLED_LIBRARIES core cache memory disk redis_client redis)
set(REFRAIN_BOOST_COMPONENTS "")
foreach(name IN LISTS REFRAIN_INSTALLED_LIBRARIES)
  if(NOT TARGET refrain_${name})
    continue()
  endif()
  install(TARGETS refrain_${name} EXPORT refrainTargets COMPONENT development
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development
    FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development)
  # A static library's users link what it links: name the compiled parts of Boost among it.
  get_target_property(links refrain_${name} LINK_LIBRARIES)
  foreach(component IN ITEMS json url)
    if("Boost::${component}" IN_LIST links)
      list(APPEND REFRAIN_BOOST_COMPONENTS ${component})
    endif()
  endforeach()
endforeach()
list(REMOVE_DUPLICATES REFRAIN_BOOST_COMPONENTS)
list(JOIN REFRAIN_BOOST_COMPONENTS " " REFRAIN_BOOST_COMPONENTS)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/refrain)
install(EXPORT refrainTargets NAMESPACE refrain:: DESTINATION ${package_dir} COMPONENT development)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/refrain-config.cmake.in
  ${CMAKE_BINARY_DIR}/cmake/refrain-config.cmake INSTALL_DESTINATION ${package_dir})
# Before 1.0 a minor version may change the interface.
write_basic_package_version_file(${CMAKE_BINARY_DIR}/cmake/refrain-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/cmake/refrain-config.cmake ${CMAKE_BINARY_DIR}/cmake/refrain-config-version.cmake
  DESTINATION ${package_dir} COMPONENT development)

if(TARGET refrain)
  install(TARGETS refrain RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
endif()
