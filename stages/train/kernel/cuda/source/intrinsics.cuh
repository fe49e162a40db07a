// The instructions that CUDA C++ has no word for, in PTX. The tests' emulated
// device has a file of this name of its own, so nothing else may hold PTX.
#pragma once

// dynamic_shared names the shared memory that the launch asked for.
#define dynamic_shared(type, name)                             \
  extern __shared__ __align__(16) unsigned char shared_bytes[]; \
  type* name = reinterpret_cast<type*>(shared_bytes)

// pack_bf16 rounds two numbers to bf16, to nearest even, low in the low half.
__device__ __forceinline__ unsigned pack_bf16(float low, float high) {
  unsigned both;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(both) : "f"(high), "f"(low));
  return both;
}

// exp2_approx is 2^x within 2 ulp.
__device__ __forceinline__ float exp2_approx(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

// mma_bf16 is d += a·b for a warp's a [16, 16] and b [16, 8] in the registers'
// order of mma.sync.m16n8k16 (PTX ISA, matrix fragments for mma.m16n8k16).
__device__ __forceinline__ void mma_bf16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
  asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

// load_matrices reads four matrices [8, 8] of 16-bit numbers from shared memory:
// lane l names the row l%8 of matrix l/8, 16 bytes at a multiple of 16. Lane l gets
// of each matrix the numbers 2·(l%4) and 2·(l%4)+1 of row l/4 (ldmatrix.x4).
__device__ __forceinline__ void load_matrices(unsigned (&r)[4], const void* row) {
  unsigned at = static_cast<unsigned>(__cvta_generic_to_shared(row));
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(at) : "memory");
}

// load_matrices_transposed is load_matrices of each matrix's transpose.
__device__ __forceinline__ void load_matrices_transposed(unsigned (&r)[4], const void* row) {
  unsigned at = static_cast<unsigned>(__cvta_generic_to_shared(row));
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(at) : "memory");
}

// copy_async begins to copy 16 bytes from device memory to shared memory, or to
// fill them with zeros where wanted is false; copies_done waits for all begun.
__device__ __forceinline__ void copy_async(void* shared, const void* from, bool wanted) {
  unsigned at = static_cast<unsigned>(__cvta_generic_to_shared(shared));
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(at), "l"(from), "r"(wanted ? 16 : 0) : "memory");
}

__device__ __forceinline__ void copies_done() { asm volatile("cp.async.wait_all;" ::: "memory"); }
