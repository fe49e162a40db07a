// Package peer runs the Python side of a benchmark on one thread.
package peer

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// Measure runs a script with arguments and decodes the JSON that it prints. It
// says why and returns false where there is no such Python: a peer that is not at
// hand is left out, not guessed.
func Measure(python, script string, into any, args ...string) bool {
	if python == "" {
		return false
	}
	cmd := exec.Command(python, append([]string{"-"}, args...)...)
	cmd.Stdin, cmd.Stderr = strings.NewReader(script), os.Stderr
	for _, name := range []string{"OMP", "MKL", "OPENBLAS", "RAYON"} {
		cmd.Env = append(cmd.Env, name+"_NUM_THREADS=1")
	}
	cmd.Env = append(os.Environ(), append(cmd.Env, "HF_HUB_OFFLINE=1", "TOKENIZERS_PARALLELISM=false")...)
	out, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(out, into)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "the peer is not measured: %s: %v; name a Python with oracle/requirements.txt by --python\n", python, err)
	}
	return err == nil
}
