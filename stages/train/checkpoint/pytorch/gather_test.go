package pytorch

import (
	"context"
	"errors"
	"testing"
)

// The values of a large tensor come from the disk, until the run is interrupted.
func TestGatheringCanBeInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	values := []byte{1, 2, 3, 4}
	if got, err := Gather(ctx, values, []int{2, 2}, []int{1, 2}, 1); err != nil || string(got) != "\x01\x03\x02\x04" {
		t.Errorf("%v, %v", got, err)
	}
	cancel()
	if _, err := Gather(ctx, values, []int{2, 2}, []int{1, 2}, 1); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
