// What the emulated compiler hands over as a compiled program.
#pragma once
#include <cstdint>

namespace emulated {

// Image is the head of a library's bytes.
struct Image {
  static constexpr char marked[8] = {'E', 'M', 'U', 'L', 'A', 'T', 'E', 'D'};
  char mark[8];
  uint64_t bytes;
};

}  // namespace emulated
