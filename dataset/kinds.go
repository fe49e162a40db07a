// Package dataset is a dataset on disk: tables as Parquet parts, artifact files,
// and a manifest written last. A folder without a manifest does not exist.
package dataset

import "github.com/clinflow/clinflow/internal/exit"

var kinds = map[string]int{} // versions above 1, by name

// RegisterKind gives a kind of dataset a version above 1. It is raised when what
// lies in such a dataset beside its tables means something else than before. It is
// called from an init function and panics on a name taken twice.
func RegisterKind(name string, version int) {
	if _, taken := kinds[name]; taken {
		panic("kind registered twice: " + name)
	}
	kinds[name] = version
}

// kindVersion is 1 for a kind that was never changed.
func kindVersion(name string) int { return max(1, kinds[name]) }

// Versions are those of a kind of dataset and of tables in it.
type Versions struct {
	Kind   int            `json:"kind"`
	Tables map[string]int `json:"tables,omitempty"`
}

// VersionsOf are the versions that this program writes and reads.
func VersionsOf(kind string, names ...string) Versions {
	v := Versions{Kind: kindVersion(kind)}
	for _, name := range names {
		if v.Tables == nil {
			v.Tables = map[string]int{}
		}
		v.Tables[name] = tables[name].version
	}
	return v
}

// checkKind refuses a dataset of another version of its kind.
func (m Manifest) checkKind() error {
	if want := kindVersion(m.Kind); m.Versions.Kind != want {
		return exit.Errorf(exit.Usage, "%s of version %d, this clinflow reads version %d; make the dataset again or use the clinflow that wrote it", m.Kind, m.Versions.Kind, want)
	}
	return nil
}
