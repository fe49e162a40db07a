package cli

import (
	"encoding/json"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	dataflow "google.golang.org/api/dataflow/v1b3"
)

// dataflowJobs are the jobs that a dry run prints, read by Dataflow's own types: a key
// that they do not have is an error.
func dataflowJobs(t *testing.T, args ...string) (jobs []*dataflow.Job) {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "clinflow"), "the worker's binary")
	said := clinflow(t, dir, 0, append([]string{"run", "--runner=DataflowRunner", "--dry_run", "--project=p", "--region=us-central1",
		"--staging_location=gs://b/staging", "--worker_binary=clinflow", "--out", "gs://b/out", "--log-format", "json"}, args...)...).stderr
	for lines := json.NewDecoder(strings.NewReader(said)); lines.More(); {
		var line struct{ Message string }
		if err := lines.Decode(&line); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(line.Message, "{") {
			continue
		}
		strict := json.NewDecoder(strings.NewReader(line.Message))
		strict.DisallowUnknownFields()
		job := &dataflow.Job{}
		if err := strict.Decode(job); err != nil {
			t.Fatalf("%v in %s", err, line.Message)
		}
		jobs = append(jobs, job)
	}
	return jobs
}

// Every shipped DAG makes sound jobs, without a network and without its inputs.
func TestDataflowJobsAreBuiltWithoutNetwork(t *testing.T) {
	named := regexp.MustCompile(`^nightly-[a-z]([-a-z0-9]{0,53}[a-z0-9])?$`)
	for dag, set := range map[string][]string{
		"demo":     nil,
		"two-step": {"mimic=gs://b/mimic", "note=gs://b/note", "base=gs://b/base"},
		"retrain":  {"mimic=gs://b/mimic", "note=gs://b/note", "base=gs://b/base", "models=gs://b/models"},
		"core":     {"mimic=gs://b/mimic", "lists=gs://b/lists"},
	} {
		args := []string{dag, "--job_name=nightly"}
		for _, value := range set {
			args = append(args, "--set", value)
		}
		jobs := dataflowJobs(t, args...)
		if len(jobs) == 0 {
			t.Errorf("%s makes no job", dag)
		}
		names := map[string]bool{}
		for _, job := range jobs {
			if job.Type != "JOB_TYPE_BATCH" || job.ProjectId != "p" || !named.MatchString(job.Name) || names[job.Name] {
				t.Errorf("%s makes the job %s of type %s", dag, job.Name, job.Type)
			}
			names[job.Name] = true
		}
	}
}

// What docs/dataflow.md says of options.
func TestOptionsPassToDataflow(t *testing.T) {
	job := dataflowJobs(t, "two-step", "--set", "mimic=gs://b/mimic", "--set", "note=gs://b/note", "--set", "base=gs://b/base", "split",
		"--temp_location=gs://b/tmp", "--service_account_email=worker@p.iam.gserviceaccount.com", "--network=n", "--subnetwork=regions/r/subnetworks/s",
		"--no_use_public_ips", `--labels={"study":"notes"}`, "--autoscaling_algorithm=NONE", "--num_workers=3", "--max_num_workers=5",
		"--machine_type=n2-standard-4", "--sdk_container_image=eu.gcr.io/p/clinflow", "--disk_size_gb=50", "--disk_type=pd-ssd",
		"--number_of_worker_harness_threads=2", "--dataflow_kms_key=projects/p/k", "--dataflow_service_options=enable_prime",
		"--min_cpu_platform=Intel Ice Lake", "--experiments=no_use_multiple_sdk_containers", "--worker_zone=us-central1-a")[0]
	environment, pool := job.Environment, job.Environment.WorkerPools[0]
	for option, passed := range map[string]bool{
		"temp_location":                    environment.TempStoragePrefix == "gs://b/tmp",
		"service_account_email":            environment.ServiceAccountEmail == "worker@p.iam.gserviceaccount.com",
		"network":                          pool.Network == "n",
		"subnetwork":                       pool.Subnetwork == "regions/r/subnetworks/s",
		"no_use_public_ips":                pool.IpConfiguration == "WORKER_IP_PRIVATE",
		"labels":                           job.Labels["study"] == "notes",
		"autoscaling_algorithm":            pool.AutoscalingSettings.Algorithm == "AUTOSCALING_ALGORITHM_NONE",
		"num_workers":                      pool.NumWorkers == 3,
		"max_num_workers":                  pool.AutoscalingSettings.MaxNumWorkers == 5,
		"machine_type":                     pool.MachineType == "n2-standard-4",
		"sdk_container_image":              pool.WorkerHarnessContainerImage == "eu.gcr.io/p/clinflow",
		"disk_size_gb":                     pool.DiskSizeGb == 50,
		"disk_type":                        pool.DiskType == "pd-ssd",
		"number_of_worker_harness_threads": pool.NumThreadsPerWorker == 2,
		"dataflow_kms_key":                 environment.ServiceKmsKeyName == "projects/p/k",
		"dataflow_service_options":         slices.Contains(environment.ServiceOptions, "enable_prime"),
		"min_cpu_platform":                 slices.Contains(environment.Experiments, "min_cpu_platform=Intel Ice Lake"),
		"experiments":                      slices.Contains(environment.Experiments, "no_use_multiple_sdk_containers"),
		"worker_zone":                      environment.WorkerZone == "us-central1-a",
		"staging_location":                 strings.HasPrefix(pool.Packages[0].Location, "gs://b/staging/"),
	} {
		if !passed {
			t.Errorf("--%s does not reach the job", option)
		}
		if !strings.Contains(read(t, "../../docs/dataflow.md"), "`--"+option) {
			t.Errorf("docs/dataflow.md does not name --%s", option)
		}
	}
}
