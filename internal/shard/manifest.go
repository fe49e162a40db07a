package shard

import "encoding/json"

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
	Kernel       string            `json:"kernel,omitempty"`
	Revision     string            `json:"revision,omitempty"`
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
