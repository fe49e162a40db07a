//go:build !amd64

package cpu

import "fmt"

// functions32 returns the named inner loops for float32.
func functions32(name string) (functions[float32], error) {
	if name != "" && name != "go" {
		return functions[float32]{}, fmt.Errorf("there is no kernel %q for this processor: use go", name)
	}
	return pure32(), nil
}
