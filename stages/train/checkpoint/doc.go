// Package checkpoint reads model weights in the safetensors format
// (https://github.com/huggingface/safetensors#format) and in PyTorch's own (pytorch/),
// single file or sharded with an index, and writes safetensors. Files are memory-mapped,
// so a model larger than the memory can be opened and uploaded tensor by tensor.
package checkpoint
