// Causal attention and its gradient in tiles, as in FlashAttention-2 (Dao 2023,
// arXiv:2307.08691). attention.cu and attention_float.cu have the same kernels,
// and each its own arithmetic within a tile: tensor cores, or exact float32.
//
// Entry points, for D the least of 32, 64, 128 and 256 that is at least dim:
//   attention_D, attention_queries_D (dq), attention_keys_D (dk and dv)
//   attention_delta, to be launched before the last two
// Launch: blocks of 128 threads; the grid and the bytes of dynamic shared memory are
//   attention_D          (heads, batch, ceil(seq/tile))  3·tile·(D·sizeof(real) + 16)
//   attention_queries_D  (heads, batch, ceil(seq/tile))  4·tile·(D·sizeof(real) + 16)
//   attention_keys_D     (kv,    batch, ceil(seq/tile))  4·tile·(D·sizeof(real) + 16)
//   attention_delta      (heads, batch, ceil(seq/4))     0
// where tile is 64 for bf16 and 32 for float. scale is positive. Where dim is a
// multiple of 16 bytes, q, k, v, y and their gradients lie at multiples of 16 bytes.
#pragma once
#include "device.cuh"

constexpr int threads = 128;  // of a block
constexpr int warps = threads / 32;

// pitch is the distance of a tile's rows in shared memory: the odd 16 bytes put
// eight successive rows into different banks.
template <int D>
constexpr int pitch = D + width;

__device__ __forceinline__ int lane() { return threadIdx.x % 32; }
__device__ __forceinline__ int warp() { return threadIdx.x / 32; }

// sizes are those of kernel.Attention and the length of the block's sequence.
struct sizes {
  int seq, heads, kv, dim, length;
  float scale;
  __device__ __forceinline__ int group() const { return heads / kv; }
};

__device__ __forceinline__ sizes sizes_of(const int* lengths, int seq, int heads, int kv, int dim, float scale) {
  return {seq, heads, kv, dim, lengths[blockIdx.y], scale};
}

// tokens are the rows of one head of the block's sequence.
template <class T>
struct tokens {
  T* at;
  int64 step;
  __device__ __forceinline__ T* operator[](int i) const { return at + i * step; }
};

// tokens_of is head's rows in x [batch, seq, heads, dim].
template <class T>
__device__ __forceinline__ tokens<T> tokens_of(T* x, int heads, int head, const sizes& s) {
  int64 sequence = static_cast<int64>(blockIdx.y) * s.seq;
  return {x + (sequence * heads + head) * s.dim, static_cast<int64>(heads) * s.dim};
}

// sums_of is where x [batch, heads, seq] holds head's numbers.
template <class T>
__device__ __forceinline__ T* sums_of(T* x, int head, const sizes& s) {
  return x + (static_cast<int64>(blockIdx.y) * s.heads + head) * s.seq;
}

__device__ __forceinline__ void copy(vector<1>* to, const real* from, bool wanted) {
  *to = wanted ? load<1>(from) : vector<1>{};
}

__device__ __forceinline__ void copy(vector<width>* to, const real* from, bool wanted) { copy_async(to, from, wanted); }

// copy_tile begins to copy a tile of n tokens, w numbers at a time. Tokens from the
// length on and columns from dim on become zero: they add nothing to a product.
template <int D, int n, int w>
__device__ __forceinline__ void copy_tile(real* to, tokens<const real> x, int begin, const sizes& s) {
#pragma unroll 2  // more would take registers from the products
  for (int i = threadIdx.x; i < n * D / w; i += threads) {
    int r = i / (D / w), c = i % (D / w) * w;
    bool wanted = begin + r < s.length && c < s.dim;
    copy(reinterpret_cast<vector<w>*>(to + r * pitch<D> + c), wanted ? x[begin + r] + c : x.at, wanted);
  }
}

template <int D, int n>
__device__ __forceinline__ void read_tile(real* to, tokens<const real> x, int begin, const sizes& s) {
  if (s.dim % width == 0) {
    copy_tile<D, n, width>(to, x, begin, s);
  } else {
    copy_tile<D, n, 1>(to, x, begin, s);
  }
}

// write_rows writes n tokens from a warp's rows of shared memory, w numbers at a
// time, and zeros from the length on.
template <int D, int n, int w>
__device__ __forceinline__ void write_rows(tokens<real> to, const real* from, int begin, const sizes& s) {
#pragma unroll 4
  for (int i = lane(); i < n * D / w; i += 32) {
    int r = i / (D / w), c = i % (D / w) * w;
    if (begin + r >= s.seq || c >= s.dim) continue;
    store<w>(to[begin + r] + c, begin + r < s.length ? load<w>(from + r * pitch<D> + c) : vector<w>{});
  }
}
