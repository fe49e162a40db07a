package synth

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
)

// attach writes a tree around given tables: they are copied as they are, and
// every admission gets notes that fit its outcomes. Ids, outcomes and times of a
// few hundred thousand admissions are held in memory, notes never.
func attach(ctx context.Context, o Options, create Create) (map[string]int64, error) {
	sources, err := o.findTables(ctx)
	if err != nil {
		return nil, err
	}
	given, err := readTables(ctx, sources)
	if err != nil {
		return nil, err
	}
	outs, err := copyTables(ctx, sources, create)
	var notes outputs
	if err == nil {
		notes, err = openOutputs(create, o.around())
	}
	if err == nil {
		err = fill(ctx, o, given.people(o), notes)
	}
	return append(outs, notes...).close(err)
}

func readTables(ctx context.Context, sources []source) (*givenTree, error) {
	g := newGivenTree()
	for i := range sources {
		if err := sources[i].read(ctx, g); err != nil {
			return nil, err
		}
	}
	g.sort()
	return g, nil
}

// copyTables copies the tables byte for byte. After an error it returns the
// copies begun.
func copyTables(ctx context.Context, sources []source, create Create) (outputs, error) {
	var outs outputs
	for _, s := range sources {
		file, err := create(s.name)
		if err != nil {
			return outs, err
		}
		outs = append(outs, &output{name: s.name, file: file, count: s.rows})
		if err := s.copy(ctx, file); err != nil {
			return outs, err
		}
	}
	return outs, nil
}

func (s *source) copy(ctx context.Context, to io.Writer) error {
	from, err := s.dir.Open(ctx, s.name)
	if err != nil {
		return exit.Errorf(exit.Usage, "%s: %w", s.name, err)
	}
	defer from.Close()
	if _, err := io.Copy(to, from); err != nil {
		return fmt.Errorf("copy %s: %w", s.name, err)
	}
	return ctx.Err()
}

// people are the patients of the given tables, with what notes are written from.
func (g *givenTree) people(o Options) people {
	return people{len(g.patients), func(n int) patient {
		given := g.patients[n]
		p := patient{number: int64(n), release: o.release(), subjectID: given[0].subjectID}
		for i := range given {
			p.admissions = append(p.admissions, given[i].admission(o.Seed))
		}
		return p
	}, (*patient).writeAllFactors}
}

func (p *patient) writeAllFactors(t *[tableCount]rows) {
	for i := range p.admissions {
		p.admissions[i].writeFactors(p, &t[tableFactors])
	}
}

// admission draws the hidden factors of a given admission. Every one has a
// discharge summary.
func (a *givenAdmission) admission(seed int64) admission {
	random := stream(seed, "attach", a.hadmID)
	f := posteriors().draw(a, random)
	f[outcome] = a.outcome()
	drawn := admission{
		hadmID: a.hadmID, factors: f, admit: a.admit, discharge: max(a.admit, a.discharge),
		service: services[f[problem]], hasSummary: true, hasAddendum: random.Float64() < addendumRate,
	}
	for _, i := range a.findings {
		if c := &conditions[findings[i].conditions[0]]; !c.procedure {
			drawn.diagnoses = append(drawn.diagnoses, coded{condition: c})
		}
	}
	return drawn
}

// CheckOut refuses an output folder that is the attached one or lies in it: what
// is given is never written to.
func (o Options) CheckOut(uri string) error {
	if o.Attach == "" {
		return nil
	}
	attached, err := resolved(o.Attach)
	if err != nil {
		return err
	}
	out, err := resolved(uri)
	if err != nil {
		return err
	}
	if inside, err := filepath.Rel(attached, out); err == nil && filepath.IsLocal(inside) {
		return exit.Errorf(exit.Usage, "%s lies in the attached folder %s; give an output folder outside it", uri, o.Attach)
	}
	return nil
}

// resolved is the path of a folder without symbolic links. Its end need not exist
// yet.
func resolved(uri string) (string, error) {
	dir, err := store.Open(uri)
	if err != nil {
		return "", err
	}
	path, local := dir.LocalPath("")
	if !local {
		return uri, nil
	}
	for end := ""; ; path, end = filepath.Dir(path), filepath.Join(filepath.Base(path), end) {
		if real, err := filepath.EvalSymlinks(path); err == nil || path == filepath.Dir(path) {
			return filepath.Join(real, end), nil
		}
	}
}
