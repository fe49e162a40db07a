//go:build slow

package gs

import "testing"

// Read to their ends, 64 parts of 1 GiB make no more requests.
func TestSlowRequestsOfWholeParts(t *testing.T) {
	before := drained
	drained = partBytes
	defer func() { drained = before }()
	countRequests(t)
}
