package synth

// radiology appends a radiology report of an admission.
func (n *note) radiology(canary string) []byte {
	n.write("EXAMINATION:  ").line("radiology.study")
	n.write("\nINDICATION:  ").prose("radiology.indication")
	n.write("\nTECHNIQUE:  ").prose("radiology.technique", "radiology.dose")
	n.write("\nCOMPARISON:  ___\n\nFINDINGS: \n\n")
	n.prose("radiology.finding", "radiology.device", "radiology.lungs")
	n.write("\nIMPRESSION: \n\n").prose("radiology.close")
	n.write(canary).write("\n")
	return n.finish()
}

// radiologyAddendum appends an addendum to a report.
func (n *note) radiologyAddendum(canary string) []byte {
	n.write("ADDENDUM  ").prose("radiology.addendum").write(canary).write("\n")
	return n.finish()
}
