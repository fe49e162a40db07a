// Package checkpoint reads and writes model weights in the safetensors format
// (https://github.com/huggingface/safetensors#format), single file or sharded
// with an index. Files are memory-mapped, so a model larger than the memory can
// be opened and uploaded tensor by tensor.
package checkpoint
