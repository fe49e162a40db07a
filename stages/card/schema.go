package card

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/examples"
	"github.com/clinflow/clinflow/stages/split"
)

// Source is a dataset that the examples are joined from.
type Source struct {
	Port   string              `json:"port"`
	Kind   string              `json:"kind"`
	Stage  string              `json:"stage"`
	Digest string              `json:"digest"`
	Tables map[string][]string `json:"tables"` // columns
}

func schemaOf(ctx context.Context, in stages.Inputs) (sources []Source, err error) {
	for _, port := range []string{textsPort.Name, examples.TokensPort.Name, examples.LabelsPort.Name, split.Port.Name, portDuplicates} {
		for _, d := range in[port] {
			m := d.Manifest
			s := Source{Port: port, Kind: m.Kind, Stage: fmt.Sprintf("%s v%d", m.Stage, m.StageVersion), Digest: m.Digest()[:16], Tables: map[string][]string{}}
			for _, table := range slices.Sorted(maps.Keys(m.Tables)) {
				if s.Tables[table], err = dataset.ColumnNames(ctx, d, table, 0); err != nil {
					return nil, err
				}
			}
			sources = append(sources, s)
		}
	}
	return sources, nil
}
