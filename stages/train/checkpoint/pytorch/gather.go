package pytorch

import "context"

// Gather copies a tensor's values into row-major order. values are the bytes from the
// first to the last in the file, size those of one number. It ends with ctx's error when
// ctx ends: here the tensor comes from the disk.
func Gather(ctx context.Context, values []byte, shape, strides []int, size int) ([]byte, error) {
	count := size
	for _, d := range shape {
		count *= d
	}
	gathered := make([]byte, count)
	rest := gathered
	for i := range shape[0] {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		rest = gather(rest, values[i*strides[0]*size:], shape[1:], strides[1:], size)
	}
	return gathered, nil
}

// gather fills to with a tensor's values and returns what is left of it.
func gather(to, values []byte, shape, strides []int, size int) []byte {
	switch {
	case len(shape) == 0:
		return to[copy(to, values[:size]):]
	case len(shape) == 1 && strides[0] == 1:
		return to[copy(to, values[:shape[0]*size]):]
	}
	for i := range shape[0] {
		to = gather(to, values[i*strides[0]*size:], shape[1:], strides[1:], size)
	}
	return to
}
