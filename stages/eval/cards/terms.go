package cards

import (
	"strings"

	"github.com/clinflow/clinflow/mimic"
)

// What data are, as the key data of the configurations says it.
const (
	credentialed = "credentialed"
	synthetic    = "synthetic"
)

// Terms is what the stages of cards have in common.
type Terms struct {
	Data string `json:"data" default:"credentialed" enum:"credentialed,synthetic" doc:"Whose the data are. credentialed: patients' that PhysioNet gives to credentialed users. synthetic: nobody's, tables and notes alike; notes that are made up for real tables are not."`
}

// terms are under what terms something that was made of data may be passed on.
type terms struct {
	License, LicenseName, LicenseLink string // of the YAML head, as the Hugging Face Hub has them
	Credentialed                      bool
}

// termsOf are those of PhysioNet's credentialed data, or of nobody's.
func termsOf(data string) terms {
	if data == synthetic {
		return terms{License: "unknown"}
	}
	return terms{
		License: "other", LicenseName: "physionet-credentialed-health-data-license-1.5.0",
		LicenseLink:  "https://physionet.org/about/licenses/physionet-credentialed-health-data-license-150/",
		Credentialed: true,
	}
}

// source is a database by its name and where PhysioNet has it.
type source struct{ Name, Link string }

// sourcesOf are the databases of a release, as task.Task names it.
func sourcesOf(release string) []source {
	switch {
	case strings.HasPrefix(release, mimic.MIMICIII):
		return []source{{"MIMIC-III", "https://physionet.org/content/mimiciii/"}}
	case strings.HasPrefix(release, mimic.MIMICIV):
		return []source{{"MIMIC-IV", "https://physionet.org/content/mimiciv/"}, {"MIMIC-IV-Note", "https://physionet.org/content/mimic-iv-note/"}}
	}
	return nil
}
