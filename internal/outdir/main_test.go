package outdir

import (
	"os"
	"syscall"
	"testing"
)

// TestMain takes the command's umask: folders that a group may write to, as the
// umask of many accounts makes them, are refused.
func TestMain(m *testing.M) {
	syscall.Umask(0o077)
	os.Exit(m.Run())
}
