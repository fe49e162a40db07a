package exports

import (
	"time"

	"github.com/clinflow/clinflow/dags"
)

// Export is a DAG as another scheduler is to run it.
type Export struct {
	DAG   *dags.DAG
	Tasks []Task

	Binary  string   // the program, where a task starts it
	File    string   // the DAG, as the program's command line names it
	Options []Option // of every command
	Runner  string   // of Beam's, by our name
	Beam    []Option // of commands whose steps are Beam's

	Start                     time.Time // from when times are caught up; the zero time: not said
	Image, GPUImage           string    // of containers
	GPUs                      int       // of each training
	Namespace, ServiceAccount string    // of containers; "": the scheduler's default
	Pool, GPUPool             string    // that tasks wait for a slot of; "": the scheduler's default
}

// Option is a flag of a command with its values; without one it is a flag alone.
type Option struct {
	Name   string
	Values []string
}

// Words are options as a command line has them.
func Words(options []Option) (words []string) {
	for _, o := range options {
		if o.Values == nil {
			words = append(words, "--"+o.Name)
		}
		for _, value := range o.Values {
			words = append(words, "--"+o.Name+"="+value)
		}
	}
	return words
}
