package clinflow_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"strings"
	"testing"
)

// TestExportedNamesAreDocumented reads the packages that others build on: an exported
// name without a comment is a name that its reader must guess at.
func TestExportedNamesAreDocumented(t *testing.T) {
	for _, room := range []string{"dataset", "mimic", "task", "stages"} {
		names := 0
		for name, doc := range exported(t, room) {
			if names++; doc == "" {
				t.Errorf("%s has no comment", name)
			}
		}
		if names == 0 {
			t.Errorf("%s exports nothing", room)
		}
	}
}

// exported are the exported names of the packages below a folder, each behind its
// place, with their comments.
func exported(t *testing.T, room string) map[string]string {
	t.Helper()
	docs, places := map[string]string{}, token.NewFileSet()
	err := fs.WalkDir(os.DirFS("."), room, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(places, name, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		for _, declared := range file.Decls {
			for id, doc := range declarations(declared) {
				if id.IsExported() {
					docs[places.Position(id.Pos()).String()+": "+id.Name] = doc
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return docs
}

// declarations are the names that a declaration makes known, with their comments. The
// comment of a group stands for all in it that have none.
func declarations(d ast.Decl) map[*ast.Ident]string {
	docs := map[*ast.Ident]string{}
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil || ast.IsExported(receiver(d.Recv.List[0].Type)) {
			docs[d.Name] = d.Doc.Text()
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				docs[s.Name] = s.Doc.Text() + s.Comment.Text() + d.Doc.Text()
			case *ast.ValueSpec:
				for _, name := range s.Names {
					docs[name] = s.Doc.Text() + s.Comment.Text() + d.Doc.Text()
				}
			}
		}
	}
	return docs
}

// receiver is the name of a method's type.
func receiver(of ast.Expr) string {
	switch of := of.(type) {
	case *ast.StarExpr:
		return receiver(of.X)
	case *ast.IndexExpr:
		return receiver(of.X)
	case *ast.IndexListExpr:
		return receiver(of.X)
	case *ast.Ident:
		return of.Name
	}
	return ""
}
