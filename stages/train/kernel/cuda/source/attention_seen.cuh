// Which keys a query sees, and which of them dropout takes away, on the tile of the file
// that includes this one. causal_sight and any_sight have the same functions.
#pragma once
#include "random.cuh"

__device__ __forceinline__ float infinity() { return __uint_as_float(0x7f800000u); }

// shape is what every kernel of attention is told last: kernel.Seen, kernel.Attention,
// and kernel.Drop with what is not dropped multiplied by keep.
struct shape {
  const int *lengths, *starts, *step;
  int seq, keys, heads, kv, dim, causal;
  float scale;
  unsigned below;
  float keep;
  unsigned key_low, key_high, stream;
};
#define SHAPE_PARAMETERS                                                                                                 \
  const int *lengths, const int *starts, const int *step, int seq, int keys, int heads, int kv, int dim, int causal,     \
      float scale, unsigned below, float keep, unsigned key_low, unsigned key_high, unsigned stream
#define SHAPE \
  shape { lengths, starts, step, seq, keys, heads, kv, dim, causal, scale, below, keep, key_low, key_high, stream }

// mask has 16 bytes for each of a tile's queries: bit w of byte l is set where the key
// is dropped whose number has w and l as (number mod 64)/16 and number mod 16.
typedef unsigned char mask[tile][16];

// causal_sight is that of a language model: causal, of as many keys as queries, without dropout.
struct causal_sight : sizes {
  static constexpr bool gaps = false;  // a tile that is looked at may hide all keys of a query
  __device__ __forceinline__ causal_sight(const shape& a) : sizes{a.seq, a.seq, a.heads, a.kv, a.dim, a.lengths[blockIdx.y], a.lengths[blockIdx.y], a.scale} {}

  // end is behind the last key that the tile of queries from begin on sees, first the
  // first tile of queries that sees the keys from begin on.
  __device__ __forceinline__ int end(int begin) const { return begin < length ? begin + tile : 0; }
  __device__ __forceinline__ int first(int begin) const { return begin; }
  // hides says whether of the tile of queries from i on one may not see all keys from j on.
  __device__ __forceinline__ bool hides(int i, int j) const { return i == j; }
  __device__ __forceinline__ bool sees(int i, int j) const { return j <= i; }
  __device__ __forceinline__ bool drops() const { return false; }
  __device__ __forceinline__ void draw(mask&, int, int, int) const {}
  __device__ __forceinline__ float left(const mask&, int, int) const { return 1; }
};

// any_sight is that of attention of any kind.
struct any_sight : sizes {
  static constexpr bool gaps = true;
  const shape& a;
  __device__ __forceinline__ any_sight(const shape& a) : sizes(sizes_of(a.lengths, a.seq, a.keys, a.heads, a.kv, a.dim, a.scale)), a(a) {}

  // front is how many keys stand before the others.
  __device__ __forceinline__ int front() const { return keys - seq; }
  __device__ __forceinline__ int end(int begin) const {
    if (begin >= queries) return 0;
    return a.causal ? min(begin + tile + front(), length) : length;
  }
  __device__ __forceinline__ int first(int begin) const { return a.causal ? max(begin - front(), 0) / tile * tile : 0; }
  __device__ __forceinline__ bool hides(int i, int j) const {
    return a.starts != nullptr || j + tile > length || (a.causal && j + tile > i + front() + 1);
  }
  __device__ __forceinline__ bool sees(int i, int j) const {
    if (j >= length || (a.causal && j > i + front())) return false;
    return a.starts == nullptr || j < front() || i >= seq || j - front() >= a.starts[static_cast<int64>(blockIdx.y) * seq + i];
  }
  __device__ __forceinline__ bool drops() const { return a.below > 0; }
  // draw fills the mask of the queries of a head from i on and the keys from j on: a
  // thread draws for four keys at once (kernel.Drop).
  __device__ __forceinline__ void draw(mask& m, int head, int i, int j) const {
    for (int n = threadIdx.x; n < tile * 16; n += threads) {
      unsigned place = (blockIdx.y * heads + head) * seq + i + n / 16;
      uint4 words = philox(make_uint4((place * ((keys + 63) / 64) + j / 64) * 16 + n % 16, a.stream, a.step[0], a.step[1]), make_uint2(a.key_low, a.key_high));
      m[n / 16][n % 16] = (words.x < a.below) | (words.y < a.below) << 1 | (words.z < a.below) << 2 | (words.w < a.below) << 3;
    }
  }
  // left is what dropout multiplies the tile's query i and key j by.
  __device__ __forceinline__ float left(const mask& m, int i, int j) const { return m[i % tile][j % 16] >> j % 64 / 16 & 1 ? 0.f : a.keep; }
};

// numbers calls f for this lane's numbers of a warp's [own, N].
template <int N, class F>
__device__ __forceinline__ void numbers(F f) {
#pragma unroll
  for (int n = 0; n < N / span; n++) {
#pragma unroll
    for (int e = 0; e < each; e++) f(n, e);
  }
}

// pairs calls f for this lane's numbers of scores, with their query and key, of which
// the tile's first are i and j.
template <bool rows_are_keys, class F>
__device__ __forceinline__ void pairs(int i, int j, F f) {
  numbers<tile>([&](int n, int e) {
    int r = warp() * own + row(e), c = col(n, e);
    f(n, e, i + (rows_are_keys ? c : r), j + (rows_are_keys ? r : c));
  });
}

// hide takes the scores of keys that their queries do not see out of the softmax.
template <bool rows_are_keys, class S>
__device__ __forceinline__ void hide(fragment<tile>& x, int i, int j, const S& s) {
  pairs<rows_are_keys>(i, j, [&](int n, int e, int query, int key) {
    if (!s.sees(query, key)) x.at[n][e] = -infinity();
  });
}

// drop multiplies by what dropout leaves.
template <bool rows_are_keys, class S>
__device__ __forceinline__ void drop(fragment<tile>& x, const mask& m, int i, int j, const S& s) {
  pairs<rows_are_keys>(i, j, [&](int n, int e, int query, int key) { x.at[n][e] *= s.left(m, query, key); });
}
