package stages

// Identified is implemented by a stage whose output's bytes depend on the
// machine it runs on: a training stage's device and kernel. What Kernel returns
// enters the step's fingerprint and its manifest.
type Identified interface {
	Kernel() string
}
