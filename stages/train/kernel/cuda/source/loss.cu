// Losses of logits, which become their gradient in place.
//
// Launch: a block of 512 threads for each row of logits.
#include "device.cuh"

// A row of zero weight has loss and gradient zero, whatever its label and logits.
__device__ bool weightless(float* loss, real* x, float weight, int cols, int grad) {
  if (weight != 0) return false;
  if (threadIdx.x == 0) *loss = 0;
  for (int j = threadIdx.x; grad && j < cols; j += blockDim.x) put(x[j], 0.f);
  return true;
}

// row_sum is Σ exp(x - top) of a row and its largest number, top. The largest passes
// over a NaN, which the sum then shows.
template <int n>
__device__ float row_sum(const real* x, int cols, float& top) {
  const float none = __int_as_float(0xff800000);  // minus infinity
  float sum = 0;
  top = none;
  over_row<n>(cols, [&](int j) {
    vector<n> v = load<n>(x + j);
#pragma unroll
    for (int k = 0; k < n; k++) top = fmaxf(top, number(v.at[k]));
  });
  top = over_block(top, none, larger());
  over_row<n>(cols, [&](int j) {
    vector<n> v = load<n>(x + j);
#pragma unroll
    for (int k = 0; k < n; k++) sum += expf(number(v.at[k]) - top);
  });
  return over_block(sum, 0.f, plus());
}

template <int n>
__device__ void softmax_row(float* loss, real* x, int label, float weight, float scale, int cols, int grad) {
  float top, at = number(x[label]), sum = row_sum<n>(x, cols, top);
  if (threadIdx.x == 0) *loss = weight * (top + logf(sum) - at);
  if (!grad) return;
  over_row<n>(cols, [=](int j) {
    vector<n> v = load<n>(x + j);
#pragma unroll
    for (int k = 0; k < n; k++) {
      float p = expf(number(v.at[k]) - top) / sum;
      put(v.at[k], weight * scale * (j + k == label ? p - 1.f : p));
    }
    store(x + j, v);
  });
}

// softmax_loss is loss = weight·(logsumexp(x) - x[label]) for each row; with grad x
// becomes scale·weight·(softmax(x) - onehot(label)).
extern "C" __global__ void softmax_loss(float* loss, real* logits, const int* labels, const float* weights, const float* scale, int cols, int grad) {
  int row = blockIdx.x;
  real* x = logits + static_cast<int64>(row) * cols;
  if (weightless(loss + row, x, weights[row], cols, grad)) return;
  if (cols % width == 0) {
    softmax_row<width>(loss + row, x, labels[row], weights[row], *scale, cols, grad);
  } else {
    softmax_row<1>(loss + row, x, labels[row], weights[row], *scale, cols, grad);
  }
}

// sigmoid_loss is loss = weight·Σ (max(x,0) - x·t + log(1+exp(-|x|))) for each row;
// with grad x becomes scale·weight·(sigmoid(x) - t).
extern "C" __global__ void sigmoid_loss(float* loss, real* logits, const float* targets, const float* weights, const float* scale, int cols, int grad) {
  int64 at = static_cast<int64>(blockIdx.x) * cols;
  real* x = logits + at;
  float weight = weights[blockIdx.x], sum = 0;
  if (weightless(loss + blockIdx.x, x, weight, cols, grad)) return;
  for (int j = threadIdx.x; j < cols; j += blockDim.x) {
    float v = number(x[j]), t = targets[at + j];
    sum += fmaxf(v, 0.f) - v * t + log1pf(expf(-fabsf(v)));
    if (grad) put(x[j], *scale * weight * (1.f / (1.f + expf(-v)) - t));
  }
  sum = over_block(sum, 0.f, plus());
  if (threadIdx.x == 0) loss[blockIdx.x] = weight * sum;
}
