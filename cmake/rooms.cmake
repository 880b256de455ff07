# SPDX-License-Identifier: Apache-2.0
# A room is a folder and a target. A target's include path leads only to its own folder and, through the targets that it
# links, to the folders those stand for: including a header of a room that is not linked does not compile.

# fstracker_contracts: include/, which every room sees, and the generated fstracker/version.hpp.
add_library(fstracker_contracts INTERFACE)
target_include_directories(fstracker_contracts INTERFACE "${CMAKE_SOURCE_DIR}/include" "${CMAKE_BINARY_DIR}/generated")

# fstracker_room(NAME [DEPENDS room…] [LIBRARIES target…] [PRIVATE_LIBRARIES target…])
# NAME is core_<folder> for core/<folder>, daemon_<folder> for daemon/<folder>, else the folder, without folders that are
# rooms of their own. LIBRARIES appear in the room's headers, PRIVATE_LIBRARIES only
# in its sources. main.cpp belongs to the program and not to the room.
function(fstracker_room name)
  cmake_parse_arguments(PARSE_ARGV 1 room "" "" "DEPENDS;LIBRARIES;PRIVATE_LIBRARIES")
  string(REGEX REPLACE "^(core|daemon)_" "\\1/" folder "${name}")
  set(target fstracker_${name})
  list(TRANSFORM room_DEPENDS PREPEND fstracker_)

  set(door "${CMAKE_BINARY_DIR}/rooms/${name}")
  get_filename_component(parent "${door}/${folder}" DIRECTORY)
  file(MAKE_DIRECTORY "${parent}")
  if(NOT IS_SYMLINK "${door}/${folder}")
    file(CREATE_LINK "${CMAKE_SOURCE_DIR}/${folder}" "${door}/${folder}" SYMBOLIC)
  endif()

  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/${folder}/*.cpp")
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  get_property(rooms GLOBAL PROPERTY fstracker_rooms)
  foreach(room IN LISTS rooms)
    list(FILTER sources EXCLUDE REGEX "^${CMAKE_SOURCE_DIR}/${room}/")
  endforeach()
  set_property(GLOBAL APPEND PROPERTY fstracker_rooms "${folder}")
  if(sources)
    add_library(${target} STATIC ${sources})
    target_include_directories(${target} PUBLIC "${door}")
    target_link_libraries(${target}
      PUBLIC fstracker_contracts ${room_DEPENDS} ${room_LIBRARIES}
      PRIVATE fstracker_settings fstracker_warnings ${room_PRIVATE_LIBRARIES})
    add_dependencies(${target} fstracker_version)
    fstracker_tidy(${target})
  else()
    add_library(${target} INTERFACE)
    target_include_directories(${target} INTERFACE "${door}")
    target_link_libraries(${target} INTERFACE fstracker_contracts ${room_DEPENDS} ${room_LIBRARIES})
  endif()
endfunction()

# fstracker_program(NAME ROOM): the executable NAME from ROOM/main.cpp and the room itself.
function(fstracker_program name room)
  file(GLOB main CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/${room}/main.cpp")
  if(NOT main)
    message(FATAL_ERROR "${name} cannot be built: there is no ${room}/main.cpp")
    return()
  endif()
  add_executable(${name} ${main})
  target_link_libraries(${name} PRIVATE fstracker_${room} fstracker_settings fstracker_warnings)
  add_dependencies(${name} fstracker_version)
  fstracker_tidy(${name})
endfunction()

function(fstracker_tidy target)
  if(NOT FSTRACKER_CLANG_TIDY)
    return()
  endif()
  set(command "${CLANG_TIDY}" --quiet --extra-arg=-Wno-unknown-warning-option)
  if(FSTRACKER_WERROR)
    list(APPEND command --warnings-as-errors=*)
  endif()
  set_target_properties(${target} PROPERTIES CXX_CLANG_TIDY "${command}")
endfunction()
