#include "product.h"

#include <cstring>
#include <vector>

namespace emulated {
namespace {

// A tile of d is so large that it stays in registers.
constexpr size_t tileRows = 32, tileColumns = 4;

float bitsAsFloat(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

float read(const Matrix& m, size_t row, size_t column) {
  if (m.transposed) std::swap(row, column);
  size_t i = column * m.layout.ld + row;
  if (m.layout.type == typeFloat) return reinterpret_cast<const float*>(m.at)[i];
  return bitsAsFloat(uint32_t(reinterpret_cast<const uint16_t*>(m.at)[i]) << 16);
}

// write rounds to nearest even. A NaN stays one.
void write(const Matrix& m, size_t row, size_t column, float x) {
  size_t i = column * m.layout.ld + row;
  if (m.layout.type == typeFloat) {
    reinterpret_cast<float*>(m.at)[i] = x;
    return;
  }
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  bits = x != x ? 0x7fff0000 : bits + 0x7fff + (bits >> 16 & 1);
  reinterpret_cast<uint16_t*>(m.at)[i] = bits >> 16;
}

size_t rows(const Matrix& m) { return m.transposed ? m.layout.columns : m.layout.rows; }
size_t columns(const Matrix& m) { return m.transposed ? m.layout.rows : m.layout.columns; }

size_t whole(size_t n, size_t unit) { return (n + unit - 1) / unit * unit; }

// packA returns depth columns of a in panels of tileRows rows, packB as many rows of b in
// panels of tileColumns columns, both filled up with zeros: a tile reads them from one
// end to the other.
std::vector<float> packA(const Matrix& a, size_t from, size_t depth) {
  size_t m = rows(a);
  std::vector<float> to(whole(m, tileRows) * depth);
  for (size_t k = 0; k < depth; k++)
    for (size_t i = 0; i < m; i++) to[(i / tileRows * depth + k) * tileRows + i % tileRows] = read(a, i, from + k);
  return to;
}

std::vector<float> packB(const Matrix& b, size_t from, size_t depth) {
  size_t n = columns(b);
  std::vector<float> to(whole(n, tileColumns) * depth);
  for (size_t j = 0; j < n; j++)
    for (size_t k = 0; k < depth; k++) to[(j / tileColumns * depth + k) * tileColumns + j % tileColumns] = read(b, from + k, j);
  return to;
}

struct Tile {
  float sums[tileColumns][tileRows];
};

Tile multiply(const float* a, const float* b, size_t depth) {
  Tile t{};
  for (size_t k = 0; k < depth; k++)
    for (size_t j = 0; j < tileColumns; j++)
      for (size_t i = 0; i < tileRows; i++) t.sums[j][i] += a[k * tileRows + i] * b[k * tileColumns + j];
  return t;
}

// part is the product of depth columns of a and rows of b.
void part(const Matrix& d, const Matrix& a, const Matrix& b, const Matrix& c, float alpha, float beta, size_t from, size_t depth) {
  size_t m = d.layout.rows, n = d.layout.columns;
  std::vector<float> left = packA(a, from, depth), right = packB(b, from, depth);
  for (size_t j = 0; j < n; j += tileColumns)
    for (size_t i = 0; i < m; i += tileRows) {
      Tile t = multiply(&left[i * depth], &right[j * depth], depth);
      for (size_t y = j; y < std::min(n, j + tileColumns); y++)
        for (size_t x = i; x < std::min(m, i + tileRows); x++)
          write(d, x, y, alpha * t.sums[y - j][x - i] + (beta ? beta * read(c, x, y) : 0));
    }
}

}  // namespace

void product(const Matrix& d, const Matrix& a, const Matrix& b, const Matrix& c, float alpha, float beta, size_t parts) {
  size_t all = columns(a);
  for (size_t i = 0; i < parts; i++) {
    size_t from = all * i / parts, until = all * (i + 1) / parts;
    part(d, a, b, i ? d : c, alpha, i ? 1 : beta, from, until - from);
  }
}

}  // namespace emulated
