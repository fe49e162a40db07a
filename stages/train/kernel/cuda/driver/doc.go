// Package driver calls NVIDIA's libraries without cgo: libcuda, libnvrtc, libcublasLt and,
// for a benchmark, libnvidia-ml, looked for when they are wanted, so that one binary
// serves machines with a GPU and without. It knows signatures and error codes, and
// nothing of what is computed.
//
// Constants are those of cuda.h, nvrtc.h, cublasLt.h and nvml.h of CUDA 12 and 13. The
// calls that work on a context need it current on the calling thread: see Context.Enter.
package driver
