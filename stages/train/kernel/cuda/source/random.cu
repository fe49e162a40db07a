// Kernels that draw random numbers. Launch: blocks of 256 threads over the counters,
// n/4 rounded up to whole blocks of 16.
#include "device.cuh"
#include "random.cuh"

// dropout is y = x ⊙ mask / (1-p), added to y with acc. Element i is dropped when
// word (i mod 64)/16 of counter 16·(i/64) + i mod 16 is below p·2³² (kernel.Drop), so
// a thread does the four elements of its counter.
extern "C" __global__ void dropout(real* y, const real* x, const int* step, int64 n, unsigned below, float keep, unsigned key_low, unsigned key_high, unsigned stream, int acc) {
  for (int64 counter = first(); counter < (n + 63) / 64 * 16; counter += stride()) {
    uint4 words = philox(make_uint4(static_cast<unsigned>(counter), stream, step[0], step[1]), make_uint2(key_low, key_high));
    unsigned random[4] = {words.x, words.y, words.z, words.w};
    int64 at = counter / 16 * 64 + counter % 16;
#pragma unroll
    for (int word = 0; word < 4; word++, at += 16) {
      if (at >= n) break;
      float v = random[word] < below ? 0.f : number(x[at]) * keep;
      put(y[at], acc ? number(y[at]) + v : v);
    }
  }
}

// open01 is in (0, 1).
__device__ __forceinline__ float open01(unsigned word) { return (static_cast<float>(word >> 8) + 0.5f) * 0x1p-24f; }

// normal draws from a normal distribution of mean 0 (Box and Muller 1958).
extern "C" __global__ void normal(real* y, int64 n, unsigned key_low, unsigned key_high, unsigned stream, float deviation) {
  for (int64 i = first(); i < (n + 3) / 4; i += stride()) {
    uint4 w = philox(make_uint4(static_cast<unsigned>(i), stream, static_cast<unsigned>(i >> 32), 0u), make_uint2(key_low, key_high));
    float radius[2] = {sqrtf(-2.f * logf(open01(w.x))) * deviation, sqrtf(-2.f * logf(open01(w.z))) * deviation};
    float turn[2] = {6.2831853f * open01(w.y), 6.2831853f * open01(w.w)};
    for (int j = 0; j < 4 && 4 * i + j < n; j++) put(y[4 * i + j], radius[j / 2] * (j % 2 ? sinf(turn[j / 2]) : cosf(turn[j / 2])));
  }
}
