package examples

import (
	"iter"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
)

// patients reads a part of a table whose rows are ordered by subject_id, the rows of
// one patient at a time.
type patients[T any] struct {
	uri     string
	part    int
	subject func(T) int64
	pull    func() (T, error, bool)
	close   func()
	head    T // the first row that was not given out yet
	more    bool
	begun   bool
	passed  func(T) // sees rows that are skipped; may be nil
}

// openPatients reads the rows of a part of a dataset.
func openPatients[T any](d *dataset.Dataset, part int, rows iter.Seq2[T, error], subject func(T) int64) *patients[T] {
	pull, stop := iter.Pull2(rows)
	return &patients[T]{uri: d.URI(), part: part, subject: subject, pull: pull, close: stop}
}

// advance reads the next row into head.
func (p *patients[T]) advance() error {
	before, begun := p.head, p.begun
	var err error
	p.head, err, p.more = p.pull()
	p.begun = true
	if err != nil {
		return err
	}
	if p.more && begun && p.subject(p.head) < p.subject(before) {
		return exit.Errorf(exit.BadData, "%s: part %d is not ordered by subject_id; make it again", p.uri, p.part)
	}
	return nil
}

// begin makes head the first row.
func (p *patients[T]) begin() error {
	if p.begun {
		return nil
	}
	return p.advance()
}

// next is all rows of the next patient, nil behind the last.
func (p *patients[T]) next() (rows []T, err error) {
	if err := p.begin(); err != nil || !p.more {
		return nil, err
	}
	subject := p.subject(p.head)
	for p.more && p.subject(p.head) == subject {
		rows = append(rows, p.head)
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// of is all rows of a patient. Patients are asked for in ascending order; skipped are
// the rows of those between who were not asked for.
func (p *patients[T]) of(subject int64) (rows []T, skipped int, err error) {
	if skipped, err = p.skip(&subject); err != nil || !p.more || p.subject(p.head) != subject {
		return nil, skipped, err
	}
	rows, err = p.next()
	return rows, skipped, err
}

// skip passes over the rows of the patients before one, or where it is nil over all
// that is left, and counts them.
func (p *patients[T]) skip(before *int64) (n int, err error) {
	if err := p.begin(); err != nil {
		return 0, err
	}
	for ; p.more && (before == nil || p.subject(p.head) < *before); n++ {
		if p.passed != nil {
			p.passed(p.head)
		}
		if err := p.advance(); err != nil {
			return n, err
		}
	}
	return n, nil
}
