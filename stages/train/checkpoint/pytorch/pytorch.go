// Package pytorch finds the tensors in a file of torch.save, such as pytorch_model.bin:
// a pickle that says what each tensor is called and which numbers of which storage it
// shows, and the storages. There are two formats: a zip archive, since PyTorch 1.6, and
// pickles followed by storages before. Source: torch/serialization.py of PyTorch 2.
//
// The pickle is not run: of all that it may name, the functions that torch.save uses for
// plain tensors are understood, and everything else is refused by its name.
package pytorch

import (
	"bytes"

	"github.com/clinflow/clinflow/internal/exit"
)

// Tensor is a tensor of a file.
type Tensor struct {
	Name    string
	Dtype   string // as safetensors calls it
	Shape   []int
	Strides []int // in numbers, for Gather; nil where the values stand in row-major order
	// Begin and End are offsets into the file, of the first value and behind the last.
	Begin, End int64
}

// Is says whether a file begins as those of torch.save do.
func Is(data []byte) bool {
	return bytes.HasPrefix(data, []byte(zipMagic)) || bytes.HasPrefix(data, []byte(pickleMagic))
}

// Parse finds the tensors of a whole file, in the order that it names them. Each lies
// within the file; several may share their values. Errors are exit.BadData and say what
// to do.
func Parse(data []byte) ([]Tensor, error) {
	if bytes.HasPrefix(data, []byte(zipMagic)) {
		return parseZip(data)
	}
	return parseLegacy(data)
}

// damaged is an error of a file that torch.save did not write so.
func damaged(format string, args ...any) error {
	return exit.Errorf(exit.BadData, format+"; the file is damaged, get it again", args...)
}

// refused is an error of a file that holds more than plain tensors under their names.
func refused(format string, args ...any) error {
	return exit.Errorf(exit.BadData, format+"; save the weights alone, by save_pretrained or as torch.save(model.state_dict(), FILE)", args...)
}
