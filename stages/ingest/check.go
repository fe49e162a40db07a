package ingest

import (
	"context"
	"path"
	"strings"

	"github.com/clinflow/clinflow/internal/csvgz"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages"
)

// Check looks for every raw file and at its header.
func (m *mimicIV) Check(ctx context.Context, in stages.Givers) []stages.Fault {
	made := in.One("mimic") != nil
	switch {
	case made && (m.config.Root != "" || m.config.NoteRoot != ""):
		return stages.FaultOf("in.mimic", errTwoTrees)
	case made:
		return nil
	case m.config.Root == "":
		return stages.FaultOf("root", errNoTree)
	}
	root, notes, err := m.roots(nil)
	if err != nil {
		return stages.FaultOf("root", err)
	}
	m.tellOtherNotes(ctx, root, notes)
	var faults []stages.Fault
	for key, files := range m.byKey() {
		search := finder{ctx: ctx}
		for _, t := range files {
			file, table := t.place()
			search.add(root, notes, file, table)
		}
		faults = append(faults, stages.FaultOf(key, search.err())...)
		for _, file := range search.files {
			faults = append(faults, stages.FaultOf(key, header(ctx, file))...)
		}
	}
	return faults
}

// tellOtherNotes tells of notes under root that are not read, since note_root is given.
func (m *mimicIV) tellOtherNotes(ctx context.Context, root, notes store.Dir) {
	for _, t := range mimicIVTables {
		file, _ := t.place()
		if m.config.NoteRoot == "" || root.URI() == notes.URI() || !strings.HasPrefix(file, "note/") {
			continue
		}
		for _, suffix := range []string{csvgz.SuffixGzip, csvgz.SuffixPlain} {
			if _, err := root.Stat(ctx, file+suffix); err == nil {
				m.env.Log.Warn().Msgf("root has %s too: it is not read, as note_root is given", file+suffix)
			}
		}
	}
}

// byKey are the tables by the key of the folder that they lie in.
func (m *mimicIV) byKey() map[string][]rawTable {
	tables := map[string][]rawTable{}
	for _, t := range mimicIVTables {
		key := "root"
		if file, _ := t.place(); m.config.NoteRoot != "" && strings.HasPrefix(file, "note/") {
			key = "note_root"
		}
		tables[key] = append(tables[key], t)
	}
	return tables
}

// header reads a file's first row.
func header(ctx context.Context, file stages.RawFile) error {
	t, err := tableOf(file)
	if err != nil {
		return err
	}
	r, err := open(ctx, file)
	if err != nil {
		return err
	}
	defer r.Close()
	records, err := csvgz.NewReader(r, file.Name, 1)
	if err != nil {
		return err
	}
	defer records.Close()
	_, err = records.Columns(t.columnNames()...)
	return err
}

func open(ctx context.Context, file stages.RawFile) (store.ReaderAt, error) {
	folder, name := path.Split(file.URI)
	dir, err := store.Open(folder)
	if err != nil {
		return nil, err
	}
	r, err := dir.OpenAt(ctx, name)
	if err != nil {
		return nil, exit.Errorf(exit.Usage, "%s: %w", file.Name, err)
	}
	return r, nil
}
