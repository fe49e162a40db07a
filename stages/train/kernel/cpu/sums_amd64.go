package cpu

func vectorDot(width int, f func(a, b *float32, n int) float32, tail func(a, b []float32) float32) func(a, b []float32) float32 {
	return func(a, b []float32) float32 {
		n := whole(len(a), width)
		if n == 0 {
			return tail(a, b)
		}
		return f(&a[0], &b[0], n) + tail(a[n:], b[n:])
	}
}

func vectorDot3(width int, f func(a, b, c *float32, n int) float32, tail func(a, b, c []float32) float32) func(a, b, c []float32) float32 {
	return func(a, b, c []float32) float32 {
		n := whole(len(a), width)
		if n == 0 {
			return tail(a, b, c)
		}
		return f(&a[0], &b[0], &c[0], n) + tail(a[n:], b[n:], c[n:])
	}
}

func vectorLargest(width int, f func(x *float32, n int) float32, tail func(x []float32) float32) func(x []float32) float32 {
	return func(x []float32) float32 {
		n := whole(len(x), width)
		if n == 0 {
			return tail(x)
		}
		top := f(&x[0], n)
		for _, v := range x[n:] {
			if v > top {
				top = v
			}
		}
		return top
	}
}

func vectorExp(width int, f func(dst, src *float32, n int, shift float32) float32, tail func(dst, src []float32, shift float32) float32) func(dst, src []float32, shift float32) float32 {
	return func(dst, src []float32, shift float32) float32 {
		n := whole(len(src), width)
		if n == 0 {
			return tail(dst, src, shift)
		}
		return f(&dst[0], &src[0], n, shift) + tail(dst[n:], src[n:], shift)
	}
}
