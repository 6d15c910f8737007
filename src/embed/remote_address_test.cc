#include "embed/remote_address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <string>

namespace nexus::embed {
namespace {

sockaddr_storage AddressOf(const std::string& text) {
  sockaddr_storage storage{};
  auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
  const bool is_v6 = text.contains(':');
  storage.ss_family = is_v6 ? AF_INET6 : AF_INET;
  void* bytes = is_v6 ? static_cast<void*>(&v6.sin6_addr) : &v4.sin_addr;
  EXPECT_EQ(inet_pton(storage.ss_family, text.c_str(), bytes), 1) << text;
  return storage;
}

bool IsPrivate(const std::string& text) {
  const sockaddr_storage storage = AddressOf(text);
  const auto& address = reinterpret_cast<const sockaddr&>(storage);
  EXPECT_EQ(AddressText(address), text);
  return IsPrivateAddress(address);
}

TEST(PrivateAddressTest, WhatTheInternetDoesNotHaveIsPrivate) {
  for (const char* text : {"127.0.0.1",
                           "127.255.255.255",
                           "0.0.0.0",
                           "10.0.0.1",
                           "10.255.255.255",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.168.0.1",
                           "169.254.169.254",
                           "100.64.0.1",
                           "100.100.100.200",
                           "192.0.0.192",
                           "198.18.0.1",
                           "224.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "fe80::1",
                           "fd00:ec2::254",
                           "fc00::1",
                           "ff02::1",
                           "fec0::1",
                           "2001:db8::1"}) {
    EXPECT_TRUE(IsPrivate(text)) << text;
  }
}

TEST(PrivateAddressTest, WhatTheInternetHasIsNot) {
  for (const char* text :
       {"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.1", "172.15.255.255", "172.32.0.1",
        "192.167.255.255", "192.169.0.1", "169.253.255.255", "100.63.255.255", "100.128.0.1",
        "223.255.255.255", "2606:4700:4700::1111", "2a00:1450::1"}) {
    EXPECT_FALSE(IsPrivate(text)) << text;
  }
}

TEST(PrivateAddressTest, AnAddressOfVersion4InsideOneOfVersion6IsJudgedAsSuch) {
  for (const char* text : {"::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1",
                           "2002:7f00:1::", "2002:a9fe:a9fe::1"}) {
    EXPECT_TRUE(IsPrivate(text)) << text;
  }
  for (const char* text : {"::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"}) {
    EXPECT_FALSE(IsPrivate(text)) << text;
  }
}

TEST(PrivateAddressTest, AnotherFamilyIsPrivate) {
  sockaddr address{};
  address.sa_family = AF_UNIX;
  EXPECT_TRUE(IsPrivateAddress(address));
}

}  // namespace
}  // namespace nexus::embed
