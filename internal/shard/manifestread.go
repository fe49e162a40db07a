package shard

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"strings"

	"github.com/clinflow/clinflow/internal/store"
)

// versionError says that a manifest is of a schema this program does not read.
type versionError struct{ got int }

func (e versionError) Error() string {
	return fmt.Sprintf("schema version %d, this clinflow reads version %d; make the dataset again or use the clinflow that wrote it", e.got, SchemaVersion)
}

// decodeManifest reads a manifest whose every byte is as it was written.
func decodeManifest(data []byte) (Manifest, error) {
	m, err := parseManifest(data)
	if err != nil {
		return Manifest{}, err
	}
	written, err := m.encode()
	if err != nil {
		return Manifest{}, err
	}
	if !bytes.Equal(data, written) {
		return Manifest{}, errAltered
	}
	return m, nil
}

var errAltered = errors.New("its own sha256 differs")

// parseManifest reads a manifest strictly. The schema version is looked at
// first: a later version may well have other keys.
func parseManifest(data []byte) (Manifest, error) {
	var version struct {
		SchemaVersion int `json:"schema_version"`
	}
	if err := json.Unmarshal(data, &version); err != nil {
		return Manifest{}, malformed(err)
	}
	if version.SchemaVersion != SchemaVersion {
		return Manifest{}, versionError{version.SchemaVersion}
	}
	var m Manifest
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&m); err != nil {
		return Manifest{}, malformed(err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return Manifest{}, errors.New("data after the end")
	}
	if m.Config != nil {
		var compact bytes.Buffer
		if err := json.Compact(&compact, m.Config); err != nil {
			return Manifest{}, malformed(err)
		}
		m.Config = compact.Bytes()
	}
	return m, m.check()
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

var (
	hexDigest  = regexp.MustCompile(`^[0-9a-f]{64}$`)
	identifier = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
)

// check finds what no writer of this program leaves.
func (m Manifest) check() error {
	if !identifier.MatchString(m.Kind) {
		return errors.New("no valid kind")
	}
	if m.Parts < 0 {
		return errors.New("a negative number of parts")
	}
	for name, parts := range m.Tables {
		if !identifier.MatchString(name) || len(parts) != m.Parts {
			return errors.New("a table without a valid name, or with another number of parts than the dataset")
		}
		for i, p := range parts {
			if p.Rows < 0 || p.Bytes <= 0 || !hexDigest.MatchString(p.SHA256) {
				return fmt.Errorf("part %d of table %s is not described by rows, bytes and sha256", i, name)
			}
		}
	}
	return m.checkFiles()
}

func (m Manifest) checkFiles() error {
	previous := ""
	for i, f := range m.Files {
		if err := checkFileName(f.Name); err != nil {
			return fmt.Errorf("file %d: %w", i, err)
		}
		if f.Name <= previous {
			return fmt.Errorf("file %d is not in order of names", i)
		}
		if f.Bytes < 0 || !hexDigest.MatchString(f.SHA256) {
			return fmt.Errorf("file %d is not described by bytes and sha256", i)
		}
		previous = f.Name
	}
	return nil
}

// checkFileName refuses names that lead out of the dataset's folder or clash
// with its own files.
func checkFileName(name string) error {
	switch {
	case name == "" || name != path.Clean(name) || path.IsAbs(name) || name == ".." || strings.HasPrefix(name, "../") || strings.ContainsAny(name, "\\\x00"):
		return errors.New("a file's name must be a clean path inside the dataset")
	case name == ManifestName || strings.HasPrefix(name, ".") || store.IsTemporary(name):
		return errors.New("a file's name must not be one that the dataset keeps for itself")
	}
	return nil
}
