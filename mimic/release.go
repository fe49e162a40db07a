package mimic

import "github.com/clinflow/clinflow/dataset"

// The databases.
const (
	MIMICIII = "mimiciii"
	MIMICIV  = "mimiciv"
)

// Titles are the databases as people write them.
var Titles = map[string]string{MIMICIII: "MIMIC-III", MIMICIV: "MIMIC-IV"}

// AttributeRelease is the name under which the manifest of patients has their Release.
const AttributeRelease = "release"

// Release is what patients were read from. A version is "" where it is not known.
type Release struct {
	Database string `json:"database"`          // MIMICIII or MIMICIV
	Version  string `json:"version,omitempty"` // of the tables, such as 2.2
	Notes    string `json:"notes,omitempty"`   // of MIMIC-IV-Note, such as 2.2
	// Mixed says that the notes are not those of the tables' release, so that many
	// admissions have none.
	Mixed bool `json:"mixed,omitempty"`
	// ChartEvents says whether they were read, those that ventilation is known by.
	ChartEvents bool `json:"chartevents,omitempty"`
}

// Filing is implemented by a stage that makes files of MIMIC and says before it runs
// which database's they are, and whether chartevents is among them.
type Filing interface{ Files() Release }

// Charting is implemented by a stage that says before it runs whether the patients that
// it makes have their ChartEvents.
type Charting interface{ ReadsChartEvents() bool }

// ReleaseOf says what patients were read from, zero where their manifest does not.
func ReleaseOf(patients *dataset.Dataset) (r Release) {
	_, _ = patients.Attribute(AttributeRelease, &r) // one that is none is as good as untold
	return r
}

// String names the release as reports do, such as mimiciv 3.1, notes 2.2.
func (r Release) String() string {
	name := r.Database
	if r.Version != "" {
		name += " " + r.Version
	}
	if r.Notes != "" {
		name += ", notes " + r.Notes
	}
	return name
}
