// Rows of a table by their number. A number outside the table sets failure to its
// place in the list plus one and counts as a row of zeros.
//
// Launch: a block of 256 threads for each of the list's rows.
#include "device.cuh"

// row_of is the table's row for entry i, -1 where there is none.
__device__ int row_of(const int* ids, int i, int table_rows, int* failure) {
  int id = ids[i];
  if (id >= 0 && id < table_rows) return id;
  if (threadIdx.x == 0) *failure = i + 1;
  return -1;
}

template <int n>
__device__ void copy_row(real* to, const real* from, int cols) {
  for (int j = threadIdx.x * n; j < cols; j += blockDim.x * n) {
    vector<n> v = {};
    if (from != nullptr) v = load<n>(from + j);
    store(to + j, v);
  }
}

// gather is y[i,:] = table[ids[i],:].
extern "C" __global__ void gather(real* y, const real* table, const int* ids, int cols, int table_rows, int* failure) {
  int id = row_of(ids, blockIdx.x, table_rows, failure);
  const real* from = id < 0 ? nullptr : table + static_cast<int64>(id) * cols;
  real* to = y + static_cast<int64>(blockIdx.x) * cols;
  if (cols % width == 0) {
    copy_row<width>(to, from, cols);
  } else {
    copy_row<1>(to, from, cols);
  }
}

// scatter_rows is dtable[ids[i],:] += dy[i,:]. The first block of a table's row adds all
// entries of it, in their order, so that the sum is the same in every run.
template <class T>
__device__ void scatter_rows(T* dtable, const real* dy, const int* ids, int rows, int cols, int table_rows, int* failure) {
  int mine = blockIdx.x, id = row_of(ids, mine, table_rows, failure);
  int before = 0;
  for (int i = threadIdx.x; i < mine; i += blockDim.x) before |= ids[i] == id;
  if (id < 0 || over_block(before, 0, plus()) > 0) return;
  T* to = dtable + static_cast<int64>(id) * cols;
  for (int i = mine; i < rows; i++) {
    if (ids[i] != id) continue;
    const real* from = dy + static_cast<int64>(i) * cols;
    for (int j = threadIdx.x; j < cols; j += blockDim.x) put(to[j], number(to[j]) + number(from[j]));
  }
}

extern "C" __global__ void scatter_add(real* dtable, const real* dy, const int* ids, int rows, int cols, int table_rows, int* failure) {
  scatter_rows(dtable, dy, ids, rows, cols, table_rows, failure);
}

extern "C" __global__ void scatter_add_master(master* dtable, const real* dy, const int* ids, int rows, int cols, int table_rows, int* failure) {
  scatter_rows(dtable, dy, ids, rows, cols, table_rows, failure);
}
