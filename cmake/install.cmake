# SPDX-License-Identifier: Apache-2.0
# Where things go when installed, and the .deb that CPack makes of it.

foreach(program IN ITEMS track fstrackerd)
  if(TARGET ${program})
    set(bin "${CMAKE_INSTALL_BINDIR}")
    if(program STREQUAL "fstrackerd")
      set(bin "${CMAKE_INSTALL_SBINDIR}")
    endif()
    install(TARGETS ${program} RUNTIME DESTINATION "${bin}")
  endif()
endforeach()
