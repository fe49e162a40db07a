package checkpoint

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
)

// Absent says of a folder without any of the wanted files of weights what it has
// instead: a link of a hub's cache whose file is gone, or weights in another format or
// under another name.
func Absent(dir string, wanted ...string) error {
	for _, name := range wanted {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil && !exists(dir, name) {
			return exit.Errorf(exit.Usage, "%s is a link to a file that is not there; copy the folder again, with the files that its links lead to", filepath.Join(dir, name))
		}
	}
	none := "has no " + wanted[0]
	if len(wanted) > 1 {
		none = "has neither " + strings.Join(wanted, " nor ")
	}
	for _, pattern := range []string{"*.safetensors", "*.safetensors.*", "*.gguf", "*.bin", "*.pt", "*.pth", "*.h5", "*.onnx", "*.msgpack", "checkpoint-*"} {
		if found, _ := filepath.Glob(filepath.Join(dir, pattern)); len(found) > 0 {
			return exit.Errorf(exit.Usage, "%s: %s; %s, which is there, is not read in its place: save the weights again by save_pretrained of transformers or PEFT, or give the folder that has them", dir, none, filepath.Base(found[0]))
		}
	}
	return exit.Errorf(exit.Usage, "%s: %s; give the folder of a Hugging Face model or PEFT adapter", dir, none)
}

// alike names a tensor of the file that may be the one looked for under the name of
// another program or class, for an error; it is empty where there is none.
func (w *Weights) alike(name string) string {
	for _, other := range w.Names() {
		plain := strings.ReplaceAll(other, ".default.", ".")
		if plain == name || strings.HasSuffix(plain, "."+name) || strings.HasSuffix(name, "."+plain) {
			return fmt.Sprintf(", but %q: its names are those of another class or program; save the weights again by save_pretrained", other)
		}
	}
	return ""
}
