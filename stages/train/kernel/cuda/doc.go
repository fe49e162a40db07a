// Package cuda is the kernel.Backend of an NVIDIA GPU of compute capability 8.0 or
// newer: kernels in CUDA C++ (source/), compiled for the device at hand and kept on
// disk, and cuBLAS for matrix products. Libraries are looked for at run time, and
// nothing is linked: see driver.
//
// Activations and weights are bf16 (or float32, to compare with other backends),
// sums are float32. All work goes to one stream, in order. The same inputs give the
// same bytes on the same kind of card with the same version of cuBLAS: no kernel sums
// in an order that is left to chance.
package cuda
