//go:build slow

package sections

import "testing"

func TestSlowComposedHeadings(t *testing.T) { composed(t, 100_000) }
