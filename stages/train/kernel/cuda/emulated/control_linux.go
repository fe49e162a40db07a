package emulated

import (
	"path/filepath"

	"github.com/ebitengine/purego"
)

func (c *control) open(folder string) error {
	library, err := purego.Dlopen(filepath.Join(folder, names[0]), purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return err
	}
	purego.RegisterLibFunc(&c.fail, library, "emulated_fail")
	purego.RegisterLibFunc(&c.calls, library, "emulated_calls")
	purego.RegisterLibFunc(&c.reset, library, "emulated_reset")
	purego.RegisterLibFunc(&c.setMemory, library, "emulated_set_memory")
	purego.RegisterLibFunc(&c.setVersion, library, "emulated_set_version")
	purego.RegisterLibFunc(&c.setShared, library, "emulated_set_shared")
	purego.RegisterLibFunc(&c.memoryUsed, library, "emulated_memory_used")
	purego.RegisterLibFunc(&c.overruns, library, "emulated_overruns")
	return nil
}
