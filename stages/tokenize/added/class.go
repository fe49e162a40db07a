package added

import (
	"encoding/json"
	"fmt"
	"maps"

	"github.com/clinflow/clinflow/internal/jsonfile"
)

// WithClass are files from which a tokenizer is read by its class where the model's
// config.json, which may have told it, is not beside them.
func WithClass(files map[string][]byte, class string) (map[string][]byte, error) {
	config := map[string]json.RawMessage{}
	if data := files[ConfigFile]; data != nil {
		if err := jsonfile.Unmarshal(data, &config); err != nil {
			return nil, fmt.Errorf("%s: %w", ConfigFile, err)
		}
	}
	if config["tokenizer_class"] != nil || class == "" {
		return files, nil
	}
	config["tokenizer_class"] = json.RawMessage(`"` + class + `"`)
	data, err := json.MarshalIndent(config, "", "  ")
	files = maps.Clone(files)
	files[ConfigFile] = append(data, '\n')
	return files, err
}
