package gs

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"cloud.google.com/go/storage"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
)

// A lock is an object that its holder writes anew before its time is over. Each write
// names the generation that it replaces, so that of two who write one fails. Clocks may
// differ by what lies between the two times.
var (
	lockTime  = time.Minute
	lockRenew = 15 * time.Second
)

// claim is the text of a lock's object.
type claim struct {
	ID      string    `json:"id"` // of the holder: two may have the same text
	Expires time.Time `json:"expires"`
	Process process   `json:"process"`
	Text    string    `json:"text"` // for people
}

// alive says whether a claim still holds: not after its time, nor if its process was one
// of this machine and is no more.
func (c claim) alive() bool { return time.Now().Before(c.Expires) && !c.Process.dead() }

// lock is a lock that is tried for, or held.
type lock struct {
	dir        folder
	name       string
	object     *storage.ObjectHandle
	claim      claim
	generation int64 // of the object; 0 where there is none
}

// TryLock takes the lock of a name, as store.TryLock does.
func (d folder) TryLock(ctx context.Context, name, text string) (held context.Context, unlock func(), heldBy string, err error) {
	handle, err := d.handle(name)
	if err != nil {
		return nil, nil, "", err
	}
	l := &lock{dir: d, name: name, object: handle, claim: claim{ID: rand.Text(), Process: ownProcess(), Text: text}}
	before, err := l.look(ctx)
	if err != nil || before.alive() {
		return nil, nil, before.Text, err
	}
	switch err = l.write(ctx); {
	case errors.Is(err, store.ErrExists): // another was faster
		before, err = l.look(ctx)
		return nil, nil, before.Text, err
	case err != nil:
		return nil, nil, "", err
	}
	held, unlock = l.hold(ctx)
	return held, unlock, "", nil
}

// LockHolder says who has the lock of a name, as store.LockHolder does.
func (d folder) LockHolder(ctx context.Context, name string) (heldBy string, held bool, err error) {
	handle, err := d.handle(name)
	if err != nil {
		return "", false, err
	}
	c, err := (&lock{dir: d, name: name, object: handle}).look(ctx)
	return c.Text, c.alive(), err
}

// look returns who has the lock; nobody's claim is of a time long ago.
func (l *lock) look(ctx context.Context) (c claim, err error) {
	o := &object{ctx: ctx, handle: l.object, place: l.dir.place(l.name)}
	text, err := o.all()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return claim{}, nil
	case err != nil:
		return claim{}, err
	case json.Unmarshal(text, &c) != nil:
		return claim{}, exit.Errorf(exit.Usage, "%s is no lock of this program; remove it if you know it", o.place)
	}
	l.generation = o.generation
	return c, nil
}

// write makes the claim, or renews it, if the object is still of the generation known.
// It is store.ErrExists where it is not.
func (l *lock) write(ctx context.Context) error {
	l.claim.Expires = time.Now().UTC().Add(lockTime)
	text, err := json.Marshal(l.claim)
	if err != nil {
		return fmt.Errorf("lock %s: %w", l.dir.place(l.name), err)
	}
	f := &file{object: l.object, place: l.dir.place(l.name), only: l.unchanged()}
	f.ctx, f.cancel = context.WithTimeout(ctx, lockTime-lockRenew)
	defer f.Abort()
	if _, err := f.Write(text); err != nil {
		return err
	}
	err = f.Commit()
	if err == nil {
		l.generation = f.generation
	}
	return err
}

func (l *lock) unchanged() *storage.Conditions {
	return &storage.Conditions{GenerationMatch: l.generation, DoesNotExist: l.generation == 0}
}

// hold renews the lock until it is given back. held ends when it was lost: another run
// took it over, or it could not be renewed in time.
func (l *lock) hold(ctx context.Context) (held context.Context, unlock func()) {
	held, lose := context.WithCancelCause(ctx)
	renewing, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		lose(l.renew(renewing))
	}()
	return held, func() {
		stop()
		<-ended
		giving, done := context.WithTimeout(context.WithoutCancel(ctx), lockTime)
		defer done()
		_ = l.object.If(*l.unchanged()).Delete(giving) // it ends by itself too
	}
}

// renew returns nil when ctx ends, and elsewhere why the lock is lost.
func (l *lock) renew(ctx context.Context) error {
	tick := time.NewTicker(lockRenew)
	defer tick.Stop()
	for expires := l.claim.Expires; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		switch err := l.write(ctx); {
		case err == nil:
			expires = l.claim.Expires
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, store.ErrExists), time.Now().After(expires):
			return exit.Errorf(exit.Retry, "the lock %s %w: it was not renewed in time, and another run may have it; run again", l.dir.place(l.name), store.ErrLockLost)
		}
	}
}
