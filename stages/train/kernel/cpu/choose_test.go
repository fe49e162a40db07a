package cpu

import (
	"testing"
)

func TestKernelsFollowTheProcessor(t *testing.T) {
	before := processor
	t.Cleanup(func() { processor = before })
	for _, c := range []struct {
		features    map[string]bool
		name, error string
	}{
		{map[string]bool{"AVX2": true, "FMA": true}, "avx512", "the kernel avx512 needs AVX512F, which this processor or its system does not have; it runs avx2, go"},
		{map[string]bool{"AVX2": true, "AVX512F": true}, "avx512", "the kernel avx512 needs FMA, which this processor or its system does not have; it runs go"},
		{nil, "avx512", "the kernel avx512 needs AVX2 and FMA and AVX512F, which this processor or its system does not have; it runs go"},
		{nil, "avx2", "the kernel avx2 needs AVX2 and FMA, which this processor or its system does not have; it runs go"},
		{nil, "sse", `there is no kernel "sse"; this processor runs go`},
		{nil, "go", ""},
	} {
		processor = c.features
		_, err := New(Options{Kernel: c.name})
		if c.error == "" && err != nil || c.error != "" && (err == nil || err.Error() != c.error) {
			t.Errorf("%s with %v: got %v, want %q", c.name, c.features, err, c.error)
		}
	}
	if b, err := New(Options{}); err != nil || b.Name() != "cpu/go/f32" {
		t.Errorf("the best of a processor without features is %v, %v", b, err)
	}
}
