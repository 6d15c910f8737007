// Addresses that a server on the internet does not have.
#pragma once

#include <sys/socket.h>

#include <string>

namespace nexus::embed {

// True for what must not be reached by a name that somebody else controls (server-side request
// forgery): this machine, private and shared networks, link-local with the metadata services of
// clouds, documentation, benchmarks, multicast and what is reserved (IANA's special-purpose
// registries, RFC 6890), for IPv4 also where an IPv6 address carries it, and for every family
// besides the two. Pure.
bool IsPrivateAddress(const sockaddr& address);

// "127.0.0.1" or "::1".
std::string AddressText(const sockaddr& address);

}  // namespace nexus::embed
