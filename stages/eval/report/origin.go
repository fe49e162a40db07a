package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages"
)

// origin says what made a dataset.
type origin struct{ Step, Stage, Seeds, Kernel, Digest string }

func originOf(d *dataset.Dataset) origin {
	m := d.Manifest
	o := origin{Step: stages.StepName(d), Stage: fmt.Sprintf("%s v%d", m.Stage, m.StageVersion), Kernel: m.Kernel, Digest: m.Digest()[:16]}
	var seeds []string
	for _, name := range slices.Sorted(maps.Keys(m.Seeds)) {
		seeds = append(seeds, fmt.Sprintf("%s %d", name, m.Seeds[name]))
	}
	o.Seeds = strings.Join(seeds, ", ")
	return o
}
