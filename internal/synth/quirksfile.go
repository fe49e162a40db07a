package synth

import (
	"encoding/csv"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"

	"github.com/clinflow/clinflow/internal/exit"
)

// Quirks are the names of all that is planted in a tree of MIMIC-III.
func Quirks() []string {
	var names []string
	for i := range tableQuirks {
		names = append(names, tableQuirks[i].name)
	}
	for i := range noteQuirks {
		names = append(names, noteQuirks[i].name)
	}
	return names
}

// CountQuirks reads a quirks file (gzip CSV): how often each was planted.
func CountQuirks(file io.Reader) (map[string]int64, error) {
	z, err := gzip.NewReader(file)
	if err != nil {
		return nil, exit.Errorf(exit.BadData, "%s: open as gzip: %w", QuirksFile, err)
	}
	records, err := csv.NewReader(z).ReadAll()
	if err != nil {
		return nil, exit.Errorf(exit.BadData, "%s: read: %w", QuirksFile, err)
	}
	if len(records) == 0 || strings.Join(records[0], ",") != files[tablePlanted].header {
		return nil, exit.Errorf(exit.BadData, "%s: the header is not that of this version; make the tree again", QuirksFile)
	}
	counts := map[string]int64{}
	for _, record := range records[1:] {
		counts[record[0]]++
	}
	return counts, nil
}
