# SPDX-License-Identifier: Apache-2.0
# generated/fstracker/version.hpp: the project's version and the commit, looked up at each build, rewritten only on change.
# Included by CMakeLists.txt it defines the target; run with -P it writes the file.

if(CMAKE_SCRIPT_MODE_FILE)
  set(commit "")
  execute_process(COMMAND git -C "${SOURCE}" rev-parse --verify --quiet HEAD
    OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  if(failed)
    set(commit "")
  endif()
  configure_file("${SOURCE}/cmake/version.hpp.in" "${OUTPUT}" @ONLY)
  return()
endif()

set(header "${CMAKE_BINARY_DIR}/generated/fstracker/version.hpp")
add_custom_target(fstracker_version
  COMMAND "${CMAKE_COMMAND}" "-DSOURCE=${CMAKE_SOURCE_DIR}" "-DOUTPUT=${header}" "-DVERSION=${PROJECT_VERSION}"
          -P "${CMAKE_CURRENT_LIST_FILE}"
  BYPRODUCTS "${header}"
  COMMENT "version header")
