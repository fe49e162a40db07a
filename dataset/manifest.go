package dataset

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Manifest describes a complete dataset. Its file is written last.
type Manifest struct {
	ManifestVersion int                   `json:"manifest_version"` // of this struct
	Kind            string                `json:"kind"`
	Versions        Versions              `json:"versions"`         // of the kind and of each table
	Parts           int                   `json:"parts"`            // 0: files only
	Tables          map[string][]PartInfo `json:"tables,omitempty"` // [parts] each
	Files           []FileInfo            `json:"files,omitempty"`  // sorted by name
	// Attributes say what the rows and files mean, by name: of labels, the task.
	Attributes map[string]json.RawMessage `json:"attributes,omitempty"`

	Stage        string            `json:"stage"`
	StageVersion int               `json:"stage_version"`
	Config       json.RawMessage   `json:"config,omitempty"`  // resolved
	Inputs       map[string]string `json:"inputs,omitempty"`  // port → Digest
	Sources      []string          `json:"sources,omitempty"` // raw files by source_file
	Counts       map[string]int64  `json:"counts,omitempty"`  // "read", "kept", "quarantined", "quarantined.<reason>", …
	Seeds        map[string]int64  `json:"seeds,omitempty"`
	Kernel       string            `json:"kernel,omitempty"`   // what computed it, where that matters
	Revision     string            `json:"revision,omitempty"` // of the code, for information

	SHA256 string `json:"sha256"` // of the manifest's own bytes with nothing here
}

// PartInfo describes one part of a table.
type PartInfo struct {
	Rows   int64  `json:"rows"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// FileInfo describes one file of an artifact.
type FileInfo struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Digest identifies the content: the sha256, in hexadecimal, over the kind and its
// version, attributes, number of parts, and the versions and digests of all tables
// and files. With tables named it covers them alone, so that a new column in one
// table moves the digest of no other. How the content came about (config, inputs,
// counts, revision) is not in it.
func (m Manifest) Digest(tables ...string) string {
	var lines bytes.Buffer
	fmt.Fprintf(&lines, "kind %s %d\nparts %d\n", m.Kind, m.Versions.Kind, m.Parts)
	for _, name := range slices.Sorted(maps.Keys(m.Attributes)) {
		fmt.Fprintf(&lines, "attribute %q %s\n", name, m.Attributes[name])
	}
	names := slices.Sorted(slices.Values(tables))
	if len(tables) == 0 {
		names = slices.Sorted(maps.Keys(m.Tables))
		for _, f := range m.Files {
			fmt.Fprintf(&lines, "file %q %s\n", f.Name, f.SHA256)
		}
	}
	for _, name := range slices.Compact(names) {
		fmt.Fprintf(&lines, "table %q %d\n", name, m.Versions.Tables[name])
		for _, p := range m.Tables[name] {
			fmt.Fprintf(&lines, "part %s\n", p.SHA256)
		}
	}
	sum := sha256.Sum256(lines.Bytes())
	return hex.EncodeToString(sum[:])
}

// Bytes is the length of the parts of all tables, or of those named, and without names of
// the files too.
func (m Manifest) Bytes(tables ...string) (total int64) {
	for name, parts := range m.Tables {
		if len(tables) > 0 && !slices.Contains(tables, name) {
			continue
		}
		for _, p := range parts {
			total += p.Bytes
		}
	}
	for _, f := range m.Files {
		if len(tables) == 0 {
			total += f.Bytes
		}
	}
	return total
}

// encode gives the same bytes for the same manifest: encoding/json sorts the
// keys of maps.
func (m Manifest) encode() ([]byte, error) {
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("write a manifest: %w", err)
	}
	return seal(func(sum string) any { m.SHA256 = sum; return m })
}

// seal is a value as indented JSON with the sha256 of its bytes without one. with
// gives the value a sum.
func seal(with func(sum string) any) ([]byte, error) {
	open, err := indented(with(""))
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(open)
	return indented(with(hex.EncodeToString(sum[:])))
}

func indented(value any) ([]byte, error) {
	data, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write a manifest: %w", err)
	}
	return append(data, '\n'), nil
}

// partName is a part's file in the dataset's folder.
func partName(table string, part, parts int) string {
	return fmt.Sprintf("%s/part-%05d-of-%05d.parquet", table, part, parts)
}

// partNames are the names of the parts of all tables.
func (m Manifest) partNames() (names []string) {
	for table, parts := range m.Tables {
		for part := range parts {
			names = append(names, partName(table, part, len(parts)))
		}
	}
	return names
}
