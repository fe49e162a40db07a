// Functions that the lanes of a warp do together.
#pragma once

namespace emulated {

inline void join(Collective f, unsigned mask, void* operand) {
  fence();
  device->join(f, mask, operand);
  fence();
}

inline void meet(void* const*) {}

// Vote is a lane's part in a ballot.
struct Vote {
  bool yes;
  unsigned all;
};

inline void count(void* const operands[32]) {
  unsigned all = 0;
  for (int l = 0; l < 32; l++)
    if (operands[l] && static_cast<Vote*>(operands[l])->yes) all |= 1u << l;
  for (int l = 0; l < 32; l++)
    if (operands[l]) static_cast<Vote*>(operands[l])->all = all;
}

// Exchange is a lane's part in a shuffle.
template <class T>
struct Exchange {
  T mine, theirs;
  unsigned from;
};

// exchange gives a lane that asks one outside the group a poisoned number.
template <class T>
void exchange(void* const operands[32]) {
  for (int l = 0; l < 32; l++) {
    Exchange<T>* to = static_cast<Exchange<T>*>(operands[l]);
    if (!to) continue;
    const Exchange<T>* from = static_cast<const Exchange<T>*>(operands[to->from]);
    if (from)
      to->theirs = from->mine;
    else
      __builtin_memset(&to->theirs, 0xff, sizeof(T));
  }
}

template <class T>
T shuffle(unsigned mask, T x, unsigned from) {
  static_assert(sizeof(T) == 4 || sizeof(T) == 8, "a shuffle is of 4 or 8 bytes");
  Exchange<T> e{x, x, from};
  join(exchange<T>, mask, &e);
  return e.theirs;
}

// last is the last lane of the segment that the running lane is in.
inline unsigned last(int width) { return device->lane | (width - 1); }

}  // namespace emulated

inline void __syncwarp(unsigned mask = 0xffffffffu) {
  char nothing;
  emulated::join(emulated::meet, mask, &nothing);
}

inline unsigned __ballot_sync(unsigned mask, int yes) {
  emulated::Vote v{yes != 0, 0};
  emulated::join(emulated::count, mask, &v);
  return v.all;
}

inline int __any_sync(unsigned mask, int yes) { return __ballot_sync(mask, yes) != 0; }
inline int __all_sync(unsigned mask, int yes) { return __ballot_sync(mask, yes) == mask; }

template <class T>
T __shfl_sync(unsigned mask, T x, int from, int width = 32) {
  return emulated::shuffle(mask, x, (emulated::device->lane & ~(width - 1)) | (from & (width - 1)));
}

template <class T>
T __shfl_xor_sync(unsigned mask, T x, int other, int width = 32) {
  unsigned lane = emulated::device->lane, from = lane ^ other;
  return emulated::shuffle(mask, x, from <= emulated::last(width) ? from : lane);
}

template <class T>
T __shfl_down_sync(unsigned mask, T x, unsigned by, int width = 32) {
  unsigned lane = emulated::device->lane, from = lane + by;
  return emulated::shuffle(mask, x, from <= emulated::last(width) ? from : lane);
}

template <class T>
T __shfl_up_sync(unsigned mask, T x, unsigned by, int width = 32) {
  unsigned lane = emulated::device->lane, in = lane & (width - 1);
  return emulated::shuffle(mask, x, by <= in ? lane - by : lane);
}
