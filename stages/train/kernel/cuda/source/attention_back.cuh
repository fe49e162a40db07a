// The backward kernels, on the arithmetic of the file that includes this one. The
// probabilities p are computed again from lse, and with delta = Σ dy·y the gradient
// of the scores is ds = p·(dy·vᵀ - delta) (Dao et al. 2022, arXiv:2205.14135,
// appendix B.2). A block alone makes what it writes, in one order.
#pragma once
#include "attention_forward.cuh"

template <int w>
__device__ __forceinline__ float dot_rows(const real* a, const real* b, int dim) {
  float sum = 0;
  for (int c = lane() * w; c < dim; c += 32 * w) {
    vector<w> x = load<w>(a + c), y = load<w>(b + c);
#pragma unroll
    for (int i = 0; i < w; i++) sum += number(x.at[i]) * number(y.at[i]);
  }
  return over_warp(sum, plus());
}

// attention_delta is delta = Σ dy·y for each query, one a warp.
extern "C" __global__ void attention_delta(float* delta, const real* dy, const real* y, const int* lengths, int seq, int keys, int heads, int dim) {
  const sizes s = sizes_of(lengths, seq, keys, heads, heads, dim, 1.f);
  const int head = blockIdx.x, i = blockIdx.z * warps + warp();
  if (i >= seq) return;
  float sum = 0;
  if (i < s.queries) {
    const real *a = queries_of(dy, head, s)[i], *b = queries_of(y, head, s)[i];
    sum = dim % width == 0 ? dot_rows<width>(a, b, dim) : dot_rows<1>(a, b, dim);
  }
  if (lane() == 0) sums_of(delta, head, s)[i] = sum;
}

// operands are what both gradients are made from.
struct operands {
  const real* dy;
  const float *lse, *delta;
  const real *q, *k, *v;
};

// queries_back makes dq = scale·ds·k for a tile of one head's queries. The keys are
// copied while dy·vᵀ is made, and the next values while the rest is.
template <int D, class S>
__device__ __forceinline__ void queries_back(real* dq, const operands& o, const S& s) {
  __shared__ mask dropped;
  dynamic_shared(real, queries);
  real *grads = queries + tile * pitch<D>, *keys = grads + tile * pitch<D>, *values = keys + tile * pitch<D>;
  const int head = blockIdx.x, begin = (gridDim.z - 1 - blockIdx.z) * tile;  // the longest work first
  const int end = s.end(begin), mine = warp() * own * pitch<D>;
  const auto ks = keys_of(o.k, head / s.group(), s), vs = keys_of(o.v, head / s.group(), s);
  float logs[parts], deltas[parts];
  numbers<span>([&](int, int e) {
    int i = begin + warp() * own + row(e);
    logs[part(e)] = i < s.queries ? sums_of(o.lse, head, s)[i] * unit : infinity();
    deltas[part(e)] = i < s.queries ? sums_of(o.delta, head, s)[i] : 0.f;
  });
  fragment<D> sums = {};
  if (end > 0) {
    read_tile<D, tile>(queries, queries_of(o.q, head, s), begin, s.dim);
    read_tile<D, tile>(grads, queries_of(o.dy, head, s), begin, s.dim);
    read_tile<D, tile>(values, vs, 0, s.dim);
  }
  for (int j = 0; j < end; j += tile) {
    copies_done();
    __syncthreads();  // the values have come, the keys are used up
    read_tile<D, tile>(keys, ks, j, s.dim);
    if (s.drops()) s.draw(dropped, head, begin, j);
    fragment<tile> ds = product<D, tile>(grads + mine, values);
    copies_done();
    __syncthreads();  // the keys have come, the values are used up
    if (j + tile < end) read_tile<D, tile>(values, vs, j + tile, s.dim);
    if (s.drops()) drop<false>(ds, dropped, begin, j, s);
    fragment<tile> p = product<D, tile>(queries + mine, keys);
    if (s.hides(begin, j)) hide<false>(p, begin, j, s);
    numbers<tile>([&](int n, int e) {
      p.at[n][e] = power(p.at[n][e] * (s.scale * unit) - logs[part(e)]);
      ds.at[n][e] = p.at[n][e] * (ds.at[n][e] - deltas[part(e)]);
    });
    accumulate<D, tile>(sums, ds, keys);
  }
  numbers<D>([&](int n, int e) { sums.at[n][e] *= s.scale; });
  write_tile<D>(queries_of(dq, head, s), sums, queries + mine, begin + warp() * own, s.dim);
}

