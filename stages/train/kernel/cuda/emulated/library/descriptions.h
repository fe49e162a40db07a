// What describes a matrix product to the library.
#pragma once
#include "product.h"

namespace emulated {

// Description is of the operation.
struct Description {
  int32_t transposed[2] = {0, 0};  // a and b
};

// Promise is what a caller says of the operands, which an algorithm may rely on.
struct Promise {
  uint32_t alignment[4] = {256, 256, 256, 256};  // of a, b, c and d
  uint64_t workspace = 0;                        // what the product may have
  uint32_t reduction = ~0u;                      // how partial sums may be added: any way
};

// Algorithm is what the library chose.
struct Algorithm {
  static constexpr uint64_t marked = 0x6d75727465646e65;
  uint64_t mark;
  uint32_t alignment[4];
  uint64_t workspace;  // what the product needs
  uint64_t rounds;     // how often it does the work
  uint64_t parts;      // in which it sums up, each kept in the type of d
  uint64_t unused[2];
};
static_assert(sizeof(Algorithm) == 64, "the library's size");

// Choice is an algorithm as the library hands it out.
struct Choice {
  Algorithm algorithm;
  size_t workspace;
  int state;
  float waves;
  int reserved[4];
};
static_assert(sizeof(Choice) == 96, "the library's size");

// judge tells whether the library does such a product.
int judge(const Description& o, const Layout& a, const Layout& b, const Layout& c, const Layout& d);

}  // namespace emulated
