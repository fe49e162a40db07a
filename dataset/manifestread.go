package dataset

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// manifestVersion is the version of Manifest. Readers take no other, but that of
// oldManifest.
const manifestVersion = 3

// versionError says that a manifest is of a version this program does not read.
type versionError struct{ got int }

func (e versionError) Error() string {
	return fmt.Sprintf("a manifest of version %d, this clinflow reads version %d; make the dataset again or use the clinflow that wrote it", e.got, manifestVersion)
}

// decodeManifest reads a manifest whose every byte is as it was written.
func decodeManifest(data []byte) (Manifest, error) {
	var version struct {
		Manifest int `json:"manifest_version"`
		Schema   int `json:"schema_version"`
	}
	if err := json.Unmarshal(data, &version); err != nil {
		return Manifest{}, malformed(err)
	}
	switch {
	case version.Manifest == manifestVersion:
		m, err := parseManifest(data)
		if err != nil {
			return Manifest{}, err
		}
		return m, unaltered(data, m.encode)
	case version.Schema == oldVersion:
		return decodeOldManifest(data)
	default:
		return Manifest{}, versionError{max(version.Manifest, version.Schema)}
	}
}

// unaltered compares a manifest's bytes with those that it is written as.
func unaltered(data []byte, encode func() ([]byte, error)) error {
	written, err := encode()
	if err == nil && !bytes.Equal(data, written) {
		return errAltered
	}
	return err
}

var errAltered = errors.New("its own sha256 differs")

// parseManifest reads a manifest strictly.
func parseManifest(data []byte) (m Manifest, err error) {
	if err := strictly(data, &m); err != nil {
		return Manifest{}, err
	}
	if m.Config, err = compact(m.Config); err != nil {
		return Manifest{}, err
	}
	for name, value := range m.Attributes {
		if m.Attributes[name], err = compact(value); err != nil {
			return Manifest{}, err
		}
	}
	return m, m.check()
}

// strictly reads one JSON value without unknown keys.
func strictly(data []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return malformed(err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return errors.New("data after the end")
	}
	return nil
}

func compact(value json.RawMessage) (json.RawMessage, error) {
	if value == nil {
		return nil, nil
	}
	var out bytes.Buffer
	if err := json.Compact(&out, value); err != nil {
		return nil, malformed(err)
	}
	return out.Bytes(), nil
}

// malformed keeps the place and drops the words of a JSON error: they quote the
// input.
func malformed(err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("malformed JSON at byte %d", syntax.Offset)
	case errors.As(err, &kind):
		return fmt.Errorf("a value of the wrong type at byte %d", kind.Offset)
	default:
		return errors.New("an unknown key or malformed JSON")
	}
}
