package driver

import (
	"os"
	"path/filepath"
	"slices"
)

// candidate is a file to try.
type candidate struct {
	path  string
	named bool // in a folder that the user names
}

// candidates are the files to try: by the folders that the user names, by the
// system's loader, then by where CUDA, containers and Python's wheels put them.
func candidates(names []string) (files []candidate) {
	for _, path := range within(named(), names) {
		files = append(files, candidate{path, true})
	}
	for _, path := range append(slices.Clone(names), within(usual(), names)...) { // first without a folder
		files = append(files, candidate{path, false})
	}
	return files
}

// within are the files of those names that there are, folder by folder.
func within(folders, names []string) (files []string) {
	for _, folder := range folders {
		for _, name := range names {
			if file := filepath.Join(folder, name); exists(file) {
				files = append(files, file)
			}
		}
	}
	return files
}

// folders are all that are looked at, for a message.
func folders() []string { return append(named(), usual()...) }

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// named are the folders of PathVariable, each also with its lib and lib64.
func named() (folders []string) {
	for _, folder := range filepath.SplitList(os.Getenv(PathVariable)) {
		if path, err := filepath.Abs(folder); err == nil {
			folder = path
		}
		folders = append(folders, folder, filepath.Join(folder, "lib64"), filepath.Join(folder, "lib"))
	}
	return folders
}

// usual are the folders of the driver, of CUDA's own installer, of NVIDIA's
// containers, of WSL and of the wheels nvidia-cublas and nvidia-cuda-nvrtc, CUDA 13's
// layout before CUDA 12's.
func usual() []string {
	folders := []string{"/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/local/nvidia/lib64", "/usr/lib/wsl/lib"}
	folders = append(folders, existing("/usr/local/cuda*/lib64")...)
	for _, packages := range sitePackages() {
		for _, wheel := range []string{"nvidia/cu*/lib", "nvidia/cuda_nvrtc/lib", "nvidia/cublas/lib"} {
			folders = append(folders, existing(filepath.Join(packages, wheel))...)
		}
	}
	return folders
}

func existing(pattern string) []string {
	found, _ := filepath.Glob(pattern) // the only error is a bad pattern
	slices.Reverse(found)              // newer versions first
	return found
}

// sitePackages are the folders of Python packages: of the active environment, of the
// first python3 of PATH and all that it is a link to, and of the system.
func sitePackages() (folders []string) {
	roots := []string{os.Getenv("VIRTUAL_ENV"), os.Getenv("CONDA_PREFIX")}
	for _, bin := range filepath.SplitList(os.Getenv("PATH")) {
		if python := filepath.Join(bin, "python3"); exists(python) {
			roots = append(roots, installations(python)...)
			break
		}
	}
	if home, err := os.UserHomeDir(); err == nil {
		roots = append(roots, filepath.Join(home, ".local"))
	}
	for _, root := range append(roots, "/usr", "/usr/local") {
		if root != "" {
			folders = append(folders, existing(filepath.Join(root, "lib/python3*/site-packages"))...)
			folders = append(folders, existing(filepath.Join(root, "lib/python3*/dist-packages"))...)
		}
	}
	return slices.Compact(folders)
}

// installations are the folders above bin/ of a program and of each link on the way to it.
func installations(program string) (roots []string) {
	for range 40 { // as many links as Linux follows
		roots = append(roots, filepath.Dir(filepath.Dir(program)))
		next, err := os.Readlink(program)
		if err != nil { // it is no link
			break
		}
		if !filepath.IsAbs(next) {
			next = filepath.Join(filepath.Dir(program), next)
		}
		program = next
	}
	return roots
}
