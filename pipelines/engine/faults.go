package engine

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/gcpopts"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"
)

// The environments that workers of a job service live in, as --environment_type has them.
const (
	docker   = "docker"
	process  = "process"
	external = "external"
	loopback = "loopback"
)

// environment is where the workers of a runner come from.
func environment() string { return strings.ToLower(*jobopts.EnvironmentType) }

// served says whether a runner is asked through a job service that the user names.
func served(runner string) bool {
	return runner == Flink || runner == Spark || runner == Universal || runner == Prism && *jobopts.Endpoint != ""
}

// outlives says whether a runner's jobs go on when this process ends.
func outlives(runner string) bool {
	return runner == Dataflow || served(runner) && environment() != loopback
}

// Elsewhere says whether a runner's workers are on machines that do not share a file
// system with this one.
func Elsewhere(runner string) bool {
	return runner == Dataflow || served(runner) && environment() == docker
}

// Lost says why a runner's workers do not find a path of this machine; "": they do.
// Those of PROCESS and EXTERNAL may share a file system with this machine, and start in
// another folder.
func Lost(runner, path string) string {
	switch {
	case strings.Contains(path, "://"):
		return ""
	case Elsewhere(runner):
		return "its workers cannot read paths of this machine; give a gs:// path"
	case served(runner) && environment() != loopback && !filepath.IsAbs(path):
		return "is relative, and workers start in another folder; give the whole path"
	default:
		return ""
	}
}

// Faults are what a runner misses of its options, or cannot do.
func Faults(runner string) (faults []string) {
	if *jobopts.Async {
		faults = append(faults, "--async: the steps after a job need what it makes, so that each job is waited for; with --detach an interrupted run leaves its jobs running, and the next one waits for them")
	}
	if option("dry_run") == "true" && runner != Dataflow {
		faults = append(faults, "--dry_run prints Dataflow's jobs; `clinflow plan` says what would run")
	}
	if slices.Contains(strings.Split(*jobopts.Experiments, ","), "enable_data_sampling") {
		faults = append(faults, "--experiments=enable_data_sampling would copy data into the runner's logs")
	}
	switch {
	case runner == Dataflow:
		return append(faults, dataflowFaults()...)
	case served(runner):
		return append(faults, portableFaults()...)
	case *detach:
		faults = append(faults, "--detach: the work of the runner "+runner+" is done in this process and ends with it")
	}
	return faults
}

func portableFaults() (faults []string) {
	endpoint := *jobopts.Endpoint
	if endpoint == "" {
		faults = append(faults, "--endpoint is missing: HOST:PORT of the engine's job service")
	} else if _, _, err := net.SplitHostPort(endpoint); err != nil {
		faults = append(faults, fmt.Sprintf("--endpoint %s: write HOST:PORT", endpoint))
	}
	config := *jobopts.EnvironmentConfig
	switch environment() {
	case "":
		faults = append(faults, "--environment_type is missing: LOOPBACK (workers in this process), PROCESS, EXTERNAL or DOCKER")
	case loopback:
		if *detach {
			faults = append(faults, "--detach: the workers of --environment_type LOOPBACK are in this process and end with it")
		}
	case process:
		var command struct {
			Command string `json:"command"`
		}
		if json.Unmarshal([]byte(config), &command) != nil || command.Command == "" {
			faults = append(faults, `--environment_config is missing: for PROCESS, {"command": "PATH"} with what starts a worker on the engine's machines`)
		}
	case external:
		if _, _, err := net.SplitHostPort(config); err != nil {
			faults = append(faults, "--environment_config is missing: for EXTERNAL, HOST:PORT of the pool of workers")
		}
	case docker:
	default:
		faults = append(faults, fmt.Sprintf("--environment_type %s: choose one of LOOPBACK, PROCESS, EXTERNAL and DOCKER", *jobopts.EnvironmentType))
	}
	return append(faults, binaryFaults(environment() == docker)...)
}

func dataflowFaults() (faults []string) {
	for _, required := range []struct{ name, value, meaning string }{
		{"project", *gcpopts.Project, "the Google Cloud project"},
		{"region", *gcpopts.Region, "where the job runs, for example europe-west4"},
		{"staging_location", option("staging_location"), "a gs:// folder for the worker's binary"},
	} {
		if required.value == "" {
			faults = append(faults, fmt.Sprintf("--%s is missing: %s", required.name, required.meaning))
		}
	}
	for _, name := range []string{"staging_location", "temp_location"} {
		if value := option(name); value != "" && !strings.HasPrefix(value, "gs://") {
			faults = append(faults, fmt.Sprintf("--%s %s: is no gs:// folder", name, value))
		}
	}
	if e := environment(); e != "" && e != docker {
		faults = append(faults, "--environment_type: Dataflow's workers are containers; leave it out, and name an image by --sdk_container_image")
	}
	if option("template_location") != "" {
		faults = append(faults, "--template_location: a template is not run, and the steps after it need what it makes")
	}
	return append(faults, binaryFaults(true)...)
}

// binaryFaults looks at the worker's binary. Where none is named, engines that need one
// get this process's own.
func binaryFaults(needed bool) []string {
	binary := *jobopts.WorkerBinary
	if binary == "" {
		if needed && runtime.GOOS != "linux" {
			return []string{"--worker_binary is missing: clinflow built for the workers' system, as by GOOS=linux go build ./cmd/clinflow"}
		}
		return nil
	}
	if info, err := os.Stat(binary); err != nil || !info.Mode().IsRegular() {
		return []string{fmt.Sprintf("--worker_binary %s: is no file of this machine", binary)}
	}
	return nil
}
