// Atomic functions. The threads take turns at calls only, so a plain one is atomic.
#pragma once

namespace emulated {
template <class T>
T replace(T* at, T by) {
  T was = *at;
  *at = by;
  return was;
}
}  // namespace emulated

inline int atomicAdd(int* at, int x) { return emulated::replace(at, static_cast<int>(static_cast<unsigned>(*at) + x)); }
inline unsigned atomicAdd(unsigned* at, unsigned x) { return emulated::replace(at, *at + x); }
inline unsigned long long atomicAdd(unsigned long long* at, unsigned long long x) { return emulated::replace(at, *at + x); }
inline float atomicAdd(float* at, float x) { return emulated::replace(at, *at + x); }
inline double atomicAdd(double* at, double x) { return emulated::replace(at, *at + x); }

inline int atomicMax(int* at, int x) { return emulated::replace(at, *at > x ? *at : x); }
inline unsigned atomicMax(unsigned* at, unsigned x) { return emulated::replace(at, *at > x ? *at : x); }
inline int atomicMin(int* at, int x) { return emulated::replace(at, *at < x ? *at : x); }
inline unsigned atomicMin(unsigned* at, unsigned x) { return emulated::replace(at, *at < x ? *at : x); }
inline int atomicExch(int* at, int x) { return emulated::replace(at, x); }
inline unsigned atomicExch(unsigned* at, unsigned x) { return emulated::replace(at, x); }
inline float atomicExch(float* at, float x) { return emulated::replace(at, x); }
inline int atomicOr(int* at, int x) { return emulated::replace(at, *at | x); }
inline unsigned atomicOr(unsigned* at, unsigned x) { return emulated::replace(at, *at | x); }
inline int atomicCAS(int* at, int old, int x) { return emulated::replace(at, *at == old ? x : *at); }
inline unsigned atomicCAS(unsigned* at, unsigned old, unsigned x) { return emulated::replace(at, *at == old ? x : *at); }
