package dataset

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/clinflow/clinflow/internal/store"
)

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
	if m.ManifestVersion != manifestVersion || m.Versions.Kind < 1 || len(m.Versions.Tables) != len(m.Tables) {
		return errors.New("no version of the manifest, of its kind or of a table")
	}
	for name, parts := range m.Tables {
		if m.Versions.Tables[name] < 1 {
			return fmt.Errorf("no version of table %s", name)
		}
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
