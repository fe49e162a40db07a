package shard

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
	Kind          string                `json:"kind"`
	SchemaVersion int                   `json:"schema_version"`
	Parts         int                   `json:"parts"`            // 0: files only
	Tables        map[string][]PartInfo `json:"tables,omitempty"` // [parts] each
	Files         []FileInfo            `json:"files,omitempty"`  // sorted by name

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

// Digest identifies the content: the sha256, in hexadecimal, over kind, schema
// version, number of parts and the digests of all parts and files. With tables
// named it covers their parts alone. How the content came about (config,
// inputs, counts, revision) is not in it.
func (m Manifest) Digest(tables ...string) string {
	var lines bytes.Buffer
	fmt.Fprintf(&lines, "kind %s\nschema %d\nparts %d\n", m.Kind, m.SchemaVersion, m.Parts)
	names := slices.Sorted(slices.Values(tables))
	if len(tables) == 0 {
		names = slices.Sorted(maps.Keys(m.Tables))
		for _, f := range m.Files {
			fmt.Fprintf(&lines, "file %q %s\n", f.Name, f.SHA256)
		}
	}
	for _, name := range slices.Compact(names) {
		fmt.Fprintf(&lines, "table %q\n", name)
		for _, p := range m.Tables[name] {
			fmt.Fprintf(&lines, "part %s\n", p.SHA256)
		}
	}
	sum := sha256.Sum256(lines.Bytes())
	return hex.EncodeToString(sum[:])
}

// encode gives the same bytes for the same manifest: encoding/json sorts the
// keys of maps.
func (m Manifest) encode() ([]byte, error) {
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("write a manifest: %w", err)
	}
	m.SHA256 = ""
	open, err := m.indented()
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(open)
	m.SHA256 = hex.EncodeToString(sum[:])
	return m.indented()
}

func (m Manifest) indented() ([]byte, error) {
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write a manifest: %w", err)
	}
	return append(data, '\n'), nil
}

// partName is a part's file in the dataset's folder.
func partName(table string, part, parts int) string {
	return fmt.Sprintf("%s/part-%05d-of-%05d.parquet", table, part, parts)
}
