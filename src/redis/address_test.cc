#include "redis/address.h"

#include <gtest/gtest.h>

#include <format>
#include <utility>

namespace nexus::redis {
namespace {

std::string Describe(std::string_view text) {
  const auto address = ParseAddress(text);
  if (!address) return "no: " + address.error().message;
  return std::format("{} user={} password={}", address->ToString(), address->user,
                     address->password);
}

TEST(RedisAddressTest, AddressesAreReadAndPrintedWithoutTheirPassword) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"redis://h", "redis://h:6379/0 user= password="},
      {"redis://h:7000/3", "redis://h:7000/3 user= password="},
      {"redis://h/", "redis://h:6379/0 user= password="},
      {"redis://:s%40c:ret@h:1", "redis://h:1/0 user= password=s@c:ret"},
      {"redis://ana:p@[::1]:2/1", "redis://[::1]:2/1 user=ana password=p"},
      {"redis://:a@b@h", "redis://h:6379/0 user= password=a@b"},
      {"unix:///run/redis.sock", "unix:///run/redis.sock user= password="},
      {"/run/redis.sock", "unix:///run/redis.sock user= password="},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(Describe(text), expected) << text;
}

TEST(RedisAddressTest, WhatIsNoAddressIsRefusedWithoutRepeatingIt) {
  for (const std::string_view text :
       {"", "h:6379", "redis://", "redis://secret@h", "redis://:secret%zz@h", "redis://:secret@h:0",
        "redis://:secret@h:x", "redis://:secret@h/x", "redis://:secret@h/-1", "redis://[::1",
        "redis://[::1]x", "rediss://:secret@h", "unix://secret"}) {
    const std::string described = Describe(text);
    EXPECT_TRUE(described.starts_with("no: the address of Redis is not valid: ")) << described;
    EXPECT_FALSE(described.contains("secret")) << described;
  }
  EXPECT_FALSE(ParseAddress("/" + std::string(200, 'x')));
}

}  // namespace
}  // namespace nexus::redis
