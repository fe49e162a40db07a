package schedule

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/suggest"
)

// What a scheduler can be asked for.
const (
	Pause    = "pause"
	Resume   = "resume"
	Trigger  = "trigger"
	Backfill = "backfill"
)

// Request is what somebody asks of the scheduler, which looks for requests every few
// seconds. Until then it is a file, requests/ID.json.
type Request struct {
	ID   string    `json:"id"` // sorts by time
	Kind string    `json:"request"`
	DAG  string    `json:"dag"`
	Time time.Time `json:"time"`
	// Due are the times whose runs a backfill asks for.
	Due []time.Time `json:"due,omitempty"`
}

func requestID(name string) (id string, ok bool) {
	name, ok = strings.CutPrefix(name, requestsFolder)
	return strings.TrimSuffix(name, suffix), ok
}

// ask leaves a request for the scheduler. When it returns nil the request is on disk.
func ask(ctx context.Context, files files, now time.Time, r Request) error {
	r.Time = now.UTC().Truncate(time.Second)
	r.ID = now.UTC().Format("20060102T150405.000000000") + "-" + strings.ToLower(rand.Text()[:6])
	text, err := encode(r)
	if err != nil {
		return err
	}
	name := requestsFolder + r.ID + suffix
	if err := files.create(ctx, name, text); err != nil {
		return fmt.Errorf("ask the scheduler: %w", err)
	}
	if back, err := files.read(ctx, name); err == nil && string(back) != string(text) {
		return exit.Errorf(exit.Failed, "what was asked of the scheduler does not read back; the disk may be damaged")
	}
	return nil // one that is gone has been taken up already
}

// requests are those that lie in the folder and are not applied, in their order, and the
// names of the files of those that are.
func (j *journal) requests(ctx context.Context) (open []Request, applied []string, err error) {
	names, err := j.files.list(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range names {
		id, ok := requestID(name)
		switch {
		case !ok:
		case j.state.Applied[id]:
			applied = append(applied, name)
		default:
			var r Request
			if err := j.decode(ctx, name, &r); exit.Of(err) == exit.BadData {
				return nil, nil, exit.Errorf(exit.BadData, "%s in the folder %s is no request to a scheduler; remove that file", name, Folder)
			} else if err != nil {
				return nil, nil, err
			}
			r.ID = id
			open = append(open, r)
		}
	}
	return open, applied, nil
}

// known is the DAG of a name, for a request.
func (s *State) known(name string) (*DAG, error) {
	if d := s.DAGs[name]; d != nil && !d.Retired {
		return d, nil
	}
	hint := suggest.Choice(name, s.Names())
	if hint == "" {
		hint = "no scheduler has been at work in this output folder; name that of one by --out"
	}
	return nil, exit.Errorf(exit.Usage, "no DAG %s is scheduled; %s", name, hint)
}

// event is what a request does to a DAG.
func (r Request) event(d *DAG) Event {
	e := Event{Kind: requested, DAG: d.DAG, Request: &r}
	switch r.Kind {
	case Trigger:
		e.Due = []Due{r.due(d.DAG, r.Time, Triggered)}
	case Backfill:
		for _, due := range d.lacking(r.Due) {
			e.Due = append(e.Due, r.due(d.DAG, due, Backfilled))
		}
	}
	return e
}

// due is a run that the request queues. Its id ends in the request's mark, so that it is no
// other run's, of those among it that only the runs' own journals remember: what became of
// an attempt is looked up there by its run's id.
func (r Request) due(dag string, moment time.Time, cause string) Due {
	return Due{ID: idOf(dag, moment) + "." + r.mark(), Logical: moment, Cause: cause}
}

// lacking are the due times that have no run that ended well or may yet, among the runs
// that are remembered.
func (d *DAG) lacking(due []time.Time) (without []time.Time) {
	for _, moment := range due {
		if r := d.ran(moment); r == nil || !r.Open() && r.State != Done {
			without = append(without, moment)
		}
	}
	return without
}

// mark is the part of a request's id that is not its time.
func (r Request) mark() string { return r.ID[strings.LastIndexByte(r.ID, '-')+1:] }
