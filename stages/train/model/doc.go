// Package model holds language models: their configuration and weights in the
// layout of Hugging Face folders, and the graphs that compute with them.
//
//	m, err := model.Open(ctx, backend, dir, graph.Frozen)
//	defer m.Close()
//	_, err = m.LoadAdapter(ctx, "clinical", clinicalDir, graph.Frozen)
//	task, err := m.AddAdapter("task", peft.Config{…, Score: true}, labels, seed)
//
//	g, err := m.Graph(graph.Options{Batch: 8, Seq: 128, Training: true, Seed: 7})
//	logits, err := m.ClassLogits(g)
//	g.Backward(g.CrossEntropy(g.Output(logits), nil))
//	machine, err := g.Compile()
package model
