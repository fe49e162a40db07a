#include "warp.h"

#include <cstdint>
#include <cstring>

#include "../include/runtime.h"
#include "block.h"
#include "results.h"

namespace emulated {
namespace {

float number(unsigned bits) {
  bits <<= 16;
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

float low(unsigned pair) { return number(pair & 0xffff); }
float high(unsigned pair) { return number(pair >> 16); }

// row finds the eight 16-bit numbers that a lane names.
const unsigned char* row(const void* operand) {
  const void* at = static_cast<const Load*>(operand)->row;
  if (reinterpret_cast<uintptr_t>(at) % 16) fail(misalignedAddress, "load_matrices of an address that is no multiple of 16");
  if (!inShared(at, 16)) fail(illegalAddress, "load_matrices of what is not shared memory");
  return static_cast<const unsigned char*>(at);
}

void load(void* const operands[32], bool transposed) {
  for (int m = 0; m < 4; m++) {
    uint16_t matrix[8][8];
    for (int i = 0; i < 8; i++) memcpy(matrix[i], row(operands[8 * m + i]), 16);
    for (int l = 0; l < 32; l++) {
      int i = l / 4, j = l % 4 * 2;
      uint16_t first = transposed ? matrix[j][i] : matrix[i][j], second = transposed ? matrix[j + 1][i] : matrix[i][j + 1];
      static_cast<Load*>(operands[l])->to[m] = first | static_cast<unsigned>(second) << 16;
    }
  }
}

}  // namespace

// multiply gathers the lanes' fragments of a [16, 16] and b [16, 8], in the places
// that the PTX ISA gives them, and adds a·b to the fragments of d.
void multiply(void* const operands[32]) {
  float a[16][16], b[16][8], d[16][8];
  for (int l = 0; l < 32; l++) {
    const Product& p = *static_cast<Product*>(operands[l]);
    int group = l / 4, pair = l % 4 * 2;
    for (int r = 0; r < 4; r++) {
      float* to = &a[group + r % 2 * 8][pair + r / 2 * 8];
      to[0] = low(p.a[r]);
      to[1] = high(p.a[r]);
    }
    for (int r = 0; r < 2; r++) {
      b[pair + 8 * r][group] = low(p.b[r]);
      b[pair + 8 * r + 1][group] = high(p.b[r]);
    }
    memcpy(&d[group][pair], p.d, 2 * sizeof(float));
    memcpy(&d[group + 8][pair], p.d + 2, 2 * sizeof(float));
  }
  for (int i = 0; i < 16; i++)
    for (int k = 0; k < 16; k++)
      for (int j = 0; j < 8; j++) d[i][j] += a[i][k] * b[k][j];
  for (int l = 0; l < 32; l++) {
    float* to = static_cast<Product*>(operands[l])->d;
    memcpy(to, &d[l / 4][l % 4 * 2], 2 * sizeof(float));
    memcpy(to + 2, &d[l / 4 + 8][l % 4 * 2], 2 * sizeof(float));
  }
}

void loadMatrices(void* const operands[32]) { load(operands, false); }
void loadMatricesTransposed(void* const operands[32]) { load(operands, true); }

}  // namespace emulated