// visit is a tile of queries, from token begin on, of a query head.
struct visit {
  int head, begin;
};

// after is the next tile of queries: of this head or, from the tile first on, of the next.
__device__ __forceinline__ visit after(visit at, int first, const sizes& s) {
  return at.begin + tile < s.queries ? visit{at.head, at.begin + tile} : visit{at.head + 1, first};
}

// sum_of is one of a tile's numbers for each thread: lse, then delta. Those of queries
// that are not in use make p zero.
__device__ __forceinline__ float sum_of(const operands& o, visit at, const sizes& s) {
  const bool log = threadIdx.x < tile;
  const int i = at.begin + threadIdx.x % tile;
  if (i >= s.queries) return log ? infinity() : 0.f;
  return log ? sums_of(o.lse, at.head, s)[i] * unit : sums_of(o.delta, at.head, s)[i];
}

// keys_back makes dk = scale·dsᵀ·q and dv = pᵀ·dy for a tile of one key head. The
// queries are copied while v·dyᵀ is made, and the next dy while dsᵀ·q is.
template <int D, class S>
__device__ __forceinline__ void keys_back(real* dk, real* dv, const operands& o, const S& s) {
  __shared__ float sums[threads];
  __shared__ mask dropped;
  dynamic_shared(real, keys);
  real *values = keys + tile * pitch<D>, *queries = values + tile * pitch<D>, *grads = queries + tile * pitch<D>;
  const int begin = blockIdx.z * tile, mine = warp() * own * pitch<D>;
  visit at = {static_cast<int>(blockIdx.x) * s.group(), s.first(begin)};
  const int end = begin < s.length && at.begin < s.queries ? at.head + s.group() : 0;
  fragment<D> dkeys = {}, dvalues = {};
  if (at.head < end) {
    read_tile<D, tile>(keys, keys_of(o.k, blockIdx.x, s), begin, s.dim);
    read_tile<D, tile>(values, keys_of(o.v, blockIdx.x, s), begin, s.dim);
    read_tile<D, tile>(grads, queries_of(o.dy, at.head, s), at.begin, s.dim);
    sums[threadIdx.x] = sum_of(o, at, s);
  }
  while (at.head < end) {
    copies_done();
    __syncthreads();  // dy and the sums have come, the queries are used up
    read_tile<D, tile>(queries, queries_of(o.q, at.head, s), at.begin, s.dim);
    if (s.drops()) s.draw(dropped, at.head, at.begin, begin);
    const visit next = after(at, s.first(begin), s);
    const float sum = next.head < end ? sum_of(o, next, s) : 0.f;
    fragment<tile> ds = product<D, tile>(values + mine, grads);
    copies_done();
    __syncthreads();  // the queries have come
    fragment<tile> p = product<D, tile>(keys + mine, queries);
    if (s.hides(at.begin, begin)) hide<true>(p, at.begin, begin, s);
    if (s.drops()) drop<true>(ds, dropped, at.begin, begin, s);
    numbers<tile>([&](int n, int e) {
      p.at[n][e] = power(p.at[n][e] * (s.scale * unit) - sums[col(n, e)]);
      ds.at[n][e] = p.at[n][e] * (ds.at[n][e] - sums[tile + col(n, e)]);
    });
    if (s.drops()) drop<true>(p, dropped, at.begin, begin, s);
    accumulate<D, tile>(dvalues, p, grads);
    __syncthreads();  // dy and the sums are used up
    if (next.head < end) read_tile<D, tile>(grads, queries_of(o.dy, next.head, s), next.begin, s.dim);
    sums[threadIdx.x] = sum;
    accumulate<D, tile>(dkeys, ds, queries);
    at = next;
  }
  numbers<D>([&](int n, int e) { dkeys.at[n][e] *= s.scale; });
  write_tile<D>(keys_of(dk, blockIdx.x, s), dkeys, keys + mine, begin + warp() * own, s.dim);
  write_tile<D>(keys_of(dv, blockIdx.x, s), dvalues, values + mine, begin + warp() * own, s.dim);
}
