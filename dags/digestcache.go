package dags

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"sync"

	"github.com/clinflow/clinflow/internal/progress"
	"github.com/clinflow/clinflow/internal/store"
)

// Digests remembers the sha256 of raw files by path and version,
// so that a plan of unchanged gigabytes takes no time. A path is kept as its
// sha256, for names of folders may hold ids. Safe for concurrent use.
type Digests struct {
	dir     store.Dir
	shown   *progress.Sink // where long reads are shown
	mu      sync.Mutex
	entries map[string]digestEntry
	changed bool
}

type digestEntry struct {
	Version string `json:"version"` // store.Info's
	SHA256  string `json:"sha256"`
}

const digestsName = "cache/digests.json"

// OpenDigests reads the cache of an output folder. Long reads are shown. A missing or damaged cache is
// an empty one: all it costs is time.
func OpenDigests(ctx context.Context, out store.Dir, shown *progress.Sink) *Digests {
	d := &Digests{dir: out, shown: shown, entries: map[string]digestEntry{}}
	f, err := out.Open(ctx, digestsName)
	if err != nil {
		return d
	}
	defer f.Close()
	var entries map[string]digestEntry
	text, err := io.ReadAll(f)
	if err == nil && json.Unmarshal(text, &entries) == nil && entries != nil {
		d.entries = entries
	}
	return d
}

func (d *Digests) lookup(path string, info store.Info) (string, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	e, ok := d.entries[entryName(path)]
	if !ok || e.Version != info.Version || len(e.SHA256) != 64 {
		return "", false
	}
	return e.SHA256, true
}

func (d *Digests) store(path string, info store.Info, sum string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.entries[entryName(path)] = digestEntry{info.Version, sum}
	d.changed = true
}

func entryName(path string) string {
	sum := sha256.Sum256([]byte(path))
	return hex.EncodeToString(sum[:])
}

// Save writes the cache where something was added.
func (d *Digests) Save(ctx context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.changed {
		return nil
	}
	text, err := json.MarshalIndent(d.entries, "", " ")
	if err != nil {
		return fmt.Errorf("write the cache of digests: %w", err)
	}
	f, err := d.dir.Create(ctx, digestsName)
	if err != nil {
		return fmt.Errorf("write the cache of digests: %w", err)
	}
	defer f.Abort()
	if _, err := f.Write(text); err != nil {
		return fmt.Errorf("write the cache of digests: %w", err)
	}
	d.changed = false
	return f.Commit()
}
