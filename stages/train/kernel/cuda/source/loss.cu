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

// softmax_loss is loss = weight·(logsumexp(x) - x[label]) for each row; with grad x
// becomes scale·weight·(softmax(x) - onehot(label)).
extern "C" __global__ void softmax_loss(float* loss, real* logits, const int* labels, const float* weights, const float* scale, int cols, int grad) {
  int row = blockIdx.x, label = labels[row];
  real* x = logits + static_cast<int64>(row) * cols;
  float weight = weights[row];
  if (weightless(loss + row, x, weight, cols, grad)) return;
  float top = __int_as_float(0xff800000), sum = 0, at = number(x[label]);
  for (int j = threadIdx.x; j < cols; j += blockDim.x) top = fmaxf(top, number(x[j]));  // passes over a NaN, which sum then shows
  top = over_block(top, __int_as_float(0xff800000), larger());
  for (int j = threadIdx.x; j < cols; j += blockDim.x) sum += expf(number(x[j]) - top);
  sum = over_block(sum, 0.f, plus());
  if (threadIdx.x == 0) loss[row] = weight * (top + logf(sum) - at);
  if (!grad) return;
  float factor = weight * *scale;
  for (int j = threadIdx.x; j < cols; j += blockDim.x) {
    float p = expf(number(x[j]) - top) / sum;
    put(x[j], factor * (j == label ? p - 1.f : p));
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
