package model

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// Same compares the files that Open reads of two base models byte by byte. A copy is the
// same model; two models differ within their first tensor as a rule.
func Same(ctx context.Context, a, b string) (bool, error) {
	if IsRandom(a) != IsRandom(b) {
		return false, nil
	}
	namesA, errA := FileNames(a)
	namesB, errB := FileNames(b)
	if err := errors.Join(errA, errB); err != nil || !slices.Equal(namesA, namesB) {
		return false, err
	}
	a, errA = filepath.EvalSymlinks(Folder(a))
	b, errB = filepath.EvalSymlinks(Folder(b))
	if err := errors.Join(errA, errB); err != nil || a == b {
		return err == nil, err
	}
	for _, name := range namesA {
		if same, err := sameFile(ctx, filepath.Join(a, name), filepath.Join(b, name)); err != nil || !same {
			return false, err
		}
	}
	return true, ctx.Err()
}

func sameFile(ctx context.Context, a, b string) (bool, error) {
	fileA, sizeA, err := openSized(a)
	if err != nil {
		return false, err
	}
	defer fileA.Close()
	fileB, sizeB, err := openSized(b)
	if err != nil {
		return false, err
	}
	defer fileB.Close()
	if sizeA != sizeB {
		return false, nil
	}
	partA, partB := make([]byte, 1<<20), make([]byte, 1<<20)
	for left := sizeA; left > 0 && ctx.Err() == nil; left -= int64(len(partA)) {
		partA, partB = partA[:min(left, 1<<20)], partB[:min(left, 1<<20)]
		_, errA := io.ReadFull(fileA, partA)
		_, errB := io.ReadFull(fileB, partB)
		if err := errors.Join(errA, errB); err != nil || !bytes.Equal(partA, partB) {
			return false, err
		}
	}
	return true, ctx.Err()
}

func openSized(path string) (*os.File, int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, info.Size(), nil
}
