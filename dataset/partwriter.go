package dataset

import (
	"fmt"
	"maps"
	"slices"
)

// PartWriter writes one part of all tables. It is used by one goroutine and
// ends with Close or Abort.
type PartWriter struct {
	writer *Writer
	part   int
	tables map[string]openTable
	counts map[string]int64
	done   bool
}

// PartResult is what a finished part adds to the manifest. It is small and
// crosses process boundaries as JSON.
type PartResult struct {
	Part   int                 `json:"part"`
	Tables map[string]PartInfo `json:"tables"`
	Counts map[string]int64    `json:"counts,omitempty"`
}

// openTable is a RowWriter of any type.
type openTable interface {
	commit() (PartInfo, error)
	abort()
}

// Part is the part's number.
func (p *PartWriter) Part() int { return p.part }

// Count adds n to a count of the manifest. Its name is of letters, digits, _ . and -.
func (p *PartWriter) Count(name string, n int64) { p.counts[name] += n }

// begin checks that a table may be begun.
func (p *PartWriter) begin() error {
	if p.done {
		return fmt.Errorf("part %d: a table begun after Close or Abort", p.part)
	}
	if p.part < 0 || p.part >= p.writer.parts {
		return fmt.Errorf("dataset %s has no part %d, only %d parts", p.writer.URI(), p.part, p.writer.parts)
	}
	return nil
}

// Close finishes the part's files, those of declared tables without rows too.
// After an error nothing of the part is left open.
func (p *PartWriter) Close() (PartResult, error) {
	if p.done {
		return PartResult{}, fmt.Errorf("part %d: closed or aborted twice", p.part)
	}
	result, err := p.finish()
	if err != nil {
		p.Abort()
		return PartResult{}, err
	}
	p.done = true
	if err := p.writer.recordPart(result); err != nil {
		return PartResult{}, err
	}
	p.writer.keep(result)
	return result, nil
}

func (p *PartWriter) finish() (PartResult, error) {
	result := PartResult{Part: p.part, Tables: map[string]PartInfo{}, Counts: p.counts}
	if err := p.writer.checkCounts(p.counts); err != nil {
		return result, err
	}
	for _, table := range slices.Sorted(maps.Keys(p.tables)) {
		info, err := p.tables[table].commit()
		if err != nil {
			return result, err
		}
		result.Tables[table] = info
	}
	err := p.fill(&result, p.writer.declared())
	return result, err
}

// fill writes empty files for the tables that the part has no rows of.
func (p *PartWriter) fill(result *PartResult, names []string) error {
	if result.Tables == nil {
		result.Tables = map[string]PartInfo{}
	}
	for _, table := range names {
		if _, written := result.Tables[table]; written {
			continue
		}
		empty, err := emptyPart(p, table)
		if err != nil {
			return err
		}
		if result.Tables[table], err = empty.commit(); err != nil {
			return err
		}
	}
	return nil
}

// Abort removes the part's unfinished files. After Close it does nothing.
func (p *PartWriter) Abort() {
	if p.done {
		return
	}
	p.done = true
	for _, open := range p.tables {
		open.abort()
	}
}
