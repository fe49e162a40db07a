package gs

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"google.golang.org/api/iterator"

	"github.com/clinflow/clinflow/internal/store"
)

// log is a log in a bucket, where nothing can be appended to: each line is an object,
// numbered, below the log's name. Number 0 holds what no other log's has, so that of
// two who begin a log of one name one does.
type log struct {
	ctx    context.Context
	dir    folder
	name   string
	number int
	lines  []byte // all of them
}

// wholeName is, below a log's name, all its lines in one object, once it is closed: a
// log of a thousand lines is then read by one request.
const wholeName = "whole"

// StartLog begins a log, as store.StartLog does. Lines may be added after ctx has
// ended: how a run ended is told too.
func (d folder) StartLog(ctx context.Context, name string) (store.Log, error) {
	l := &log{ctx: context.WithoutCancel(ctx), dir: d, name: name}
	return l, l.put([]byte(rand.Text()))
}

// Append implements store.Log.
func (l *log) Append(line []byte) error {
	l.number++
	l.lines = append(l.lines, line...)
	return l.put(line)
}

func (l *log) put(text []byte) error {
	return store.WriteNew(l.ctx, l.dir, lineName(l.name, l.number), text)
}

// Close implements store.Log.
func (l *log) Close() error {
	return store.WriteFile(l.ctx, l.dir, l.name+"/"+wholeName, l.lines)
}

func lineName(name string, number int) string { return fmt.Sprintf("%s/%08d", name, number) }

// ReadLog returns the lines of a log, as store.ReadLog does: those before the first that
// is missing.
func (d folder) ReadLog(ctx context.Context, name string) ([]byte, error) {
	infos, err := d.List(ctx, name+"/")
	if err != nil {
		return nil, err
	}
	if len(infos) == 0 {
		return nil, fmt.Errorf("read the log %s: %w", d.place(name), fs.ErrNotExist)
	}
	if last := infos[len(infos)-1].Name; last == name+"/"+wholeName {
		return d.all(ctx, last)
	}
	lines := make([][]byte, len(infos))
	var names []string
	for number, info := range infos {
		if info.Name != lineName(name, number) {
			break
		}
		names = append(names, info.Name)
	}
	err = each(ctx, names, func(ctx context.Context, name string) error {
		line, err := d.all(ctx, name)
		lines[slices.Index(names, name)] = line
		return err
	})
	return bytes.Join(lines[1:], nil), err
}

func (d folder) all(ctx context.Context, name string) ([]byte, error) {
	o, err := d.object(ctx, name)
	if err != nil {
		return nil, err
	}
	return o.all()
}

// ListLogs returns the names of the logs in a folder, as store.ListLogs does: there each
// is a folder itself.
func (d folder) ListLogs(ctx context.Context, name string) ([]string, error) {
	within := strings.TrimSuffix(name, "/") + "/"
	objects, err := d.objects(ctx, within, "/")
	if err != nil {
		return nil, err
	}
	var names []string
	for {
		attrs, err := objects.Next()
		if errors.Is(err, iterator.Done) {
			break
		}
		if err != nil {
			return nil, told("list", d.place(name), err)
		}
		if attrs.Prefix != "" {
			names = append(names, path.Join(name, path.Base(attrs.Prefix)))
		}
	}
	if names == nil {
		return nil, fmt.Errorf("look for logs in %s: %w", d.place(name), fs.ErrNotExist)
	}
	slices.Sort(names)
	return names, nil
}
