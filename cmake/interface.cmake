# SPDX-License-Identifier: Apache-2.0
# The descriptions of the interfaces that the control socket serves, from include/fstracker/ into the program.

foreach(interface IN ITEMS control:org.fstracker.Control service:org.varlink.service)
  string(REPLACE ":" ";" interface "${interface}")
  list(GET interface 0 short)
  list(GET interface 1 name)
  set(file "${CMAKE_SOURCE_DIR}/include/fstracker/${name}.varlink")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
  file(READ "${file}" ${short}_interface)
endforeach()
configure_file("${CMAKE_SOURCE_DIR}/cmake/interface.cpp.in" "${CMAKE_BINARY_DIR}/generated/interface.cpp" @ONLY)
target_sources(fstracker_daemon_control PRIVATE "${CMAKE_BINARY_DIR}/generated/interface.cpp")
