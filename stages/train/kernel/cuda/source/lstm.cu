// One step of an LSTM (Hochreiter and Schmidhuber 1997; Gers et al. 2000), with the gates
// in the order of torch.nn.LSTM: input, forget, cell, output.
//
// Launch: blocks of 256 threads over n, the cell's size.
#include "device.cuh"

__device__ __forceinline__ float sigmoid(float x) { return 1.f / (1.f + expf(-x)); }

__device__ __forceinline__ float at(const real* x, int64 i) { return x == nullptr ? 0.f : number(x[i]); }

// lstm_cell is c = forget·before + input·cell and h = output·tanh(c), and turns the sums
// of the gates into their values.
extern "C" __global__ void lstm_cell(real* h, real* c, real* gates, const real* before, int64 n) {
  for (int64 i = first(); i < n; i += stride()) {
    float in = sigmoid(number(gates[i])), forget = sigmoid(number(gates[n + i]));
    float cell = tanhf(number(gates[2 * n + i])), out = sigmoid(number(gates[3 * n + i]));
    float state = in * cell + forget * at(before, i);
    put(c[i], state);
    put(h[i], out * tanhf(state));
    put(gates[i], in);
    put(gates[n + i], forget);
    put(gates[2 * n + i], cell);
    put(gates[3 * n + i], out);
  }
}

// lstm_cell_back makes the gradient of the gates' sums, and of dc that of before.
extern "C" __global__ void lstm_cell_back(real* dgates, real* dc, const real* dh, const real* gates, const real* c, const real* before, int64 n) {
  for (int64 i = first(); i < n; i += stride()) {
    float in = number(gates[i]), forget = number(gates[n + i]), cell = number(gates[2 * n + i]), out = number(gates[3 * n + i]);
    float t = tanhf(number(c[i])), state = number(dc[i]) + number(dh[i]) * out * (1.f - t * t);
    put(dgates[i], state * cell * in * (1.f - in));
    put(dgates[n + i], state * at(before, i) * forget * (1.f - forget));
    put(dgates[2 * n + i], state * in * (1.f - cell * cell));
    put(dgates[3 * n + i], number(dh[i]) * t * out * (1.f - out));
    put(dc[i], state * forget);
  }
}
