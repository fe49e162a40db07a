package cpu

import (
	"fmt"
	"slices"
	"strings"
)

// sets are the kernels for float32, the fastest first, and the features of a processor
// that their instructions belong to, as the vendors' manuals call them.
var sets = []set{{"avx512", []string{"AVX2", "FMA", "AVX512F"}}, {"avx2", []string{"AVX2", "FMA"}}, {"go", nil}}

type set struct {
	name  string
	needs []string
}

// missing are the features that this processor lacks.
func (s set) missing() []string {
	return slices.DeleteFunc(slices.Clone(s.needs), func(feature string) bool { return processor[feature] })
}

// functions32 returns the named inner loops for float32; "" is the best that this
// processor runs.
func functions32(name string) (functions[float32], error) {
	var runs []string
	for _, s := range sets {
		if len(s.missing()) == 0 {
			runs = append(runs, s.name)
		}
	}
	if name == "" {
		name = runs[0]
	}
	at := slices.IndexFunc(sets, func(s set) bool { return s.name == name })
	if at < 0 {
		return functions[float32]{}, fmt.Errorf("there is no kernel %q; this processor runs %s", name, strings.Join(runs, ", "))
	}
	if lacks := sets[at].missing(); len(lacks) > 0 {
		return functions[float32]{}, fmt.Errorf("the kernel %s needs %s, which this processor or its system does not have; it runs %s", name, strings.Join(lacks, " and "), strings.Join(runs, ", "))
	}
	f := pure32()
	if assembly, ok := assembled[name]; ok {
		f = assembly(f)
	}
	return f, nil
}
