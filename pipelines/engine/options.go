package engine

import (
	"flag"
	"sync"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"
)

// detach stands among Beam's own options, which are flags of the process too.
var detach = flag.Bool("detach", false, "leave remote jobs running when interrupted; the next run of the same command waits for them")

// Detached says whether remote jobs outlive an interrupted run.
func Detached() bool { return *detach }

// option is the value of one of Beam's options that its packages keep to themselves.
func option(name string) string {
	if f := flag.Lookup(name); f != nil {
		return f.Value.String()
	}
	return ""
}

// givenName is the user's --job_name, before a submission puts a job's own name there.
var givenName = sync.OnceValue(func() string { return *jobopts.JobName })
