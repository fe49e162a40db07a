// Attention of bf16 on tensor cores: products of bf16 with float32 sums. The
// probabilities and the gradients of the scores go from one product to the next
// in registers, since an accumulator's layout, rounded, is a left operand's (Dao
// 2023, arXiv:2307.08691, section 3.3). Launch: attention.cuh.
#include "attention.cuh"
static_assert(sizeof(real) == 2, "attention.cu is for bf16");

constexpr int own = 16;  // rows of a warp
constexpr int tile = own * warps;

// Exponentials are of base 2, which the hardware has.
constexpr float unit = 1.44269504f;  // log2(e)
__device__ __forceinline__ float power(float x) { return exp2_approx(x); }

// fragment is a warp's [16, N] in the layout of mma.m16n8k16's accumulator: n of 8
// columns, in which a lane has e of two rows and two columns.
constexpr int span = 8, each = 4, parts = 2;
template <int N>
struct fragment {
  float at[N / span][each];
};

__device__ __forceinline__ constexpr int part(int e) { return e / 2; }
__device__ __forceinline__ int row(int e) { return lane() / 4 + part(e) * 8; }
__device__ __forceinline__ int col(int n, int e) { return n * span + lane() % 4 * 2 + e % 2; }

// over_row joins the numbers of the lanes that share a row.
template <class F>
__device__ __forceinline__ float over_row(float x, F f) {
  x = f(x, __shfl_xor_sync(0xffffffffu, x, 2));
  return f(x, __shfl_xor_sync(0xffffffffu, x, 1));
}

// multiply adds a·b to two successive accumulators; b has a row of 16 in each half.
__device__ __forceinline__ void multiply(float (*d)[each], const unsigned (&a)[4], const unsigned (&b)[4]) {
  const unsigned left[2] = {b[0], b[1]}, right[2] = {b[2], b[3]};
  mma_bf16(d[0], a, left);
  mma_bf16(d[1], a, right);
}

// product is a·bᵀ of the warp's rows a and N rows b.
template <int D, int N>
__device__ __forceinline__ fragment<N> product(const real* a, const real* b) {
  fragment<N> s = {};
  a += lane() % 16 * pitch<D> + lane() / 16 * 8;
  b += (lane() % 8 + lane() / 16 * 8) * pitch<D> + lane() / 8 % 2 * 8;
#pragma unroll
  for (int k = 0; k < D; k += 16) {
    unsigned left[4], right[4];
    load_matrices(left, a + k);
#pragma unroll
    for (int n = 0; n < N; n += 16) {
      load_matrices(right, b + n * pitch<D> + k);
      multiply(&s.at[n / span], left, right);
    }
  }
  return s;
}

// accumulate adds p·b to sum, with p rounded to bf16 and N rows b.
template <int D, int N>
__device__ __forceinline__ void accumulate(fragment<D>& sum, const fragment<N>& p, const real* b) {
  b += lane() % 16 * pitch<D> + lane() / 16 * 8;
#pragma unroll
  for (int k = 0; k < N; k += 16) {
    const float(*x)[each] = &p.at[k / span];
    const unsigned left[4] = {pack_bf16(x[0][0], x[0][1]), pack_bf16(x[0][2], x[0][3]),
                              pack_bf16(x[1][0], x[1][1]), pack_bf16(x[1][2], x[1][3])};
#pragma unroll
    for (int n = 0; n < D; n += 16) {
      unsigned right[4];
      load_matrices_transposed(right, b + k * pitch<D> + n);
      multiply(&sum.at[n / span], left, right);
    }
  }
}

#include "attention_entries.cuh"
KERNELS(64, causal_sight, attention_causal)
KERNELS(128, causal_sight, attention_causal)
