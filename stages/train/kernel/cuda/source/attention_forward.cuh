// The forward kernel, on the arithmetic of the file that includes this one.
#pragma once

__device__ __forceinline__ float infinity() { return __uint_as_float(0x7f800000u); }

// numbers calls f for this lane's numbers of a warp's [own, N].
template <int N, class F>
__device__ __forceinline__ void numbers(F f) {
#pragma unroll
  for (int n = 0; n < N / span; n++) {
#pragma unroll
    for (int e = 0; e < each; e++) f(n, e);
  }
}

// hide takes the scores of keys after their queries out of the softmax, in the tile
// on the diagonal.
template <bool rows_are_keys>
__device__ __forceinline__ void hide(fragment<tile>& s) {
  numbers<tile>([&](int n, int e) {
    int r = warp() * own + row(e), c = col(n, e);
    if (rows_are_keys ? r > c : c > r) s.at[n][e] = -infinity();
  });
}

// soften is one step of the online softmax (Dao 2023, section 3.1): the scores
// become exponentials over the largest so far, and y and norm, the sums of those
// before, are put on the same footing. norm is of this lane's columns only.
template <int D>
__device__ __forceinline__ void soften(fragment<tile>& s, fragment<D>& y, float (&top)[parts], float (&norm)[parts], float scale) {
  float now[parts], shrink[parts];
#pragma unroll
  for (int i = 0; i < parts; i++) now[i] = top[i];
  numbers<tile>([&](int n, int e) { now[part(e)] = fmaxf(now[part(e)], s.at[n][e]); });
#pragma unroll
  for (int i = 0; i < parts; i++) {
    now[i] = over_row(now[i], larger());
    shrink[i] = power((top[i] - now[i]) * scale);
    top[i] = now[i];
    norm[i] *= shrink[i];
  }
  numbers<D>([&](int n, int e) { y.at[n][e] *= shrink[part(e)]; });
  numbers<tile>([&](int n, int e) {
    s.at[n][e] = power(s.at[n][e] * scale - top[part(e)] * scale);
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
    if (col(n, e) == 0 && i < s.seq) lse[i] = i < s.length ? top[part(e)] * s.scale + logf(norm[part(e)]) : 0.f;
  });
}

// write_tile writes the warp's rows, which pass through the warp's rows of shared
// memory so that whole 16 bytes are stored.
template <int D>
__device__ __forceinline__ void write_tile(tokens<real> to, const fragment<D>& x, real* rows, int begin, const sizes& s) {
  __syncwarp();  // all lanes have read the rows
  numbers<D>([&](int n, int e) { put(rows[row(e) * pitch<D> + col(n, e)], x.at[n][e]); });
  __syncwarp();
  if (s.dim % width == 0) {
    write_rows<D, own, width>(to, rows, begin, s);
  } else {
    write_rows<D, own, 1>(to, rows, begin, s);
  }
}

// forward makes y and lse for a tile of one head's queries. The values are copied
// while the scores are made, and the next keys while the values are summed.
template <int D>
__device__ __forceinline__ void forward(real* y, float* lse, const real* q, const real* k, const real* v, const sizes& s) {
  dynamic_shared(real, queries);
  real *keys = queries + tile * pitch<D>, *values = keys + tile * pitch<D>, *own_queries = queries + warp() * own * pitch<D>;
  const int head = blockIdx.x, begin = (gridDim.z - 1 - blockIdx.z) * tile;  // the longest work first
  const int end = begin < s.length ? begin + tile : 0;
  const auto ks = tokens_of(k, s.kv, head / s.group(), s), vs = tokens_of(v, s.kv, head / s.group(), s);
  fragment<D> sums = {};
  float norm[parts] = {}, top[parts];
#pragma unroll
  for (int i = 0; i < parts; i++) top[i] = -infinity();
  if (end > 0) {
    read_tile<D, tile>(queries, tokens_of(q, s.heads, head, s), begin, s);
    read_tile<D, tile>(keys, ks, 0, s);
  }
  for (int j = 0; j < end; j += tile) {
    copies_done();
    __syncthreads();  // the keys have come, the values are used up
    read_tile<D, tile>(values, vs, j, s);
    fragment<tile> p = product<D, tile>(own_queries, keys);
    if (j == begin) hide<false>(p);
    soften<D>(p, sums, top, norm, s.scale * unit);
    copies_done();
    __syncthreads();  // the values have come, the keys are used up
    if (j + tile < end) read_tile<D, tile>(keys, ks, j + tile, s);
    accumulate<D, tile>(sums, p, values);
  }
  finish<D>(sums_of(lse, head, s), sums, top, norm, begin + warp() * own, s);
  write_tile<D>(tokens_of(y, s.heads, head, s), sums, own_queries, begin + warp() * own, s);
}

#define ATTENTION(D)                                                                                                      \
  extern "C" __global__ void __launch_bounds__(threads)                                                                   \
      attention_##D(real* y, float* lse, const real* q, const real* k, const real* v, const int* lengths, int seq, int heads, \
                    int kv, int dim, float scale) {                                                                       \
    forward<D>(y, lse, q, k, v, sizes_of(lengths, seq, heads, kv, dim, scale));                                           \
  }
ATTENTION(32)
ATTENTION(64)
ATTENTION(128)
ATTENTION(256)
#undef ATTENTION
