// The built-in types of several numbers.
#pragma once

#define EMULATED_VECTORS(T, name)                                      \
  struct alignas(2 * sizeof(T)) name##2 {                              \
    T x, y;                                                            \
  };                                                                   \
  struct name##3 {                                                     \
    T x, y, z;                                                         \
  };                                                                   \
  struct alignas(4 * sizeof(T)) name##4 {                              \
    T x, y, z, w;                                                      \
  };                                                                   \
  inline name##2 make_##name##2(T x, T y) { return {x, y}; }           \
  inline name##3 make_##name##3(T x, T y, T z) { return {x, y, z}; }   \
  inline name##4 make_##name##4(T x, T y, T z, T w) { return {x, y, z, w}; }
EMULATED_VECTORS(float, float)
EMULATED_VECTORS(int, int)
EMULATED_VECTORS(unsigned, uint)
EMULATED_VECTORS(short, short)
EMULATED_VECTORS(unsigned short, ushort)
#undef EMULATED_VECTORS
