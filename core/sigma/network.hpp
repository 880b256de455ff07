// SPDX-License-Identifier: Apache-2.0
// Ranges of IP addresses, as `cidr` has them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fstracker::sigma {

class Network {
  public:
    // "10.0.0.0/8", "fe80::/10", or an address alone. Nothing where it is no such range, or has bits beyond its prefix.
    static std::optional<Network> parse(std::string_view text);

    // False for what is no address. An IPv4 address within IPv6 (::ffff:10.0.0.1) is that IPv4 address.
    bool contains(std::string_view address) const;

    const std::string& text() const { return text_; }

  private:
    std::array<std::uint8_t, 16> bytes_{};
    unsigned bits_ = 0;  // of the prefix
    bool v6_ = false;
    std::string text_;
};

}  // namespace fstracker::sigma
