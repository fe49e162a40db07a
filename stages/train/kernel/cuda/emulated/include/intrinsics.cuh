// The emulated device's file of this name: the same functions in C++.
#pragma once

// dynamic_shared names the shared memory that the launch asked for.
#define dynamic_shared(type, name) type* name = reinterpret_cast<type*>(emulated::device->shared)

namespace emulated {
// rounded is the upper half of x, to nearest even. A NaN stays one.
inline unsigned rounded(float x) {
  unsigned u = __float_as_uint(x);
  if (x != x) return 0x7fff;
  return (u + 0x7fff + (u >> 16 & 1)) >> 16;
}
}  // namespace emulated

// pack_bf16 rounds two numbers to bf16, to nearest even, low in the low half.
inline unsigned pack_bf16(float low, float high) { return emulated::rounded(high) << 16 | emulated::rounded(low); }

inline float exp2_approx(float x) { return exp2f(x); }

// mma_bf16 is d += a·b for a warp's a [16, 16] and b [16, 8].
inline void mma_bf16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
  emulated::Product p{d, a, b};
  emulated::join(emulated::device->multiply, 0xffffffffu, &p);
}

// load_matrices reads four matrices [8, 8] of 16-bit numbers from shared memory.
inline void load_matrices(unsigned (&r)[4], const void* row) {
  emulated::Load l{r, row};
  emulated::join(emulated::device->load, 0xffffffffu, &l);
}

// load_matrices_transposed is load_matrices of each matrix's transpose.
inline void load_matrices_transposed(unsigned (&r)[4], const void* row) {
  emulated::Load l{r, row};
  emulated::join(emulated::device->loadTransposed, 0xffffffffu, &l);
}

// copy_async copies 16 bytes to shared memory, or zeros, when copies_done is called.
inline void copy_async(void* shared, const void* from, bool wanted) { emulated::device->copy(shared, from, wanted); }

inline void copies_done() {
  emulated::fence();
  emulated::device->finishCopies();
  emulated::fence();
}
