package argo

import "strconv"

// What of Argo's and Kubernetes' types a DAG needs, under their own names.

type manifest struct {
	APIVersion string   `yaml:"apiVersion"`
	Kind       string   `yaml:"kind"`
	Metadata   metadata `yaml:"metadata"`
	Spec       any      `yaml:"spec"` // cronSpec or *workflowSpec
}

type metadata struct {
	Name         string `yaml:"name,omitempty"`
	GenerateName string `yaml:"generateName,omitempty"`
}

type cronSpec struct {
	Schedules               []string      `yaml:"schedules"`
	Timezone                string        `yaml:"timezone"`
	ConcurrencyPolicy       string        `yaml:"concurrencyPolicy"`
	StartingDeadlineSeconds int64         `yaml:"startingDeadlineSeconds,omitempty"`
	WorkflowSpec            *workflowSpec `yaml:"workflowSpec"`
}

type workflowSpec struct {
	Entrypoint            string           `yaml:"entrypoint"`
	Parallelism           int              `yaml:"parallelism"` // an output folder has one run at a time
	ActiveDeadlineSeconds int64            `yaml:"activeDeadlineSeconds,omitempty"`
	ServiceAccountName    string           `yaml:"serviceAccountName,omitempty"`
	Synchronization       *synchronization `yaml:"synchronization,omitempty"`
	SecurityContext       securityContext  `yaml:"securityContext"`
	Templates             []template       `yaml:"templates"`
}

type synchronization struct {
	Mutexes []mutex `yaml:"mutexes"`
}

type mutex struct {
	Name string `yaml:"name"`
}

type securityContext struct {
	RunAsNonRoot bool `yaml:"runAsNonRoot"`
}

// template is a container, or the order of others.
type template struct {
	Name          string         `yaml:"name"`
	DAG           *dagTemplate   `yaml:"dag,omitempty"`
	RetryStrategy *retryStrategy `yaml:"retryStrategy,omitempty"`
	Container     *container     `yaml:"container,omitempty"`
}

type dagTemplate struct {
	Tasks []dagTask `yaml:"tasks"`
}

type dagTask struct {
	Name     string `yaml:"name"`
	Template string `yaml:"template"`
	Depends  string `yaml:"depends,omitempty"`
}

type retryStrategy struct {
	Limit       string  `yaml:"limit"`
	RetryPolicy string  `yaml:"retryPolicy"`
	Expression  string  `yaml:"expression"`
	Backoff     backoff `yaml:"backoff"`
}

type backoff struct {
	Duration string `yaml:"duration"`
	Factor   string `yaml:"factor"`
	Cap      string `yaml:"cap"`
}

type container struct {
	Image     value      `yaml:"image"`
	Command   []value    `yaml:"command"`
	Args      []value    `yaml:"args"`
	Resources *resources `yaml:"resources,omitempty"`
}

type resources struct {
	Limits map[string]string `yaml:"limits"`
}

// value is a text that users chose. It is always written in quotes: the library takes
// some that YAML reads as something else, such as "? 0", for plain ones.
type value string

// MarshalYAML implements yaml.BytesMarshaler.
func (v value) MarshalYAML() ([]byte, error) { return []byte(strconv.Quote(string(v))), nil }

func values(texts []string) (quoted []value) {
	for _, text := range texts {
		quoted = append(quoted, value(text))
	}
	return quoted
}
