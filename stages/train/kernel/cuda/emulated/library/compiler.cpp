#include "compiler.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "image.h"
#include "results.h"
#include "text.h"

extern char** environ;

namespace emulated {
namespace {

namespace fs = std::filesystem;

const char* const preprocessed = "preprocessed.ii";

// flags are for a kernel that can be unloaded, whose sums are the same on every
// processor, and that traps where a card refuses an address that is not aligned.
const char* const flags[] = {"-std=c++17", "-shared", "-fPIC", "-fvisibility=hidden", "-fno-gnu-unique", "-O2", "-march=native",
                             "-ffp-contract=off", "-fno-strict-aliasing", "-U_FORTIFY_SOURCE", "-fsanitize=alignment,bounds",
                             "-fsanitize-undefined-trap-on-error"};

std::string contents(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

void write(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

// included is the folder beside this library with the headers of the emulated
// device.
fs::path included() {
  Dl_info info;
  if (!dladdr(reinterpret_cast<void*>(included), &info)) return "include";
  return fs::absolute(info.dli_fname).parent_path() / "include";
}

// Folder is a new folder that goes with the object.
struct Folder {
  std::string path;
  Folder() {
    std::string name = (fs::temp_directory_path() / "emulated_compiler_XXXXXX").string();
    if (mkdtemp(name.data())) path = name;
  }
  ~Folder() {
    std::error_code ignored;
    if (!path.empty()) fs::remove_all(path, ignored);
  }
};

}  // namespace

bool Program::run(const std::vector<std::string>& command, const std::string& folder) {
  std::vector<char*> words;
  for (const std::string& w : command) words.push_back(const_cast<char*>(w.c_str()));
  words.push_back(nullptr);
  std::string printed = folder + "/log";
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 1, printed.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&files, 1, 2);
  pid_t child;
  int failed = posix_spawnp(&child, words[0], &files, nullptr, words.data(), environ), status = 1;
  posix_spawn_file_actions_destroy(&files);
  if (failed) {
    log += command[0] + ": " + strerror(failed) + "\n";
    return false;
  }
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  log += without(contents(printed), folder + "/");
  return status == 0;
}

// preprocess makes one text of the source and all that it includes. The options'
// definitions follow the device's own headers, which they do not concern.
bool Program::preprocess(const std::string& folder, const std::string& definitions) {
  fs::path own = included();
  write(folder + "/" + name, source);
  write(folder + "/definitions.h", definitions);
  for (auto& [header, text] : headers)
    if (!fs::exists(own / header)) write(folder + "/" + header, text);
  return run({"g++", "-E", "-std=c++17", "-x", "c++", "-include", own / "builtins.h", "-include", folder + "/definitions.h", "-I" + folder,
              "-I" + own.string(), folder + "/" + name, "-o", folder + "/" + preprocessed},
             folder);
}

bool Program::build(const std::string& folder) {
  std::string text = contents(folder + "/" + preprocessed), library = folder + "/library.so";
  write(folder + "/" + preprocessed, text + registration(text));
  std::vector<std::string> command{"g++"};
  command.insert(command.end(), std::begin(flags), std::end(flags));
  command.insert(command.end(), {folder + "/" + preprocessed, "-o", library});
  if (!run(command, folder)) return false;
  std::string bytes = contents(library);
  Image head;
  memcpy(head.mark, Image::marked, sizeof head.mark);
  head.bytes = bytes.size();
  image.assign(reinterpret_cast<char*>(&head), sizeof head);
  image += bytes;
  return true;
}

int Program::compile(const std::vector<std::string>& options) {
  log.clear();
  image.clear();
  std::string defined;
  if (!definitions(options, defined, log)) return compilerInvalidOption;
  Folder f;
  if (f.path.empty()) {
    log += "cannot make a temporary folder\n";
    return compilationFailed;
  }
  return preprocess(f.path, defined) && build(f.path) ? done : compilationFailed;
}

}  // namespace emulated
