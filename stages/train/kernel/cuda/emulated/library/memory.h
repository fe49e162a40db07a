// Device memory.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>

namespace emulated {

typedef uint64_t Address;

// Guard is a zone beside memory that nobody may write to. What it holds is NaN in
// all float types and, as an index, far outside of everything.
struct Guard {
  static constexpr size_t bytes = 1024;
  static void set(unsigned char* at);
  // intact tells whether nobody wrote, and sets the guard again.
  static bool intact(unsigned char* at);
};

class Memory {
 public:
  static constexpr size_t usualLimit = size_t(2) << 30;
  size_t limit = usualLimit;
  size_t used = 0;
  int overruns = 0;

  Address allocate(size_t bytes);  // 0 where memory is out
  bool release(Address at);        // false where nothing was allocated
  // holds tells whether the bytes are in one allocation.
  bool holds(Address at, size_t bytes) const;
  // check counts the guards that were written to.
  void check();

 private:
  struct Allocation {
    unsigned char* whole;
    size_t bytes;
  };
  std::map<Address, Allocation> allocations;
  void check(Address at, const Allocation& a);
};

extern Memory memory;

}  // namespace emulated
