package outdir

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
)

// outsideRepository refuses a folder inside a git work tree that git does not
// ignore: data under a data use agreement must not get into a commit. It reads
// the ignore files itself, for git need not be installed where a clone is.
func outsideRepository(path string) error {
	root, found := workTree(path)
	if !found {
		return nil
	}
	rel, err := filepath.Rel(root, path)
	if err != nil {
		return exit.Errorf(exit.Usage, "find %s in the repository %s: %w", path, root, err)
	}
	rel = filepath.ToSlash(rel)
	if rel != "." && ignored(root, rel) {
		return nil
	}
	return exit.Errorf(exit.Usage, "%s is inside the git repository %s, which does not ignore it: outputs may hold note text and must not be committed; add /%s/ to %s, or name a folder outside",
		path, root, rel, filepath.Join(root, ".gitignore"))
}

// workTree finds the innermost folder with a .git around a path.
func workTree(path string) (string, bool) {
	for dir := path; ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return dir, true
		}
		if dir == filepath.Dir(dir) {
			return "", false
		}
	}
}

// ignored says whether git ignores a folder by the .gitignore files of its
// parents or by .git/info/exclude: the last rule that matches wins, and what is
// below an ignored folder is ignored.
func ignored(root, rel string) bool {
	parts := strings.Split(rel, "/")
	rules := rulesIn(filepath.Join(root, ".git", "info", "exclude"), "")
	for i := range parts {
		base := strings.Join(parts[:i], "/")
		rules = append(rules, rulesIn(filepath.Join(root, filepath.FromSlash(base), ".gitignore"), base)...)
		if lastMatch(rules, strings.Join(parts[:i+1], "/")) {
			return true
		}
	}
	return false
}

func lastMatch(rules []rule, rel string) bool {
	hit := false
	for _, r := range rules {
		if r.pattern.MatchString(rel) {
			hit = !r.keep
		}
	}
	return hit
}
