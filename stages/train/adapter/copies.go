package adapter

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/clinflow/clinflow/stages/train/graph"
)

// copied are the modules of the base that are saved along.
func (c Config) copied() []string {
	return slices.DeleteFunc(slices.Clone(c.ModulesToSave), func(m string) bool { return slices.Contains(headModules, m) })
}

// copyModules makes a trained copy of every parameter of the modules of the base that are
// saved along. As PEFT does, it takes a module whose name ends in the given one, even
// within a word: norm is all of LLaMA's.
func (c Config) copyModules(t *Tensors, base Base) error {
	names := c.copied()
	for _, p := range base.Params {
		if p == base.LanguageHead && c.TaskType == SeqCls && !base.Tied {
			continue // transformers' class of classifiers has none
		}
		modules := slices.DeleteFunc(modulesOf(p), func(m string) bool { return !endsInOne(m, c.copied()) })
		if len(modules) == 0 {
			continue
		}
		if err := c.copyable(p, modules, base); err != nil {
			return fmt.Errorf("modules_to_save: %w", err)
		}
		t.Copy(t.Prefix+p.Name(), p)
		names = slices.DeleteFunc(names, func(name string) bool { return strings.HasSuffix(modules[0], name) })
	}
	if len(names) > 0 {
		return fmt.Errorf("modules_to_save: the model has no module %q with parameters", names[0])
	}
	return nil
}

func endsInOne(module string, names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return strings.HasSuffix(module, name) })
}

// copyable refuses a parameter of which PEFT trains no copy, or one that nothing is
// computed with. modules are those around it that are named.
func (c Config) copyable(p *graph.Param, modules []string, base Base) error {
	module := modules[0]
	child, _, _ := strings.Cut(p.Name()[len(module)+1:], ".")
	_, notNumber := strconv.Atoi(child)
	linear := slices.ContainsFunc(base.Layers, func(l Layer) bool { return l.Name == module })
	whole := slices.ContainsFunc(c.copied(), func(name string) bool { return strings.HasSuffix("."+module, "."+name) })
	switch {
	case len(modules) > 1:
		return fmt.Errorf("%s lies in %s, which is named too; name one of them", module, modules[1])
	case notNumber == nil:
		return fmt.Errorf("%s is a list of layers, of which PEFT keeps no copy; name modules of the layers", module)
	case strings.HasSuffix(module, "self_attn"):
		return fmt.Errorf("%s gets its input by a keyword, which PEFT's copies do not take; name its linear layers", module)
	case linear && !whole:
		return fmt.Errorf("a name ends within the word that %s ends in; name whole modules", module)
	case p == base.LanguageHead && base.Tied && c.TaskType != SeqCls:
		return fmt.Errorf("%s is the output head too (tie_word_embeddings), of which PEFT would train one alone; leave it out", module)
	}
	return nil
}

// modulesOf are the names of the modules that a parameter is in, the innermost first.
func modulesOf(p *graph.Param) (modules []string) {
	for name := p.Name(); strings.Contains(name, "."); {
		name = name[:strings.LastIndexByte(name, '.')]
		modules = append(modules, name)
	}
	return modules
}

// Modules are the names of all modules.
func (b Base) Modules() []string {
	all := map[string]bool{}
	for _, name := range b.Bare {
		all[name] = true
	}
	for _, l := range b.Layers {
		all[l.Name] = true
	}
	for _, p := range b.Params {
		for _, module := range modulesOf(p) {
			all[module] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// Saved says whether a module is saved along, or in one that is: PEFT adapts nothing there.
func (b Base) Saved(module string) bool {
	return slices.ContainsFunc(b.saved, func(name string) bool { return strings.Contains("."+module+".", "."+name+".") })
}
