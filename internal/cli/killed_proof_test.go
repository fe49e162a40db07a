//go:build proof

package cli

import "testing"

// TestProofHundredKills takes about twenty minutes:
//
//	go test -tags proof ./internal/cli -run TestProofHundredKills -v -timeout 60m
func TestProofHundredKills(t *testing.T) { killTinyDemos(t, 100) }

// TestProofHundredCancellations takes about two minutes:
//
//	go test -tags proof ./internal/cli -run TestProofHundredCancellations -v -timeout 60m
func TestProofHundredCancellations(t *testing.T) { strikeFinishing(t, 100, 20) }

// TestProofFiftyKillsInABucket takes about half an hour:
//
//	go test -tags proof ./internal/cli -run TestProofFiftyKillsInABucket -v -timeout 90m
func TestProofFiftyKillsInABucket(t *testing.T) {
	dir := t.TempDir()
	killInABucket(t, 50, dir, runUndisturbed(t, dir, "demo", "--scale", "tiny"))
}
