package ingest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/clinflow/clinflow/internal/rawcsv"
	"github.com/clinflow/clinflow/mimic"
	"github.com/clinflow/clinflow/stages"
)

// Tally compares the rows of the files with those of the release that they are of, and
// says which it is.
func (s *source) Tally(ctx context.Context, in stages.Inputs, files map[string]map[string]int64) (map[string]any, error) {
	found, err := s.Files(ctx, in)
	if err != nil {
		return nil, err
	}
	has, err := s.admissionColumn(ctx, found)
	if err != nil {
		return nil, err
	}
	read := s.rowsRead(files)
	tables, notes := recognised(s.database.releases, has, read), recognised(s.database.noteReleases, has, read)
	s.tell(files, tables, notes)
	release := mimic.Release{
		Database: s.database.name, Version: tables.version, Notes: notes.version, ChartEvents: s.config.ChartEvents,
		Mixed: tables.version != "" && notes.version != "" && tables.version != notes.version,
	}
	if release.Mixed {
		s.env.Log.Warn().Msgf("the tables are those of MIMIC-IV %s and the notes those of MIMIC-IV-Note %s: at least %d admissions have no discharge summary",
			release.Version, release.Notes, read["admissions"]-read["discharge"])
	}
	return map[string]any{mimic.AttributeRelease: release}, nil
}

// admissionColumn looks at the header of admissions.
func (s *source) admissionColumn(ctx context.Context, files []stages.RawFile) (has func(column string) bool, err error) {
	i := slices.IndexFunc(files, func(f stages.RawFile) bool { return f.Table == mimic.TableAdmissions })
	err = withHeader(ctx, files[i], func(records *rawcsv.Reader) error { has = records.Has; return nil })
	return has, err
}

// rowsRead are the rows of the files, by what releases call them.
func (s *source) rowsRead(files map[string]map[string]int64) map[string]int64 {
	read := map[string]int64{}
	for name, counts := range files {
		for _, t := range s.tables {
			if t.place().names(name) {
				read[t.place().name()] = counts["read"]
			}
		}
	}
	return read
}

const rowFormat = "%-28s %11s %11s %11s"

// tell prints a table of what was expected of each file and what was read of it, and
// then names the files that have other rows than the release.
func (s *source) tell(files map[string]map[string]int64, releases ...release) {
	s.env.Log.Info().Msgf(rowFormat, "file", "expected", "read", "quarantined")
	var others []string
	for _, name := range slices.Sorted(maps.Keys(files)) {
		read, expected := files[name]["read"], "-"
		if rows, version, known := s.expected(name, releases); known {
			expected = strconv.FormatInt(rows, 10)
			if rows != read {
				others = append(others, fmt.Sprintf("%s has %d rows, that of %s %s has %d", name, read, mimic.Titles[s.database.name], version, rows))
			}
		}
		s.env.Log.Info().Msgf(rowFormat, name, expected, strconv.FormatInt(read, 10), strconv.FormatInt(files[name]["quarantined"], 10))
	}
	if len(others) > 0 {
		s.env.Log.Warn().Msgf("%s: a file that was cut or changed gives other patients and labels than the release; compare its checksum with the published one", strings.Join(others, "; "))
	}
}

// expected are the rows that a file has in one of the releases.
func (s *source) expected(file string, releases []release) (rows int64, version string, known bool) {
	for _, t := range s.tables {
		if !t.place().names(file) {
			continue
		}
		for _, r := range releases {
			if rows, known := r.rows[t.place().name()]; known {
				return rows, r.version, true
			}
		}
	}
	return 0, "", false
}
