//go:build !amd64

package cpu

// processor has none of the features that assembly is written for.
var processor map[string]bool

// assembled is empty: all loops are in Go.
var assembled map[string]func(functions[float32]) functions[float32]
