package schedule

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
)

const (
	eventsFolder   = "events/"
	sumsFolder     = "state/"
	requestsFolder = "requests/"
	suffix         = ".json"
	// sumEvery is after how many events their sum is written and they are removed, so
	// that a folder of a scheduler that is at work for years is read in a moment.
	sumEvery = 256
)

// journal is the events of an output folder's schedulers, one after the other: each is a
// file, events/NUMBER.json, that is made only where none of that number is. What a
// scheduler says is done is in the journal before it is done, forced to disk and read
// back. Two that both take themselves for the one scheduler, as may happen where a lock
// is an object with a time limit, find out at the first event that the second writes.
type journal struct {
	files  files
	state  *State
	writer string
	sum    int64 // the event up to which state/NUMBER.json has the sum
}

// openJournal reads a journal. One that does not exist has no events.
func openJournal(ctx context.Context, files files) (*journal, error) {
	for try := 0; ; try++ {
		j := &journal{files: files, state: newState(), writer: rand.Text()}
		err := j.load(ctx)
		if try < 5 && errors.Is(err, fs.ErrNotExist) {
			continue // its writer has summed the events up meanwhile
		}
		return j, err
	}
}

func eventName(number int64) string { return fmt.Sprintf("%s%012d%s", eventsFolder, number, suffix) }
func sumName(number int64) string   { return fmt.Sprintf("%s%012d%s", sumsFolder, number, suffix) }

func (j *journal) load(ctx context.Context) error {
	names, err := j.files.list(ctx)
	if err != nil {
		return err
	}
	if sum := last(names, sumsFolder); sum != "" {
		if err := j.decode(ctx, sum, j.state); err != nil {
			return err
		}
		j.sum = j.state.Number
	}
	return j.addUpTo(ctx, last(names, eventsFolder))
}

// addUpTo adds the events up to one, by their numbers: a listing that is made while events
// are may have a later one and not an earlier one.
func (j *journal) addUpTo(ctx context.Context, latest string) error {
	for name := eventName(j.state.Number + 1); name <= latest; name = eventName(j.state.Number + 1) {
		var e Event
		err := j.decode(ctx, name, &e)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return exit.Errorf(exit.BadData, "the scheduler's journal has %s and not %s; put that back, or move the folder %s away to begin anew: %w", latest, name, Folder, err)
		case err != nil:
			return err
		case eventName(e.Number) != name:
			return notOfAJournal(name)
		}
		j.state.apply(e)
	}
	return nil
}

func notOfAJournal(name string) error {
	return exit.Errorf(exit.BadData, "%s in the folder %s is not of a scheduler's journal; move the folder away to begin anew", name, Folder)
}

// last is the last of sorted names in a folder.
func last(names []string, folder string) (name string) {
	for _, n := range names {
		if strings.HasPrefix(n, folder) {
			name = n
		}
	}
	return name
}

func (j *journal) decode(ctx context.Context, name string, into any) error {
	text, err := j.files.read(ctx, name)
	if err != nil {
		return fmt.Errorf("read the scheduler's journal: %w", err)
	}
	if json.Unmarshal(text, into) != nil {
		return notOfAJournal(name)
	}
	return nil
}

// write adds an event. When it returns nil the event is on disk, and nobody else has
// written one in its place; after an error of the disk the journal is not to be used any
// more. One that is begun is not cut short by ctx's end: its file would be there, and this
// writer would take it for another's.
func (j *journal) write(ctx context.Context, now time.Time, e Event) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	e.Number, e.Time, e.Writer = j.state.Number+1, now.UTC(), j.writer
	text, err := encode(e)
	if err != nil {
		return err
	}
	name := eventName(e.Number)
	if err := j.files.create(ctx, name, text); err != nil && !errors.Is(err, store.ErrExists) {
		return fmt.Errorf("write the scheduler's journal: %w", err)
	}
	if err := j.confirm(ctx, name, text); err != nil {
		return err
	}
	j.state.apply(e)
	if e.Number-j.sum < sumEvery {
		return nil
	}
	return j.sumUp(ctx)
}

func encode(v any) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return text.Bytes(), err
}

// confirm reads an event back. A sum that has its number was written by another
// scheduler: that one had removed its own event of the number before this one was made.
func (j *journal) confirm(ctx context.Context, name string, text []byte) error {
	back, err := j.files.read(ctx, name)
	if err != nil {
		return fmt.Errorf("read the scheduler's journal back: %w", err)
	}
	names, err := j.files.list(ctx)
	if err != nil {
		return fmt.Errorf("read the scheduler's journal back: %w", err)
	}
	if sum := last(names, sumsFolder); !bytes.Equal(back, text) || sum != "" && sum > sumName(j.sum) {
		return exit.Errorf(exit.Retry, "another scheduler writes the journal in the folder %s; this one stops", Folder)
	}
	return nil
}
