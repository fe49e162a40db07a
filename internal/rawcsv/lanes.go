package rawcsv

import (
	"io"
	"sync"

	"github.com/clinflow/clinflow/internal/guard"
)

// lanes do jobs side by side and give them back in their order. The memory of a job is
// used again.
type lanes[J any] struct {
	place string // for panics
	fill  func(*J) error
	work  func(*J) error

	free, waiting, order chan *lane[J]
	quit                 chan struct{}
	running              sync.WaitGroup
	given                *lane[J] // by next
}

type lane[J any] struct {
	job  J
	done chan error
}

// openLanes makes jobs by fill, one after the other until it returns io.EOF or another
// error, and works on them on so many goroutines. So many jobs are in memory at once.
func openLanes[J any](place string, workers, jobs int, fill, work func(*J) error) *lanes[J] {
	l := &lanes[J]{
		place: place, fill: fill, work: work, quit: make(chan struct{}),
		free: make(chan *lane[J], jobs), waiting: make(chan *lane[J], jobs), order: make(chan *lane[J], jobs),
	}
	for range jobs {
		l.free <- &lane[J]{done: make(chan error, 1)}
	}
	l.running.Go(l.fillAll)
	for range workers {
		l.running.Go(l.workAll)
	}
	return l
}

func (l *lanes[J]) fillAll() {
	defer close(l.waiting)
	defer close(l.order)
	for {
		select {
		case <-l.quit:
			return
		case j := <-l.free:
			err := guard.Do(l.place, func() error { return l.fill(&j.job) })
			if err != nil {
				j.done <- err
				l.order <- j
				return
			}
			l.waiting <- j
			l.order <- j
		}
	}
}

func (l *lanes[J]) workAll() {
	for j := range l.waiting {
		j.done <- guard.Do(l.place, func() error { return l.work(&j.job) })
	}
}

// next is the next job that was worked on, or the error of its making. It holds until
// next is called again, which must not be after an error.
func (l *lanes[J]) next() (*J, error) {
	if l.given != nil {
		l.free <- l.given
	}
	l.given = <-l.order
	return &l.given.job, <-l.given.done
}

// close ends the work, done or not, and waits for what is under way.
func (l *lanes[J]) close() {
	close(l.quit)
	l.running.Wait()
}

// unlessEOF is the error of what ended otherwise than it should. What wraps io.EOF is an
// error, as that of a connection that was closed.
func unlessEOF(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}
