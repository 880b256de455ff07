// SPDX-License-Identifier: Apache-2.0
#include "core/sigma/network.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace fstracker::sigma {
namespace {

struct Address {
    std::array<std::uint8_t, 16> bytes{};
    bool v6 = false;
};

std::optional<Address> read_address(std::string_view text) {
    std::array<char, INET6_ADDRSTRLEN> copy{};
    if (text.empty() || text.size() >= copy.size()) return std::nullopt;
    std::copy(text.begin(), text.end(), copy.begin());
    Address address;
    if (::inet_pton(AF_INET, copy.data(), address.bytes.data()) == 1) return address;
    if (::inet_pton(AF_INET6, copy.data(), address.bytes.data()) != 1) return std::nullopt;
    address.v6 = true;
    return address;
}

// ::ffff:a.b.c.d as a.b.c.d.
void unwrap(Address& address) {
    constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    if (!address.v6 || !std::equal(kMapped.begin(), kMapped.end(), address.bytes.begin())) return;
    std::copy(address.bytes.begin() + 12, address.bytes.end(), address.bytes.begin());
    std::fill(address.bytes.begin() + 4, address.bytes.end(), std::uint8_t{0});
    address.v6 = false;
}

bool same_prefix(const std::array<std::uint8_t, 16>& a, const std::array<std::uint8_t, 16>& b, unsigned bits) {
    const unsigned whole = bits / 8;
    if (!std::equal(a.begin(), a.begin() + whole, b.begin())) return false;
    const unsigned rest = bits % 8;
    return rest == 0 || (a[whole] ^ b[whole]) >> (8U - rest) == 0;
}

}  // namespace

std::optional<Network> Network::parse(std::string_view text) {
    const auto slash = text.find('/');
    const auto address = read_address(text.substr(0, slash));
    if (!address) return std::nullopt;
    Network network;
    network.bytes_ = address->bytes;
    network.v6_ = address->v6;
    network.bits_ = address->v6 ? 128 : 32;
    network.text_ = text;
    if (slash != std::string_view::npos) {
        const auto digits = text.substr(slash + 1);
        const unsigned most = network.bits_;
        const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), network.bits_);
        if (read.ec != std::errc() || read.ptr != digits.data() + digits.size() || network.bits_ > most)
            return std::nullopt;
    }
    for (unsigned bit = network.bits_; bit < 128; ++bit)
        if ((network.bytes_[bit / 8] >> (7U - bit % 8U) & 1U) != 0) return std::nullopt;
    return network;
}

bool Network::contains(std::string_view text) const {
    auto address = read_address(text);
    if (!address) return false;
    if (!v6_) unwrap(*address);
    return address->v6 == v6_ && same_prefix(address->bytes, bytes_, bits_);
}

}  // namespace fstracker::sigma
