// Gradient norm and AdamW, in double precision as torch computes their constants.
//
// Launch: blocks of 256 threads; add_squares as many blocks as there are partial
// sums, clip_factor one, adamw over n.
#include "device.cuh"

// add_squares adds Σx² to the partial sums, in one order.
extern "C" __global__ void add_squares(double* partial, const master* x, int64 n) {
  double sum = 0;
  for (int64 i = first(); i < n; i += stride()) sum += static_cast<double>(x[i]) * x[i];
  sum = over_block(sum, 0., plus());
  if (threadIdx.x == 0) partial[blockIdx.x] += sum;
}

// clip_factor is min(1, limit/(norm + 1e-6)), as torch.nn.utils.clip_grad_norm_.
extern "C" __global__ void clip_factor(float* factor, const double* partial, int count, double limit) {
  double sum = 0;
  for (int i = threadIdx.x; i < count; i += blockDim.x) sum += partial[i];
  sum = over_block(sum, 0., plus());
  if (threadIdx.x == 0) *factor = static_cast<float>(fmin(1., limit / (sqrt(sum) + 1e-6)));
}

// adamw is one step of Loshchilov and Hutter (arXiv:1711.05101) in the form and order
// of torch.optim.AdamW. master is what is added to and p its rounded copy; it is p
// where that is not rounded. factor, where there is one, multiplies the gradient.
extern "C" __global__ void adamw(real* p, master* master_p, const master* g, master* m, master* v, const float* factor, int64 n, double decay, double step_size, double root, double eps, double beta1, double rest1, double beta2, double rest2) {
  double clip = factor == nullptr ? 1. : *factor;
  for (int64 i = first(); i < n; i += stride()) {
    double grad = g[i] * clip;
    double m1 = beta1 * m[i] + rest1 * grad, m2 = beta2 * v[i] + rest2 * grad * grad;
    float next = static_cast<float>(master_p[i] * decay - step_size * m1 / (sqrt(m2) / root + eps));
    m[i] = static_cast<float>(m1);
    v[i] = static_cast<float>(m2);
    master_p[i] = next;
    put(p[i], next);
  }
}
