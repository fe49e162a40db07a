// The forward kernel, on the arithmetic of the file that includes this one.
#pragma once

#include "attention_seen.cuh"

// soften is one step of the online softmax (Dao 2023, section 3.1): the scores
// become exponentials over the largest so far, and y and norm, the sums of those
// before, are put on the same footing. norm is of this lane's columns only. With gaps a
// query may have seen no key as yet.
template <int D, bool gaps>
__device__ __forceinline__ void soften(fragment<tile>& s, fragment<D>& y, float (&top)[parts], float (&norm)[parts], float scale) {
  float now[parts], shrink[parts];
#pragma unroll
  for (int i = 0; i < parts; i++) now[i] = top[i];
  numbers<tile>([&](int n, int e) { now[part(e)] = fmaxf(now[part(e)], s.at[n][e]); });
#pragma unroll
  for (int i = 0; i < parts; i++) {
    const float largest = over_row(now[i], larger());
    now[i] = gaps && largest == -infinity() ? 0.f : largest;
    shrink[i] = power((top[i] - now[i]) * scale);
    top[i] = largest;
    norm[i] *= shrink[i];
  }
  numbers<D>([&](int n, int e) { y.at[n][e] *= shrink[part(e)]; });
  numbers<tile>([&](int n, int e) {
    s.at[n][e] = power(s.at[n][e] * scale - now[part(e)] * scale);
    norm[part(e)] += s.at[n][e];
  });
}

// finish divides y by the softmax's sum and writes the logarithm of the sum.
template <int D>
__device__ __forceinline__ void finish(float* lse, fragment<D>& y, const float (&top)[parts], float (&norm)[parts], int begin, const sizes& s) {
  float share[parts];
#pragma unroll
  for (int i = 0; i < parts; i++) {
    norm[i] = over_row(norm[i], plus());
    share[i] = 1.f / norm[i];
  }
  numbers<D>([&](int n, int e) { y.at[n][e] *= share[part(e)]; });
  numbers<span>([&](int n, int e) {
    int i = begin + row(e);
    if (col(n, e) == 0 && i < s.seq) lse[i] = i < s.queries ? top[part(e)] * s.scale + logf(norm[part(e)]) : 0.f;
  });
}

// write_tile writes the warp's rows, which pass through the warp's rows of shared
// memory so that whole 16 bytes are stored.
template <int D>
__device__ __forceinline__ void write_tile(tokens<real> to, const fragment<D>& x, real* rows, int begin, int dim) {
  __syncwarp();  // all lanes have read the rows
  numbers<D>([&](int n, int e) { put(rows[row(e) * pitch<D> + col(n, e)], x.at[n][e]); });
  __syncwarp();
  if (dim % width == 0) {
    write_rows<D, own, width>(to, rows, begin, dim);
  } else {
    write_rows<D, own, 1>(to, rows, begin, dim);
  }
}

// forward makes y and lse for a tile of one head's queries. The values are copied
// while the scores are made, and the next keys while the values are summed.
template <int D, class S>
__device__ __forceinline__ void forward(real* y, float* lse, const real* q, const real* k, const real* v, const S& s) {
  __shared__ mask dropped;
  dynamic_shared(real, queries);
  real *keys = queries + tile * pitch<D>, *values = keys + tile * pitch<D>, *own_queries = queries + warp() * own * pitch<D>;
  const int head = blockIdx.x, begin = (gridDim.z - 1 - blockIdx.z) * tile;  // the longest work first
  const int end = s.end(begin);
  const auto ks = keys_of(k, head / s.group(), s), vs = keys_of(v, head / s.group(), s);
  fragment<D> sums = {};
  float norm[parts] = {}, top[parts];
#pragma unroll
  for (int i = 0; i < parts; i++) top[i] = -infinity();
  if (end > 0) {
    read_tile<D, tile>(queries, queries_of(q, head, s), begin, s.dim);
    read_tile<D, tile>(keys, ks, 0, s.dim);
  }
  for (int j = 0; j < end; j += tile) {
    copies_done();
    __syncthreads();  // the keys have come, the values are used up
    read_tile<D, tile>(values, vs, j, s.dim);
    if (s.drops()) s.draw(dropped, head, begin, j);
    fragment<tile> p = product<D, tile>(own_queries, keys);
    if (s.hides(begin, j)) hide<false>(p, begin, j, s);
    soften<D, S::gaps>(p, sums, top, norm, s.scale * unit);
    copies_done();
    __syncthreads();  // the values have come, the keys are used up
    if (j + tile < end) read_tile<D, tile>(keys, ks, j + tile, s.dim);
    if (s.drops()) drop<false>(p, dropped, begin, j, s);
    accumulate<D, tile>(sums, p, values);
  }
  finish<D>(sums_of(lse, head, s), sums, top, norm, begin + warp() * own, s);
  write_tile<D>(queries_of(y, head, s), sums, own_queries, begin + warp() * own, s.dim);
}
