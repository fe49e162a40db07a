package trainer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages/train/trainlog"
)

// trainLog is the log of a run so far: a file beside the training checkpoints that
// only grows. The state says how many of its bytes count; bytes behind them, which a
// killed run wrote, are overwritten.
type trainLog struct {
	pending bytes.Buffer // lines since the last training checkpoint
	sum     hash.Hash    // of all lines before
}

func newTrainLog() *trainLog { return &trainLog{sum: sha256.New()} }

func (l *trainLog) add(line trainlog.Line) error {
	if err := json.NewEncoder(&l.pending).Encode(line); err != nil {
		return exit.Errorf(exit.Failed, "%s: the loss after step %d is not finite: training has diverged; lower learning_rate or set max_grad_norm", trainlog.Name, line.Step)
	}
	return nil
}

// save appends the pending lines to those that the state counts.
func (l *trainLog) save(work store.Dir, at *State) error {
	path, _ := work.LocalPath(trainlog.Name)
	f, err := store.OpenOwn(path, os.O_WRONLY)
	if err != nil {
		return err
	}
	err = f.Truncate(at.LogBytes)
	if err == nil {
		_, err = f.WriteAt(l.pending.Bytes(), at.LogBytes)
	}
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return store.DiskError("write", path, err)
	}
	at.LogBytes += int64(l.pending.Len())
	_, _ = l.pending.WriteTo(l.sum)
	at.LogSHA256 = hex.EncodeToString(l.sum.Sum(nil))
	return nil
}

// resume continues a log whose first bytes a state counts, and checks their sha256.
func (l *trainLog) resume(ctx context.Context, work store.Dir, at State) error {
	f, err := work.Open(ctx, trainlog.Name)
	if errors.Is(err, fs.ErrNotExist) {
		return damagedCheckpoint(work, trainlog.Name)
	}
	if err != nil {
		return fmt.Errorf("training checkpoint: %w", err)
	}
	defer f.Close()
	n, err := io.CopyN(l.sum, f, at.LogBytes)
	if n < at.LogBytes && (err == nil || errors.Is(err, io.EOF)) || hex.EncodeToString(l.sum.Sum(nil)) != at.LogSHA256 {
		return damagedCheckpoint(work, trainlog.Name)
	}
	return err
}

// CopyLog writes the log of a run that ended.
func CopyLog(ctx context.Context, w io.Writer, work store.Dir) error {
	f, err := work.Open(ctx, trainlog.Name)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}
