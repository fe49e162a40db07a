package clinflow_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/clinflow/clinflow"

// rooms are the folders of ARCHITECTURE.md's table of rooms, each with its row. Those
// of one row may import each other. Of a row "`a/b/`, `c/`" the second is a/c.
func rooms(t *testing.T) map[string]int {
	t.Helper()
	text, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(text), "| room | what it knows |")
	table, _, ended := strings.Cut(table, "\n\n")
	if !found || !ended {
		t.Fatal("ARCHITECTURE.md has no table of rooms")
	}
	rows, code := map[string]int{}, regexp.MustCompile("`([^`]*)`")
	for i, line := range strings.Split(table, "\n") {
		cell, _, _ := strings.Cut(strings.TrimPrefix(line, "|"), "|")
		beside := ""
		for _, name := range code.FindAllStringSubmatch(cell, -1) {
			room := strings.TrimSuffix(name[1], "/")
			if room == "clinflow.go" {
				room = "."
			}
			if !strings.Contains(room, "/") && beside != "" {
				room = path.Join(beside, room)
			} else if beside = path.Dir(room); beside == "." {
				beside = ""
			}
			rows[room] = i
		}
	}
	return rows
}

// roomOf is the innermost room that a package is in.
func roomOf(rows map[string]int, pkg string) (room string, found bool) {
	if _, found = rows[pkg]; found || pkg == "." {
		return pkg, found
	}
	for room = path.Dir(pkg); room != "."; room = path.Dir(room) {
		if _, found = rows[room]; found {
			return room, true
		}
	}
	return "", false
}

// production are the imports of the module's packages, tests aside.
func production(t *testing.T) map[string][]string {
	t.Helper()
	imports := map[string][]string{}
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata"):
			return fs.SkipDir
		case entry.IsDir() && name != "." && isFile(name+"/go.mod"): // a module of its own
			return fs.SkipDir
		case !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if folder := path.Dir(name); !slices.Contains(imports[folder], imported) {
				imports[folder] = append(imports[folder], imported)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(imports) < 40 {
		t.Fatalf("%d packages have imports", len(imports))
	}
	return imports
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

// inModule is the folder of a package of this module.
func inModule(imported string) (folder string, in bool) {
	if imported == module {
		return ".", true
	}
	return strings.CutPrefix(imported, module+"/")
}

func TestImportsPointDown(t *testing.T) {
	rows := rooms(t)
	for pkg, imports := range production(t) {
		room, listed := roomOf(rows, pkg)
		if !listed {
			t.Errorf("%s is in no room of ARCHITECTURE.md", pkg)
			continue
		}
		for _, imported := range imports {
			folder, in := inModule(imported)
			if !in {
				continue
			}
			below, _ := roomOf(rows, folder)
			if rows[below] < rows[room] {
				t.Errorf("%s imports %s: the room %s stands above %s in ARCHITECTURE.md", pkg, folder, below, room)
			}
		}
	}
}

// within says whether a package is one of some folders, or in one.
func within(pkg string, folders ...string) bool {
	return slices.ContainsFunc(folders, func(folder string) bool { return pkg == folder || strings.HasPrefix(pkg, folder+"/") })
}

// TestRoomsDoNotKnow: the order of the table does not say all.
func TestRoomsDoNotKnow(t *testing.T) {
	const beam = "github.com/apache/beam/sdks/v2"
	own := func(folders ...string) []string {
		for i, folder := range folders {
			folders[i] = module + "/" + folder
		}
		return folders
	}
	imports := production(t)
	for _, rule := range []struct {
		of        string
		concerns  func(pkg string) bool
		forbidden []string
	}{
		{"the generator of synthetic data is for its stages, commands and measurements", func(pkg string) bool {
			return !within(pkg, "internal/synth", "stages/synth", "internal/cli", "cmd", "bench")
		}, own("internal/synth")},
		{"datasets, MIMIC's rows and tasks know no stage", func(pkg string) bool { return within(pkg, "dataset", "mimic", "task") },
			own("stages", "pipelines", "runners", "dags", "internal/cli")},
		{"storage knows nothing of medicine", func(pkg string) bool { return within(pkg, "dataset") }, own("mimic", "task")},
		{"pipelines know nothing of medicine", func(pkg string) bool { return within(pkg, "pipelines") }, own("mimic", "task")},
		{"stages know nothing of Beam", func(pkg string) bool { return within(pkg, "stages", "dataset", "mimic", "task") }, []string{beam}},
		{"MIMIC's rows know no task", func(pkg string) bool { return within(pkg, "mimic") }, own("task")},
	} {
		concerned := 0
		for pkg := range imports {
			if !rule.concerns(pkg) {
				continue
			}
			concerned++
			for _, imported := range imports[pkg] {
				if within(imported, rule.forbidden...) {
					t.Errorf("%s: %s imports %s", rule.of, pkg, imported)
				}
			}
		}
		if concerned == 0 {
			t.Errorf("%s: there is no such package", rule.of)
		}
	}
}
