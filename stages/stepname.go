package stages

import (
	"path"
	"regexp"
	"strings"

	"github.com/clinflow/clinflow/dataset"
)

// fingerprint ends the name of a step's folder.
var fingerprint = regexp.MustCompile(`-[0-9a-f]{16}$`)

// StepName is the step that made a dataset, from the name of its folder.
func StepName(d *dataset.Dataset) string {
	return fingerprint.ReplaceAllString(path.Base(strings.ReplaceAll(d.URI(), `\`, "/")), "")
}
