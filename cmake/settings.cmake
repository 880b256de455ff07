# SPDX-License-Identifier: Apache-2.0
# How everything is compiled: language, warnings, hardening, sanitizers, compiler cache.

option(FSTRACKER_WERROR "Warnings are errors" OFF)
option(FSTRACKER_CLANG_TIDY "Run clang-tidy on each file" OFF)
option(FSTRACKER_HARDENING "Fortified, position-independent, read-only relocations" ON)
option(FSTRACKER_FUZZERS "Build tests/fuzz with libFuzzer (needs clang)" OFF)
set(FSTRACKER_SANITIZERS "" CACHE STRING "Comma-separated sanitizers for everything, such as address,undefined")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")

include(CheckPIESupported)
check_pie_supported()

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Build directories share their objects: paths inside the build directory are hashed relative to it.
  set(launcher env "CCACHE_BASEDIR=${CMAKE_BINARY_DIR}" CCACHE_NOHASHDIR=1 "${CCACHE}")
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()

# fstracker_warnings: what we ask of our own code, never of generated or system headers.
add_library(fstracker_warnings INTERFACE)
target_compile_options(fstracker_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wcast-align -Wformat=2 -Wundef -Wswitch-enum
  # Members of our structs have their defaults; leaving one out is a choice.
  -Wno-missing-field-initializers
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor -Woverloaded-virtual -Wold-style-cast -Wextra-semi>
  $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond -Wlogical-op>
  # g++ 12 sees overlaps in the concatenation of strings where there are none (its bug 105651).
  $<$<AND:$<COMPILE_LANG_AND_ID:CXX,GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>)
if(FSTRACKER_WERROR)
  target_compile_options(fstracker_warnings INTERFACE -Werror)
endif()

# fstracker_settings: flags that every object of ours must share.
add_library(fstracker_settings INTERFACE)
target_compile_options(fstracker_settings INTERFACE
  -fno-omit-frame-pointer "-ffile-prefix-map=${CMAKE_SOURCE_DIR}=." "-ffile-prefix-map=${CMAKE_BINARY_DIR}=.")
if(FSTRACKER_HARDENING)
  target_compile_options(fstracker_settings INTERFACE
    $<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE>
    $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=2>
    -fstack-protector-strong -fstack-clash-protection)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    target_compile_options(fstracker_settings INTERFACE -fcf-protection)
  endif()
  target_link_options(fstracker_settings INTERFACE LINKER:-z,relro,-z,now,-z,noexecstack,--as-needed)
endif()
if(FSTRACKER_SANITIZERS)
  target_compile_options(fstracker_settings INTERFACE "-fsanitize=${FSTRACKER_SANITIZERS}" -fno-sanitize-recover=all)
  target_link_options(fstracker_settings INTERFACE "-fsanitize=${FSTRACKER_SANITIZERS}")
endif()
if(FSTRACKER_FUZZERS)
  # Coverage for the fuzzer in every object; only the fuzz executables link its main.
  target_compile_options(fstracker_settings INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(fstracker_settings INTERFACE -fsanitize=fuzzer-no-link)
endif()

if(FSTRACKER_CLANG_TIDY)
  find_program(CLANG_TIDY NAMES clang-tidy-14 clang-tidy REQUIRED)
endif()
