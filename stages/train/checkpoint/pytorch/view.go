package pytorch

import (
	"fmt"
	"math"
	"slices"
)

// maxDimensions bounds a tensor's dimensions; weights have up to five.
const maxDimensions = 8

// view is a tensor: numbers of a storage. Offset and strides count numbers.
type view struct {
	storage        *storage
	number         number
	offset         int64
	shape, strides []int64
}

// tensor places a view whose storage is placed into the file.
func (v *view) tensor() (Tensor, error) {
	first, last, err := v.span()
	if err != nil {
		return Tensor{}, err
	}
	t := Tensor{Dtype: v.number.dtype, Begin: v.storage.begin + first*v.number.size, End: v.storage.begin + last*v.number.size}
	t.Shape = ints(v.shape)
	if !v.contiguous() {
		t.Strides = ints(v.strides)
	}
	return t, nil
}

// span is the first number of the storage that is seen, and the one behind the last. As
// no more may be seen than are there, a copy of a view is no larger than the file.
func (v *view) span() (first, last int64, err error) {
	held := v.storage.bytes / v.number.size
	count, err := v.count()
	if err != nil || count == 0 {
		return 0, 0, err
	}
	if count > held {
		return 0, 0, fmt.Errorf("shape %v has %d values, its storage %d", v.shape, count, held)
	}
	if v.offset >= held {
		return 0, 0, v.outside(held)
	}
	last = v.offset
	for i, d := range v.shape {
		if d > 1 && v.strides[i] > (held-1-last)/(d-1) {
			return 0, 0, v.outside(held)
		}
		last += (d - 1) * v.strides[i]
	}
	return v.offset, last + 1, nil
}

func (v *view) outside(held int64) error {
	return fmt.Errorf("shape %v with strides %v at offset %d lies outside of its storage of %d values", v.shape, v.strides, v.offset, held)
}

// count multiplies the dimensions.
func (v *view) count() (int64, error) {
	if slices.Contains(v.shape, 0) {
		return 0, nil
	}
	count := int64(1)
	for _, d := range v.shape {
		if count > math.MaxInt64/d {
			return 0, fmt.Errorf("impossible shape %v", v.shape)
		}
		count *= d
	}
	return count, nil
}

// contiguous says whether the values stand in row-major order.
func (v *view) contiguous() bool {
	step := int64(1)
	for i, d := range slices.Backward(v.shape) {
		if d > 1 && v.strides[i] != step {
			return slices.Contains(v.shape, 0)
		}
		step *= d
	}
	return true
}

func ints(list []int64) []int {
	whole := make([]int, len(list))
	for i, n := range list {
		whole[i] = int(n)
	}
	return whole
}
