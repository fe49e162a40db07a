package cpu

// Each function here runs assembly over the whole vectors of its slices and tail
// over the rest.

// whole is how many of n numbers fill vectors.
func whole(n, width int) int { return n / width * width }

func vectorInterleave(tail func(to []float32, width int, columns [4][]float32)) func(to []float32, width int, columns [4][]float32) {
	return func(to []float32, width int, c [4][]float32) {
		n := whole(len(c[0]), 8)
		if n > 0 {
			_ = to[(n-1)*width+3]
			interleaveAVX2(&to[0], &c[0][0], &c[1][0], &c[2][0], &c[3][0], n, width)
		}
		if n < len(c[0]) {
			tail(to[n*width:], width, [4][]float32{c[0][n:], c[1][n:], c[2][n:], c[3][n:]})
		}
	}
}

func vectorAdd(width int, f func(y, a, b *float32, n int), tail func(y, a, b []float32)) func(y, a, b []float32) {
	return func(y, a, b []float32) {
		n := whole(len(y), width)
		if n > 0 {
			f(&y[0], &a[0], &b[0], n)
		}
		tail(y[n:], a[n:], b[n:])
	}
}

func vectorScale(width int, f func(y, x *float32, n int, by float32), tail func(y, x []float32, by float32)) func(y, x []float32, by float32) {
	return func(y, x []float32, by float32) {
		n := whole(len(y), width)
		if n > 0 {
			f(&y[0], &x[0], n, by)
		}
		tail(y[n:], x[n:], by)
	}
}

func vectorNormalize(width int, f func(y, x, w *float32, n int, by float32), tail func(y, x, w []float32, by float32)) func(y, x, w []float32, by float32) {
	return func(y, x, w []float32, by float32) {
		n := whole(len(y), width)
		if n > 0 {
			f(&y[0], &x[0], &w[0], n, by)
		}
		tail(y[n:], x[n:], w[n:], by)
	}
}

func vectorNormalizeBack(width int, f func(dx, dy, x, w *float32, n int, rstd, s float32, acc bool), tail func(dx, dy, x, w []float32, rstd, s float32, acc bool)) func(dx, dy, x, w []float32, rstd, s float32, acc bool) {
	return func(dx, dy, x, w []float32, rstd, s float32, acc bool) {
		n := whole(len(dx), width)
		if n > 0 {
			f(&dx[0], &dy[0], &x[0], &w[0], n, rstd, s, acc)
		}
		tail(dx[n:], dy[n:], x[n:], w[n:], rstd, s, acc)
	}
}

func vectorProbabilityBack(width int, f func(g, p *float32, n int, s float32), tail func(g, p []float32, s float32)) func(g, p []float32, s float32) {
	return func(g, p []float32, s float32) {
		n := whole(len(g), width)
		if n > 0 {
			f(&g[0], &p[0], n, s)
		}
		tail(g[n:], p[n:], s)
	}
}

func vectorRotate(width int, f func(y1, y2, x1, x2, cos, sin *float32, n int), tail func(y1, y2, x1, x2, cos, sin []float32)) func(y1, y2, x1, x2, cos, sin []float32) {
	return func(y1, y2, x1, x2, cos, sin []float32) {
		n := whole(len(cos), width)
		if n > 0 {
			f(&y1[0], &y2[0], &x1[0], &x2[0], &cos[0], &sin[0], n)
		}
		tail(y1[n:], y2[n:], x1[n:], x2[n:], cos[n:], sin[n:])
	}
}

func vectorSwiglu(width int, f func(y, gate, up *float32, n int), tail func(y, gate, up []float32)) func(y, gate, up []float32) {
	return func(y, gate, up []float32) {
		n := whole(len(y), width)
		if n > 0 {
			f(&y[0], &gate[0], &up[0], n)
		}
		tail(y[n:], gate[n:], up[n:])
	}
}

func vectorSwigluBack(width int, f func(dgate, dup, dy, gate, up *float32, n int), tail func(dgate, dup, dy, gate, up []float32)) func(dgate, dup, dy, gate, up []float32) {
	return func(dgate, dup, dy, gate, up []float32) {
		n := whole(len(dy), width)
		if n > 0 {
			f(&dgate[0], &dup[0], &dy[0], &gate[0], &up[0], n)
		}
		tail(dgate[n:], dup[n:], dy[n:], gate[n:], up[n:])
	}
}

func vectorGelu(width int, f func(y, x *float32, n int), tail func(y, x []float32)) func(y, x []float32) {
	return func(y, x []float32) {
		n := whole(len(y), width)
		if n > 0 {
			f(&y[0], &x[0], n)
		}
		tail(y[n:], x[n:])
	}
}

func vectorGeluBack(width int, f func(dx, dy, x *float32, n int), tail func(dx, dy, x []float32)) func(dx, dy, x []float32) {
	return func(dx, dy, x []float32) {
		n := whole(len(dx), width)
		if n > 0 {
			f(&dx[0], &dy[0], &x[0], n)
		}
		tail(dx[n:], dy[n:], x[n:])
	}
}

// vectorAdamw takes eight numbers at once, whatever the vector of float64 holds.
func vectorAdamw(f func(p, g, m, v *float32, n int, c *float64), tail func(p, g, m, v []float32, c *adamConstants)) func(p, g, m, v []float32, c *adamConstants) {
	return func(p, g, m, v []float32, c *adamConstants) {
		n := whole(len(p), 8)
		if n > 0 {
			f(&p[0], &g[0], &m[0], &v[0], n, &c[0])
		}
		tail(p[n:], g[n:], m[n:], v[n:], c)
	}
}

// vectorDrop takes whole blocks.
func vectorDrop(f func(y, x *float32, blocks int, state *uint32, acc bool), tail func(y, x []float32, s dropState, acc bool)) func(y, x []float32, s dropState, acc bool) {
	return func(y, x []float32, s dropState, acc bool) {
		blocks := len(x) / dropLength
		if blocks > 0 {
			f(&y[0], &x[0], blocks, &s[0], acc)
		}
		n := blocks * dropLength
		s[dropCounter] += uint32(blocks * 16)
		tail(y[n:], x[n:], s, acc)
	}
}
