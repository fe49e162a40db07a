package dags

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/clinflow/clinflow/dataset"
)

// Identity is all that decides the bytes of a step's output. It can be read
// back from the output's manifest.
type Identity struct {
	Schema  dataset.Versions  `json:"schema"` // of the output's kind and tables
	Stage   string            `json:"stage"`
	Version int               `json:"version"`
	Config  json.RawMessage   `json:"config"` // Step.Identity
	Inputs  map[string]string `json:"inputs"` // digests by the names that planner.inputs gives
	Kernel  string            `json:"kernel,omitempty"`
}

// Fingerprint is the identity's sha256 in short: the first 16 hex digits.
func (id Identity) Fingerprint() string {
	text, err := json.Marshal(id)
	if err != nil {
		panic(fmt.Sprintf("the resolved configuration of %s is not JSON", id.Stage))
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}
