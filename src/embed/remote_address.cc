#include "embed/remote_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <cstring>
#include <span>

namespace nexus::embed {
namespace {

using Bytes = std::span<const uint8_t>;

struct Network {
  const char* prefix;
  unsigned bits;
};

constexpr Network kPrivateV4[] = {
    {"0.0.0.0", 8},      {"10.0.0.0", 8},    {"100.64.0.0", 10},   {"127.0.0.0", 8},
    {"169.254.0.0", 16}, {"172.16.0.0", 12}, {"192.0.0.0", 24},    {"192.0.2.0", 24},
    {"192.168.0.0", 16}, {"198.18.0.0", 15}, {"198.51.100.0", 24}, {"203.0.113.0", 24},
    {"224.0.0.0", 4},    {"240.0.0.0", 4},
};

// Only 2000::/3 is given to the internet at large.
constexpr Network kGlobalV6{"2000::", 3};
constexpr Network kPrivateV6[] = {{"2001:db8::", 32}, {"3fff::", 20}};

// Where an IPv6 address carries one of IPv4, and at which byte.
struct Carrier {
  Network network;
  size_t offset;
};
constexpr Carrier kCarriers[] = {
    {{"::ffff:0:0", 96}, 12}, {{"64:ff9b::", 96}, 12}, {{"2002::", 16}, 2}};

bool IsIn(Bytes address, const Network& network) {
  std::array<uint8_t, 16> prefix{};
  inet_pton(address.size() == 4 ? AF_INET : AF_INET6, network.prefix, prefix.data());
  const size_t whole = network.bits / 8;
  if (std::memcmp(address.data(), prefix.data(), whole) != 0) return false;
  const unsigned rest = network.bits % 8;
  return rest == 0 || ((address[whole] ^ prefix[whole]) >> (8 - rest)) == 0;
}

bool IsPrivateV4(Bytes address) {
  for (const Network& network : kPrivateV4) {
    if (IsIn(address, network)) return true;
  }
  return false;
}

bool IsPrivateV6(Bytes address) {
  for (const auto& [network, offset] : kCarriers) {
    if (IsIn(address, network)) return IsPrivateV4(address.subspan(offset, 4));
  }
  for (const Network& network : kPrivateV6) {
    if (IsIn(address, network)) return true;
  }
  return !IsIn(address, kGlobalV6);
}

// The bytes of the address, in network order; none for another family.
Bytes BytesOf(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    return {reinterpret_cast<const uint8_t*>(&v4.sin_addr), 4};
  }
  if (address.sa_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    return {reinterpret_cast<const uint8_t*>(&v6.sin6_addr), 16};
  }
  return {};
}

}  // namespace

bool IsPrivateAddress(const sockaddr& address) {
  const Bytes bytes = BytesOf(address);
  if (bytes.size() == 4) return IsPrivateV4(bytes);
  return bytes.empty() || IsPrivateV6(bytes);
}

std::string AddressText(const sockaddr& address) {
  const Bytes bytes = BytesOf(address);
  char text[INET6_ADDRSTRLEN] = "?";
  if (!bytes.empty()) inet_ntop(address.sa_family, bytes.data(), text, sizeof text);
  return text;
}

}  // namespace nexus::embed
