package dataset

import (
	"encoding/json"
)

// oldVersion is the schema_version of the manifests that had one version for the
// manifest, all kinds and all tables.
const oldVersion = 2

// oldManifest is such a manifest. Its kind and tables are what version 1 of each is
// now.
type oldManifest struct {
	Kind          string                `json:"kind"`
	SchemaVersion int                   `json:"schema_version"`
	Parts         int                   `json:"parts"`
	Tables        map[string][]PartInfo `json:"tables,omitempty"`
	Files         []FileInfo            `json:"files,omitempty"`

	Stage        string            `json:"stage"`
	StageVersion int               `json:"stage_version"`
	Config       json.RawMessage   `json:"config,omitempty"`
	Inputs       map[string]string `json:"inputs,omitempty"`
	Sources      []string          `json:"sources,omitempty"`
	Counts       map[string]int64  `json:"counts,omitempty"`
	Seeds        map[string]int64  `json:"seeds,omitempty"`
	Kernel       string            `json:"kernel,omitempty"`
	Revision     string            `json:"revision,omitempty"`

	SHA256 string `json:"sha256"`
}

func decodeOldManifest(data []byte) (Manifest, error) {
	var old oldManifest
	if err := strictly(data, &old); err != nil {
		return Manifest{}, err
	}
	var err error
	if old.Config, err = compact(old.Config); err != nil {
		return Manifest{}, err
	}
	m := old.forward()
	if err := m.check(); err != nil {
		return Manifest{}, err
	}
	return m, unaltered(data, old.encode)
}

// encode gives the bytes that an earlier clinflow wrote.
func (o oldManifest) encode() ([]byte, error) {
	return seal(func(sum string) any { o.SHA256 = sum; return o })
}

// forward is the manifest as it is written now.
func (o oldManifest) forward() Manifest {
	m := Manifest{
		ManifestVersion: manifestVersion, Kind: o.Kind, Versions: Versions{Kind: 1},
		Parts: o.Parts, Tables: o.Tables, Files: o.Files,
		Stage: o.Stage, StageVersion: o.StageVersion, Config: o.Config, Inputs: o.Inputs,
		Sources: o.Sources, Counts: o.Counts, Seeds: o.Seeds, Kernel: o.Kernel, Revision: o.Revision, SHA256: o.SHA256,
	}
	for table := range o.Tables {
		if m.Versions.Tables == nil {
			m.Versions.Tables = map[string]int{}
		}
		m.Versions.Tables[table] = 1
	}
	return m
}
