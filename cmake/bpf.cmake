# SPDX-License-Identifier: Apache-2.0
# bpf/fstracker.bpf.c -> fstracker.bpf.o -> fstracker.skel.h, seen through the target fstracker_skeleton.
# Nothing is taken from the running kernel: types come from bpf/ and are relocated when loaded.

set(bpf_source "${CMAKE_SOURCE_DIR}/bpf/fstracker.bpf.c")
set(bpf_directory "${CMAKE_BINARY_DIR}/bpf")
set(bpf_object "${bpf_directory}/fstracker.bpf.o")
set(bpf_skeleton "${bpf_directory}/fstracker.skel.h")
file(MAKE_DIRECTORY "${bpf_directory}")

if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  set(bpf_arch x86)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
  set(bpf_arch arm64)
else()
  message(FATAL_ERROR "no BPF register layout is known for ${CMAKE_SYSTEM_PROCESSOR}")
endif()

# The BPF target has no triplet folder of its own, where asm/types.h lives.
set(bpf_system "")
if(CMAKE_LIBRARY_ARCHITECTURE)
  set(bpf_system -idirafter "/usr/include/${CMAKE_LIBRARY_ARCHITECTURE}")
endif()

add_custom_command(OUTPUT "${bpf_object}"
  COMMAND "${BPF_CLANG}" -target bpf -mcpu=v3 -std=gnu11 -g -O2 "-D__TARGET_ARCH_${bpf_arch}"
          -Wall -Wextra -Wno-unused-parameter -Wno-missing-declarations
          "-I${CMAKE_SOURCE_DIR}/include" "-I${CMAKE_SOURCE_DIR}/bpf" ${bpf_system}
          "-ffile-prefix-map=${CMAKE_SOURCE_DIR}=."
          -MD -MF "${bpf_object}.d" -MT "${bpf_object}" -c "${bpf_source}" -o "${bpf_object}"
  DEPENDS "${bpf_source}"
  DEPFILE "${bpf_object}.d"
  COMMENT "bpf/fstracker.bpf.c" VERBATIM)

add_custom_command(OUTPUT "${bpf_skeleton}"
  COMMAND "${BPFTOOL}" gen skeleton "${bpf_object}" name fstracker_bpf > "${bpf_skeleton}.new"
  COMMAND "${CMAKE_COMMAND}" -E rename "${bpf_skeleton}.new" "${bpf_skeleton}"
  DEPENDS "${bpf_object}"
  COMMENT "fstracker.skel.h" VERBATIM)

add_library(fstracker_skeleton INTERFACE)
target_include_directories(fstracker_skeleton SYSTEM INTERFACE "${bpf_directory}")
target_sources(fstracker_skeleton INTERFACE "${bpf_skeleton}")
