#include "base/sip_hash.h"

#include <string>

#include <gtest/gtest.h>

namespace gateway::base {
namespace {

/// The key and the texts of the authors' own vectors: 00 01 02 … 0f, and the first n of 00 01 02 ….
constexpr SipKey kKey{0x0706050403020100U, 0x0f0e0d0c0b0a0908U};

std::string counting(std::size_t length) {
  std::string text;
  for (std::size_t i = 0; i < length; ++i) text.push_back(static_cast<char>(i));
  return text;
}

// As `openssl mac -macopt size:16 SIPHASH` prints them; a digest's bytes begin with the lowest.
TEST(SipHash, GivesTheAuthorsVectors) {
  EXPECT_EQ(sip_hash(kKey, counting(0)), (Digest{0xe6a825ba047f81a3U, 0x930255c71472f66dU}));
  EXPECT_EQ(sip_hash(kKey, counting(1)), (Digest{0x44af996bd8c187daU, 0x45fc229b11597634U}));
  EXPECT_EQ(sip_hash(kKey, counting(7)), (Digest{0x53c1dbd8beebf1a1U, 0x3982f01fa64ab8c0U}));
  EXPECT_EQ(sip_hash(kKey, counting(8)), (Digest{0x61f55862baa9623bU, 0xb49714f364e2830fU}));
  EXPECT_EQ(sip_hash(kKey, counting(15)), (Digest{0x11a8b03399e99354U, 0xd9c3cf970fec087eU}));
  EXPECT_EQ(sip_hash(kKey, counting(16)), (Digest{0xbb54b067caa4e26eU, 0x77052385bf1533fdU}));
  EXPECT_EQ(sip_hash(kKey, counting(63)), (Digest{0x4a83502f77d15051U, 0x7cbd3f979a063e50U}));
}

TEST(SipHash, DependsOnTheWholeSecret) {
  const Digest digest = sip_hash(kKey, "text");
  EXPECT_FALSE(sip_hash({kKey.low ^ 1U, kKey.high}, "text") == digest);
  EXPECT_FALSE(sip_hash({kKey.low, kKey.high ^ 1U}, "text") == digest);
}

}  // namespace
}  // namespace gateway::base
