package ingest

import (
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages"
)

func (s *source) errTwoTrees() error {
	return exit.Errorf(exit.Usage, "%s has the input mimic and also root or note_root; give one of the two", s.database.stage)
}

func (s *source) errNoTree() error {
	return exit.Errorf(exit.Usage, "%s has neither root nor the input mimic; %s", s.database.stage, s.database.give)
}

// roots are the folders that hold the tables and the notes.
func (s *source) roots(in stages.Inputs) (root, notes store.Dir, err error) {
	made := in.One("mimic")
	switch {
	case made != nil && (s.root != "" || s.noteRoot != ""):
		return nil, nil, s.errTwoTrees()
	case made != nil:
		return made.Dir(), made.Dir(), nil
	case s.root == "":
		return nil, nil, s.errNoTree()
	}
	if root, err = store.Open(s.root); err != nil || s.noteRoot == "" {
		return root, root, err
	}
	notes, err = store.Open(s.noteRoot)
	return root, notes, err
}
