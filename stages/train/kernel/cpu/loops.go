package cpu

// The inner loops in Go: see functions for what they compute.

func interleaveGo[T number](to []T, width int, columns [4][]T) {
	a, b, c, d := columns[0], columns[1], columns[2], columns[3]
	b, c, d = b[:len(a)], c[:len(a)], d[:len(a)]
	for i, x := range a {
		row := to[i*width : i*width+4]
		row[0], row[1], row[2], row[3] = x, b[i], c[i], d[i]
	}
}

func addGo[T number](y, a, b []T) {
	for i := range y {
		y[i] = a[i] + b[i]
	}
}

func scaleGo[T number](y, x []T, f T) {
	for i := range y {
		y[i] = x[i] * f
	}
}

// dotGo sums in four lanes, which is faster and more exact than one.
func dotGo[T number](a, b []T) T {
	var s [4]T
	for len(a) >= 4 && len(b) >= 4 {
		s[0] += a[0] * b[0]
		s[1] += a[1] * b[1]
		s[2] += a[2] * b[2]
		s[3] += a[3] * b[3]
		a, b = a[4:], b[4:]
	}
	for i := range a {
		s[0] += a[i] * b[i]
	}
	return (s[0] + s[1]) + (s[2] + s[3])
}

func dot3Go[T number](a, b, c []T) (sum T) {
	for i := range a {
		sum += a[i] * b[i] * c[i]
	}
	return sum
}

func largestGo[T number](x []T) T {
	top := x[0]
	for _, v := range x {
		if v > top {
			top = v
		}
	}
	return top
}

func expGo[T number](dst, src []T, shift T, exp func(T) T) (sum T) {
	for i, x := range src {
		dst[i] = exp(x - shift)
		sum += dst[i]
	}
	return sum
}

func normalizeGo[T number](y, x, w []T, f T) {
	for i := range y {
		y[i] = x[i] * f * w[i]
	}
}

func normalizeBackGo[T number](dx, dy, x, w []T, rstd, s T, acc bool) {
	for i := range dx {
		v := rstd * (dy[i]*w[i] - x[i]*s)
		if acc {
			v += dx[i]
		}
		dx[i] = v
	}
}

func probabilityBackGo[T number](g, p []T, s T) {
	for i := range g {
		g[i] = p[i] * (g[i] - s)
	}
}

func rotateGo[T number](y1, y2, x1, x2, cos, sin []T) {
	for i, c := range cos {
		a, b := x1[i], x2[i]
		y1[i], y2[i] = a*c-b*sin[i], b*c+a*sin[i]
	}
}

func swigluGo[T number](y, gate, up []T, exp func(T) T) {
	for i, g := range gate {
		y[i] = g / (1 + exp(-g)) * up[i]
	}
}

func swigluBackGo[T number](dgate, dup, dy, gate, up []T, exp func(T) T) {
	for i, g := range gate {
		s := 1 / (1 + exp(-g))
		silu := g * s
		dgate[i], dup[i] = dy[i]*up[i]*(s+silu*(1-s)), dy[i]*silu
	}
}
