package ingest

import (
	"path"
	"slices"
	"strings"

	"github.com/clinflow/clinflow/internal/rawcsv"
)

// place is where the rows of a raw file come from and go to.
type place struct {
	files []string // what releases call it, below the root and without .csv.gz
	table string
}

// names says whether a file's name is one of the place's.
func (p place) names(file string) bool {
	return slices.ContainsFunc(p.files, func(name string) bool {
		return slices.Contains(rawcsv.Names(name), file)
	})
}

// name is what releases call the file, without folder and in small letters.
func (p place) name() string { return strings.ToLower(path.Base(p.files[0])) }

// isNote says whether a file is MIMIC-IV-Note's, which may lie in a folder of its own.
func (p place) isNote() bool { return strings.HasPrefix(p.files[0], "note/") }
