package eval

import (
	"encoding/json"
	"io"

	"github.com/clinflow/clinflow/dataset"
)

// WriteJSON writes a file of the stage as indented JSON in which < stands as it is: it is
// read by people too.
func WriteJSON(out *dataset.Writer, name string, value any) error {
	return out.StreamFile(name, func(w io.Writer) error {
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(value)
	})
}
