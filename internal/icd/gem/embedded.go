package gem

import (
	"compress/gzip"
	"embed"
	"fmt"
	"io"
	"sync"
)

//go:embed *.gz
var files embed.FS

// diagnoses and procedures are read when they are first asked for, by the version that
// they translate into. A category is three characters of a diagnosis, two of an ICD-9
// procedure; ICD-10-PCS has none, and what is done where is told by its first four.
var (
	diagnoses = map[int]func() (*Mapping, error){
		9:  embedded("2018_I10gem.gz", 3),
		10: embedded("2018_I9gem.gz", 3),
	}
	procedures = map[int]func() (*Mapping, error){
		9:  embedded("gem_pcsi9.gz", 4),
		10: embedded("gem_i9pcs.gz", 2),
	}
)

// Diagnoses translates diagnoses into version 9 or 10, from the other.
func Diagnoses(into int) (*Mapping, error) { return of(diagnoses, into) }

// Procedures is Diagnoses for procedures: between ICD-10-PCS and volume 3 of ICD-9-CM.
func Procedures(into int) (*Mapping, error) { return of(procedures, into) }

func of(mappings map[int]func() (*Mapping, error), into int) (*Mapping, error) {
	read, known := mappings[into]
	if !known {
		return nil, fmt.Errorf("no mapping into version %d of ICD, only 9 and 10", into)
	}
	return read()
}

// embedded reads a packed file once.
func embedded(name string, category int) func() (*Mapping, error) {
	return sync.OnceValues(func() (*Mapping, error) {
		file, err := files.Open(name)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		unpacked, err := gzip.NewReader(file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		text, err := io.ReadAll(unpacked)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		rows, err := read(string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return &Mapping{rows, category}, nil
	})
}
