// Attention and its gradient in tiles, as in FlashAttention-2 (Dao 2023,
// arXiv:2307.08691). attention.cu and attention_float.cu have each its own arithmetic
// within a tile: tensor cores, or exact float32.
//
// Entry points, for D the least of 32, 64, 128 and 256 that is at least dim:
//   attention_D, attention_queries_D (dq), attention_keys_D (dk and dv)
//   attention_delta, to be launched before the last two
// For bf16 and a D of 64 or 128 the first three are there once more, as attention_causal_D
// and so on, for causal attention of as many keys as queries, with lengths and nothing
// else: what large language models are trained with, in the fewest registers.
// Launch: blocks of 128 threads; the grid and the bytes of dynamic shared memory are
//   attention_D          (heads, batch, ceil(seq/tile))   3·tile·(D·sizeof(real) + 16)
//   attention_queries_D  (heads, batch, ceil(seq/tile))   4·tile·(D·sizeof(real) + 16)
//   attention_keys_D     (kv,    batch, ceil(keys/tile))  4·tile·(D·sizeof(real) + 16)
//   attention_delta      (heads, batch, ceil(seq/4))      0
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

// sizes are those of kernel.Attention and how many queries and keys of the block's
// sequence are in use.
struct sizes {
  int seq, keys, heads, kv, dim, queries, length;
  float scale;
  __device__ __forceinline__ int group() const { return heads / kv; }
};

// sizes_of counts what is in use: all of it without lengths, else so many keys, and the
// queries in whose place such a key stands.
__device__ __forceinline__ sizes sizes_of(const int* lengths, int seq, int keys, int heads, int kv, int dim, float scale) {
  int length = lengths == nullptr ? keys : lengths[blockIdx.y];
  int queries = lengths == nullptr ? seq : length - (keys - seq);
  return {seq, keys, heads, kv, dim, queries, length, scale};
}

// tokens are the rows of one head of the block's sequence, of which some are in use.
template <class T>
struct tokens {
  T* at;
  int64 step;
  int rows, used;
  __device__ __forceinline__ T* operator[](int i) const { return at + i * step; }
};

// queries_of is head's rows in x [batch, seq, heads, dim].
template <class T>
__device__ __forceinline__ tokens<T> queries_of(T* x, int head, const sizes& s) {
  int64 sequence = static_cast<int64>(blockIdx.y) * s.seq;
  return {x + (sequence * s.heads + head) * s.dim, static_cast<int64>(s.heads) * s.dim, s.seq, s.queries};
}

// keys_of is head's rows in x [batch, keys, kv, dim].
template <class T>
__device__ __forceinline__ tokens<T> keys_of(T* x, int head, const sizes& s) {
  int64 sequence = static_cast<int64>(blockIdx.y) * s.keys;
  return {x + (sequence * s.kv + head) * s.dim, static_cast<int64>(s.kv) * s.dim, s.keys, s.length};
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

// copy_tile begins to copy a tile of n tokens, w numbers at a time. Tokens that are not
// in use and columns from dim on become zero: they add nothing to a product.
template <int D, int n, int w>
__device__ __forceinline__ void copy_tile(real* to, tokens<const real> x, int begin, int dim) {
#pragma unroll 2  // more would take registers from the products
  for (int i = threadIdx.x; i < n * D / w; i += threads) {
    int r = i / (D / w), c = i % (D / w) * w;
    bool wanted = begin + r < x.used && c < dim;
    copy(reinterpret_cast<vector<w>*>(to + r * pitch<D> + c), wanted ? x[begin + r] + c : x.at, wanted);
  }
}

template <int D, int n>
__device__ __forceinline__ void read_tile(real* to, tokens<const real> x, int begin, int dim) {
  if (dim % width == 0) {
    copy_tile<D, n, width>(to, x, begin, dim);
  } else {
    copy_tile<D, n, 1>(to, x, begin, dim);
  }
}

// write_rows writes n tokens from a warp's rows of shared memory, w numbers at a
// time, and zeros where they are not in use.
template <int D, int n, int w>
__device__ __forceinline__ void write_rows(tokens<real> to, const real* from, int begin, int dim) {
#pragma unroll 4
  for (int i = lane(); i < n * D / w; i += 32) {
    int r = i / (D / w), c = i % (D / w) * w;
    if (begin + r >= to.rows || c >= dim) continue;
    store<w>(to[begin + r] + c, begin + r < to.used ? load<w>(from + r * pitch<D> + c) : vector<w>{});
  }
}
