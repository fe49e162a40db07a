package store

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// ErrLockLost is why held ended where another may have the lock.
var ErrLockLost = errors.New("was lost")

// locker is a Dir that has locks.
type locker interface {
	TryLock(ctx context.Context, name, text string) (held context.Context, unlock func(), heldBy string, err error)
	LockHolder(ctx context.Context, name string) (heldBy string, held bool, err error)
}

// TryLock takes the lock of a name in a folder, which one at a time has, and leaves text
// in it for others to read. Where another has it, unlock and err are nil, and heldBy is
// the text of who has it, as far as it is written. On this machine a lock is the
// kernel's and ends with its process, however that ends; the text only tells. In a
// bucket it has a time limit that its holder renews, and held, which else ends with ctx,
// ends when that did not succeed, with ErrLockLost for its cause.
func TryLock(ctx context.Context, dir Dir, name, text string) (held context.Context, unlock func(), heldBy string, err error) {
	return dir.(locker).TryLock(ctx, name, text)
}

// LockHolder says whether somebody has the lock of a name, and who, as TryLock does. It
// changes nothing, and may be asked by who may read the folder alone.
func LockHolder(ctx context.Context, dir Dir, name string) (heldBy string, held bool, err error) {
	return dir.(locker).LockHolder(ctx, name)
}

// looking is for how long a lock that is looked at may seem taken: the kernel tells of
// one only by giving it.
const looking = 100 * time.Millisecond

func (d local) LockHolder(_ context.Context, name string) (heldBy string, held bool, err error) {
	path, err := d.path(name)
	if err != nil {
		return "", false, err
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", false, nil
	}
	if err != nil {
		return "", false, DiskError("look at the lock", path, err)
	}
	l := flock.New(path, flock.SetFlag(os.O_RDONLY|noFollow))
	free, err := l.TryRLock()
	if err != nil {
		return "", false, errors.Join(DiskError("look at the lock", path, err), l.Close())
	}
	return string(text), !free, l.Close()
}

func (d local) TryLock(ctx context.Context, name, text string) (held context.Context, unlock func(), heldBy string, err error) {
	path, err := d.path(name)
	if err != nil {
		return nil, nil, "", err
	}
	file, err := OpenOwn(path, os.O_RDWR)
	if err != nil {
		return nil, nil, "", err
	}
	// The lock is on a descriptor of flock's own, of the same file: the text is
	// written and removed through ours, whatever the name may lead to by then.
	l := flock.New(path, flock.SetFlag(os.O_RDWR|noFollow))
	got, err := l.TryLock()
	if !got && err == nil {
		got, err = retryLock(ctx, l)
	}
	if err != nil {
		return nil, nil, "", errors.Join(DiskError("lock the folder", filepath.Dir(path), err), file.Close())
	}
	if !got {
		by, _ := io.ReadAll(file) // the holder may be about to write it
		return nil, nil, string(by), file.Close()
	}
	// On a full disk nothing is written, and the holder may still free what another left.
	_ = file.Truncate(0)
	_, _ = file.WriteAt([]byte(text), 0)
	return ctx, func() {
		_ = file.Truncate(0) // a name that stays would be that of a killed holder
		_ = l.Unlock()
		_ = file.Close()
	}, "", nil
}

// retryLock takes a lock that was only looked at.
func retryLock(ctx context.Context, l *flock.Flock) (got bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, looking)
	defer cancel()
	got, err = l.TryLockContext(ctx, looking/10)
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		err = nil
	}
	return got, err
}
