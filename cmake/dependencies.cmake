# SPDX-License-Identifier: Apache-2.0
# Libraries from the distribution, each as an imported target under one name.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED COMPONENTS Crypto)
find_package(fmt REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(CLI11 REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(tl-expected REQUIRED)
find_package(valijson REQUIRED)
find_package(ZLIB REQUIRED)
find_package(spdlog REQUIRED)

foreach(library IN ITEMS libbpf libzstd libseccomp re2 sqlite3 yaml-0.1)
  pkg_check_modules(${library} REQUIRED IMPORTED_TARGET ${library})
endforeach()
add_library(libbpf::libbpf ALIAS PkgConfig::libbpf)
add_library(zstd::zstd ALIAS PkgConfig::libzstd)
add_library(libseccomp::libseccomp ALIAS PkgConfig::libseccomp)
add_library(sqlite3::sqlite3 ALIAS PkgConfig::sqlite3)
add_library(re2::re2 ALIAS PkgConfig::re2)
add_library(libyaml::libyaml ALIAS PkgConfig::yaml-0.1)

find_program(BPF_CLANG NAMES clang-14 clang REQUIRED)
find_program(BPFTOOL NAMES bpftool PATHS /usr/sbin /sbin REQUIRED)
