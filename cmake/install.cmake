# SPDX-License-Identifier: Apache-2.0
# Where things go when installed, and the .deb that CPack makes of it.

if(TARGET track)
  install(TARGETS track RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()
if(TARGET fstrackerd)
  install(TARGETS fstrackerd RUNTIME DESTINATION "${CMAKE_INSTALL_SBINDIR}")
  install(FILES systemd/fstrackerd.service DESTINATION lib/systemd/system)
  install(FILES systemd/fstracker.sysusers DESTINATION lib/sysusers.d RENAME fstracker.conf)
endif()
if(EXISTS "${CMAKE_SOURCE_DIR}/rules")
  # The program looks beside the folder that it lies in.
  file(MAKE_DIRECTORY "${CMAKE_BINARY_DIR}/share/fstracker")
  file(CREATE_LINK "${CMAKE_SOURCE_DIR}/rules" "${CMAKE_BINARY_DIR}/share/fstracker/rules" SYMBOLIC)
  install(DIRECTORY rules/ DESTINATION "${CMAKE_INSTALL_DATADIR}/fstracker/rules" FILES_MATCHING PATTERN "*.yml")
endif()
if(EXISTS "${CMAKE_SOURCE_DIR}/docs/schema")
  install(DIRECTORY docs/schema/ DESTINATION "${CMAKE_INSTALL_DATADIR}/fstracker/schema" FILES_MATCHING PATTERN "*.json")
endif()
foreach(section IN ITEMS 1 5 8)
  file(GLOB pages CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/docs/man/*.${section}")
  install(FILES ${pages} DESTINATION "${CMAKE_INSTALL_MANDIR}/man${section}")
endforeach()
install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DOCDIR}" RENAME copyright)
install(DIRECTORY DESTINATION "${CMAKE_INSTALL_FULL_SYSCONFDIR}/fstracker")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME fstracker)
set(CPACK_PACKAGE_CONTACT "The fstracker authors <fstracker@localhost>")
set(CPACK_PACKAGE_VENDOR "The fstracker authors")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Sees in the kernel what a command's process tree opens, loads and executes,
binds each file to the digest of its bytes, and writes the record as signed
in-toto evidence that verifies anywhere.")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "${CMAKE_SOURCE_DIR}/packaging/deb/postinst;${CMAKE_SOURCE_DIR}/packaging/deb/prerm;${CMAKE_SOURCE_DIR}/packaging/deb/postrm")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
