// Matrix products.
#pragma once
#include "memory.h"

namespace emulated {

// Type is a matrix's number type, as the library names it.
enum Type { typeFloat = 0, typeBF16 = 14 };

inline size_t sizeOf(int type) { return type == typeBF16 ? 2 : 4; }

// Layout is a matrix in memory, column by column.
struct Layout {
  int type;
  uint64_t rows, columns;
  int64_t ld;

  size_t bytes() const { return rows && columns ? ((columns - 1) * ld + rows) * sizeOf(type) : 0; }
};

struct Matrix {
  Layout layout;
  Address at;
  bool transposed;  // only of a and b
};

// product is d = alpha·a·b + beta·c, summed in float over a's columns in order, in so
// many parts, each added to what d holds. Where beta is 0, c is not read.
void product(const Matrix& d, const Matrix& a, const Matrix& b, const Matrix& c, float alpha, float beta, size_t parts);

}  // namespace emulated
